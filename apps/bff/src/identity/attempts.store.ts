import { eq, sql } from 'drizzle-orm';
import { integer, pgTable, timestamp } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import type { Queries } from '../base/database.ts';

/** Failed sign-ins in a row, per account and per address. In the database, so that a restart forgives nothing. */
export const attempts = pgTable('sign_in_attempts', {
  /** A hash: people type passwords into the name field, and those must not be stored. */
  keyHash: bytes().primaryKey(),
  failures: integer().notNull(),
  lastFailureAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
});

/** What is known of an account or an address. */
export interface AttemptCount {
  failures: number;
  secondsSinceLast: number;
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
      secondsSinceLast: sql<number>`extract(epoch from clock_timestamp() - ${attempts.lastFailureAt})::float8`,
    })
    .from(attempts)
    .where(eq(attempts.keyHash, keyHash))
    .for('update');
  return row ?? { failures: 0, secondsSinceLast: 0 };
}

/** Counts an attempt as failed before it is made: whoever aborts it in the middle has still used it up. */
export async function countFailure(
  queries: Queries,
  keyHash: Uint8Array,
  failures: number,
): Promise<void> {
  await queries
    .update(attempts)
    .set({ failures, lastFailureAt: sql`clock_timestamp()` })
    .where(eq(attempts.keyHash, keyHash));
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

/** Takes the one turn that there is in a minute, on all nodes together; false when it was taken already. */
export async function takeTurn(queries: Queries, keyHash: Uint8Array): Promise<boolean> {
  const taken = await queries
    .insert(attempts)
    .values({ keyHash, failures: 0, lastFailureAt: sql`clock_timestamp()` })
    .onConflictDoUpdate({
      target: attempts.keyHash,
      set: { lastFailureAt: sql`clock_timestamp()` },
      setWhere: sql`${attempts.lastFailureAt} <= clock_timestamp() - interval '1 minute'`,
    })
    .returning({ keyHash: attempts.keyHash });
  return taken.length > 0;
}

/** Removes counters that no longer matter: nothing failed there for a day, and it is not locked for good. */
export async function pruneAttempts(queries: Queries, lockedAt: number): Promise<void> {
  await queries
    .delete(attempts)
    .where(
      sql`${attempts.lastFailureAt} < now() - interval '1 day' and ${attempts.failures} < ${lockedAt}`,
    );
}
