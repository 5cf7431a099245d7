import { and, eq, lt, sql } from 'drizzle-orm';
import { index, pgTable, text } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import type { Queries } from '../base/database.ts';
import { hashToken, mintToken } from './token.ts';

/** Sign-ins that have begun elsewhere and not come back yet (challenge.ts). On every node, and each good for once. */
export const challenges = pgTable(
  'challenges',
  {
    tokenHash: bytes().primaryKey(),
    /** What it was made for; it is good for nothing else. */
    purpose: text().notNull(),
    expiresAt: moment().notNull(),
  },
  (table) => [index().on(table.expiresAt)],
);

/** What a challenge is for: a sign-in through a provider, a sign-in by a passkey, or a new passkey of a user. */
export type Purpose = `oidc:${string}` | 'passkey' | `new-passkey:${string}`;

/** Begins; answers the token for the cookie. Removes in passing some that nobody came back with. */
export async function insertChallenge(
  queries: Queries,
  purpose: Purpose,
  minutes: number,
): Promise<string> {
  const token = mintToken();
  const old = queries
    .select({ tokenHash: challenges.tokenHash })
    .from(challenges)
    .where(lt(challenges.expiresAt, sql`now()`))
    .limit(100)
    .for('update', { skipLocked: true });
  await queries.delete(challenges).where(sql`${challenges.tokenHash} in ${old}`);
  await queries.insert(challenges).values({
    tokenHash: hashToken(token),
    purpose,
    expiresAt: sql`now() + make_interval(mins => ${minutes}::int)`,
  });
  return token;
}

/** Comes back: true once for each that was begun for this purpose and is not too old. */
export async function useUpChallenge(
  queries: Queries,
  token: string,
  purpose: Purpose,
): Promise<boolean> {
  const found = await queries
    .delete(challenges)
    .where(and(eq(challenges.tokenHash, hashToken(token)), eq(challenges.purpose, purpose)))
    .returning({ isAlive: sql<boolean>`${challenges.expiresAt} > now()` });
  return found[0]?.isAlive === true;
}
