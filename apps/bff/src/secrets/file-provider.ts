/**
 * @file Secrets in files: one folder, one file for each, as Kubernetes and Docker mount them. Every use reads the file as it
 * is at that moment; no value is kept. Dropsafe never writes there.
 */
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants, type BigIntStats } from 'node:fs';
import { access, readdir, realpath, type FileHandle } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import {
  secretLimits,
  SecretNameSchema,
  type SecretName,
  type SecretState,
} from '@dropsafe/contract/secrets';
import { codeOf } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import { Redacted } from '../base/redacted.ts';
import { findFile, openFile } from './find-file.ts';
import { createFolderSteps, type Step } from './folder-steps.ts';
import {
  ProviderFailure,
  readOnly,
  type OutsideProvider,
  type OutsideSecret,
  type Resolved,
} from './outside-provider.ts';
import { markOf, readStill, stillFor, type StillFile } from './read-still.ts';
import { shownName } from './shown-name.ts';

/** Where the files are. */
export interface FileProviderSettings {
  /** It may be a link itself. Everything in it must lie in it. */
  folder: string;
  /** Leaves out one newline (`\n` or `\r\n`) at the end, which editors and `echo` put there. Without it every byte counts. */
  dropTrailingNewline: boolean;
  /** Where the system shows what a descriptor was opened on, if it does. Default `/proc/self/fd`. */
  descriptors?: string;
}

/** Milliseconds. Everything about one secret; and the health, which must be told within 2 s. */
const longestForOne = 1_500;
/** Milliseconds. The list of a large folder on a network. */
const longestForList = 10_000;
/** Milliseconds that a file may go on changing, or stay empty, before that is what is told of it. */
const settling = 1_000;
/** So many names that are none are told in the log, by each node. */
const mostTold = 1_000;

type ReadSecret =
  | { kind: 'value'; value: Buffer; stat: BigIntStats }
  | { kind: 'unusable'; state: UnusableState; stat: BigIntStats | undefined }
  | { kind: 'missing' };
type UnusableState = Exclude<SecretState, 'ready'>;

