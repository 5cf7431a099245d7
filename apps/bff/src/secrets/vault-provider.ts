/**
 * @file Secrets in a vault: HashiCorp Vault or OpenBao, KV version 2. A secret is an entry of one folder, its value is one
 * key of the entry; docs/vault.md. Nothing of a value is kept: each operation asks the vault, within one time limit for all
 * of its requests, behind a breaker.
 */
import { readFile } from 'node:fs/promises';
import type { SecretName } from '@dropsafe/contract/secrets';
import { ProviderFailure, type OutsideProvider } from './outside-provider.ts';
import {
  describe,
  isCasMismatch,
  isKv2,
  isNothingThere,
  readCurrent,
  readEntry,
  readNames,
  readWritten,
  revisionOf,
  valueOf,
  vaultFailure,
  type CurrentVersion,
  type VaultAnswer,
} from './vault-answers.ts';
import { createBreaker } from './vault-breaker.ts';
import { createVaultClient, maxListBytes, type VaultRequest } from './vault-client.ts';
import { within } from './vault-deadline.ts';
import { createVaultLogin } from './vault-login.ts';
import type { VaultSettings } from './vault-settings.ts';

/** What a vault needs beside its settings. */
export interface VaultProviderOptions {
  /** Told each name of the folder that cannot be that of a secret, once; folders in it end in a slash. */
  onLeftOut: (names: readonly string[]) => void;
  /** Milliseconds of a clock that never goes back; for tests. */
  now?: () => number;
  /** Chance, from 0 up to, not including, 1; for tests. */
  random?: () => number;
}

/** The contract says two seconds. */
const healthMs = 1_800;
/** So many names that cannot be used are remembered as told. */
const mostTold = 10_000;

