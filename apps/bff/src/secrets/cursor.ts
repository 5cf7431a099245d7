/**
 * @file The page cursor: opaque to callers, carries sort and filter and the last row's key. Not signed: all that a
 * forged one can do is start a page elsewhere in a list that its holder may read anyway.
 */
import { SortSchema, type Sort } from '@dropsafe/contract/secrets';
import { z } from 'zod';
import { fieldProblem } from '../base/problem.ts';

const CursorContentSchema = z.strictObject({
  sort: SortSchema,
  q: z.string().max(255),
  /** Sort key of the last row: a lower-case name, or milliseconds since 1970, null for never. */
  // The bound is that of dates (ECMA-262, 21.4.1.1): beyond, a forged cursor would be a moment that does not exist.
  key: z.union([z.string().max(64), z.int().min(0).max(8.64e15), z.null()]),
  /** Its name, which decides between equal keys. */
  name: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/),
  /** What the first page counted: counting again on every page would cost more than the page. */
  total: z.int().min(0).nullable(),
});

/** Where a page begins: right after this row. */
export type CursorContent = z.infer<typeof CursorContentSchema>;

/** The cursor as it travels. */
export function printCursor(content: CursorContent): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another search. */
export function parseCursor(
  text: string,
  expected: { sort: Sort | undefined; q: string | undefined },
): CursorContent {
  const content = CursorContentSchema.safeParse(decode(text)).data;
  if (
    content === undefined ||
    (typeof content.key === 'string') !== content.sort.endsWith('name')
  ) {
    throw fieldProblem(
      'cursor',
      'Not a cursor of this list. Take it from "nextCursor" of the page before, or leave it out.',
    );
  }
  if ((expected.sort ?? content.sort) !== content.sort || (expected.q ?? content.q) !== content.q) {
    throw fieldProblem(
      'cursor',
      'This cursor belongs to another search or sort order. Leave it out to start anew.',
    );
  }
  return content;
}

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
