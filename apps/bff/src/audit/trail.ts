/**
 * @file Reading the trail: pages, exports, checkpoints, verification, and dropping what was exported. No room has it:
 * they write through `audit.ts`. Who may read is decided by who calls (`audit.http.ts`, the operator's terminal).
 */
import type {
  AuditFilter,
  AuditPage,
  ExportFormat,
  ListAuditEvents,
} from '@dropsafe/contract/audit';
import type { Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { isGenuineAnchor, sealAnchor } from './anchor.ts';
import { listEventsAfter } from './audit.store.ts';
import type { Audit } from './audit.ts';
import { emptyChain, faultOf, macKeyOf, type ChainEnd, type StoredEvent } from './chain.ts';
import {
  checkpointKeysOf,
  endOf,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
} from './checkpoint.ts';
import { printCursor } from '../base/cursor.ts';
import { parseCursor } from './cursor.ts';
import type { FilterField } from './event.ts';
import { dropEvents, findAnchor, findChainEnd, findEvents, findMac } from './events.store.ts';
import { entryOf, headOf, lineOf } from './export.ts';
import { isSame, verifyChain, type Mark, type Verdict } from './verify.ts';

/** Events as they are read one after the other; undefined for a line of a file that is none. */
export type Events = AsyncIterable<StoredEvent | undefined>;

/** Reads the trail. */
export interface Trail {
  /** One page, newest first. */
  list(input: ListAuditEvents): Promise<AuditPage>;
  /** All that was there when it began, oldest first, as pieces of a file. Records the export before the first of them. */
  exportEvents(
    caller: Caller,
    format: ExportFormat,
    filter: AuditFilter,
  ): Promise<AsyncIterable<string>>;
  /** A checkpoint of this moment; undefined when there is nothing yet. */
  newCheckpoint(): Promise<Checkpoint | undefined>;
  /** Whether the chain still goes through this checkpoint. False for one that was not signed here. */
  holdsTo(checkpoint: string): Promise<boolean>;
  /**
   * Verifies the events of the database, or those of an export from the first event that was not dropped. A checkpoint
   * (its text) must have been reached; an export that is older than the checkpoint is no fault unless `isNewest`.
   */
  verify(input: {
    exported?: Events | undefined;
    checkpoint?: string | undefined;
    isNewest: boolean;
  }): Promise<Verdict>;
  /**
   * Drops the events before a moment, except for the newest of all, when each is in the exported file. The chain is
   * verified on the way. Answers how many were dropped. Throws `validation-failed` for the first that cannot be.
   */
  drop(caller: Caller, input: { before: string; exported: Events }): Promise<number>;
}

/** How many events are read at a time, and how many are dropped in one transaction. */
const batch = { read: 1_000, dropped: 20_000 };

/** The trail of this database, by the key that `openAudit` has chained it under. */
export function openTrail(database: Database, audit: Audit, trailKey: Redacted<Uint8Array>): Trail {
  const key = macKeyOf(trailKey.reveal());
  const checkpointKeys = checkpointKeysOf(trailKey.reveal());

  /** Where the chain begins by now. Throws when what stands there was not left by a drop. */
  async function findStart(): Promise<ChainEnd> {
    const anchor = await findAnchor(database);
    if (anchor === undefined) return emptyChain;
    if (!isGenuineAnchor(key, anchor))
      throw fieldProblem(
        'anchor',
        `The anchor at event ${anchor.id}, which stands in place of dropped events, is not genuine.`,
      );
    return anchor;
  }

  function markOf(checkpoint: string, isOptional: boolean): Mark {
    const genuine = parseCheckpoint(checkpointKeys, checkpoint);
    if (genuine === undefined)
      throw fieldProblem('checkpoint', 'The checkpoint was not signed with the key of this trail.');
    return { ...endOf(genuine), isOptional };
  }

  return {
    async list({ limit, cursor: text, ...asked }) {
      const cursor = text === undefined ? undefined : parseCursor(text, asked);
      const filter = cursor?.filter ?? asked;
      // One event more than asked for tells whether there is a next page.
      const found = await findEvents(database, {
        filter,
        direction: 'newest first',
        beyond: cursor?.id,
        limit: limit + 1,
      });
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      return {
        items: shown.map(entryOf),
        nextCursor: last ? printCursor({ filter, id: last.id }) : null,
      };
    },

    async exportEvents(caller, format, filter) {
      const fields = Object.keys(filter) as FilterField[]; // as: Object.keys forgets the names
      await audit.recordAlone(caller, { action: 'audit.exported', subject: format, fields });
      // What comes later is left to the next export: otherwise one that is busy would never end.
      const upTo = (await findChainEnd(database))?.id ?? 0;
      return exported(format, filter, upTo);
    },

    async newCheckpoint() {
      const end = await findChainEnd(database);
      return end === undefined || end.id === 0 ? undefined : signCheckpoint(checkpointKeys, end);
    },

    async holdsTo(text) {
      const checkpoint = parseCheckpoint(checkpointKeys, text);
      if (checkpoint === undefined) return false;
      const { id, mac } = endOf(checkpoint);
      const found = await findMac(database, id);
      if (found !== undefined) return isSame(found, mac);
      const anchor = await findAnchor(database);
      return anchor !== undefined && isGenuineAnchor(key, anchor) && id <= anchor.id;
    },

    async verify({ exported: file, checkpoint, isNewest }) {
      const start = await findStart();
      const marks: Mark[] = [];
      if (checkpoint !== undefined) marks.push(markOf(checkpoint, !isNewest));
      if (file !== undefined) {
        marks.push({ ...start, isOptional: true });
        // One that was exported before a drop begins where the chain began.
        return verifyChain(
          key,
          (first) => (first?.id === start.id + 1 ? start : emptyChain),
          file,
          marks,
        );
      }
      // Read before the events: whatever is written meanwhile only adds to them.
      const end = await findChainEnd(database);
      if (end !== undefined) marks.push({ id: end.id, mac: end.mac, isOptional: false });
      return verifyChain(key, () => start, stored(undefined), marks);
    },

    async drop(caller, { before, exported: file }) {
      const start = await findStart();
      const newest = (await findChainEnd(database))?.id ?? 0;
      const ends: ChainEnd[] = [];
      const inFile = behind(file, start.id);
      let last = start;
      for await (const event of stored(start.id)) {
        if (event.id >= newest || event.at >= before) break;
        const { mac, ...chained } = event;
        if (faultOf(key, last, chained, mac) !== undefined)
          throw fieldProblem(
            '',
            `The chain does not hold at event ${last.id + 1}. Nothing was dropped.`,
          );
        const { value: kept } = await inFile.next();
        if (!isSameEvent(kept || undefined, last, event))
          throw fieldProblem(
            'exported',
            `Event ${event.id} is not in the exported file as it was written. Nothing was dropped.`,
          );
        last = { id: event.id, mac };
        // Each transaction leaves a chain that begins at its anchor.
        if ((last.id - start.id) % batch.dropped === 0) ends.push(last);
      }
      if (last !== start && ends.at(-1) !== last) ends.push(last);
      let first = start.id + 1;
      for (const end of ends) {
        const subject = `${first}-${end.id}`;
        await audit.change(caller, async (tx, tell) => {
          await dropEvents(tx, sealAnchor(key, end));
          tell({ action: 'audit.dropped', subject });
        });
        first = end.id + 1;
      }
      return last.id - start.id;
    },
  };

  function isSameEvent(
    kept: StoredEvent | undefined,
    before: ChainEnd,
    event: StoredEvent,
  ): boolean {
    if (kept === undefined) return false;
    const { mac, ...chained } = kept;
    // Equal MACs, each of which holds, are those of equal events.
    return faultOf(key, before, chained, mac) === undefined && isSame(mac, event.mac);
  }

  /** The events of the database in the order of the chain, a part at a time. */
  async function* stored(after: number | undefined): AsyncGenerator<StoredEvent> {
    for (let id = after; ;) {
      const events = await listEventsAfter(database, id, batch.read);
      yield* events;
      id = events.at(-1)?.id;
      if (id === undefined) return;
    }
  }

  /** One piece for each batch. Between two of them nothing is held: no transaction, no connection. */
  async function* exported(
    format: ExportFormat,
    filter: AuditFilter,
    upTo: number,
  ): AsyncGenerator<string> {
    yield headOf(format);
    for (let beyond: number | undefined; ;) {
      const events = await findEvents(database, {
        filter,
        direction: 'oldest first',
        beyond,
        upTo,
        limit: batch.read,
      });
      if (events.length > 0) yield events.map((event) => lineOf(format, event)).join('');
      beyond = events.at(-1)?.id;
      if (events.length < batch.read) return;
    }
  }
}

/** The events of a file behind an id. */
async function* behind(events: Events, id: number): AsyncGenerator<StoredEvent | undefined> {
  for await (const event of events) if (event === undefined || event.id > id) yield event;
}
