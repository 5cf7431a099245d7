import { desc, sql } from 'drizzle-orm';
import {
  bigint,
  index,
  pgTable,
  smallint,
  text,
  uuid,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';
import { bytes, byteaText, moment } from '../base/columns.ts';
import { within, type Database, type Queries, type Transaction } from '../base/database.ts';
import { emptyChain, type ChainedEvent, type ChainEnd, type StoredEvent } from './chain.ts';

/**
 * The parts of a subject that has slashes between them (event.ts). All names are without a slash, but a group and an origin may have
 * some: what is before the first slash and what is behind it, and of three parts or more the last and what is in the middle.
 */
export const subjectParts = (subject: AnyPgColumn) => ({
  hasParts: sql`${subject} like '%/%'`,
  first: sql`split_part(${subject}, '/', 1)`,
  rest: sql`substr(${subject}, strpos(${subject}, '/') + 1)`,
  hasThree: sql`${subject} like '%/%/%'`,
  last: sql`split_part(${subject}, '/', -1)`,
  middle: sql`substring(${subject} from '/(.*)/')`,
});

/**
 * The trail. Insert-only, but for what retention drops at its old end.
 *
 * Its pages are read newest first by the primary key, and with a filter by the index of that filter, whose second column
 * is -id and not id: an order by id could also be read off the primary key, which the planner would at times rather walk
 * through all ten million events, in the hope of meeting one that fits soon.
 */
export const auditEvents = pgTable(
  'audit_events',
  {
    /** Counts from 1 without a gap: given out under the lock on the end of the chain. */
    id: bigint({ mode: 'number' }).primaryKey(),
    /** The database's clock: one order for all nodes. */
    at: moment().notNull(),
    principalKind: text().notNull(),
    principalId: uuid(),
    principalName: text(),
    means: text(),
    action: text().notNull(),
    subject: text().notNull(),
    fields: text().array(),
    permissions: text().array(),
    address: text(),
    requestId: text().notNull(),
    mac: bytes().notNull(),
  },
  (event) => [
    // `principal`, by id and by name.
    index('audit_events_principal_id').on(event.principalId, sql`(-${event.id})`),
    index('audit_events_principal_name').on(event.principalName, sql`(-${event.id})`),
    // `action` and `subject`.
    index('audit_events_action').on(event.action, sql`(-${event.id})`),
    index('audit_events_subject').on(event.subject, sql`(-${event.id})`),
    // The parts of a subject, of the few that have any: the others cost a look at the text and no entry.
    index('audit_events_subject_first')
      .on(subjectParts(event.subject).first, sql`(-${event.id})`)
      .where(subjectParts(event.subject).hasParts),
    index('audit_events_subject_rest')
      .on(subjectParts(event.subject).rest, sql`(-${event.id})`)
      .where(subjectParts(event.subject).hasParts),
    index('audit_events_subject_last')
      .on(subjectParts(event.subject).last, sql`(-${event.id})`)
      .where(subjectParts(event.subject).hasThree),
    index('audit_events_subject_middle')
      .on(subjectParts(event.subject).middle, sql`(-${event.id})`)
      .where(subjectParts(event.subject).hasThree),
    // `from` and `to`, which become bounds of the id (events.store.ts).
    index('audit_events_at').on(event.at, event.id),
  ],
);

/** The end of the chain, in one row: what the next event is chained to. Whoever appends locks it until the commit. */
export const auditChain = pgTable('audit_chain', {
  id: smallint().primaryKey(),
  lastId: bigint({ mode: 'number' }).notNull(),
  lastMac: bytes().notNull(),
});

/**
 * What retention left in place of the events that it dropped: the last of them, which the chain goes on from. Nobody who
 * writes to the database can make one up: `seal` is its MAC under the key of the trail.
 */
export const auditAnchor = pgTable('audit_anchor', {
  id: smallint().primaryKey(),
  lastId: bigint({ mode: 'number' }).notNull(),
  lastMac: bytes().notNull(),
  seal: bytes().notNull(),
});

/** The end of the chain while it is locked, and the time for the events that follow. */
export interface LockedEnd extends ChainEnd {
  at: string;
}

/**
 * The parts of the one statement of a group of changes, to stand around its own part, `changed`:
 * `chain` locks the end of the chain and is empty when that is not the one that the events were made for (or when their
 * time is not the database's, by more than `tolerance` seconds); `changed` is to do nothing then (`isInTurn`); `chainEnd` moves the
 * end, and refuses everything when not all of the changes came to something (`comingToSomething`); `recorded` appends their events.
 */
export function groupParts({ queries }: Database) {
  const chain = queries.$with('chain', {}).as(
    sql`select from ${auditChain} where ${auditChain.lastMac} = ${sql.placeholder('beforeMac')}
          and abs(extract(epoch from clock_timestamp() - ${sql.placeholder('at')}::timestamptz)) < ${sql.placeholder('tolerance')}::float8
          for update`,
  );
  const chainEnd = queries.$with('chain_end', {}).as(
    sql`update ${auditChain} set last_mac = ${sql.placeholder('lastMac')},
          last_id = case when (select count(*) from changed) = ${sql.placeholder('count')}::int
            then ${sql.placeholder('lastId')}::bigint else refuse_group(array(select id::text from changed)) end
          where ${isInTurn}`,
  );
  const recorded = queries.$with('recorded', {})
    .as(sql`insert into ${auditEvents} (id, at, principal_kind, principal_id, principal_name, means, action, subject, fields,
          permissions, address, request_id, mac) ${eventsAsRows} where ${isInTurn}`);
  return { chain, chainEnd, recorded };
}

/** The parts of the trail in the one statement of a group. */
export type GroupParts = ReturnType<typeof groupParts>;

/** The condition of everything that a group changes. */
export const isInTurn = sql`exists (select from chain)`;

/** What a group's statement needs beside its own values. Under the lock the time was just read, and need not be compared. */
export function groupValues(before: ChainEnd, events: readonly StoredEvent[], isLocked: boolean) {
  return {
    beforeMac: before.mac,
    at: events.at(-1)?.at,
    tolerance: isLocked ? 3600 : 1,
    count: events.length,
    ...appendValues(events),
  };
}

function appendValues(events: readonly StoredEvent[]) {
  const last = events.at(-1);
  const rows = events.map(({ mac, ...event }) => ({ ...event, mac: byteaText(mac) }));
  return { lastId: last?.id, lastMac: last?.mac, events: JSON.stringify(rows) };
}

const eventsAsRows = sql`select id, at, "principalKind", "principalId", "principalName", means, action, subject, fields,
    permissions, address, "requestId", mac
  from json_to_recordset(${sql.placeholder('events')}::json) as event(id bigint, at timestamptz, "principalKind" text,
    "principalId" uuid, "principalName" text, means text, action text, subject text, fields text[], permissions text[],
    address text, "requestId" text, mac bytea)`;

/** Of a group that was refused, the ids that would have come to something; undefined for any other error. */
export function comingToSomething(error: unknown): string[] | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    // As `refuse_group` raises it (migrations/0002_audit_chain.sql).
    if ('code' in current && current.code === 'DS001' && 'detail' in current)
      return String(current.detail).split(',');
  }
  return undefined;
}

