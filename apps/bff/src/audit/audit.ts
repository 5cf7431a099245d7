/**
 * @file The front door to the audit trail, and the one way to change anything: a change and its events are one
 * transaction (P6), and every event is chained to the one before ([Note: Audit chain]). What was refused has no change
 * to go with and is recorded on its own; when that cannot be written, the request fails.
 *
 * Whoever appends locks the end of the chain until the commit. So that nobody waits for that longer than for a commit,
 * what comes often is one statement for many changes at once (`groupedChange`); everything else appends last, when its
 * own work is done (`change`). The two lock in opposite orders, so a table is changed in one of these ways and not in both.
 */
import { randomUUID, type KeyObject } from 'node:crypto';
import type { AuditAction } from '@dropsafe/contract/audit';
import { systemCaller, type Caller } from '../base/caller.ts';
import { networkOf } from '../base/client-address.ts';
import {
  problemOfDatabase,
  within,
  type Database,
  type Queries,
  type Transaction,
} from '../base/database.ts';
import { inGroups, oneAtATime } from '../base/in-groups.ts';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { isGenuineAnchor } from './anchor.ts';
import {
  adoptEvents,
  comingToSomething,
  findLastChained,
  groupParts,
  type GroupParts,
  groupValues,
  insertChainEnd,
  prepareChain,
  prepareRecordAlone,
} from './audit.store.ts';
import { emptyChain, macKeyOf, macOf, type ChainEnd, type StoredEvent } from './chain.ts';
import type { AuditEvent } from './event.ts';
import { createDatabaseClock } from './database-clock.ts';
import { findAnchor } from './events.store.ts';
import { createSeldom } from './seldom.ts';

export { isInTurn } from './audit.store.ts';

/** A kind of change that is made in groups. */
export interface GroupStatement<C, Row, R> {
  /** Makes the one statement, out of a part `changed` of its own and those of the trail, see `groupParts`. */
  prepare: (parts: GroupParts) => { execute: (values: Record<string, unknown>) => Promise<Row[]> };
  /** Of two changes of the same thing only one can come to something, so that the other waits for it. */
  keyOf: (change: C) => unknown;
  /** What `changed` answers as `id` for this change. */
  idOf: (change: C) => string;
  /** The values of the part `changed`. */
  valuesOf: (changes: readonly C[]) => Record<string, unknown>;
  /** What came of each, when all came to something. */
  resultsOf: (rows: readonly Row[], changes: readonly C[]) => R[];
}

/** Changes things and writes the trail. */
export interface Audit {
  /**
   * Runs `work` and appends what it tells, in one transaction: all of it, or nothing. What is given to `lastly` runs when the end of the
   * chain is locked: there somebody who decided on rows that change in groups (`groupedChange`) looks at them once more, and refuses
   * everything by throwing. It locks no row that such a change writes.
   */
  change<T>(
    caller: Caller,
    work: (
      tx: Transaction,
      tell: (event: AuditEvent) => void,
      lastly: (step: () => Promise<void>) => void,
    ) => Promise<T>,
  ): Promise<T>;
  /**
   * Makes a kind of change that many ask for at once: they share statements (group commit). A change that comes to
   * nothing is answered by undefined and has no event.
   */
  groupedChange<C, Row, R>(
    group: GroupStatement<C, Row, R>,
  ): (caller: Caller, event: AuditEvent, change: C) => Promise<R | undefined>;
  /** Appends an event about something that changed nothing. */
  recordAlone(caller: Caller, event: AuditEvent): Promise<void>;
  /**
   * The same, for what nothing else limits: once a minute on this node for the same event about the same caller, or about nobody
   * from the same network. Of each caller 60 a minute, as they may choose the subject; of nobody 100, as networks cost nothing in IPv6.
   * What is written is what `find` finds, where it is given: then `event` only tells one from another.
   */
  recordSeldom(caller: Caller, event: AuditEvent, find?: () => Promise<AuditEvent>): Promise<void>;
}

/** An event, and who it is about. */
interface NewEvent {
  caller: Caller;
  event: AuditEvent;
}

/** Two groups: the next one is with the database when it is done with the one before. A value has 64 KiB at most. */
export const groupLimits = { mostUnderWay: 2, longestMs: 12_000, mostInGroup: 64 };

