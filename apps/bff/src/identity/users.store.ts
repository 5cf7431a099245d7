import { nameSkeleton } from '@dropsafe/contract/name-skeleton';
import { and, eq, sql } from 'drizzle-orm';
import { boolean, index, integer, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import { refuseTakenName, type Queries, type Transaction } from '../base/database.ts';

/** Local users. */
export const users = pgTable(
  'users',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    /** The name in the one form that is compared (`canonicalName` of the contract). */
    canonicalName: text().notNull().unique(),
    /** What the name looks like (`nameSkeleton` of the contract). Null where two looked the same before that was refused. */
    skeleton: text().unique(),
    /** argon2id, in PHC string format. Null until one is set: nobody signs in by password then. */
    passwordHash: text(),
    isDisabled: boolean().notNull().default(false),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
    /** Counts every change of the user's own row and permissions. */
    version: integer().notNull().default(1),
  },
  (table) => [
    // What memberships point at, so that the name in them is the user's.
    unique('users_id_and_name').on(table.id, table.canonicalName),
    index('users_by_created_at').on(table.createdAt, table.id),
    // Searching a part of a name: trigrams. The size: see secrets.store.ts.
    index('users_name_search')
      .using('gin', sql`${table.canonicalName} gin_trgm_ops`)
      .with({ gin_pending_list_limit: 64 }),
  ],
);

/** True while the user has the same password and may sign in; holds the row until the transaction ends. */
export async function isStillCurrent(
  tx: Transaction,
  user: { id: string; passwordHash: string | null },
): Promise<boolean> {
  const rows = await tx
    .select({ id: users.id })
    .from(users)
    .where(
      sql`${users.id} = ${user.id} and ${users.passwordHash} = ${user.passwordHash} and not ${users.isDisabled}`,
    )
    .for('share');
  return rows.length > 0;
}

/** True once there is any user. */
export async function hasUsers(queries: Queries): Promise<boolean> {
  return (await queries.select({ id: users.id }).from(users).limit(1)).length > 0;
}

/** Holds the row of a user until the transaction ends ([Note: Order of locks]). Nobody signs in, and no password is set, meanwhile. */
export async function lockUser(tx: Transaction, id: string): Promise<void> {
  await tx.select({ id: users.id }).from(users).where(eq(users.id, id)).for('update');
}

/** Adds a user; without a hash nobody can sign in as them yet. Throws `user-name-taken`. */
export async function insertUser(
  queries: Queries,
  user: { id: string; name: string; canonicalName: string; passwordHash: string | null },
): Promise<void> {
  await refuseTaken(queries.insert(users).values({ ...user, skeleton: nameSkeleton(user.name) }));
}

/** Writes what is named, and counts the change. Throws `user-name-taken`. */
export async function updateUser(
  queries: Queries,
  id: string,
  change: { name?: string; canonicalName?: string; isDisabled?: boolean },
): Promise<void> {
  const skeleton = change.name !== undefined && { skeleton: nameSkeleton(change.name) };
  await refuseTaken(
    queries
      .update(users)
      .set({ ...change, ...skeleton, version: sql`${users.version} + 1` })
      .where(eq(users.id, id)),
  );
}

const refuseTaken = <T>(writing: PromiseLike<T>) =>
  refuseTakenName(
    writing,
    'user-name-taken',
    'There is already a user of this name, or of one that looks the same.',
  );

/** Removes a user, and with them their sessions, invitation and memberships. */
export async function deleteUser(queries: Queries, id: string): Promise<void> {
  await queries.delete(users).where(eq(users.id, id));
}

/** Sets a new password, unless the user is disabled or gone, or has another than `former` by now. Answers whether it was set. */
export async function updatePasswordHash(
  queries: Queries,
  id: string,
  passwordHash: string,
  former?: string,
): Promise<boolean> {
  const isFormer = former === undefined ? undefined : eq(users.passwordHash, former);
  const set = await queries
    .update(users)
    .set({ passwordHash })
    .where(and(sql`${users.id} = ${id} and not ${users.isDisabled}`, isFormer))
    .returning({ id: users.id });
  return set.length > 0;
}
