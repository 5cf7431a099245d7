import type { AuditFilter } from '@dropsafe/contract/audit';
import { and, asc, desc, eq, or, sql, type SQL } from 'drizzle-orm';
import type { Database, Transaction } from '../base/database.ts';
import { auditAnchor, auditChain, auditEvents, subjectParts } from './audit.store.ts';
import { emptyChain, type ChainEnd, type StoredEvent } from './chain.ts';
import type { Anchor } from './anchor.ts';

/** @file Reading the trail, and dropping its old end. Nothing here counts, and no read goes through more than `mostScanned`. */

/** Which events to read, and from where on. */
export interface EventRequest {
  filter: AuditFilter;
  direction: 'newest first' | 'oldest first';
  /** Where the part before ended. */
  beyond: number | undefined;
  /** No event behind this one. */
  upTo?: number;
  limit: number;
}

/** A part of the events that fit. */
export interface FoundEvents {
  /** As many as were asked for, or fewer when it took `mostScanned` to find them: even none. */
  events: StoredEvent[];
  /** Where the next part begins: behind this event, whether it fits or not. Undefined when there is no more. */
  goOnBeyond: number | undefined;
}

/**
 * How many events of one filter are held against the others. Of filters that rarely meet, one read would otherwise go through all
 * that fit one of them, which may be millions.
 */
const mostScanned = 4_000;
/** So many events of each filter tell which one is the rarest from here on. */
const probed = 200;

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Events that fit, in the order of the chain: the next ones of the rarest filter, by its index, held against the others. Which is the
 * rarest is looked up and not left to the planner, whose statistics know nothing of how filters meet.
 */
export async function findEvents(
  { queries }: Database,
  { filter, direction, beyond, upTo, limit }: EventRequest,
): Promise<FoundEvents> {
  const { from, to } = filter;
  const filters = conditionsOf(filter);
  const isNewestFirst = direction === 'newest first';
  // -id where an index of a filter serves, see the table; each says the same as id does.
  const isFiltered = filters.length > 0;
  const place = isFiltered ? sql`(-${auditEvents.id})` : sql`${auditEvents.id}`;
  const inOrder = isNewestFirst === isFiltered ? asc(place) : desc(place);
  const before = (id: SQL | number) =>
    isFiltered ? sql`${place} > -(${id})::bigint` : sql`${place} < ${id}`;
  const behind = (id: SQL | number) =>
    isFiltered ? sql`${place} < -(${id})::bigint` : sql`${place} > ${id}`;
  const bounds = and(
    from === undefined ? undefined : behind(lastBefore(queries, from)),
    to === undefined ? undefined : before(firstAfter(queries, to)),
    beyond === undefined ? undefined : isNewestFirst ? before(beyond) : behind(beyond),
    upTo === undefined ? undefined : before(upTo + 1),
  );
  const byId = isNewestFirst ? sql`id desc` : sql`id`;
  const furthest = isNewestFirst ? sql`min(id)` : sql`max(id)`;

  /** The next events of one filter: those of each of its alternatives, by their indexes, put together. */
  const nextOf = (alternatives: readonly SQL[], count: number): SQL => {
    const parts = alternatives.map((condition) => {
      const { id, at, principalId, principalName, action, subject } = auditEvents;
      const next = queries
        .select({ id, at, principalId, principalName, action, subject })
        .from(auditEvents)
        .where(and(condition, bounds))
        .orderBy(inOrder)
        .limit(count);
      return sql`(${next})`;
    });
    return sql`select * from (${sql.join(parts, sql` union all `)}) as next order by ${byId} limit ${count}`;
  };

  async function findRarest(): Promise<SQL[]> {
    const [only = [sql`true`], ...others] = filters;
    if (others.length === 0) return only;
    const probes = filters.map(
      (each, index) =>
        sql`select ${index}::int as filter, case when count(*) = ${probed} then ${furthest} end as id from (${nextOf(each, probed)}) as probe`,
    );
    const [rarest] = await queries.execute<{ filter: number }>(
      sql`${sql.join(probes, sql` union all `)} order by ${isNewestFirst ? sql`id nulls first` : sql`id desc nulls first`} limit 1`,
    );
    return filters[rarest?.filter ?? 0] ?? only;
  }

  const rarest = await findRarest();
  // Bounds of the number leave a minute at each end, see below.
  const others = and(
    ...filters.filter((each) => each !== rarest).map((alternatives) => or(...alternatives)),
    from === undefined ? undefined : sql`${auditEvents.at} >= ${from}`,
    to === undefined ? undefined : sql`${auditEvents.at} < ${to}`,
  );
  // One event more than asked for tells whether there is a next part.
  const scanned = others === undefined ? limit + 1 : Math.max(limit + 1, mostScanned);
  const found = sql`(with scanned as materialized (${nextOf(rarest, scanned)})
    (select id, true as fits from scanned as ${auditEvents} where ${others ?? sql`true`} order by ${byId} limit ${limit + 1})
    union all select ${furthest}, false from scanned having count(*) = ${scanned}) as found`;
  const rows = await queries
    .select({ event: auditEvents, fits: sql<boolean>`found.fits` })
    .from(auditEvents)
    .innerJoin(found, sql`found.id = ${auditEvents.id}`)
    .orderBy(isNewestFirst ? desc(auditEvents.id) : asc(auditEvents.id));
  const fitting = rows.filter(({ fits }) => fits).map(({ event }) => event);
  const events = fitting.slice(0, limit);
  const isFull = fitting.length > limit;
  const last = isFull ? events.at(-1) : rows.find(({ fits }) => !fits)?.event;
  return { events, goOnBeyond: last?.id };
}