/** Makes what records events that go with no change. */
export function prepareRecordAlone(
  { queries }: Database,
  { chain, chainEnd, recorded }: GroupParts,
) {
  const changed = queries
    .$with('changed', { id: auditEvents.id })
    .as(
      sql`select id from json_to_recordset(${sql.placeholder('events')}::json) as event(id bigint) where ${isInTurn}`,
    );
  return queries
    .with(chain, changed, chainEnd, recorded)
    .select()
    .from(changed)
    .prepare('record_alone');
}

/** Appends to the chain in a transaction of one's own. */
export interface ChainStore {
  /** Locks the end of the chain until the transaction ends. */
  lockEnd(tx: Transaction): Promise<LockedEnd>;
  /** Appends events behind the end that was locked. */
  append(tx: Transaction, events: readonly StoredEvent[]): Promise<void>;
}

/** Makes these two. */
export function prepareChain({ queries }: Database): ChainStore {
  const lock = queries
    .select({
      id: auditChain.lastId,
      mac: auditChain.lastMac,
      at: sql`date_trunc('milliseconds', clock_timestamp())`.mapWith(auditEvents.at),
    })
    .from(auditChain)
    .for('update')
    .prepare('lock_audit_chain');
  const end = queries.$with('chain_end').as(
    queries
      .update(auditChain)
      .set({
        lastId: sql`${sql.placeholder('lastId')}`,
        lastMac: sql`${sql.placeholder('lastMac')}`,
      })
      .returning({ id: auditChain.id }),
  );
  const append = queries
    .with(end)
    .insert(auditEvents)
    .select(eventsAsRows)
    .prepare('append_audit_events');

  return {
    async lockEnd(tx) {
      const [found] = await within(tx, lock).execute();
      if (found === undefined) throw new Error('The end of the audit chain is not there.');
      return found;
    },
    async append(tx, events) {
      await within(tx, append).execute(appendValues(events));
    },
  };
}

/** Makes the end of the chain if there is none. Answers whether it was made. */
export async function insertChainEnd(tx: Transaction, end: ChainEnd): Promise<boolean> {
  const made = await tx
    .insert(auditChain)
    .values({ id: 1, lastId: end.id, lastMac: end.mac })
    .onConflictDoNothing()
    .returning({ id: auditChain.id });
  return made.length > 0;
}

/** The newest event of a trail in which any has a MAC; undefined for one that was never chained. */
export async function findLastChained({ queries }: Database): Promise<ChainEnd | undefined> {
  const chained = queries
    .select({ id: auditEvents.id })
    .from(auditEvents)
    .where(sql`length(${auditEvents.mac}) > 0`)
    .limit(1);
  const [found] = await queries
    .select({ id: auditEvents.id, mac: auditEvents.mac })
    .from(auditEvents)
    .where(sql`exists ${chained}`)
    .orderBy(desc(auditEvents.id))
    .limit(1);
  return found;
}

/** Events behind `id`, or from the lowest one on, in order; served by the primary key. */
export async function listEventsAfter(
  { queries }: { queries: Queries },
  id: number | undefined,
  limit: number,
): Promise<StoredEvent[]> {
  return queries
    .select()
    .from(auditEvents)
    .where(id === undefined ? undefined : sql`${auditEvents.id} > ${id}`)
    .orderBy(auditEvents.id)
    .limit(limit);
}

/** Chains events of a version that had no chain, in their order. Only for a chain that was just begun. */
export async function adoptEvents(
  tx: Transaction,
  macOfNext: (before: ChainEnd, event: ChainedEvent) => Uint8Array,
): Promise<void> {
  let end: ChainEnd = emptyChain;
  for (;;) {
    const events = await listEventsAfter({ queries: tx }, end.id, 1_000);
    if (events.length === 0) break;
    for (const event of events) {
      const mac = macOfNext(end, event);
      await tx
        .update(auditEvents)
        .set({ mac })
        .where(sql`${auditEvents.id} = ${event.id}`);
      end = { id: event.id, mac };
    }
  }
  await tx.update(auditChain).set({ lastId: end.id, lastMac: end.mac });
}
