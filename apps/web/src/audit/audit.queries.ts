import type { AuditEntry, AuditPage, ExportFormat } from '@dropsafe/contract/audit';
import { operations } from '@dropsafe/contract/operations';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { addressOf, call } from '../api/client.ts';
import { filterOf, type AuditView } from './audit-view.ts';

/** @file What this room asks. */

/** How long a page is looked for before what was found so far is shown. */
const longestSearchMs = 4_000;

/**
 * One page of the trail. While another one loads, the former stays in sight. Filters that rarely meet are answered by short pages, which
 * are put together here until there is a whole one.
 */
export const auditQuery = (view: AuditView) => {
  const filter = filterOf(view);
  return queryOptions({
    queryKey: ['audit-events', filter, view.limit, view.cursor],
    queryFn: async ({ signal }): Promise<AuditPage> => {
      const items: AuditEntry[] = [];
      const began = performance.now();
      for (let cursor = view.cursor; ;) {
        const query = { ...filter, limit: view.limit - items.length, ...(cursor && { cursor }) };
        const { data } = await call(operations.listAuditEvents, { query, signal });
        items.push(...data.items);
        const isLate = performance.now() - began > longestSearchMs;
        if (items.length === view.limit || data.nextCursor === null || isLate)
          return { items, nextCursor: data.nextCursor };
        cursor = data.nextCursor;
      }
    },
    placeholderData: keepPreviousData,
  });
};

/** What is kept of the trail, and whether it is as it was written down. */
export const auditStateQuery = queryOptions({
  queryKey: ['audit-state'],
  queryFn: async ({ signal }) => (await call(operations.readAuditState, { signal })).data,
});

/** Where the browser downloads what the view shows, all pages of it. */
export function exportAddress(view: AuditView, format: ExportFormat): string {
  return addressOf(operations.exportAuditEvents, { query: { format, ...filterOf(view) } });
}
