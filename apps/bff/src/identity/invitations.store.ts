import { eq, sql } from 'drizzle-orm';
import { pgTable, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import type { Queries, Transaction } from '../base/database.ts';
import { users } from './users.store.ts';

/** Hours until an invitation ends. */
const hours = 72;

/** One invitation at most for each user. The token itself is only in the link. */
export const invitations = pgTable('invitations', {
  userId: uuid()
    .primaryKey()
    .references(() => users.id, { onDelete: 'cascade' }),
  tokenHash: bytes().notNull().unique(),
  createdAt: moment()
    .notNull()
    .default(sql`now()`),
  expiresAt: moment().notNull(),
});

/** Stores an invitation in the place of the one before; answers when it ends. */
export async function replaceInvitation(
  queries: Queries,
  userId: string,
  tokenHash: Uint8Array,
): Promise<string> {
  const made = {
    tokenHash,
    createdAt: sql`now()`,
    expiresAt: sql`now() + make_interval(hours => ${hours}::int)`,
  };
  const [row] = await queries
    .insert(invitations)
    .values({ userId, ...made })
    .onConflictDoUpdate({ target: invitations.userId, set: made })
    .returning({ expiresAt: invitations.expiresAt });
  if (row === undefined) throw new Error('An upsert answered no row.');
  return row.expiresAt;
}

/** The user whom an invitation is for, while it holds and they are not disabled. */
export async function findInvited(
  queries: Queries,
  tokenHash: Uint8Array,
): Promise<{ id: string; name: string; canonicalName: string } | undefined> {
  const [user] = await queries
    .select({ id: users.id, name: users.name, canonicalName: users.canonicalName })
    .from(invitations)
    .innerJoin(users, eq(users.id, invitations.userId))
    .where(
      sql`${invitations.tokenHash} = ${tokenHash} and ${invitations.expiresAt} > now() and not ${users.isDisabled}`,
    );
  return user;
}

/** Uses an invitation up. Answers false when it does not hold (any more): somebody else was quicker. */
export async function useUpInvitation(tx: Transaction, tokenHash: Uint8Array): Promise<boolean> {
  const used = await tx
    .delete(invitations)
    .where(sql`${invitations.tokenHash} = ${tokenHash} and ${invitations.expiresAt} > now()`)
    .returning({ userId: invitations.userId });
  return used.length > 0;
}

/** Takes the invitation of a user back, if there is one. */
export async function deleteInvitation(queries: Queries, userId: string): Promise<void> {
  await queries.delete(invitations).where(eq(invitations.userId, userId));
}
