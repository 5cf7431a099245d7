/**
 * @file A bad day: a data directory, nodes on it that are processes of their own, and what is asked of them while something
 * is wrong. All that was shown on it is swept for values.
 */
import { join } from 'node:path';
import { expect } from 'vitest';
import { newCanary, sweep, type Leak } from './canary.ts';
import { createClient, type Answer, type Client } from './client.ts';
import {
  newDataDir,
  nodeProgram,
  spawnNode,
  testPassword,
  usualEnv,
  type SpawnedNode,
} from './node.ts';
import { createTestDatabase } from './postgres.ts';
import { processesOf, runProgram, type Ended } from './processes.ts';
import { until } from './until.ts';

/** One test's day. */
export interface BadDay {
  /** Not made yet. */
  dataDir: string;
  keysetFile: string;
  /** Is done when the day ends, what was added last first. */
  atEnd(cleanUp: () => unknown): void;
  /** Starts a node that must come up; it is ended with the day. */
  start(env?: Record<string, string>): Promise<SpawnedNode>;
  /** Starts a node that must not come up. */
  startInVain(env?: Record<string, string>): Promise<Ended>;
  /** A database of the day's own; answers its URL. */
  newDatabase(): Promise<string>;
  /** Signs the first user in. */
  signIn(node: SpawnedNode): Promise<Client>;
  end(): Promise<void>;
}

/** Begins a day. Values that were shown on it are added to `leaks`. */
export async function beginBadDay(leaks: Leak[]): Promise<BadDay> {
  const cleanUps: (() => unknown)[] = [];
  const { dataDir, remove } = await newDataDir();
  cleanUps.push(remove);
  return {
    dataDir,
    keysetFile: join(dataDir, 'keys', 'keyset.json'),
    atEnd: (cleanUp) => void cleanUps.push(cleanUp),
    async start(env = {}) {
      const node = await spawnNode({ DROPSAFE_DATA_DIR: dataDir, ...env });
      cleanUps.push(async () => {
        if (node.process.exitCode === null && node.process.signalCode === null)
          await node.end('SIGKILL');
        leaks.push(...sweep('output', node.output()));
        await until('no server is left', () => processesOf(dataDir).length === 0, 30);
      });
      return node;
    },
    async startInVain(env = {}) {
      const all = { ...usualEnv(), DROPSAFE_DATA_DIR: dataDir, ...env };
      const ended = await runProgram(nodeProgram, { env: all, killOn: 'node.started' }).ended;
      leaks.push(...sweep('output of a start in vain', ended.output));
      expect(ended.output).not.toContain('node.started');
      expect([ended.code, ended.signal]).toEqual([1, null]);
      return ended;
    },
    async newDatabase() {
      const database = await createTestDatabase();
      cleanUps.push(database.drop);
      return database.url;
    },
    async signIn(node) {
      const client = createClient(node.url, undefined, (request, answer) =>
        leaks.push(...sweep(request, answer.text)),
      );
      expect((await client.signIn('admin', testPassword)).status).toBe(200);
      return client;
    },
    async end() {
      for (const cleanUp of cleanUps.toReversed()) await cleanUp();
    },
  };
}

/** What the acknowledged changes come to, by name. */
export type Values = Map<string, string>;

/** Creates a secret; its value is kept in `values` once that is answered. */
export async function create(
  client: Client,
  name: string,
  values?: Values,
  lines = 1,
): Promise<Answer> {
  const value = newCanary(lines);
  const answer = await client.send('POST', '/secrets', { name, value });
  if (answer.status === 201) values?.set(name, value);
  return answer;
}

/** Asks what has no problem document. */
export async function statusOf(node: Pick<SpawnedNode, 'url'>, path: string): Promise<number> {
  // oxlint-disable-next-line no-restricted-globals -- a test is a caller, not the product
  const response = await fetch(`${node.url}${path}`);
  await response.arrayBuffer();
  return response.status;
}

/** One request of each kind, none of which can be answered without the database. There is a secret `kept`. */
export function requestsOf(client: Client): (() => Promise<Answer>)[] {
  return [
    () => client.send('GET', '/secrets/kept'),
    () => client.send('GET', '/secrets'),
    () => client.send('GET', '/session'),
    () => client.send('PATCH', '/secrets/kept', { value: newCanary() }),
    () => create(client, 'never'),
    () => createClient(client.url).signIn('admin', testPassword),
  ];
}

/** What matters of an answer that is a problem. */
export const problemOf = ({ status, problem }: Answer) => [status, problem?.type];

/** The problem of a request that needs a database which does not answer. */
export const unavailable = [503, '/problems/database-unavailable'];