/** Opens no connection yet; signs in at the first operation. */
export function createVaultProvider(
  settings: VaultSettings,
  { onLeftOut, now = () => performance.now(), random = Math.random }: VaultProviderOptions,
): OutsideProvider {
  const client = createVaultClient(settings);
  const login = createVaultLogin({
    client,
    settings,
    now,
    readFile: (path) => readFile(path, 'utf8'),
  });
  const breaker = createBreaker({ now, random });
  const mount = settings.mount.split('/');
  const folder = settings.folder === '' ? [] : settings.folder.split('/');
  const told = new Set<string>();
  let isMountProven = false;
  let isClosed = false;

  // --- the way there ---

  /** One operation: all of its requests together have one time limit. */
  async function operation<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (isClosed) throw vaultFailure('unreachable', 'CLOSED');
    return breaker.run(() => within(settings.timeoutMs, work));
  }

  /** A request with a token. Refused, it is tried once more with another token, if one can be had. */
  async function ask(request: VaultRequest, signal: AbortSignal): Promise<VaultAnswer> {
    const token = await login.token(signal);
    const answer = await client.send(request, token, signal);
    if (answer.status !== 403) return answer;
    const another = await login.another(token, signal);
    const second = another && (await client.send(request, another, signal));
    if (second === undefined || second.status === 403) throw vaultFailure('denied', 'HTTP_403');
    return second;
  }

  /** What is there, or undefined where nothing is. */
  async function find(request: VaultRequest, signal: AbortSignal): Promise<unknown> {
    const answer = await ask(request, signal);
    if (answer.status === 200) return answer.content;
    if (!isNothingThere(answer)) throw vaultFailure('misconfigured', `HTTP_${answer.status}`);
    // KV version 1 says the same of these addresses, and would take a write for an entry of its own.
    if (!isMountProven) await proveMount(signal);
    return undefined;
  }

  /** Throws unless the mount is KV version 2. The vault tells it to everybody who may do anything in there. */
  async function proveMount(signal: AbortSignal): Promise<void> {
    const path = ['sys', 'internal', 'ui', 'mounts', ...mount];
    const { status, content } = await ask({ method: 'GET', path }, signal);
    if (status !== 200 || !isKv2(content, settings.mount))
      throw vaultFailure('misconfigured', 'NOT_KV_2');
    isMountProven = true;
  }

  const pathOf = (kind: 'data' | 'metadata', ...rest: string[]) => [
    ...mount,
    kind,
    ...folder,
    ...rest,
  ];

  const listRequest = (query: string): VaultRequest => ({
    method: 'GET',
    path: pathOf('metadata', ''),
    query,
    maxBytes: maxListBytes,
  });

  /** The current version, alive or not; undefined where there is no entry. */
  async function findCurrent(
    name: SecretName,
    signal: AbortSignal,
  ): Promise<CurrentVersion | undefined> {
    const found = await find({ method: 'GET', path: pathOf('metadata', name) }, signal);
    // Compared with a time that the vault has set: the clock of the wall.
    return found === undefined ? undefined : readCurrent(found, Date.now());
  }

  /** The current version with all of its keys; undefined where there is none, or it is deleted. */
  async function findEntry(name: SecretName, signal: AbortSignal) {
    const answer = await find({ method: 'GET', path: pathOf('data', name) }, signal);
    return answer === undefined ? undefined : readEntry(answer);
  }

  /** Writes a version in place of version `cas`; undefined when another is current. */
  async function write(
    name: SecretName,
    cas: number,
    keys: Record<string, unknown>,
    signal: AbortSignal,
  ): Promise<CurrentVersion | undefined> {
    const body = { options: { cas }, data: keys };
    const answer = await ask({ method: 'POST', path: pathOf('data', name), body }, signal);
    if (isCasMismatch(answer)) return undefined;
    if (answer.status !== 200) throw vaultFailure('misconfigured', `HTTP_${answer.status}`);
    return readWritten(answer.content);
  }

  const outcomeOf = (name: SecretName, written: CurrentVersion | undefined) =>
    written === undefined
      ? ({ kind: 'conflict' } as const)
      : ({ kind: 'changed', secret: describe(name, written) } as const);

  function tell(leftOut: readonly string[]): void {
    const news = leftOut.filter((name) => !told.has(name)).slice(0, mostTold - told.size);
    for (const name of news) told.add(name);
    if (news.length > 0) onLeftOut(news);
  }

  return {
    type: 'vault',
    capabilities: {
      create: true,
      update: true,
      delete: true,
      descriptions: false,
      destinations: false,
    },
    origin: settings.address,

    // One request. The vault lists deleted entries as well; asked for one of them, `read` says that it is not there.
    list: () =>
      operation(async (signal) => {
        const found = await find(listRequest('list=true'), signal);
        if (found === undefined) return [];
        const { names, leftOut } = readNames(found);
        tell(leftOut);
        return names.map((name) => ({ name, state: 'ready', revision: null, changedAt: null }));
      }),

    // Of the metadata alone: whether the key is in there that holds the value, only resolving tells.
    read: (name) =>
      operation(async (signal) => {
        const current = await findCurrent(name, signal);
        return current?.isAlive === true ? describe(name, current) : undefined;
      }),

    resolve: (name) =>
      operation(async (signal) => {
        const entry = await findEntry(name, signal);
        return entry === undefined ? { kind: 'missing' } : valueOf(entry, settings.key);
      }),

    create: (name, value) =>
      operation(async (signal) => {
        const current = await findCurrent(name, signal);
        if (current?.isAlive === true) return { kind: 'conflict' };
        // 0: only if there is no entry. Of one whose current version is deleted: only if that is still the current one.
        const cas = current?.version ?? 0;
        return outcomeOf(name, await write(name, cas, { [settings.key]: value }, signal));
      }),

    update: (name, revision, value) =>
      operation(async (signal) => {
        const entry = await findEntry(name, signal);
        if (entry === undefined || revisionOf(entry.version) !== revision)
          return { kind: 'conflict' };
        // What else is in the entry belongs to others: it goes back as it came.
        const keys = { ...entry.keys, [settings.key]: value };
        return outcomeOf(name, await write(name, entry.version.version, keys, signal));
      }),

    /*
     * All versions and the metadata: for good. The vault checks no version for that (nor for deleting one version, which
     * could be taken back), so it is looked at in the request right before. A version that somebody writes between these two
     * requests is deleted with the others, although nobody here has seen it.
     */
    delete: (name, revision) =>
      operation(async (signal) => {
        const current = await findCurrent(name, signal);
        if (current?.isAlive !== true || revisionOf(current) !== revision)
          return { kind: 'conflict' };
        const answer = await ask({ method: 'DELETE', path: pathOf('metadata', name) }, signal);
        // 200: it has warnings to give.
        if (answer.status !== 204 && answer.status !== 200)
          throw vaultFailure('misconfigured', `HTTP_${answer.status}`);
        return outcomeOf(name, current);
      }),

    async health() {
      try {
        await within(Math.min(healthMs, settings.timeoutMs), async (signal) => {
          await askHealth(signal);
          // One name is enough, where the vault can be asked for less than all (OpenBao).
          await find(listRequest('list=true&limit=1'), signal);
          await proveMount(signal);
        });
        breaker.close();
        return { status: 'up', reason: null };
      } catch (error) {
        return {
          status: 'down',
          reason: error instanceof ProviderFailure ? error.reason : 'failing',
        };
      }
    },

    async close() {
      isClosed = true;
      login.close();
      client.close();
    },
  };

  /** Without a token, and outside of the namespace: the vault answers this at its root only. Standbys are well: they pass requests on. */
  async function askHealth(signal: AbortSignal): Promise<void> {
    const query = 'standbyok=true&perfstandbyok=true';
    const request = { method: 'GET', path: ['sys', 'health'], query, isAtRoot: true } as const;
    const { status } = await client.send(request, undefined, signal);
    if (status !== 200)
      throw vaultFailure(status === 403 ? 'denied' : 'misconfigured', `HEALTH_HTTP_${status}`);
  }
}
