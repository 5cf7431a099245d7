import type { Passkey } from '@dropsafe/contract/passkeys';
import type { Permission } from '@dropsafe/contract/permissions';
import { and, eq, sql } from 'drizzle-orm';
import { bigint, boolean, index, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import type { Queries, Transaction } from '../base/database.ts';
import { sessions } from './sessions.store.ts';
import { permissionsOfUser } from './teams.store.ts';
import { users } from './users.store.ts';

/** Passkeys. Nothing in here is secret: the private key never leaves the authenticator. */
export const passkeys = pgTable(
  'passkeys',
  {
    id: uuid().primaryKey(),
    credentialId: bytes().notNull().unique(),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** COSE_Key (RFC 9052, 7). */
    publicKey: bytes().notNull(),
    /** How often the authenticator says that it has signed; 0 for ever with those that do not count. 32 bits without a sign. */
    counter: bigint({ mode: 'number' }).notNull(),
    name: text().notNull(),
    /** How a browser reaches it: hints for later. */
    transports: text().array().notNull(),
    /** A password manager keeps it on several devices. */
    isBackedUp: boolean().notNull(),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
    lastUsedAt: moment(),
  },
  (table) => [index().on(table.userId)],
);

const columns = {
  id: passkeys.id,
  name: passkeys.name,
  isSynced: passkeys.isBackedUp,
  createdAt: passkeys.createdAt,
  lastUsedAt: passkeys.lastUsedAt,
};

/** The passkeys of a user, the oldest first. */
export async function listPasskeys(queries: Queries, userId: string): Promise<Passkey[]> {
  return queries
    .select(columns)
    .from(passkeys)
    .where(eq(passkeys.userId, userId))
    .orderBy(passkeys.createdAt, passkeys.id);
}

/** What an authenticator needs to know in order not to make a second one. */
export async function listCredentials(
  queries: Queries,
  userId: string,
): Promise<{ credentialId: Uint8Array; transports: string[] }[]> {
  return queries
    .select({ credentialId: passkeys.credentialId, transports: passkeys.transports })
    .from(passkeys)
    .where(eq(passkeys.userId, userId));
}

/** A passkey with whose it is, as sign-in needs it. */
export interface PasskeyOfUser {
  id: string;
  name: string;
  credentialId: Uint8Array;
  publicKey: Uint8Array;
  user: { id: string; name: string; isDisabled: boolean };
}

/** The passkey of this credential id, by the unique index. */
export async function findPasskey(
  queries: Queries,
  credentialId: Uint8Array,
): Promise<PasskeyOfUser | undefined> {
  const [found] = await queries
    .select({
      id: passkeys.id,
      name: passkeys.name,
      credentialId: passkeys.credentialId,
      publicKey: passkeys.publicKey,
      user: { id: users.id, name: users.name, isDisabled: users.isDisabled },
    })
    .from(passkeys)
    .innerJoin(users, eq(users.id, passkeys.userId))
    .where(eq(passkeys.credentialId, credentialId));
  return found;
}

/**
 * Holds the user who signs in and then their passkey until the transaction ends, in the order of every change of a user.
 * Answers both as they are now, or what is missing.
 */
export async function lockForSignIn(
  tx: Transaction,
  passkey: PasskeyOfUser,
): Promise<
  | { user: { id: string; name: string; permissions: Permission[] }; counter: number }
  | 'user-disabled'
  | 'unknown-passkey'
> {
  const [user] = await tx
    .select({ id: users.id, name: users.name, permissions: permissionsOfUser })
    .from(users)
    .where(and(eq(users.id, passkey.user.id), eq(users.isDisabled, false)))
    .for('share', { of: users });
  if (user === undefined) return 'user-disabled';
  const [held] = await tx
    .select({ counter: passkeys.counter })
    .from(passkeys)
    .where(eq(passkeys.id, passkey.id))
    .for('update');
  return held === undefined ? 'unknown-passkey' : { user, counter: held.counter };
}

/** Notes what the authenticator said when it signed. */
export async function touchPasskey(
  tx: Transaction,
  id: string,
  { counter, isBackedUp }: { counter: number; isBackedUp: boolean },
): Promise<void> {
  await tx
    .update(passkeys)
    .set({ counter, isBackedUp, lastUsedAt: sql`now()` })
    .where(eq(passkeys.id, id));
}

/** A passkey as it is added. */
export interface NewPasskey {
  id: string;
  credentialId: Uint8Array;
  userId: string;
  publicKey: Uint8Array;
  counter: number;
  name: string;
  transports: string[];
  isBackedUp: boolean;
}

/**
 * Makes additions of one user wait for each other until the transaction ends. Answers how many passkeys they have, or
 * undefined when the session is over: whatever takes an account away from somebody ends its sessions.
 */
export async function lockForAddition(
  tx: Transaction,
  caller: { id: string; session: { id: string } },
): Promise<number | undefined> {
  // The user first, as in every change of one.
  await tx.select({ id: users.id }).from(users).where(eq(users.id, caller.id)).for('no key update');
  const alive = await tx
    .select({ id: sessions.id })
    .from(sessions)
    .where(eq(sessions.id, caller.session.id))
    .for('share');
  return alive.length === 0 ? undefined : tx.$count(passkeys, eq(passkeys.userId, caller.id));
}

/** Adds a passkey; answers undefined when somebody has one of this credential id. */
export async function insertPasskey(
  tx: Transaction,
  passkey: NewPasskey,
): Promise<Passkey | undefined> {
  const [added] = await tx
    .insert(passkeys)
    .values(passkey)
    .onConflictDoNothing({ target: passkeys.credentialId })
    .returning(columns);
  return added;
}

/** Gives a passkey of a user another name; answers it with the name that it had, or undefined when there is none. */
export async function renamePasskey(
  tx: Transaction,
  userId: string,
  id: string,
  name: string,
): Promise<{ passkey: Passkey; before: string } | undefined> {
  const own = and(eq(passkeys.id, id), eq(passkeys.userId, userId));
  const [before] = await tx.select({ name: passkeys.name }).from(passkeys).where(own).for('update');
  const [passkey] = await tx.update(passkeys).set({ name }).where(own).returning(columns);
  return before && passkey && { passkey, before: before.name };
}

/** Removes one passkey of a user, or all of them; answers their names. */
export async function deletePasskeys(
  tx: Transaction,
  userId: string,
  id?: string,
): Promise<string[]> {
  const gone = await tx
    .delete(passkeys)
    .where(and(eq(passkeys.userId, userId), id === undefined ? undefined : eq(passkeys.id, id)))
    .returning({ name: passkeys.name });
  return gone.map(({ name }) => name);
}
