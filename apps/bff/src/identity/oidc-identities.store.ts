import { and, eq, isNull, sql } from 'drizzle-orm';
import { pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import type { Queries, Transaction } from '../base/database.ts';
import { users } from './users.store.ts';

/**
 * Who a user is at a provider: one identity at most for each user. Without a subject the user was created for the
 * provider and is awaited: the first sign-in by their name makes them one.
 */
export const oidcIdentities = pgTable(
  'oidc_identities',
  {
    userId: uuid()
      .primaryKey()
      .references(() => users.id, { onDelete: 'cascade' }),
    provider: text().notNull(),
    /** Kept beside the subject: a provider that was put in the place of another may use the same subjects for others. */
    issuer: text(),
    subject: text(),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
  },
  (table) => [unique().on(table.provider, table.subject)],
);

/** The user behind a subject of a provider, with the issuer that it was linked under. By the unique index. */
export async function findIdentity(
  queries: Queries,
  provider: string,
  subject: string,
): Promise<{ id: string; name: string; issuer: string | null } | undefined> {
  const [identity] = await queries
    .select({ id: users.id, name: users.name, issuer: oidcIdentities.issuer })
    .from(oidcIdentities)
    .innerJoin(users, eq(users.id, oidcIdentities.userId))
    .where(and(eq(oidcIdentities.provider, provider), eq(oidcIdentities.subject, subject)));
  return identity;
}

/** The user of this name who was created for the provider and has not come yet, nor got a password meanwhile. */
export async function findAwaited(
  tx: Transaction,
  provider: string,
  canonicalName: string,
): Promise<{ id: string; name: string } | undefined> {
  const [user] = await tx
    .select({ id: users.id, name: users.name })
    .from(oidcIdentities)
    .innerJoin(users, eq(users.id, oidcIdentities.userId))
    .where(
      and(
        eq(oidcIdentities.provider, provider),
        isNull(oidcIdentities.subject),
        eq(users.canonicalName, canonicalName),
        isNull(users.passwordHash),
      ),
    )
    .for('update');
  return user;
}

/** Makes a user be awaited from a provider. */
export async function insertAwaited(
  tx: Transaction,
  userId: string,
  provider: string,
): Promise<void> {
  await tx.insert(oidcIdentities).values({ userId, provider });
}

/** Links a user to who they are at the provider. */
export async function linkIdentity(
  tx: Transaction,
  userId: string,
  identity: { provider: string; issuer: string; subject: string },
): Promise<void> {
  await tx
    .insert(oidcIdentities)
    .values({ userId, ...identity })
    .onConflictDoUpdate({ target: oidcIdentities.userId, set: identity });
}