/** The provider of a folder of files. */
export function createFileProvider(
  { folder, dropTrailingNewline, descriptors }: FileProviderSettings,
  log: Pick<Log, 'warn'>,
): OutsideProvider {
  const steps = createFolderSteps();
  /** What was found in files that held still, nothing of their contents: whether there is something to wait for, and what the list says. */
  const known = new Map<SecretName, { mark: string; state: SecretState }>();
  const told = new Set<string>();
  const largest = secretLimits.valueBytes + (dropTrailingNewline ? 2 : 0);

  /** The folder without links: what it leads to may be another one each time. */
  async function realFolder(step: Step): Promise<string> {
    const real = await step(() => realpath(folder));
    // With a slash behind it a file is refused.
    await step(() => access(`${real}/`, constants.R_OK | constants.X_OK));
    return real;
  }

  /** The value, to be overwritten by whoever asked, or why there is none. */
  async function readSecret(step: Step, name: SecretName): Promise<ReadSecret> {
    // Its type says that it was checked; here it becomes a part of a path.
    if (!SecretNameSchema.safeParse(name).success) return { kind: 'missing' };
    const end = performance.now() + settling;
    for (;;) {
      const isLast = performance.now() >= end;
      const opened = await openFile(step, await realFolder(step), name, descriptors);
      if (opened.kind === 'unusable') return { ...opened, stat: undefined };
      if (opened.kind === 'missing') return opened;
      const read = await readAndClose(step, name, opened.file, isLast);
      if (read.kind === 'still') return judge(name, read.bytes, read.stat);
      if (read.kind !== 'changing') return { kind: 'unusable', state: read.kind, stat: read.stat };
      if (isLast) throw new ProviderFailure('failing');
    }
  }

  async function readAndClose(
    step: Step,
    name: SecretName,
    file: FileHandle,
    isEmptyEnough: boolean,
  ): Promise<StillFile> {
    const isKnown = (mark: string) => known.get(name)?.mark === mark;
    try {
      return await readStill(step, file, { largest, isKnown, isEmptyEnough });
    } finally {
      await file.close();
    }
  }

  function judge(name: SecretName, bytes: Buffer, stat: BigIntStats): ReadSecret {
    const value = dropTrailingNewline ? withoutNewline(bytes) : bytes;
    const state = stateOf(value);
    known.set(name, { mark: markOf(stat), state });
    if (state === 'ready') return { kind: 'value', value, stat };
    bytes.fill(0);
    return { kind: 'unusable', state, stat };
  }

  /** What the list says: by the size, and by what was found in it the last time. The content is not read. */
  async function look(
    step: Step,
    real: string,
    name: SecretName,
  ): Promise<OutsideSecret | undefined> {
    const found = await findFile(step, real, name);
    if (found.kind === 'missing') return undefined;
    if (found.kind === 'unusable') return describe(name, found.state, undefined);
    const { path, stat } = found;
    const last = known.get(name);
    if (!(await step(() => isReadable(path)))) return describe(name, 'unreadable', stat);
    if (last?.mark === markOf(stat)) return describe(name, last.state, stat);
    if (stat.size > largest) return describe(name, 'too-large', stat);
    return describe(name, stat.size === 0n ? 'empty' : 'ready', stat);
  }

  /** The entries that are names of secrets. The others are told in the log, once, but for hidden ones: with those Kubernetes does its work. */
  function namesIn(entries: string[]): SecretName[] {
    const names: SecretName[] = [];
    const odd = new Set<string>();
    for (const entry of entries.filter((text) => !text.startsWith('.'))) {
      const name = SecretNameSchema.safeParse(entry);
      if (name.success) names.push(name.data);
      else if (!told.has(shownName(entry))) odd.add(shownName(entry));
    }
    const files = [...odd].toSorted().slice(0, mostTold - told.size);
    for (const file of files) told.add(file);
    if (files.length > 0) log.warn('secrets.files-left-out', { folder, files });
    return names;
  }

  async function list(step: Step, burst: Step): Promise<OutsideSecret[]> {
    const real = await realFolder(step);
    const names = namesIn(await step(() => readdir(real)));
    const secrets = new Map<SecretName, OutsideSecret | undefined>();
    const lookAt = (some: Iterable<SecretName>) =>
      Promise.all([...some].map(async (name) => secrets.set(name, await look(burst, real, name))));
    await lookAt(names);
    // Some may be empty because they are just being written.
    const empty = names.filter((name) => secrets.get(name)?.state === 'empty');
    if (empty.length > 0) {
      await wait(stillFor);
      await lookAt(empty);
    }
    for (const name of known.keys()) if (!secrets.has(name)) known.delete(name);
    return [...secrets.values()].filter((secret) => secret !== undefined);
  }

  async function within<T>(
    longestMs: number,
    work: (step: Step, burst: Step) => Promise<T>,
  ): Promise<T> {
    try {
      return await steps.within(longestMs, work);
    } catch (error) {
      throw toFailure(error);
    }
  }

  return {
    ...readOnly,
    type: 'file',
    list: () => within(longestForList, list),
    read: (name) =>
      within(longestForOne, async (step) => {
        const read = await readSecret(step, name);
        if (read.kind === 'missing') return undefined;
        if (read.kind === 'unusable') return describe(name, read.state, read.stat);
        read.value.fill(0);
        return describe(name, 'ready', read.stat);
      }),
    resolve: (name) =>
      within<Resolved>(longestForOne, async (step) => {
        const read = await readSecret(step, name);
        if (read.kind === 'missing') return read;
        if (read.kind === 'unusable') return { kind: 'unusable', state: read.state };
        return { kind: 'value', value: new Redacted(read.value), revision: revisionOf(read.stat) };
      }),
    health: () =>
      within(longestForOne, realFolder).then(
        () => ({ status: 'up', reason: null }) as const,
        (error: unknown) => ({ status: 'down', reason: toFailure(error).reason }) as const,
      ),
    close: async () => {},
  };
}

function describe(
  name: SecretName,
  state: SecretState,
  stat: BigIntStats | undefined,
): OutsideSecret {
  if (stat === undefined) return { name, state, revision: null, changedAt: null };
  return { name, state, revision: revisionOf(stat), changedAt: stat.mtime };
}

/** As a hash, because the size of a value says something of it. */
const revisionOf = ({ ino, mtimeNs, size }: BigIntStats): string =>
  createHash('sha256').update([ino, mtimeNs, size].join(' ')).digest('hex').slice(0, 32);

function stateOf(value: Buffer): SecretState {
  if (value.length === 0) return 'empty';
  if (value.length > secretLimits.valueBytes) return 'too-large';
  return isUtf8(value) ? 'ready' : 'not-text';
}

function withoutNewline(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== 0x0a) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 0x0d ? -2 : -1);
}

const isReadable = (path: string) =>
  access(path, constants.R_OK).then(
    () => true,
    // Replaced meanwhile: what is there now will be seen the next time.
    (error: unknown) => codeOf(error) === 'ENOENT',
  );

/** Why the folder does not do what it is asked. The error goes along for its code; its text holds a path, never a value. */
function toFailure(error: unknown): ProviderFailure {
  if (error instanceof ProviderFailure) return error;
  switch (codeOf(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ELOOP':
      return new ProviderFailure('misconfigured', { cause: error });
    case 'EACCES':
    case 'EPERM':
      return new ProviderFailure('denied', { cause: error });
    case undefined:
    default:
      return new ProviderFailure('failing', { cause: error });
  }
}
