/**
 * @file Reading the trail: pages, exports, its state, and dropping what was exported. No room has it:
 * they write through `audit.ts`. Who may read is decided by who calls (`audit.http.ts`, the operator's terminal).
 */
import type {
  AuditFilter,
  AuditPage,
  AuditState,
  ExportFormat,
  ListAuditEvents,
} from '@dropsafe/contract/audit';
import type { Caller } from '../base/caller.ts';
import { printCursor } from '../base/cursor.ts';
import type { Database } from '../base/database.ts';
import { fieldProblem, type Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { isGenuineAnchor, sealAnchor } from './anchor.ts';
import { listEventsAfter } from './audit.store.ts';
import type { Audit } from './audit.ts';
import { faultOf, macKeyOf, type ChainEnd, type StoredEvent } from './chain.ts';
import { readCheckpointFile } from './checkpoint-file.ts';
import { parseCursor } from './cursor.ts';
import type { FilterField } from './event.ts';
import { dropEvents, findAnchor, findChainEnd, findEvents } from './events.store.ts';
import { entryOf, headOf, lineOf } from './export.ts';
import {
  createVerification,
  findStart,
  storedEvents,
  type Events,
  type Verification,
} from './verification.ts';
import { isSame } from './verify.ts';

/** Reads the trail. */
export interface Trail extends Verification {
  /** One page, newest first. */
  list(input: ListAuditEvents): Promise<AuditPage>;
  /**
   * All that was there when it began, oldest first, as pieces of a file. Records the export before the first of them. `demandStill` throws
   * once the caller may not read any more: it is asked before each part, as the reader sets the pace.
   */
  exportEvents(
    caller: Caller,
    format: ExportFormat,
    filter: AuditFilter,
    demandStill: () => Promise<void>,
  ): Promise<AsyncIterable<string>>;
  /** What is kept and what was dropped, and whether the last checkpoint of this node holds. Goes through no chain. */
  state(): Promise<AuditState>;
  /**
   * Drops the events before a moment, except for the newest of all, when each is in the exported file. The chain is
   * verified on the way. Answers how many were dropped. Throws `validation-failed` for the first that cannot be.
   */
  drop(caller: Caller, input: { before: string; exported: Events }): Promise<number>;
}

/** How many events are read at a time, and how many are dropped in one transaction. */
const batch = { read: 1_000, dropped: 20_000 };

/** The trail of this database, by the key that `openAudit` has chained it under; `checkpointFile` is where this node keeps its checkpoint. */
export function openTrail(
  database: Database,
  audit: Audit,
  trailKey: Redacted<Uint8Array>,
  checkpointFile: string,
): Trail {
  const key = macKeyOf(trailKey.reveal());
  const verification = createVerification(database, trailKey);

  return {
    ...verification,

    async list({ limit, cursor: text, ...asked }) {
      const cursor = text === undefined ? undefined : parseCursor(text, asked);
      const filter = cursor?.filter ?? asked;
      const { events, goOnBeyond } = await findEvents(database, {
        filter,
        direction: 'newest first',
        beyond: cursor?.id,
        limit,
      });
      return {
        items: events.map(entryOf),
        nextCursor: goOnBeyond === undefined ? null : printCursor({ filter, id: goOnBeyond }),
      };
    },

    async exportEvents(caller, format, filter, demandStill) {
      const fields = Object.keys(filter) as FilterField[]; // as: Object.keys forgets the names
      await audit.recordAlone(caller, { action: 'audit.exported', subject: format, fields });
      // What comes later is left to the next export: otherwise one that is busy would never end.
      const upTo = (await findChainEnd(database))?.id ?? 0;
      return exported(format, filter, upTo, demandStill);
    },

    async state() {
      const [anchor, [oldest], text] = await Promise.all([
        findAnchor(database),
        listEventsAfter(database, undefined, 1),
        readCheckpointFile(checkpointFile),
      ]);
      const checkpoint = text === undefined ? undefined : verification.parseCheckpoint(text);
      return {
        oldest: oldest === undefined ? null : { id: oldest.id, at: oldest.at },
        dropped:
          anchor === undefined
            ? null
            : { upTo: anchor.id, isGenuine: isGenuineAnchor(key, anchor) },
        checkpoint:
          text === undefined
            ? null
            : {
                id: checkpoint?.id ?? null,
                at: checkpoint?.at ?? null,
                holds: await verification.holdsTo(text),
              },
      };
    },

    async drop(caller, { before, exported: file }) {
      const start = await findStart(database, key);
      const newest = (await findChainEnd(database))?.id ?? 0;
      const ends: ChainEnd[] = [];
      const inFile = behind(file, start.id);
      let last = start;
      for await (const event of storedEvents(database, start.id)) {
        if (event.id >= newest || event.at >= before) break;
        const { mac, ...chained } = event;
        if (faultOf(key, last, chained, mac) !== undefined) {
          if (!isSame((await findStart(database, key)).mac, start.mac)) throw droppedElsewhere(0);
          throw fieldProblem(
            '',
            `The chain does not hold at event ${last.id + 1}. Nothing was dropped.`,
          );
        }
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
      let begin = start;
      for (const end of ends) {
        const subject = `${begin.id + 1}-${end.id}`;
        await audit.change(caller, async (tx, tell) => {
          if (!(await dropEvents(tx, begin, sealAnchor(key, end))))
            throw droppedElsewhere(begin.id - start.id);
          tell({ action: 'audit.dropped', subject });
        });
        begin = end;
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

  /** One piece for each batch. Between two of them nothing is held: no transaction, no connection. */
  async function* exported(
    format: ExportFormat,
    filter: AuditFilter,
    upTo: number,
    demandStill: () => Promise<void>,
  ): AsyncGenerator<string> {
    yield headOf(format);
    for (let beyond: number | undefined; ;) {
      await demandStill();
      const { events, goOnBeyond } = await findEvents(database, {
        filter,
        direction: 'oldest first',
        beyond,
        upTo,
        limit: batch.read,
      });
      if (events.length > 0) yield events.map((event) => lineOf(format, event)).join('');
      if (goOnBeyond === undefined) return;
      beyond = goOnBeyond;
    }
  }
}

function droppedElsewhere(count: number): Problem {
  const done =
    count === 0
      ? 'Nothing was dropped by this one'
      : `${count} events were dropped by this one until then`;
  return fieldProblem(
    '',
    `Somebody else dropped events of the trail meanwhile. ${done}. Run it again for what is left.`,
  );
}

/** The events of a file behind an id. */
async function* behind(events: Events, id: number): AsyncGenerator<StoredEvent | undefined> {
  for await (const event of events) if (event === undefined || event.id > id) yield event;
}