/**
 * Opens the trail of this database, chained under `trailKey`. To be called while no other node does the same: the first
 * time it begins the chain, and takes in what an earlier version wrote without one. When there was a chain (`wasBegun`, or the trail
 * itself shows it) and its end is not there, somebody took it away: the chain goes on behind what is left, with an event that says so.
 */
export async function openAudit(
  database: Database,
  trailKey: Redacted<Uint8Array>,
  log: Log,
  wasBegun: boolean,
): Promise<Audit> {
  const key = macKeyOf(trailKey.reveal());
  const chain = prepareChain(database);
  await beginChain();

  /** What the next event will be chained to, as far as this node knows: its own groups under way are taken to succeed. */
  let expectedEnd: ChainEnd | undefined;
  /** The group that finds out under the lock where the chain ends. */
  let finding: Promise<unknown> | undefined;
  const clock = createDatabaseClock();

  function groupedChange<C, Row, R>({
    prepare,
    keyOf,
    idOf,
    valuesOf,
    resultsOf,
  }: GroupStatement<C, Row, R>) {
    type Wanted = NewEvent & { change: C };
    const statement = prepare(groupParts(database));

    /** All of the group or nothing. Answers undefined when the chain does not end there; throws for anything else. */
    async function run(
      on: Queries,
      group: readonly Wanted[],
      end: ChainEnd,
      at: string,
      isLocked: boolean,
    ): Promise<R[] | undefined> {
      const changes = group.map(({ change }) => change);
      const events = chainUp(key, end, at, group);
      expectedEnd = events.at(-1);
      const values = { ...valuesOf(changes), ...groupValues(end, events, isLocked) };
      try {
        const rows = await within(on, statement).execute(values);
        if (rows.length > 0) return resultsOf(rows, changes);
      } catch (error) {
        expectedEnd = undefined;
        throw error;
      }
      expectedEnd = undefined;
      return undefined;
    }

    const runLocked = (group: readonly Wanted[]) =>
      database.inLine((line) =>
        line.transaction(async (tx) => {
          const { at, ...end } = await chain.lockEnd(tx);
          clock.set(at);
          const results = await run(tx, group, end, at, true);
          if (results === undefined)
            throw new Error('The end of the chain moved while it was locked.');
          return results;
        }),
      );

    async function runExpected(group: readonly Wanted[]): Promise<R[] | undefined> {
      const at = clock.now();
      const end = expectedEnd;
      if (end === undefined || at === undefined) return undefined;
      return database.inLine((line) => run(line, group, end, at, false));
    }

    /** All of the group or nothing, at the end of the chain, wherever that is. */
    async function runAll(group: readonly Wanted[]): Promise<R[]> {
      for (;;) {
        await finding?.catch(() => {});
        const results = await runExpected(group);
        if (results !== undefined) return results;
        // Those in line behind it came to the wrong end, too: they wait for it and follow upon it.
        if (finding === undefined) {
          const locked = runLocked(group).finally(() => (finding = undefined));
          finding = locked;
          return locked;
        }
      }
    }

    /** Those that come to something, as a group of their own. */
    async function runFitting(group: readonly Wanted[]): Promise<Map<Wanted, R>> {
      try {
        const results = await runAll(group);
        return new Map(results.map((result, index) => [group[index] as Wanted, result])); // as: one for each
      } catch (error) {
        const ids = comingToSomething(error);
        if (ids === undefined) throw error;
        const fitting = group.filter(({ change }) => ids.includes(idOf(change)));
        return fitting.length === 0 ? new Map() : runFitting(fitting);
      }
    }

    const change = inGroups(async (group: readonly Wanted[]) => {
      try {
        const results = await runFitting(group);
        return group.map((wanted) => () => results.get(wanted));
      } catch (error) {
        // Nobody's change may fail for what is wrong with somebody else's: each on its own, if that can help.
        const isGone = error instanceof Problem || problemOfDatabase(error) !== undefined;
        if (group.length === 1 || isGone) throw error;
        const each: (() => R | undefined)[] = [];
        for (const wanted of group) each.push(await settle(runFitting([wanted]), wanted));
        return each;
      }
    }, groupLimits);

    async function settle(running: Promise<Map<Wanted, R>>, wanted: Wanted) {
      try {
        const result = (await running).get(wanted);
        return () => result;
      } catch (error) {
        return () => {
          throw error;
        };
      }
    }

    const changeOne = oneAtATime(
      async (wanted: Wanted) => (await change(wanted))(),
      (wanted) => keyOf(wanted.change),
    );
    return (caller: Caller, event: AuditEvent, wanted: C) =>
      changeOne({ caller, event, change: wanted });
  }

  async function beginChain(): Promise<void> {
    // No reason to write MACs for what stands there now.
    const lastLeft = (await findLastChained(database)) ?? (await findGenuineAnchor());
    await database.transaction(async (tx) => {
      if (!(await insertChainEnd(tx, lastLeft ?? emptyChain))) return;
      if (lastLeft === undefined && !wasBegun)
        return adoptEvents(tx, (before, event) => macOf(key, before, event));
      const { at, ...end } = await chain.lockEnd(tx);
      const caller = systemCaller('start', randomUUID());
      const event: AuditEvent = { action: 'audit.end-missing', subject: `${end.id}` };
      await chain.append(tx, chainUp(key, end, at, [{ caller, event }]));
      log.error('audit.end-missing', new Error('The end of the audit chain was taken away.'), {
        lastLeft: end.id,
      });
    });
  }

  async function findGenuineAnchor(): Promise<ChainEnd | undefined> {
    const anchor = await findAnchor(database);
    return anchor && isGenuineAnchor(key, anchor) ? anchor : undefined;
  }

  const recordOne = groupedChange({
    prepare: (parts) => prepareRecordAlone(database, parts),
    keyOf: (alone: object) => alone,
    idOf: () => '',
    valuesOf: () => ({}),
    resultsOf: (_, events) => events.map(() => true),
  });
  const ofKnown = createSeldom(60);
  const ofNobody = createSeldom(100);

  async function recordAlone(caller: Caller, event: AuditEvent): Promise<void> {
    if ((await recordOne(caller, event, {})) === undefined)
      throw new Error('An event was not recorded.');
  }

  return {
    change: (caller, work) =>
      database.transaction(async (tx) => {
        const told: NewEvent[] = [];
        const steps: (() => Promise<void>)[] = [];
        const result = await work(
          tx,
          (event) => told.push({ caller, event }),
          (step) => steps.push(step),
        );
        if (told.length > 0) {
          const { at, ...end } = await chain.lockEnd(tx);
          for (const step of steps) await step();
          const events = chainUp(key, end, at, told);
          expectedEnd = events.at(-1);
          await chain.append(tx, events);
        }
        return result;
      }),
    groupedChange,
    recordAlone,
    async recordSeldom(caller, event, find = async () => event) {
      const isKnown = caller.id !== null;
      const seldom = isKnown ? ofKnown : ofNobody;
      // Whoever is nobody counts with all the others who are.
      const who = isKnown ? `${caller.kind} ${caller.id}` : 'nobody';
      const what = JSON.stringify([
        caller.kind,
        !isKnown && networkOf(caller.address ?? ''),
        event,
      ]);
      if (!seldom.take(who, what)) return;
      try {
        await recordAlone(caller, await find());
      } catch (error) {
        seldom.giveBack(who, what);
        throw error;
      }
    },
  };
}

/** The events as they follow upon `end`. */
function chainUp(
  key: KeyObject,
  end: ChainEnd,
  at: string,
  events: readonly NewEvent[],
): StoredEvent[] {
  let before = end;
  return events.map(({ caller, event }) => {
    const chained = {
      id: before.id + 1,
      at,
      principalKind: caller.kind,
      principalId: caller.id,
      principalName: caller.name,
      means: 'means' in event ? event.means : caller.kind === 'user' ? caller.session.means : null,
      // A new action needs its words in the contract.
      action: event.action satisfies AuditAction,
      subject: event.subject,
      fields: 'fields' in event ? event.fields : null,
      permissions: 'permissions' in event ? event.permissions : null,
      address: caller.address,
      requestId: caller.requestId,
    };
    const stored = { ...chained, mac: macOf(key, before, chained) };
    before = stored;
    return stored;
  });
}
