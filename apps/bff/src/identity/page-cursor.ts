/** @file What the cursors of the lists of API keys and of sessions carry. Pure. */
import { SearchSchema } from '@dropsafe/contract/paging';
import { z } from 'zod';
import { demandSameSearch, isKeyOf, readCursor } from '../base/cursor.ts';

/** Where a page begins: right after this row. */
export interface PageCursor<Sort extends string> {
  sort: Sort;
  q: string;
  /** Sort key of the last row: a name, or a moment; null for never. */
  key: string | null;
  /** Its id, which decides between equal keys. */
  id: string;
}

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another search. */
export function parseCursor<Sort extends string>(
  text: string,
  sorts: z.ZodType<Sort>,
  expected: { sort?: Sort | undefined; q?: string | undefined },
): PageCursor<Sort> {
  const cursor = readCursor(text, contentOf(sorts));
  demandSameSearch(cursor, expected);
  return cursor;
}

const contentOf = <Sort extends string>(sorts: z.ZodType<Sort>) =>
  z
    .strictObject({
      sort: sorts,
      q: SearchSchema,
      key: z.string().nullable(),
      id: z.uuid(),
    })
    .refine(({ sort, key }) => (key === null ? !sort.endsWith('name') : isKeyOf(sort, key)));
