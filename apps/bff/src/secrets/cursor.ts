/** @file What the cursor of the list of secrets carries. */
import { SearchSchema } from '@dropsafe/contract/paging';
import { ProviderNameSchema } from '@dropsafe/contract/providers';
import { SortSchema, UnusedSchema, type Sort, type Unused } from '@dropsafe/contract/secrets';
import { z } from 'zod';
import { demandSameSearch, readCursor } from '../base/cursor.ts';

const CursorContentSchema = z
  .strictObject({
    sort: SortSchema,
    q: SearchSchema,
    provider: ProviderNameSchema.optional(),
    unused: UnusedSchema.optional(),
    /** Sort key of the last row: a lower-case name, or milliseconds since 1970, null for never. */
    // The bound is the end of the year 9999: what comes later is written in a form that the database does not read.
    key: z.union([
      z.string().regex(/^[a-z0-9_-]{1,64}$/),
      z.int().min(0).max(253_402_300_799_999),
      z.null(),
    ]),
    /** Its name, which decides between equal keys. */
    name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
    /** What the first page counted: counting again on every page would cost more than the page. */
    total: z.int().min(0).nullable(),
  })
  .refine(({ sort, key }) => (typeof key === 'string') === sort.endsWith('name'));

/** Where a page begins: right after this row. */
export type CursorContent = z.infer<typeof CursorContentSchema>;

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another search. */
export function parseCursor(
  text: string,
  expected: {
    sort: Sort | undefined;
    q: string | undefined;
    provider: string | undefined;
    unused: Unused | undefined;
  },
): CursorContent {
  const content = readCursor(text, CursorContentSchema);
  demandSameSearch(content, expected);
  return content;
}
