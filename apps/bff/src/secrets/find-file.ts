/**
 * @file Finds and opens the file of a secret, and nothing that lies outside of the folder: whoever may write to the folder
 * must not make Dropsafe read what only Dropsafe may read, such as `/proc/self/environ` or its keyset.
 */
import { constants, type BigIntStats } from 'node:fs';
import { lstat, open, readdir, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { SecretName } from '@dropsafe/contract/secrets';
import { codeOf } from '../base/database.ts';
import type { Step } from './folder-steps.ts';
import { ProviderFailure } from './outside-provider.ts';

/** What is known of a file without opening it. */
export interface FoundFile {
  kind: 'file';
  /** Without any link in it, inside the folder. */
  path: string;
  stat: BigIntStats;
}

/** A file that was opened, to be closed by whoever asked. */
export interface OpenedFile {
  kind: 'opened';
  file: FileHandle;
}

/** Why there is no file. */
export type NoFile =
  | { kind: 'missing' }
  | { kind: 'unusable'; state: 'unreadable' | 'not-a-file' | 'outside' };

/** Look again: somebody moved or replaced something between two steps, or a link leads nowhere. */
interface Again {
  kind: 'moved' | 'nowhere';
}

const missing: NoFile = { kind: 'missing' };
const moved: Again = { kind: 'moved' };
const nowhere: Again = { kind: 'nowhere' };
const unusable = (state: 'unreadable' | 'not-a-file' | 'outside'): NoFile => ({
  kind: 'unusable',
  state,
});

/**
 * How often is looked again. Kubernetes swaps a link and then removes what it led to: a look that falls into the middle
 * finds nothing, and the next one does. A link that leads nowhere is told from that by leading nowhere every time.
 */
const attempts = 20;

/** Where Linux shows what a descriptor was opened on. Other systems have no such place. */
const linuxDescriptors = '/proc/self/fd';

/** Looks at the file of a name in a folder, which is given without links. */
export function findFile(
  step: Step,
  folder: string,
  name: SecretName,
): Promise<FoundFile | NoFile> {
  return untilFound(() => look(step, folder, name));
}

/** Opens the file of a name. `descriptors` is where the system shows what was opened. */
export function openFile(
  step: Step,
  folder: string,
  name: SecretName,
  descriptors = linuxDescriptors,
): Promise<OpenedFile | NoFile> {
  return untilFound(async () => {
    const found = await look(step, folder, name);
    if (found.kind !== 'file') return found;
    if (!(await hasExactlyThisName(step, folder, name))) return missing;
    return openFound(step, folder, found, descriptors);
  });
}

async function untilFound<T extends { kind: string }>(
  attempt: () => Promise<T | Again>,
): Promise<T | NoFile> {
  let result: T | Again = moved;
  for (let count = 0; count < attempts; count++) {
    result = await attempt();
    if (result !== moved && result !== nowhere) break;
  }
  if (result === moved) throw new ProviderFailure('failing');
  // as: it is neither of the two any more
  return result === nowhere ? unusable('not-a-file') : (result as T);
}

async function look(
  step: Step,
  folder: string,
  name: SecretName,
): Promise<FoundFile | NoFile | Again> {
  const entry = join(folder, name);
  try {
    const path = await step(() => realpath(entry));
    if (!isInside(folder, path)) return unusable('outside');
    const stat = await step(() => lstat(path, { bigint: true }));
    if (stat.isSymbolicLink()) return moved;
    return stat.isFile() ? { kind: 'file', path, stat } : unusable('not-a-file');
  } catch (error) {
    const answer = meaningOf(error);
    if (answer !== moved) return answer;
    return (await isThere(step, entry)) ? nowhere : missing;
  }
}

/** A link that leads nowhere is there. */
async function isThere(step: Step, entry: string): Promise<boolean> {
  return step(() => lstat(entry)).then(
    () => true,
    () => false,
  );
}

/** Where upper and lower case are the same, `key` would find the file `KEY`, which is another secret. */
async function hasExactlyThisName(step: Step, folder: string, name: SecretName): Promise<boolean> {
  const swapped = name.replaceAll(/[a-z]/gi, (letter) =>
    letter === letter.toLowerCase() ? letter.toUpperCase() : letter.toLowerCase(),
  );
  // The whole folder is read only where the other spelling is there, too: reading it while entries are renamed may miss one.
  if (swapped === name || !(await isThere(step, join(folder, swapped)))) return true;
  return (await step(() => readdir(folder))).includes(name);
}

async function openFound(
  step: Step,
  folder: string,
  found: FoundFile,
  descriptors: string,
): Promise<OpenedFile | NoFile | Again> {
  let file: FileHandle | undefined;
  let isRight = false;
  try {
    // Not through a link that was put there just now, and without waiting for the other end of a pipe.
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const handle = (file = await step(() => open(found.path, flags)));
    isRight = await isStillInside(step, folder, found.path, handle, descriptors);
    return isRight ? { kind: 'opened', file: handle } : moved;
  } catch (error) {
    return codeOf(error) === 'ELOOP' ? moved : meaningOf(error);
  } finally {
    if (!isRight) await file?.close();
  }
}

/** Whether what was opened lies inside the folder, whatever happened to the folders on the way to it meanwhile. */
async function isStillInside(
  step: Step,
  folder: string,
  path: string,
  file: FileHandle,
  descriptors: string,
): Promise<boolean> {
  const opened = await step(() => readlink(join(descriptors, String(file.fd)))).catch(
    () => undefined,
  );
  // Of a file that was removed or replaced since, Linux says so behind its path; it is still what was asked for.
  if (opened !== undefined) return isInside(folder, opened);
  const { ino, dev } = await step(() => file.stat({ bigint: true }));
  // Several times, so that whoever swaps folders to and fro would have to hit every single step.
  for (let count = 0; count < 3; count++) {
    if ((await step(() => realpath(path))) !== path) return false;
    const now = await step(() => lstat(path, { bigint: true }));
    if (now.ino !== ino || now.dev !== dev) return false;
  }
  return true;
}

const isInside = (folder: string, path: string) =>
  path.startsWith(folder.endsWith(sep) ? folder : folder + sep);

/** What an error says of a single file. Throws the ones that say nothing. */
function meaningOf(error: unknown): NoFile | Again {
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    // Of network file systems: what was open a moment ago was replaced.
    case 'ESTALE':
      return moved;
    case 'EACCES':
    case 'EPERM':
      return unusable('unreadable');
    // Links in a circle; sockets and devices without a driver.
    case 'ELOOP':
    case 'ENXIO':
    case 'ENODEV':
      return unusable('not-a-file');
    case undefined:
    default:
      throw error;
  }
}
