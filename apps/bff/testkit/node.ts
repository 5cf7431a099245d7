/**
 * @file Whole nodes for tests: one in this process (quick, its log at hand), or one as a process of its own (can be
 * killed). Both are the product as it runs, on a real database.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Permission } from '@dropsafe/contract/permissions';
import { systemCaller } from '../src/base/caller.ts';
import { findRunningEmbeddedPostgres } from '../src/base/embedded-postgres.ts';
import { createLog } from '../src/base/log.ts';
import { Redacted } from '../src/base/redacted.ts';
import { readConfig } from '../src/config.ts';
import { openRooms, startNode } from '../src/node.ts';
import type { LookUp } from '../src/outbound/host-guard.ts';
import type { Rooms } from '../src/wiring.ts';
import { createClient, createProgram, type Client, type OnAnswer } from './client.ts';
import { createTestDatabase } from './postgres.ts';
import { programEnvironment } from './processes.ts';

/** A password that is good enough for every test user. */
export const testPassword = 'four unrelated words: otter lamp';

/** What every node of a test is started with: a free port, a known first user, the built web app. */
export const usualEnv = () => {
  const webDir = process.env['DROPSAFE_WEB_DIR'];
  return {
    PORT: '0',
    DROPSAFE_ADMIN_PASSWORD: testPassword,
    ...(webDir !== undefined && { DROPSAFE_WEB_DIR: webDir }),
  };
};

