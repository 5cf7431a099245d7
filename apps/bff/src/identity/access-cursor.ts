/** @file What the cursors of the lists of users and teams carry. Pure. */
import { SearchSchema } from '@dropsafe/contract/paging';
import { AccessSortSchema, type ListByName } from '@dropsafe/contract/teams';
import { z } from 'zod';
import { demandSameSearch, isKeyOf, printCursor, readCursor } from '../base/cursor.ts';

const PageCursorSchema = z
  .strictObject({
    /** Which list: `users`, `teams`, or the id of the team whose members are listed. */
    list: z.string(),
    sort: AccessSortSchema,
    q: SearchSchema,
    /** Sort key of the last row: a canonical name, or a moment. */
    key: z.string(),
    id: z.uuid(),
  })
  .refine(({ sort, key }) => isKeyOf(sort, key));

/** Where a page begins: right after this row. */
export type PageCursor = z.infer<typeof PageCursorSchema>;

/** The page that is asked for. Throws `validation-failed` when the cursor is none of this list, or belongs to another search. */
export function readPage(list: string, { cursor, sort, q, limit }: ListByName) {
  if (cursor === undefined) return { sort: sort ?? 'name', q: q ?? '', limit, after: undefined };
  const ofThisList = PageCursorSchema.refine((content) => content.list === list);
  const after = readCursor(cursor, ofThisList);
  demandSameSearch(after, { sort, q });
  return { sort: after.sort, q: after.q, limit, after };
}

/** A row of a list, with the key that decides its place. */
export interface Placed<Row> {
  row: Row;
  key: string;
}

/** Makes a page of one row more than asked for, which tells whether there is a next one. */
export function pageOf<Row extends { id: string }>(
  list: string,
  { sort, q, limit }: Pick<PageCursor, 'sort' | 'q'> & { limit: number },
  placed: readonly Placed<Row>[],
): { items: Row[]; nextCursor: string | null } {
  const shown = placed.slice(0, limit);
  const last = placed.length > limit ? shown.at(-1) : undefined;
  return {
    items: shown.map(({ row }) => row),
    nextCursor: last ? printCursor({ list, sort, q, key: last.key, id: last.row.id }) : null,
  };
}
