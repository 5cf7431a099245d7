import type { ExportFormat } from '@dropsafe/contract/audit';
import { operations } from '@dropsafe/contract/operations';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { addressOf, call } from '../api/client.ts';
import { filterOf, type AuditView } from './audit-view.ts';

/** @file What this room asks. */

/** One page of the trail. While another one loads, the former stays in sight. */
export const auditQuery = (view: AuditView) => {
  const query = { ...filterOf(view), limit: view.limit };
  return queryOptions({
    queryKey: ['audit-events', query, view.cursor],
    queryFn: async ({ signal }) => {
      const page = view.cursor === undefined ? query : { ...query, cursor: view.cursor };
      return (await call(operations.listAuditEvents, { query: page, signal })).data;
    },
    placeholderData: keepPreviousData,
  });
};

/** Where the browser downloads what the view shows, all pages of it. */
export function exportAddress(view: AuditView, format: ExportFormat): string {
  return addressOf(operations.exportAuditEvents, { query: { format, ...filterOf(view) } });
}
