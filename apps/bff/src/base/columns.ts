import { customType } from 'drizzle-orm/pg-core';

/** A `bytea` column. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({
  dataType: () => 'bytea',
});

/** Bytes as text that `bytea` reads, for rows that travel as JSON. */
export const byteaText = (content: Uint8Array): string =>
  `\\x${Buffer.from(content).toString('hex')}`;

/**
 * A moment as it travels: ISO 8601 in UTC, with milliseconds. PostgreSQL writes `2026-01-31 12:00:00.5+00` (the pool's
 * time zone is UTC), which is rewritten as text: a `Date` in between costs more than all else of a page of rows.
 */
export const moment = customType<{ data: string; driverData: string }>({
  dataType: () => 'timestamp (3) with time zone',
  fromDriver: (text) =>
    `${text.slice(0, 10)}T${text.slice(11, 19)}.${text.slice(20, -3).padEnd(3, '0')}Z`,
});
