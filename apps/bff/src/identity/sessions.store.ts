import { and, eq, ne, sql } from 'drizzle-orm';
import type { Permission } from '@dropsafe/contract/permissions';
import { index, makePgArray, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import type { Database, Queries } from '../base/database.ts';
import { gather } from '../base/gather.ts';
import { grantsOf } from '../permissions/permissions.ts';
import { users } from './users.store.ts';

/** Sessions of the browser. The token itself is only in the cookie. */
export const sessions = pgTable(
  'sessions',
  {
    id: uuid().primaryKey(),
    tokenHash: bytes().notNull().unique(),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
    /** Up to a minute behind, so that not every request is a write. */
    lastSeenAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
    expiresAt: timestamp({ withTimezone: true, precision: 3 }).notNull(),
    /** How one signed in: `password`, `passkey`, or `oidc:` and the name of the provider. */
    means: text().notNull().default('password'),
  },
  (table) => [index().on(table.userId)],
);

/** A live session with its user and what that user may do, read at one moment. */
export interface LiveSession {
  id: string;
  expiresAt: Date;
  means: string;
  userId: string;
  userName: string;
  permissions: Permission[];
  /** True when `lastSeenAt` is due to be written. */
  isTouchDue: boolean;
}

/**
 * Makes the look-up of a session, by the unique index on the hash. Every request asks, so it is prepared once, and one
 * query serves all requests of the same moment. Expiry is decided by the database's clock, so that all nodes agree.
 */
export function prepareFindSession(
  database: Database,
  idleMinutes: number,
): (tokenHash: Uint8Array) => Promise<LiveSession | undefined> {
  const query = database.queries
    .select({
      tokenHash: sessions.tokenHash,
      id: sessions.id,
      expiresAt: sessions.expiresAt,
      means: sessions.means,
      userId: users.id,
      userName: users.name,
      permissions: grantsOf(users.id),
      isTouchDue: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 minute'`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        sql`${sessions.tokenHash} = any(${sql.placeholder('tokenHashes')}::bytea[])`,
        sql`${sessions.expiresAt} > now()`,
        sql`${sessions.lastSeenAt} > now() - make_interval(mins => ${sql.raw(String(idleMinutes))})`,
        eq(users.isDisabled, false),
      ),
    )
    .prepare('find_session');
  const find = gather(async (hashes: readonly string[]) => {
    const rows = await query.execute({
      tokenHashes: makePgArray(hashes.map((hash) => `\\x${hash}`)),
    });
    const byHash = new Map(rows.map(({ tokenHash, ...session }) => [hex(tokenHash), session]));
    return (hash) => byHash.get(hash);
  });
  return (tokenHash) => find(hex(tokenHash));
}

const hex = (hash: Uint8Array) => Buffer.from(hash).toString('hex');

/** Opens a session; answers when it ends at the latest. Removes this user's dead ones in passing. */
export async function insertSession(
  queries: Queries,
  session: { id: string; tokenHash: Uint8Array; userId: string; means: string },
  hours: number,
): Promise<Date> {
  await queries
    .delete(sessions)
    .where(and(eq(sessions.userId, session.userId), sql`${sessions.expiresAt} < now()`));
  const [row] = await queries
    .insert(sessions)
    .values({ ...session, expiresAt: sql`now() + make_interval(hours => ${hours}::int)` })
    .returning({ expiresAt: sessions.expiresAt });
  if (row === undefined) throw new Error('An insert without a conflict answered no row.');
  return row.expiresAt;
}

/** Notes that a session is in use. */
export async function touchSession(queries: Queries, id: string): Promise<void> {
  await queries
    .update(sessions)
    .set({ lastSeenAt: sql`now()` })
    .where(eq(sessions.id, id));
}

/** Ends a session; answers whether there was one. */
export async function deleteSession(queries: Queries, id: string): Promise<boolean> {
  return (
    (await queries.delete(sessions).where(eq(sessions.id, id)).returning({ id: sessions.id }))
      .length > 0
  );
}

/** Ends all sessions of a user, except one if so wished. */
export async function deleteSessionsOf(
  queries: Queries,
  userId: string,
  exceptId?: string,
): Promise<void> {
  const mine = eq(sessions.userId, userId);
  await queries
    .delete(sessions)
    .where(exceptId === undefined ? mine : and(mine, ne(sessions.id, exceptId)));
}
