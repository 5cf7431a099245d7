import { and, eq, inArray, ne, sql, type SQL } from 'drizzle-orm';
import { countedUpTo } from '@dropsafe/contract/secrets';
import { mostSessionsOfUser } from '@dropsafe/contract/sessions';
import type { Permission } from '@dropsafe/contract/permissions';
import { index, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import { countUpTo, type Database, type Queries } from '../base/database.ts';
import { findByToken } from './by-token.store.ts';
import type { PageCursor } from './page-cursor.ts';
import { containsPart } from './page.store.ts';
import { permissionsOfUser } from './teams.store.ts';
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
    /** Where one signed in from. */
    address: text(),
    /** Browser and system in words (user-agent.ts). */
    agent: text(),
    /** Who signed in, by the name that the provider has for them; null for other means. */
    providerSubject: text(),
    /** The session at the provider, if it has one: what it names when that ends. */
    providerSid: text(),
  },
  (table) => [
    index().on(table.userId),
    // The order of the list of everybody's.
    index('sessions_by_created_at').on(table.createdAt, table.id),
    index('sessions_by_expires_at').on(table.expiresAt),
    // What a provider names when it ends something. Anybody can ask for that.
    index('sessions_by_provider_sid')
      .on(table.providerSid)
      .where(sql`${table.providerSid} is not null`),
    index('sessions_by_provider_subject')
      .on(table.providerSubject)
      .where(sql`${table.providerSubject} is not null`),
  ],
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
      permissions: permissionsOfUser,
      isTouchDue: sql<boolean>`${sessions.lastSeenAt} < now() - interval '1 minute'`,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        sql`${sessions.tokenHash} = any(${sql.placeholder('tokenHashes')}::bytea[])`,
        isAlive(idleMinutes),
      ),
    )
    .prepare('find_session');
  return findByToken(database, query);
}

/**
 * What somebody may do at this moment, by the id of their session; undefined when that is over. For how long it was idle is not asked:
 * it is in use by the request that asks.
 */
export async function findPermissionsOfSession(
  queries: Queries,
  id: string,
): Promise<Permission[] | undefined> {
  const [found] = await queries
    .select({ permissions: permissionsOfUser })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(eq(sessions.id, id), sql`${sessions.expiresAt} > now()`, eq(users.isDisabled, false)),
    );
  return found?.permissions;
}

/** The condition that a session can be used; needs its user beside it. */
function isAlive(idleMinutes: number): SQL | undefined {
  return and(
    sql`${sessions.expiresAt} > now()`,
    sql`${sessions.lastSeenAt} > now() - make_interval(mins => ${sql.raw(String(idleMinutes))})`,
    eq(users.isDisabled, false),
  );
}

/** Opens a session; answers when it ends at the latest. */
export async function insertSession(
  queries: Queries,
  session: {
    id: string;
    tokenHash: Uint8Array;
    userId: string;
    means: string;
    address: string | null;
    agent: string | null;
    providerSubject: string | null;
    providerSid: string | null;
  },
  hours: number,
): Promise<Date> {
  const [row] = await queries
    .insert(sessions)
    .values({ ...session, expiresAt: sql`now() + make_interval(hours => ${hours}::int)` })
    .returning({ expiresAt: sessions.expiresAt });
  if (row === undefined) throw new Error('An insert without a conflict answered no row.');
  return row.expiresAt;
}

/** How many sessions that are over one sign-in removes at most: more than it adds, and few enough to cost nothing. */
const prunedAtOnce = 100;

/** Removes sessions that are over, anybody's, the oldest first. It waits for nobody who does the same. */
export async function pruneSessions(queries: Queries): Promise<void> {
  const dead = queries
    .select({ id: sessions.id })
    .from(sessions)
    .where(sql`${sessions.expiresAt} < now()`)
    .orderBy(sessions.expiresAt)
    .limit(prunedAtOnce)
    .for('update', { skipLocked: true });
  await queries.delete(sessions).where(inArray(sessions.id, dead));
}

/** How many sessions one sign-in ends at most: an older version kept as many as there were, and each has an event. */
const endedAtOnce = 1_000;

/**
 * Ends the oldest sessions of a user, so that one more keeps within `mostSessionsOfUser`; answers how many. Two sign-ins in the
 * same moment may leave one too many, which the next one ends: they do not wait for each other.
 */
