/**
 * @file The cursor of the lists of this room: opaque to callers, carries sort order, search and the last row's key. Not
 * signed: all that a forged one can do is start a page elsewhere in a list that its holder may read anyway. Pure.
 */
import { z } from 'zod';
import { fieldProblem } from '../base/problem.ts';

/** Where a page begins: right after this row. */
export interface PageCursor<Sort extends string> {
  sort: Sort;
  q: string;
  /** Sort key of the last row: a name, or a moment; null for never. */
  key: string | null;
  /** Its id, which decides between equal keys. */
  id: string;
}

const contentOf = <Sort extends string>(sorts: z.ZodType<Sort>) =>
  z.strictObject({
    sort: sorts,
    q: z.string().max(255),
    key: z.string().max(255).nullable(),
    id: z.uuid(),
  });

/** The cursor as it travels. */
export function printCursor(cursor: PageCursor<string>): string {
  return Buffer.from(JSON.stringify(cursor)).toString('base64url');
}

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another search. */
export function parseCursor<Sort extends string>(
  text: string,
  sorts: z.ZodType<Sort>,
  expected: { sort?: Sort | undefined; q?: string | undefined },
): PageCursor<Sort> {
  const cursor = contentOf(sorts).safeParse(decode(text)).data;
  if (cursor === undefined || !fits(cursor)) {
    throw fieldProblem(
      'cursor',
      'Not a cursor of this list. Take it from "nextCursor" of the page before, or leave it out.',
    );
  }
  if ((expected.sort ?? cursor.sort) !== cursor.sort || (expected.q ?? cursor.q) !== cursor.q) {
    throw fieldProblem(
      'cursor',
      'This cursor belongs to another search or sort order. Leave it out to start anew.',
    );
  }
  return cursor;
}

/** A forged key would be a moment that does not exist, which only the database would find out. */
function fits({ sort, key }: PageCursor<string>): boolean {
  if (sort.endsWith('name')) return key !== null && !key.includes('\0') && key.isWellFormed();
  return key === null || z.iso.datetime().safeParse(key).success;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
