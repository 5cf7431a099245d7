import { eq, inArray, sql, type AnyColumn } from 'drizzle-orm';
import { boolean, index, integer, pgTable, timestamp } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import type { Queries } from '../base/database.ts';
import { lockedAfterFailures } from './guessing.ts';

/** What is not locked for good. In the statement itself, as the index needs it. */
const isUnlocked = (failures: AnyColumn) =>
  sql`${failures} < ${sql.raw(String(lockedAfterFailures))}`;

/** Failed sign-ins in a row, per account and per address. In the database, so that a restart forgives nothing. */
export const attempts = pgTable(
  'sign_in_attempts',
  {
    /** A hash: people type passwords into the name field, and those must not be stored. */
    keyHash: bytes().primaryKey(),
    failures: integer().notNull(),
    lastFailureAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** Whether the trail knows that an attempt was refused since the last failure. */
    isRefusalTold: boolean().notNull().default(false),
  },
  (table) => [
    index('sign_in_attempts_by_last_failure_at')
      .on(table.lastFailureAt)
      .where(isUnlocked(table.failures)),
  ],
);

/** What is known of an account or an address. */
export interface AttemptCount {
  failures: number;
  secondsSinceLast: number;
  isRefusalTold: boolean;
}

/** Locks and reads a counter, so that attempts at the same moment count one after the other. */
export async function lockAttempts(queries: Queries, keyHash: Uint8Array): Promise<AttemptCount> {
  await queries
    .insert(attempts)
    .values({ keyHash, failures: 0, lastFailureAt: sql`now()` })
    .onConflictDoNothing();
  const [row] = await queries
    .select({
      failures: attempts.failures,
      isRefusalTold: attempts.isRefusalTold,
      secondsSinceLast: sql<number>`extract(epoch from clock_timestamp() - ${attempts.lastFailureAt})::float8`,
    })
    .from(attempts)
    .where(eq(attempts.keyHash, keyHash))
    .for('update');
  return row ?? { failures: 0, secondsSinceLast: 0, isRefusalTold: false };
}

/** Counts an attempt as failed before it is made: whoever aborts it in the middle has still used it up. */
export async function countFailure(
  queries: Queries,
  keyHash: Uint8Array,
  failures: number,
): Promise<void> {
  await queries
    .update(attempts)
    .set({ failures, lastFailureAt: sql`clock_timestamp()`, isRefusalTold: false })
    .where(eq(attempts.keyHash, keyHash));
}

/** Notes that the trail knows of a refusal; true until the next failure. */
export async function noteRefusalTold(queries: Queries, keyHash: Uint8Array): Promise<void> {
  await queries.update(attempts).set({ isRefusalTold: true }).where(eq(attempts.keyHash, keyHash));
}

/** Forgets the failures of an account after a success. */
export async function clearFailures(queries: Queries, keyHash: Uint8Array): Promise<void> {
  await queries.delete(attempts).where(eq(attempts.keyHash, keyHash));
}

/** Takes one failure back: a success from an address must not wipe out the failures of others behind it. */
export async function takeFailureBack(queries: Queries, keyHash: Uint8Array): Promise<void> {
  await queries
    .update(attempts)
    .set({ failures: sql`greatest(${attempts.failures} - 1, 0)` })
    .where(eq(attempts.keyHash, keyHash));
}

/** How many counters one sign-in removes at most: more than it adds, and few enough to cost nothing after a flood. */
const prunedAtOnce = 100;

/** Removes counters that no longer matter and are not in use: nothing failed there for a day, and it is not locked for good. */
export async function pruneAttempts(queries: Queries): Promise<void> {
  const old = queries
    .select({ keyHash: attempts.keyHash })
    .from(attempts)
    .where(
      sql`${attempts.lastFailureAt} < now() - interval '1 day' and ${isUnlocked(attempts.failures)}`,
    )
    .orderBy(attempts.lastFailureAt)
    .limit(prunedAtOnce)
    .for('update', { skipLocked: true });
  await queries.delete(attempts).where(inArray(attempts.keyHash, old));
}
