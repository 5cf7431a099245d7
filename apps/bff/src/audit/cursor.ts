/** @file What the cursor of the trail carries: the filter, and the last event's id. */
import { AuditFilterSchema, type AuditFilter } from '@dropsafe/contract/audit';
import { z } from 'zod';
import { readCursor } from '../base/cursor.ts';
import { fieldProblem } from '../base/problem.ts';

const CursorContentSchema = z.strictObject({ filter: AuditFilterSchema, id: z.int().min(0) });

/** Where a page begins: right after this event. */
export type CursorContent = z.infer<typeof CursorContentSchema>;

/** Reads a cursor. Throws `validation-failed` when this server never made it, or when it belongs to another filter. */
export function parseCursor(text: string, asked: AuditFilter): CursorContent {
  const content = readCursor(text, CursorContentSchema);
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
