import { operations } from '@dropsafe/contract/operations';
import { keepPreviousData, queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import type { ListView } from '../ui/list-view.ts';

/** @file What is asked and changed about sessions, one's own and everybody's. */

const listKey = ['sessions'] as const;

/** One's own. */
export const sessionsQuery = queryOptions({
  queryKey: [...listKey, 'own'],
  queryFn: async ({ signal }) => (await call(operations.listSessions, { signal })).data.items,
});

/** One page of everybody's. While another one loads, the former stays in sight. */
export const allSessionsQuery = ({ q, limit, cursor }: ListView<string>) =>
  queryOptions({
    queryKey: [...listKey, 'all', { q, limit, cursor }],
    queryFn: async ({ signal }) => {
      const query = { q, limit, ...(cursor === undefined ? {} : { cursor }) };
      return (await call(operations.listAllSessions, { query, signal })).data;
    },
    placeholderData: keepPreviousData,
  });

/** Ends one session: of one's own, or of anybody. */
export function useEndSession(whose: 'own' | 'all') {
  const operation = whose === 'own' ? operations.endSession : operations.endAnySession;
  const refresh = useRefreshLists();
  return useMutation({
    mutationFn: (id: string) => call(operation, { params: { id } }),
    onSettled: refresh,
  });
}

/** Ends all of one's own but this one. */
export function useEndOtherSessions() {
  const refresh = useRefreshLists();
  return useMutation({
    mutationFn: () => call(operations.endOtherSessions, {}),
    onSettled: refresh,
  });
}

function useRefreshLists(): () => void {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: listKey });
}
