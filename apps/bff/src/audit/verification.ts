/**
 * @file Whether the trail is what was written: checkpoints, and going through the chain. Looks only, and repairs nothing, so that the
 * operator's terminal can find out about a trail that a start would go on with.
 */
import type { KeyObject } from 'node:crypto';
import type { Database } from '../base/database.ts';
import { fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { isGenuineAnchor } from './anchor.ts';
import { listEventsAfter } from './audit.store.ts';
import { emptyChain, macKeyOf, type ChainEnd, type StoredEvent } from './chain.ts';
import {
  checkpointKeysOf,
  endOf,
  parseCheckpoint,
  signCheckpoint,
  type Checkpoint,
} from './checkpoint.ts';
import { findAnchor, findChainEnd, findMac } from './events.store.ts';
import { isSame, verifyChain, type Mark, type Verdict } from './verify.ts';

/** Events as they are read one after the other; undefined for a line of a file that is none. */
export type Events = AsyncIterable<StoredEvent | undefined>;

/** Proves the trail. */
export interface Verification {
  /** A checkpoint of this moment; undefined when there is nothing yet. */
  newCheckpoint(): Promise<Checkpoint | undefined>;
  /** The checkpoint of this text; undefined for one that was not signed here. */
  parseCheckpoint(text: string): Checkpoint | undefined;
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
}

/** Proves the trail of this database, by the key that it was chained under. */
export function createVerification(
  database: Database,
  trailKey: Redacted<Uint8Array>,
): Verification {
  const key = macKeyOf(trailKey.reveal());
  const checkpointKeys = checkpointKeysOf(trailKey.reveal());

  function markOf(checkpoint: string, isOptional: boolean): Mark {
    const genuine = parseCheckpoint(checkpointKeys, checkpoint);
    if (genuine === undefined)
      throw fieldProblem('checkpoint', 'The checkpoint was not signed with the key of this trail.');
    return { ...endOf(genuine), isOptional };
  }

  return {
    async newCheckpoint() {
      const end = await findChainEnd(database);
      return end === undefined || end.id === 0 ? undefined : signCheckpoint(checkpointKeys, end);
    },

    parseCheckpoint: (text) => parseCheckpoint(checkpointKeys, text),

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
      const start = await findStart(database, key);
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
      const verdict = await verifyStored(start, marks);
      return end !== undefined || verdict.fault !== undefined
        ? verdict
        : { ...verdict, fault: { id: verdict.end.id + 1, what: 'end-missing' } };
    },
  };

  /** Events may be dropped while they are verified: it goes on at the anchor, up to which the drop has verified them. */
  async function verifyStored(start: ChainEnd, marks: readonly Mark[]): Promise<Verdict> {
    let begin = start;
    const before = { held: 0, lostEnds: [] as number[] };
    for (;;) {
      const from = begin;
      const verdict = await verifyChain(key, () => from, storedEvents(database, undefined), marks);
      before.held += verdict.held;
      before.lostEnds.push(...verdict.lostEnds);
      if (verdict.fault?.what !== 'missing') return { ...verdict, ...before };
      begin = await findStart(database, key);
      if (begin.id <= verdict.end.id) return { ...verdict, ...before };
    }
  }
}

/** Where the chain begins by now. Throws when what stands there was not left by a drop. */
export async function findStart(database: Database, key: KeyObject): Promise<ChainEnd> {
  const anchor = await findAnchor(database);
  if (anchor === undefined) return emptyChain;
  if (!isGenuineAnchor(key, anchor))
    throw fieldProblem(
      'anchor',
      `The anchor at event ${anchor.id}, which stands in place of dropped events, is not genuine.`,
    );
  return anchor;
}

/** How many events are read at a time. */
const batch = 1_000;

/** The events of the database in the order of the chain, a part at a time. */
export async function* storedEvents(
  database: Database,
  after: number | undefined,
): AsyncGenerator<StoredEvent> {
  for (let id = after; ;) {
    const events = await listEventsAfter(database, id, batch);
    yield* events;
    id = events.at(-1)?.id;
    if (id === undefined) return;
  }
}
