import type { ApiKey, ApiKeySort, UpdateApiKeyInput } from '@dropsafe/contract/api-keys';
import { operations } from '@dropsafe/contract/operations';
import type { Permission } from '@dropsafe/contract/permissions';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { accessKey, forEditing } from '../access/access.queries.ts';
import { call } from '../api/client.ts';
import { useForgetfulMutation } from '../api/query-client.ts';
import type { ListView } from '../ui/list-view.ts';

/** @file What is asked and changed about API keys. A token is in the answer of one forgetful mutation and nowhere else. */

const listKey = [...accessKey, 'api-keys'] as const;

/** One page of the list. While another one loads, the former stays in sight. */
export const apiKeysQuery = ({ q, sort, limit, cursor }: ListView<ApiKeySort>) =>
  queryOptions({
    queryKey: [...listKey, { q, sort, limit, cursor }],
    queryFn: async ({ signal }) => {
      const query = { q, sort, limit, ...(cursor === undefined ? {} : { cursor }) };
      return (await call(operations.listApiKeys, { query, signal })).data;
    },
    placeholderData: keepPreviousData,
  });

/** A key together with the version that was seen. */
export interface SeenApiKey {
  apiKey: ApiKey;
  etag: string | undefined;
}

/** One key, asked for anew whenever a dialog opens. */
export const apiKeyQuery = (id: string) =>
  queryOptions({
    queryKey: ['api-key', id],
    queryFn: async ({ signal }): Promise<SeenApiKey> => {
      const { data, etag } = await call(operations.describeApiKey, { params: { id }, signal });
      return { apiKey: data, etag };
    },
    ...forEditing,
  });

/** What stands in the form of a new one. */
export interface TypedApiKey {
  name: string;
  permissions: Permission[];
  teamId: string | null;
  expiresAt: string | null;
}

/** Creates a key; answers it with its token. */
export function useCreateApiKey() {
  const refresh = useRefreshList();
  return useForgetfulMutation(async (body: TypedApiKey) => {
    const { data } = await call(operations.createApiKey, { body });
    refresh();
    return data;
  });
}

/** Changes the version of a key that the person has seen. */
export function useUpdateApiKey() {
  const refresh = useRefreshList();
  return useMutation({
    mutationFn: async ({ seen, patch }: { seen: SeenApiKey; patch: UpdateApiKeyInput }) =>
      (
        await call(operations.updateApiKey, {
          params: { id: seen.apiKey.id },
          body: patch,
          ifMatch: seen.etag,
        })
      ).data,
    onSuccess: refresh,
  });
}

/** Revokes a key for good. */
export function useRevokeApiKey() {
  const refresh = useRefreshList();
  return useMutation({
    mutationFn: (id: string) => call(operations.revokeApiKey, { params: { id } }),
    onSettled: refresh,
  });
}

function useRefreshList(): () => void {
  const client = useQueryClient();
  // The teams tell how many keys they have.
  return () => void client.invalidateQueries({ queryKey: accessKey });
}