/** A data directory to be: not made yet, in a folder that the embedded server's user can pass through, too. */
export async function newDataDir(): Promise<{ dataDir: string; remove: () => Promise<void> }> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'dropsafe-data-')));
  await chmod(base, 0o755);
  return {
    dataDir: join(base, 'data'),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

/** A node in this process. */
export interface TestNode {
  url: string;
  databaseUrl: string;
  dataDir: string;
  /** Every line of its log. */
  lines: string[];
  client(cookie?: string, onAnswer?: OnAnswer): Client;
  /** A new user of these permissions, signed in. */
  as(name: string, permissions: readonly Permission[], onAnswer?: OnAnswer): Promise<Client>;
  /** A program with a new API key of these permissions. */
  asProgram(name: string, permissions: readonly Permission[], onAnswer?: OnAnswer): Promise<Client>;
  stop: () => Promise<void>;
}

/** Starts a node in this process; on a database of its own unless `DATABASE_URL` says otherwise. `lookUp` stands for the name service. */
export async function startTestNode(
  env: Record<string, string> = {},
  lookUp?: LookUp,
): Promise<TestNode> {
  const database = env['DATABASE_URL'] === undefined ? await createTestDatabase() : undefined;
  const databaseUrl = env['DATABASE_URL'] ?? database?.url ?? '';
  const dataDir = env['DROPSAFE_DATA_DIR'] ?? (await mkdtemp(join(tmpdir(), 'dropsafe-node-')));
  const settings = {
    ...usualEnv(),
    DATABASE_URL: databaseUrl,
    DROPSAFE_DATA_DIR: dataDir,
    ...env,
  };
  const lines: string[] = [];
  const node = await startNode(
    readConfig({ ...settings }),
    createLog((line) => lines.push(line)),
    (reason) => {
      throw new Error(reason);
    },
    lookUp,
  );
  const client = (cookie?: string, onAnswer?: OnAnswer) => createClient(node.url, cookie, onAnswer);
  return {
    url: node.url,
    databaseUrl,
    dataDir,
    lines,
    client,
    async as(name, permissions, onAnswer) {
      await createUser(settings, name, permissions);
      const signedIn = client(undefined, onAnswer);
      await signedIn.signIn(name, testPassword);
      return signedIn;
    },
    async asProgram(name, permissions, onAnswer) {
      const { token } = await createApiKey(settings, name, permissions);
      return createProgram(node.url, token, onAnswer);
    },
    async stop() {
      await node.stop();
      await database?.drop();
      if (env['DROPSAFE_DATA_DIR'] === undefined)
        await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Creates a user with `testPassword`, as the operator's command does. */
export async function createUser(
  env: Record<string, string>,
  name: string,
  permissions: readonly Permission[],
): Promise<void> {
  await asOperator(env, (rooms) => createUserWith(rooms, name, permissions));
}

/** The same, for many of them: with rooms that are open already. */
export async function createUserWith(
  { identity }: Rooms,
  name: string,
  permissions: readonly Permission[],
): Promise<void> {
  await identity.createUser(systemCaller('terminal', 'test'), {
    name,
    password: new Redacted(testPassword),
    permissions,
  });
}

/** Creates an API key, as nobody but an administrator could; answers its token. */
async function createApiKey(
  env: Record<string, string>,
  name: string,
  permissions: readonly Permission[],
): Promise<{ token: string }> {
  return asOperator(env, ({ identity }) =>
    identity.apiKeys.create(systemCaller('terminal', 'test'), {
      name,
      permissions: [...permissions],
      teamId: null,
      expiresAt: null,
    }),
  );
}

/** Sets what a user may do, as the operator's command does. */
export async function setPermissions(
  env: Record<string, string>,
  name: string,
  permissions: readonly Permission[],
): Promise<void> {
  await asOperator(env, ({ identity }) =>
    identity.setPermissions(systemCaller('terminal', 'test'), { name, permissions }),
  );
}

/** Counts requests of an integration that were to carry a secret, each with whether it succeeded, as the room that makes requests does. */
export async function countUses(
  env: Record<string, string>,
  name: string,
  integrationId: string,
  outcomes: readonly boolean[],
): Promise<void> {
  await asOperator(env, async ({ secretUses }) => {
    const used = await secretUses.find(systemCaller('terminal', 'test'), [name]);
    for (const hasSucceeded of outcomes) secretUses.count(used, integrationId, hasSucceeded);
  });
}

/** The rooms as the operator's command opens them, beside the nodes on `DATABASE_URL` or on the embedded database; for many commands in a row. */
export async function openOperator(
  env: Record<string, string>,
  log = createLog(() => {}),
): Promise<Rooms & { close: () => Promise<void> }> {
  const config = readConfig({ ...env });
  const stops: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const stop of stops.splice(0).toReversed()) await stop();
  };
  try {
    const started = { add: (stop: () => Promise<void>) => void stops.push(stop) };
    const target = config.databaseUrl ?? (await findRunningEmbeddedPostgres(config.dataDir));
    if (target === undefined) throw new Error('No database runs there.');
    return { ...(await openRooms(target, config, log, started)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function asOperator<T>(
  env: Record<string, string>,
  work: (rooms: Rooms) => Promise<T>,
): Promise<T> {
  const operator = await openOperator(env);
  try {
    return await work(operator);
  } finally {
    await operator.close();
  }
}

/** A node as a process of its own. */
export interface SpawnedNode {
  url: string;
  process: ChildProcess;
  /** Everything that it printed. */
  output(): string;
  /** Ends it and waits for its end. */
  end(signal?: NodeJS.Signals): Promise<void>;
}

/** The program of a node. */
export const nodeProgram = join(import.meta.dirname, '../src/main.ts');

/** Starts a node, or what starts one, as a process of its own and waits until it serves. Throws with its output when it ends instead. */
export async function spawnNode(
  env: Record<string, string>,
  program = nodeProgram,
): Promise<SpawnedNode> {
  const child = spawn(process.execPath, [program], {
    env: { ...programEnvironment(), ...usualEnv(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  // Not `exit`: what it said last may arrive later.
  const ended = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk.toString();
      const started = /"event":"node.started","url":"([^"]+)"/.exec(output)?.[1];
      if (started !== undefined) resolve(started);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.once('error', reject);
    child.once('close', () => reject(new Error(`The node ended before it served:\n${output}`)));
  });
  return {
    url,
    process: child,
    output: () => output,
    async end(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}
