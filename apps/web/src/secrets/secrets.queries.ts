import { operations } from '@dropsafe/contract/operations';
import { pageLimit } from '@dropsafe/contract/paging';
import type { CopySecret, SecretMetadata, UpdateSecretInput } from '@dropsafe/contract/secrets';
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { useForgetfulMutation } from '../api/query-client.ts';
import type { TableView } from './table-view.ts';

/** @file What this room asks and changes. Values go in through the two forgetful mutations and are nowhere else. */

/** What is asked below this key is asked anew when secrets have changed. */
export const listKey = ['secrets'] as const;

/** One page of the list. While another one loads, the former stays in sight. */
export const secretsQuery = ({ q, provider, unused, sort, limit, cursor }: TableView) =>
  queryOptions({
    queryKey: [...listKey, { q, provider, unused, sort, limit, cursor }],
    queryFn: async ({ signal }) => {
      const query = { q, provider, unused, sort, limit, cursor };
      return (await call(operations.listSecrets, { query, signal })).data;
    },
    placeholderData: keepPreviousData,
  });

/** All secrets of one provider, page by page, as they are when a dialog opens: a look before something is done with them. */
export const secretsOfQuery = (provider: string) =>
  infiniteQueryOptions({
    queryKey: ['secrets-of', provider],
    queryFn: async ({ signal, pageParam }) => {
      const query = { provider, limit: pageLimit.max, cursor: pageParam || undefined };
      return (await call(operations.listSecrets, { query, signal })).data;
    },
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
    gcTime: 0,
    // What is being looked at must not change under the eyes.
    staleTime: Infinity,
    refetchOnReconnect: false,
    // Whoever opens the dialog again at once would find the list of the last time, from before the copying.
    refetchOnMount: 'always',
  });

/** The metadata of one secret with its version, as it is now: asked for anew whenever a dialog opens. */
export const secretQuery = (name: string) =>
  queryOptions({
    queryKey: ['secret', name],
    queryFn: ({ signal }) => describeSecret(name, signal),
    gcTime: 0,
    staleTime: 0,
    // What is being edited must not change under the hand: If-Match tells when it did.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** The metadata of a secret together with the version it was read at. */
export interface SeenSecret {
  metadata: SecretMetadata;
  etag: string | undefined;
}

/** Reads the metadata of one secret now. */
export async function describeSecret(name: string, signal?: AbortSignal): Promise<SeenSecret> {
  const { data, etag } = await call(operations.describeSecret, { params: { name }, signal });
  return { metadata: data, etag };
}

/** What stands in the form. An empty `value` is an empty field. */
export interface TypedSecret {
  name: string;
  /** Where a new one is to live; empty where there is nothing to choose. */
  provider?: string;
  value: string;
  description: string;
  destinations: string[];
}

/** Creates a secret from what was typed. */
export function useCreateSecret() {
  const refresh = useRefreshList();
  return useForgetfulMutation(async ({ provider, ...typed }: TypedSecret) => {
    const { name, value, description, destinations } = typed;
    const body = { name, value, description, destinations, ...(provider && { provider }) };
    const { data } = await call(operations.createSecret, { body });
    refresh();
    return data;
  });
}

/** What is to be saved: a patch made by `patchOf`, for the version that the person has seen. */
export interface Update {
  seen: SeenSecret;
  patch: UpdateSecretInput;
  /** Although integrations stop working by it. */
  isForced: boolean;
}

/** Updates a secret. */
export function useUpdateSecret() {
  const refresh = useRefreshList();
  return useForgetfulMutation(async ({ seen, patch, isForced }: Update) => {
    const { data } = await call(operations.updateSecret, {
      params: { name: seen.metadata.name },
      query: forced(isForced),
      body: patch,
      ifMatch: seen.etag,
    });
    refresh();
    return data;
  });
}

/** What is to be deleted: the secret that was seen, or the one of its name in another provider. */
export interface Deletion {
  seen: SeenSecret;
  /** Absent where its name is in one provider only. */
  provider?: string | undefined;
  /** Although integrations stop working by it. */
  isForced: boolean;
}

/** Deletes the version of a secret that the person has seen. What is not used has no version that one could have seen. */
export function useDeleteSecret() {
  const refresh = useRefreshList();
  return useMutation({
    mutationFn: ({ seen: { metadata, etag }, provider, isForced }: Deletion) =>
      call(operations.deleteSecret, {
        params: { name: metadata.name },
        query: { provider, ...forced(isForced) },
        ifMatch: (provider ?? metadata.provider) === metadata.provider ? etag : undefined,
      }),
    onSuccess: refresh,
  });
}

const forced = (isForced: boolean) => (isForced ? ({ force: 'true' } as const) : {});

/** What is to be copied, and where. */
export type Copy = CopySecret & { name: string };

/** Has the server copy a secret into another provider. Whoever has it copy many refreshes the list once, when all is done. */
export function useCopySecret() {
  return useMutation({
    mutationFn: async ({ name, from, to }: Copy) =>
      (await call(operations.copySecret, { params: { name }, body: { from, to } })).data,
    gcTime: 0,
  });
}

/** Answers what to call when secrets have changed. */
export function useRefreshList(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: listKey });
}

/**
 * What changed, and nothing else; undefined when nothing did. [Note: Empty means keep] An empty value field means that
 * the stored value is kept, so it is left out here, and only here: the API refuses an empty value.
 */
export function patchOf(before: SecretMetadata, typed: TypedSecret): UpdateSecretInput | undefined {
  const patch: UpdateSecretInput = {};
  if (typed.value !== '') patch.value = typed.value;
  if (typed.description !== (before.description ?? '')) {
    patch.description = typed.description === '' ? null : typed.description;
  }
  if (!isSameSet(typed.destinations, before.destinations)) patch.destinations = typed.destinations;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

function isSameSet(left: readonly string[], right: readonly string[]): boolean {
  return left.toSorted().join('\n') === right.toSorted().join('\n');
}
