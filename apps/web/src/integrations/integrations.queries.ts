import { operations } from '@dropsafe/contract/operations';
import type {
  CreateIntegration,
  Integration,
  UpdateIntegration,
} from '@dropsafe/contract/integrations';
import type { TestDraft } from '@dropsafe/contract/outbound';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { IntegrationsView } from './integrations-view.ts';

/** @file What this room asks and changes. A configuration names secrets and holds no value. */

const listKey = ['integrations'] as const;

/** One page of the list. While another one loads, the former stays in sight. */
export const integrationsQuery = ({ q, sort, limit, cursor }: IntegrationsView) =>
  queryOptions({
    queryKey: [...listKey, { q, sort, limit, cursor }],
    queryFn: async ({ signal }) =>
      (await call(operations.listIntegrations, { query: { q, sort, limit, cursor }, signal })).data,
    placeholderData: keepPreviousData,
  });

/** An integration together with the version that was seen. */
export interface SeenIntegration {
  integration: Integration;
  etag: string | undefined;
}

/** Reads one integration now. */
export async function describeIntegration(
  id: string,
  signal?: AbortSignal,
): Promise<SeenIntegration> {
  const { data, etag } = await call(operations.describeIntegration, { params: { id }, signal });
  return { integration: data, etag };
}

/** One integration with its configuration, asked for anew whenever a dialog opens. */
export const integrationQuery = (id: string) =>
  queryOptions({
    queryKey: ['integration', id],
    queryFn: ({ signal }) => describeIntegration(id, signal),
    gcTime: 0,
    staleTime: 0,
    // What is being edited must not change under the hand: If-Match tells when it did.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** Creates an integration. */
export function useCreateIntegration() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: CreateIntegration) =>
      (await call(operations.createIntegration, { body })).data,
    onSuccess: refresh,
  });
}

/** Changes the version of an integration that the person has seen. */
export function useUpdateIntegration() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ seen, patch }: { seen: SeenIntegration; patch: UpdateIntegration }) =>
      (
        await call(operations.updateIntegration, {
          params: { id: seen.integration.id },
          body: patch,
          ifMatch: seen.etag,
        })
      ).data,
    onSuccess: refresh,
  });
}

/** Creates an integration with the configuration of another. */
export function useCopyIntegration() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ id, name }: { id: string; name: string }) =>
      (await call(operations.copyIntegration, { params: { id }, body: { name } })).data,
    onSuccess: refresh,
  });
}

/** Deletes the version of an integration that the person has seen. */
export function useDeleteIntegration() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ integration, etag }: SeenIntegration) =>
      call(operations.deleteIntegration, { params: { id: integration.id }, ifMatch: etag }),
    onSuccess: refresh,
  });
}

/** Tests the connection of an integration as it is saved, or of a configuration as it stands in a form. */
export function useTest() {
  return useMutation({
    mutationFn: async (tested: { id: string } | { draft: TestDraft }) =>
      'draft' in tested
        ? (await call(operations.testDraft, { body: tested.draft })).data
        : (await call(operations.testIntegration, { params: { id: tested.id } })).data,
    gcTime: 0,
  });
}

function useRefresh(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: listKey });
}
