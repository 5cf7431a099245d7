import type { z } from 'zod';

/** Checks one field by its schema of the contract, in the manner of react-hook-form's `validate`: true, or the first message. */
export function checkField(schema: z.ZodType, value: unknown): true | string {
  const checked = schema.safeParse(value);
  return checked.success || (checked.error.issues[0]?.message ?? 'Not valid.');
}
