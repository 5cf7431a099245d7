/** @file What the cursor of the list of integrations carries. Pure. */
import { IntegrationSortSchema, type ListIntegrations } from '@dropsafe/contract/integrations';
import { SearchSchema } from '@dropsafe/contract/paging';
import { z } from 'zod';
import { demandSameSearch, isKeyOf, readCursor } from '../base/cursor.ts';

const CursorContentSchema = z
  .strictObject({
    sort: IntegrationSortSchema,
    q: SearchSchema,
    /** Sort key of the last row: a canonical name, or a moment; null for never. */
    key: z.string().nullable(),
    id: z.uuid(),
    /** What the first page counted: counting again on every page would cost more than the page. */
    total: z.int().min(0).nullable(),
  })
  .refine(({ sort, key }) => (key === null ? !sort.endsWith('name') : isKeyOf(sort, key)));

/** Where a page begins: right after this row. */
export type IntegrationCursor = z.infer<typeof CursorContentSchema>;

/** The page that is asked for. Throws `validation-failed` when the cursor is none of this list, or belongs to another search. */
export function readIntegrationPage({ cursor, sort, q, limit }: ListIntegrations) {
  if (cursor === undefined)
    return { sort: sort ?? ('name' as const), q: q ?? '', limit, after: undefined };
  const after = readCursor(cursor, CursorContentSchema);
  demandSameSearch(after, { sort, q });
  return { sort: after.sort, q: after.q, limit, after };
}
