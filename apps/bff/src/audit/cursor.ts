/**
 * @file The page cursor of the trail: opaque to callers, carries the filter and the last event's id. Not signed: all that a
 * forged one can do is start a page elsewhere in a list that its holder may read anyway.
 */
import { AuditFilterSchema, type AuditFilter } from '@dropsafe/contract/audit';
import { z } from 'zod';
import { fieldProblem } from '../base/problem.ts';

const CursorContentSchema = z.strictObject({ filter: AuditFilterSchema, id: z.int().min(0) });

/** Where a page begins: right after this event. */
export type CursorContent = z.infer<typeof CursorContentSchema>;

/** The cursor as it travels. */
export function printCursor(content: CursorContent): string {
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another filter. */
export function parseCursor(text: string, asked: AuditFilter): CursorContent {
  const content = CursorContentSchema.safeParse(decode(text)).data;
  if (content === undefined) {
    throw fieldProblem(
      'cursor',
      'Not a cursor of this list. Take it from "nextCursor" of the page before, or leave it out.',
    );
  }
  const { filter } = content;
  for (const field of filterFields) {
    if ((asked[field] ?? filter[field]) !== filter[field])
      throw fieldProblem(
        'cursor',
        'This cursor belongs to another filter. Leave it out to start anew.',
      );
  }
  return content;
}

const filterFields = AuditFilterSchema.keyof().options;

function decode(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString());
  } catch {
    return undefined;
  }
}
