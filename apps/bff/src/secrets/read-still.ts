/**
 * @file Reads a file whole, as it was at one moment. A file that is replaced (by a rename, or a link that is swapped) is
 * never torn, because an open descriptor stays on the one that it was opened on. One that is rewritten in place is emptied
 * first and then filled, and the system lets others see every state between: so what has not been read before must hold
 * still for a moment, and what is empty for longer.
 */
import type { BigIntStats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import type { Step } from './folder-steps.ts';

/** Milliseconds that a file must not change. Longer than the steps of the clock that marks changes (10 ms at most on Linux). */
export const stillFor = 12;

/** Milliseconds between looks at an empty file. */
const pause = 4;

/** What was read. */
export type StillFile =
  /** The bytes are to be overwritten by whoever asked. */
  | { kind: 'still'; bytes: Buffer; stat: BigIntStats }
  | { kind: 'too-large' | 'not-a-file'; stat: BigIntStats }
  /** It changed while it was read, or is empty. It, or what is in its place by now, is to be opened and read again. */
  | { kind: 'changing' };

/** How to read. */
export interface ReadOptions {
  /** Bytes. */
  largest: number;
  /** Whether it held still before with this mark: then there is nothing to wait for. */
  isKnown: (mark: string) => boolean;
  /** It was given time to be filled: what is empty now is meant to be. */
  isEmptyEnough: boolean;
}

/** Another text whenever a file may hold something else. */
export const markOf = ({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string =>
  [dev, ino, size, mtimeNs, ctimeNs].join(' ');

/** Reads an open file. */
export async function readStill(
  step: Step,
  file: FileHandle,
  { largest, isKnown, isEmptyEnough }: ReadOptions,
): Promise<StillFile> {
  const stat = await step(() => file.stat({ bigint: true }));
  if (!stat.isFile()) return { kind: 'not-a-file', stat };
  if (stat.size > largest) return { kind: 'too-large', stat };
  const mark = markOf(stat);
  const size = Number(stat.size);
  if (size === 0 && !isKnown(mark) && !isEmptyEnough) {
    await wait(pause);
    return { kind: 'changing' };
  }
  const bytes = await readWhole(step, file, size);
  let isStill = bytes.length === size;
  if (isStill && !isKnown(mark)) {
    await wait(stillFor);
    // The clock that marks changes may stand still while a file is filled; its bytes do not.
    const again = await readWhole(step, file, size);
    isStill = again.equals(bytes);
    again.fill(0);
  }
  if (isStill && markOf(await step(() => file.stat({ bigint: true }))) === mark)
    return { kind: 'still', bytes, stat };
  bytes.fill(0);
  return { kind: 'changing' };
}

/** All bytes from the beginning; one more than `size` when there are more. */
async function readWhole(step: Step, file: FileHandle, size: number): Promise<Buffer> {
  // Memory of its own: what Node shares among buffers would keep the bytes.
  const buffer = Buffer.alloc(size + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await step(() =>
      file.read(buffer, length, buffer.length - length, length),
    );
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}
