/**
 * @file Counts uses in memory and writes them every few seconds, so that no request waits for that. A node that is killed loses what it
 * counted since; a database that is away for a while loses nothing.
 */
import type { Database } from '../base/database.ts';
import { waitAtMost } from '../base/in-time.ts';
import type { Log } from '../base/log.ts';
import { addUses, pruneUses, together, touchSecrets } from './uses.store.ts';

/** Counts. */
export interface UseCounts {
  /** Counts one use of these secrets; `integrationId` null for a configuration that is not saved. Never waits, never throws. */
  count(secretIds: readonly string[], integrationId: string | null, hasSucceeded: boolean): void;
  /** Removes what is old, now and from time to time. */
  start(): void;
  /** Writes the rest; waits only briefly for a database that was found not to answer. */
  close(isAnswering?: boolean): Promise<void>;
}

/** Milliseconds. What a node that is killed may lose is 5 s. */
const writeEveryMs = 3_000;
const pruneEveryMs = 3_600_000;
const longestWait = { usual: 3_000, withoutAnswer: 500 };

interface Counted {
  secretId: string;
  integrationId: string;
  uses: number;
  failures: number;
  /** By the clock that `performance.now` reads, which nobody sets. */
  lastAt: number;
}

/** Counts into this database. */
export function createUseCounts({ queries }: Database, log: Log): UseCounts {
  let counts = new Map<string, Counted>();
  /** What is being written. */
  let underWay = new Map<string, Counted>();
  /** Secrets whose own row does not tell of their last use yet, with its moment. */
  let untouched = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let pruneTimer: NodeJS.Timeout | undefined;
  let writing: Promise<void> | undefined;
  let isFailing = false;
  let isClosed = false;

  function add(counted: Counted): void {
    const key = `${counted.secretId} ${counted.integrationId}`;
    const before = counts.get(key);
    if (before === undefined) {
      counts.set(key, counted);
      return;
    }
    before.uses += counted.uses;
    before.failures += counted.failures;
    before.lastAt = Math.max(before.lastAt, counted.lastAt);
  }

  function touch(secretId: string, at: number): void {
    untouched.set(secretId, Math.max(at, untouched.get(secretId) ?? at));
  }

  /** A write whose answer was lost may have been done: then it counts twice, which is better than not at all. */
  async function writeCounts(): Promise<void> {
    if (counts.size === 0) return;
    underWay = counts;
    counts = new Map();
    const now = performance.now();
    try {
      await addUses(
        queries,
        [...underWay.values()].map(({ lastAt, ...count }) => ({ ...count, age: now - lastAt })),
      );
    } catch (error) {
      for (const counted of underWay.values()) add(counted);
      throw error;
    } finally {
      underWay = new Map();
    }
  }

  async function writeTouched(): Promise<void> {
    if (untouched.size === 0) return;
    const taken = untouched;
    untouched = new Map();
    const now = performance.now();
    let left: Iterable<string> = taken.keys();
    try {
      left = await touchSecrets(
        queries,
        [...taken].map(([id, at]) => ({ id, age: now - at })),
      );
    } finally {
      for (const id of left) touch(id, taken.get(id) ?? now);
    }
  }

  async function write(): Promise<void> {
    try {
      await writeCounts();
      await writeTouched();
      if (isFailing) log.info('secret-uses.written-again');
      isFailing = false;
    } catch (error) {
      if (!isFailing) log.error('secret-uses.not-written', error);
      isFailing = true;
    }
  }

  const writeOnce = () => (writing ??= write().finally(() => (writing = undefined)));

  function writeSoon(): void {
    if (!isClosed) timer ??= setTimeout(() => void writeInTurn(), writeEveryMs).unref();
  }

  async function writeInTurn(): Promise<void> {
    await writeOnce();
    timer = undefined;
    if (counts.size + untouched.size > 0) writeSoon();
  }

  async function prune(): Promise<void> {
    try {
      for (let isMore = true; isMore;) isMore = !isClosed && (await pruneUses(queries));
    } catch (error) {
      log.error('secret-uses.not-pruned', error);
    }
  }

  return {
    count(secretIds, integrationId, hasSucceeded) {
      const lastAt = performance.now();
      const failures = hasSucceeded ? 0 : 1;
      for (const secretId of secretIds) {
        for (const id of integrationId === null ? [together] : [together, integrationId])
          add({ secretId, integrationId: id, uses: 1, failures, lastAt });
        touch(secretId, lastAt);
      }
      writeSoon();
    },

    start() {
      void prune();
      pruneTimer = setInterval(() => void prune(), pruneEveryMs).unref();
    },

    async close(isAnswering = true) {
      isClosed = true;
      clearTimeout(timer);
      clearInterval(pruneTimer);
      const longest = isAnswering ? longestWait.usual : longestWait.withoutAnswer;
      // One that is under way does not know the last ones.
      await waitAtMost(longest, (writing ?? Promise.resolve()).then(writeOnce));
      const left = counts.size + underWay.size;
      if (left > 0) log.warn('secret-uses.lost', { counts: left });
    },
  };
}
