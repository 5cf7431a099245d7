import type { Permission } from '@dropsafe/contract/permissions';
import { eq, sql } from 'drizzle-orm';
import { boolean, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { isUniqueViolation, type Queries, type Transaction } from '../base/database.ts';
import { fieldProblem } from '../base/problem.ts';
import { grantsOf } from '../permissions/permissions.ts';

/** Local users. */
export const users = pgTable('users', {
  id: uuid().primaryKey(),
  name: text().notNull(),
  /** The name in the one form that is compared (`canonicalUserName`). */
  canonicalName: text().notNull().unique(),
  /** argon2id, in PHC string format. */
  passwordHash: text().notNull(),
  isDisabled: boolean().notNull().default(false),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

/** A user as sign-in needs them. */
export interface UserWithHash {
  id: string;
  name: string;
  passwordHash: string;
  permissions: Permission[];
}

const withHash = {
  id: users.id,
  name: users.name,
  passwordHash: users.passwordHash,
  permissions: grantsOf(users.id),
};

/** The user of this name who may sign in. */
export async function findUserByName(
  queries: Queries,
  canonicalName: string,
): Promise<UserWithHash | undefined> {
  const [user] = await queries
    .select(withHash)
    .from(users)
    .where(sql`${users.canonicalName} = ${canonicalName} and not ${users.isDisabled}`);
  return user;
}

/** True while the user has the same password and may sign in; holds the row until the transaction ends. */
export async function isStillCurrent(tx: Transaction, user: UserWithHash): Promise<boolean> {
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

/** Adds a user. Throws `validation-failed` when the name is taken. */
export async function insertUser(
  queries: Queries,
  user: { id: string; name: string; canonicalName: string; passwordHash: string },
): Promise<void> {
  try {
    await queries.insert(users).values(user);
  } catch (error) {
    if (isUniqueViolation(error))
      throw fieldProblem('name', 'There is already a user of this name.');
    throw error;
  }
}

/** Sets a new password. */
export async function updatePasswordHash(
  queries: Queries,
  id: string,
  passwordHash: string,
): Promise<void> {
  await queries.update(users).set({ passwordHash }).where(eq(users.id, id));
}
