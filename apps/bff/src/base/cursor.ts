/**
 * @file How the cursor of a list travels: opaque to callers, carries order, search and the last row's key. Not signed: all
 * that a forged one can do is start a page elsewhere in a list that its holder may read anyway. Pure.
 */
import { z } from 'zod';
import { fieldProblem } from './problem.ts';

/** The cursor as it travels. */
export function printCursor(content: object): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Reads a cursor. Throws `validation-failed` when this server never made it for this list. */
export function readCursor<Content>(text: string, contents: z.ZodType<Content>): Content {
  const { data } = contents.safeParse(decode(text));
  if (data !== undefined) return data;
  throw fieldProblem(
    'cursor',
    'Not a cursor of this list. Take it from "nextCursor" of the page before, or leave it out.',
  );
}

/** A name as a sort key. The longest is a name of 64 characters each of which is 18 in canonical form. */
export const TextKeySchema = z
  .string()
  .max(2048)
  .refine((text) => text.isWellFormed() && !text.includes('\0'));
/** As `moment` prints them (base/columns.ts). The database has no year 0, and reads no more digits than a few. */
const MomentKeySchema = z.iso.datetime({ precision: 3 }).refine((text) => text >= '0001');

/** True for the sort key of a row in this order: a name, or a moment. Of a forged one only the database would find out. */
export function isKeyOf(sort: string, key: string): boolean {
  return (sort.endsWith('name') ? TextKeySchema : MomentKeySchema).safeParse(key).success;
}

/** What decides which rows there are, and in which order. */
const parts = ['sort', 'q', 'provider', 'unused'] as const;
type Search = { [Part in (typeof parts)[number]]?: string | undefined };

/** What is asked for beside a cursor may be left out, or must be the same. Throws `validation-failed`. */
export function demandSameSearch(cursor: Search, asked: Search): void {
  if (parts.every((part) => asked[part] === undefined || asked[part] === cursor[part])) return;
  throw fieldProblem(
    'cursor',
    'This cursor belongs to another search or sort order. Leave it out to start anew.',
  );
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
