import { z } from 'zod';

/** How many entries a page may have, and has when nothing is asked for. */
export const pageLimit = { min: 1, max: 1000, default: 100 } as const;

/** `limit` of a query string. */
export const LimitSchema = z
  .preprocess(
    // Digits only: as a number JavaScript also reads "1e2", "0x10" and a blank.
    (text) => (typeof text === 'string' && /^\d{1,4}$/.test(text) ? Number(text) : text),
    z
      .int('Must be a whole number from 1 to 1000.')
      .min(pageLimit.min, 'Must be a whole number from 1 to 1000.')
      .max(pageLimit.max, 'Must be a whole number from 1 to 1000.'),
  )
  .default(pageLimit.default);

/** `q` of a query string: a part of a text. */
export const SearchSchema = z
  .string()
  .max(255, 'Search for at most 255 characters.')
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'Search for text only.');

/** An opaque cursor as the page before handed it out. It carries sort and filter; only this server makes them. */
export const CursorSchema = z.string().min(1).max(4096);
