import type { AuditFilter } from '@dropsafe/contract/audit';
import { and, asc, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { Database, Transaction } from '../base/database.ts';
import { auditAnchor, auditChain, auditEvents } from './audit.store.ts';
import type { ChainEnd, StoredEvent } from './chain.ts';
import type { Anchor } from './anchor.ts';

/** @file Reading the trail, and dropping its old end. Nothing here counts, and no read is longer than its limit. */

/** Which events to read, and from where on. */
export interface EventRequest {
  filter: AuditFilter;
  direction: 'newest first' | 'oldest first';
  /** The event that the part before ended with. */
  beyond: number | undefined;
  /** No event behind this one. */
  upTo?: number;
  limit: number;
}

const uuidForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * Events that fit, in the order of the chain. Planned anew each time: which index is the best depends on what is asked
 * for, and a plan that is made for all of them would be wrong for some.
 */
export async function findEvents(
  { queries }: Database,
  { filter, direction, beyond, upTo, limit }: EventRequest,
): Promise<StoredEvent[]> {
  const { principal, action, subject, from, to } = filter;
  const isNewestFirst = direction === 'newest first';
  const isFiltered = principal !== undefined || action !== undefined || subject !== undefined;
  // -id where an index of a filter serves, see the table; each says the same as id does.
  const place = isFiltered ? sql`(-${auditEvents.id})` : sql`${auditEvents.id}`;
  const before = (id: SQL | number) =>
    isFiltered ? sql`${place} > -(${id})::bigint` : sql`${place} < ${id}`;
  const behind = (id: SQL | number) =>
    isFiltered ? sql`${place} < -(${id})::bigint` : sql`${place} > ${id}`;
  const isDescending = isNewestFirst !== isFiltered;
  return queries
    .select()
    .from(auditEvents)
    .where(
      and(
        principal === undefined
          ? undefined
          : uuidForm.test(principal)
            ? eq(auditEvents.principalId, principal)
            : eq(auditEvents.principalName, principal),
        action === undefined ? undefined : eq(auditEvents.action, action),
        subject === undefined ? undefined : eq(auditEvents.subject, subject),
        from === undefined
          ? undefined
          : and(sql`${auditEvents.at} >= ${from}`, behind(sql`${firstId(queries, from)} - 1`)),
        to === undefined
          ? undefined
          : and(sql`${auditEvents.at} < ${to}`, before(sql`${lastId(queries, to)} + 1`)),
        beyond === undefined ? undefined : isNewestFirst ? before(beyond) : behind(beyond),
        upTo === undefined ? undefined : before(upTo + 1),
      ),
    )
    .orderBy(isDescending ? desc(place) : asc(place))
    .limit(limit);
}

/**
 * Nodes write by the database's clock as they last read it, to within a second, so that ids and times agree to within that.
 * A minute is far more than enough: only a database whose clock was set back by as much would show too few events of
 * the time that it lived through twice.
 */
const slack = sql`interval '1 minute'`;

function firstId(queries: Database['queries'], from: string): SQL {
  const first = queries
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(sql`${auditEvents.at} >= ${from}::timestamptz - ${slack}`)
    .orderBy(asc(auditEvents.at), asc(auditEvents.id))
    .limit(1);
  // Without any the bound is out of reach, and so is every event.
  return sql`coalesce((${first}), 9007199254740991)`;
}

function lastId(queries: Database['queries'], to: string): SQL {
  const last = queries
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(sql`${auditEvents.at} < ${to}::timestamptz + ${slack}`)
    .orderBy(desc(auditEvents.at), desc(auditEvents.id))
    .limit(1);
  return sql`coalesce((${last}), -1)`;
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

/** Drops all events up to the anchor, and puts the anchor in their place. */
export async function dropEvents(tx: Transaction, { id, mac, seal }: Anchor): Promise<void> {
  await tx.delete(auditEvents).where(sql`${auditEvents.id} <= ${id}`);
  const row = { lastId: id, lastMac: mac, seal };
  await tx
    .insert(auditAnchor)
    .values({ id: 1, ...row })
    .onConflictDoUpdate({ target: auditAnchor.id, set: row });
}
