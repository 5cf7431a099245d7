/** @file What the cursors of the lists of API keys and of sessions carry. Pure. */
import { z } from 'zod';
import { demandSameSearch, readCursor } from '../base/cursor.ts';

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
      q: z.string().max(255),
      // 64 characters of a name become as many as 1152 in their canonical form.
      key: z.string().max(1152).nullable(),
      id: z.uuid(),
    })
    .refine(fits);

/** A forged key would be a moment that does not exist, which only the database would find out. */
function fits({ sort, key }: PageCursor<string>): boolean {
  if (sort.endsWith('name')) return key !== null && !key.includes('\0') && key.isWellFormed();
  return key === null || z.iso.datetime().safeParse(key).success;
}