export async function endOldestSessions(
  queries: Queries,
  userId: string,
  idleMinutes: number,
): Promise<number> {
  const surplus = queries
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(eq(sessions.userId, userId), isAlive(idleMinutes)))
    .orderBy(sql`${sessions.createdAt} desc`, sql`${sessions.id} desc`)
    .offset(mostSessionsOfUser - 1)
    .limit(endedAtOnce);
  const free = queries
    .select({ id: sessions.id })
    .from(sessions)
    .where(inArray(sessions.id, surplus))
    .for('update', { skipLocked: true });
  const gone = await queries
    .delete(sessions)
    .where(inArray(sessions.id, free))
    .returning({ id: sessions.id });
  return gone.length;
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

// --- what people see of them ---

/** A session that is alive, with whose it is. */
export interface SeenSession {
  id: string;
  userId: string;
  userName: string;
  means: string;
  createdAt: Date;
  lastSeenAt: Date;
  expiresAt: Date;
  address: string | null;
  agent: string | null;
}

/** Which sessions are meant; what is absent restricts nothing. */
export interface SessionChoice {
  id?: string;
  exceptId?: string;
  userId?: string;
  /** A case-insensitive part of the name of the user. */
  q?: string;
  means?: string;
  /** As the provider names them. */
  subject?: string | undefined;
  sid?: string | undefined;
}

/** Sessions that are alive, the latest first: all, or a page of `limit` behind `after`. */
export async function listSessions(
  queries: Queries,
  choice: SessionChoice & { after?: PageCursor<string> | undefined; limit?: number },
  idleMinutes: number,
): Promise<SeenSession[]> {
  const { after, limit } = choice;
  const page = queries
    .select({
      id: sessions.id,
      userId: users.id,
      userName: users.name,
      means: sessions.means,
      createdAt: sessions.createdAt,
      lastSeenAt: sessions.lastSeenAt,
      expiresAt: sessions.expiresAt,
      address: sessions.address,
      agent: sessions.agent,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        isAlive(idleMinutes),
        chosen(choice),
        after &&
          sql`(${sessions.createdAt}, ${sessions.id}) < (${after.key}::timestamptz, ${after.id}::uuid)`,
      ),
    )
    .orderBy(sql`${sessions.createdAt} desc`, sql`${sessions.id} desc`);
  return limit === undefined ? page : page.limit(limit);
}

/** How many sessions are alive and chosen, or null for more than `countedUpTo`: the count stops there. */
export async function countSessions(
  queries: Queries,
  choice: SessionChoice,
  idleMinutes: number,
): Promise<number | null> {
  const rows = queries
    .select({ one: sql`1` })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(isAlive(idleMinutes), chosen(choice)));
  return countUpTo(queries, countedUpTo, rows);
}

/** True when any session is alive and chosen. */
export async function hasSessions(
  queries: Queries,
  choice: SessionChoice,
  idleMinutes: number,
): Promise<boolean> {
  // In no order: that could lead through all sessions, where the index of what was chosen leads to one.
  const [found] = await queries
    .select({ id: sessions.id })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(and(isAlive(idleMinutes), chosen(choice)))
    .limit(1);
  return found !== undefined;
}

/** Ends the sessions that are alive and chosen; answers the name of the user of each. */
export async function endSessions(
  queries: Queries,
  choice: SessionChoice,
  idleMinutes: number,
): Promise<string[]> {
  const gone = await queries
    .delete(sessions)
    .where(
      sql`${sessions.id} in (${queries
        .select({ id: sessions.id })
        .from(sessions)
        .innerJoin(users, eq(users.id, sessions.userId))
        .where(and(isAlive(idleMinutes), chosen(choice)))})`,
    )
    .returning({
      userName: sql<string>`(select ${users.name} from ${users} where ${users.id} = ${sessions.userId})`,
    });
  return gone.map(({ userName }) => userName);
}

function chosen(choice: SessionChoice): SQL | undefined {
  const { id, exceptId, userId, q = '', means, subject, sid } = choice;
  return and(
    id === undefined ? undefined : eq(sessions.id, id),
    exceptId === undefined ? undefined : ne(sessions.id, exceptId),
    userId === undefined ? undefined : eq(sessions.userId, userId),
    means === undefined ? undefined : eq(sessions.means, means),
    subject === undefined ? undefined : eq(sessions.providerSubject, subject),
    sid === undefined ? undefined : eq(sessions.providerSid, sid),
    containsPart(users.canonicalName, q),
  );
}
