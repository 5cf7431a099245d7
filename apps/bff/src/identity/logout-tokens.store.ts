import { lt, sql } from 'drizzle-orm';
import { index, pgTable } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import type { Transaction } from '../base/database.ts';
import { hashToken } from './token.ts';

/** Logout tokens that were acted upon, for as long as they could be sent again. */
export const logoutTokens = pgTable(
  'logout_tokens',
  {
    /** A hash of the provider and what it names the token by. */
    tokenHash: bytes().primaryKey(),
    expiresAt: moment().notNull(),
  },
  (table) => [index().on(table.expiresAt)],
);

/** Notes a token; false when it was there before. Removes in passing those that are too old to be sent again. */
export async function useUpLogoutToken(
  tx: Transaction,
  provider: string,
  jti: string,
  minutes: number,
): Promise<boolean> {
  await tx.delete(logoutTokens).where(lt(logoutTokens.expiresAt, sql`now()`));
  const noted = await tx
    .insert(logoutTokens)
    .values({
      tokenHash: hashToken(`${provider}\0${jti}`),
      expiresAt: sql`now() + make_interval(mins => ${minutes}::int)`,
    })
    .onConflictDoNothing()
    .returning({ expiresAt: logoutTokens.expiresAt });
  return noted.length > 0;
}