/** The filters, each as its alternatives, of which an event fits one at most. Each of these has an index of its own. */
function conditionsOf({ principal, action, subject }: AuditFilter): SQL[][] {
  const filters: SQL[][] = [];
  if (principal !== undefined)
    filters.push([
      uuidForm.test(principal)
        ? eq(auditEvents.principalId, principal)
        : eq(auditEvents.principalName, principal),
    ]);
  if (action !== undefined) filters.push([eq(auditEvents.action, action)]);
  if (subject !== undefined) {
    const { first, rest, middle, last, hasParts, hasThree } = subjectParts(auditEvents.subject);
    filters.push([
      eq(auditEvents.subject, subject),
      sql`${hasParts} and ${first} = ${subject}`,
      sql`${hasParts} and ${rest} = ${subject} and ${first} <> ${subject}`,
      sql`${hasThree} and ${last} = ${subject} and ${subject} not in (${first}, ${rest})`,
      sql`${hasThree} and ${middle} = ${subject} and ${subject} not in (${first}, ${rest}, ${last})`,
    ]);
  }
  return filters;
}

/**
 * Nodes write by the database's clock as they last read it, to within a second, so that ids and times agree to within that: what
 * stands before an event is not a minute later than it. Only a database whose clock was set back by as much would show too few events
 * of the time that it lived through twice.
 */
const slack = sql`interval '1 minute'`;

/** The last event of more than a minute before; there may be none, and then all are behind it. */
function lastBefore(queries: Database['queries'], moment: string): SQL {
  const last = queries
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(sql`${auditEvents.at} < ${moment}::timestamptz - ${slack}`)
    .orderBy(desc(auditEvents.at), desc(auditEvents.id))
    .limit(1);
  return sql`coalesce((${last}), -1)`;
}

/** The first event of a minute after, or later; there may be none, and then all are before it. */
function firstAfter(queries: Database['queries'], moment: string): SQL {
  const first = queries
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(sql`${auditEvents.at} >= ${moment}::timestamptz + ${slack}`)
    .orderBy(asc(auditEvents.at), asc(auditEvents.id))
    .limit(1);
  return sql`coalesce((${first}), 9007199254740991)`;
}

/** The end of the chain as it is kept, and the time by the database's clock; undefined when somebody took it away. */
export async function findChainEnd({
  queries,
}: Database): Promise<(ChainEnd & { at: string }) | undefined> {
  const [found] = await queries
    .select({
      id: auditChain.lastId,
      mac: auditChain.lastMac,
      at: sql`date_trunc('milliseconds', clock_timestamp())`.mapWith(auditEvents.at),
    })
    .from(auditChain);
  return found;
}

/** The MAC of one event; undefined when there is no such event. */
export async function findMac({ queries }: Database, id: number): Promise<Uint8Array | undefined> {
  const [found] = await queries
    .select({ mac: auditEvents.mac })
    .from(auditEvents)
    .where(eq(auditEvents.id, id));
  return found?.mac;
}

/** What retention left in place of what it dropped; undefined when it never dropped anything. Not yet proven. */
export async function findAnchor({ queries }: Database): Promise<Anchor | undefined> {
  const [found] = await queries
    .select({ id: auditAnchor.lastId, mac: auditAnchor.lastMac, seal: auditAnchor.seal })
    .from(auditAnchor);
  return found;
}

/**
 * Drops all events up to the anchor, and puts the anchor in the place of `start`, where the trail began when these events were
 * verified. Answers false, and drops nothing, when it no longer begins there: somebody else dropped events meanwhile.
 */
export async function dropEvents(
  tx: Transaction,
  start: ChainEnd,
  { id, mac, seal }: Anchor,
): Promise<boolean> {
  const row = { lastId: id, lastMac: mac, seal };
  // Locks the anchor until the commit: another drop waits here, and then finds that it was moved.
  const placed =
    start.id === emptyChain.id
      ? await tx
          .insert(auditAnchor)
          .values({ id: 1, ...row })
          .onConflictDoNothing()
          .returning({ id: auditAnchor.lastId })
      : await tx
          .update(auditAnchor)
          .set(row)
          .where(and(eq(auditAnchor.lastId, start.id), eq(auditAnchor.lastMac, start.mac)))
          .returning({ id: auditAnchor.lastId });
  if (placed.length === 0) return false;
  await tx.delete(auditEvents).where(sql`${auditEvents.id} <= ${id}`);
  return true;
}
