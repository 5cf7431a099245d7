import type { ApiKeySort } from '@dropsafe/contract/api-keys';
import { operations } from '@dropsafe/contract/operations';
import type { Permission } from '@dropsafe/contract/permissions';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { accessKey } from '../access/access.queries.ts';
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

/** What stands in the form. */
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
