/** @file What the cursor of the references of a secret carries. Pure. */
import { z } from 'zod';
import { TextKeySchema, readCursor } from '../base/cursor.ts';

const CursorContentSchema = z.strictObject({
  /** The secret. */
  secret: z.string(),
  /** The canonical name of the integration that the page before ended with. */
  after: TextKeySchema,
});

/** Reads where a page begins. Throws `validation-failed` when this server never made it for this secret. */
export function parseReferenceCursor(text: string, secret: string): string {
  return readCursor(
    text,
    CursorContentSchema.refine((content) => content.secret === secret),
  ).after;
}
