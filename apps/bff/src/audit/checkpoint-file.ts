/**
 * @file The newest checkpoint as a file of the data directory, written by every node for itself: at the start, at most once
 * a minute while events come, and at the end. Each one goes to the log, too, from where it can be kept apart.
 */
import { constants } from 'node:fs';
import { mkdir, open, readFile, rename, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../base/database.ts';
import { waitAtMost } from '../base/in-time.ts';
import type { Log } from '../base/log.ts';
import type { Checkpoint } from './checkpoint.ts';
import type { Verification } from './verification.ts';

/** Where it is. */
export const checkpointPath = (dataDir: string): string => join(dataDir, 'audit-checkpoint.json');

/** The text of a checkpoint file; undefined when there is none. */
export async function readCheckpointFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Milliseconds. */
const usualInterval = 60_000;
const longestWait = { usual: 3_000, withoutAnswer: 500 };

/**
 * Writes checkpoints from now on, until what it answers is called; that waits only briefly for a database that was found
 * not to answer. A checkpoint that the chain does not hold to is never replaced: it is the proof that something is
 * missing. The log says so, and the operator finds out with `audit verify`.
 */
export async function keepCheckpoints(
  trail: Pick<Verification, 'newCheckpoint' | 'holdsTo'>,
  path: string,
  log: Log,
  interval = usualInterval,
): Promise<(isAnswering?: boolean) => Promise<void>> {
  let last: string | undefined;
  let isBroken = false;

  async function write(): Promise<void> {
    try {
      if (isBroken) return;
      // Another process may have written a newer one.
      const onDisk = await readCheckpointFile(path);
      for (const text of new Set([last, onDisk])) {
        if (text === undefined || (await trail.holdsTo(text))) continue;
        isBroken = true;
        log.warn('audit.checkpoint-broken', { file: path });
        return;
      }
      const checkpoint = await trail.newCheckpoint();
      if (checkpoint === undefined || isOfSameEnd(onDisk, checkpoint)) return;
      const text = `${JSON.stringify(checkpoint)}\n`;
      await replaceFile(path, text);
      last = text;
      log.info('audit.checkpoint', { ...checkpoint });
    } catch (error) {
      // Without it everything goes on: what it is for is to be compared later.
      log.error('audit.checkpoint-failed', error);
    }
  }

  let writing: Promise<void> | undefined;
  /** One at a time: a database that is frozen answers none. */
  const writeOnce = () => (writing ??= write().finally(() => (writing = undefined)));

  // Starting and stopping go on without it.
  await waitAtMost(longestWait.usual, writeOnce());
  const timer = setInterval(() => void writeOnce(), interval).unref();
  return async (isAnswering = true) => {
    clearInterval(timer);
    const longest = isAnswering ? longestWait.usual : longestWait.withoutAnswer;
    // One that is under way may not know the last events.
    await waitAtMost(longest, (writing ?? Promise.resolve()).then(writeOnce));
  };
}

function isOfSameEnd(text: string | undefined, { mac }: Checkpoint): boolean {
  return text?.includes(`"mac":"${mac}"`) === true;
}

/** Temporary name, fsync, its own name, fsync of the folder: after a kill there is the old one or the new one. */
async function replaceFile(path: string, text: string): Promise<void> {
  const folder = dirname(path);
  const temporary = `${path}.${process.pid}.new`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await unlink(temporary).catch(() => {});
    const file = await open(
      temporary,
      constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY,
      0o600,
    );
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
  const directory = await open(folder, constants.O_RDONLY);
  await directory.sync();
  await directory.close();
}
