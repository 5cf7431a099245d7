/**
 * @file The kill test: rounds of concurrent changes with `kill -9` of the BFF, of PostgreSQL, or of both, at random
 * moments (P8). After each round everything that was acknowledged is there, opens, and has its audit event; what was not
 * answered is there as a whole or not at all. `DROPSAFE_KILL_ROUNDS` sets how many, `DROPSAFE_SEED` repeats a run.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { readChain } from '../testkit/chain.ts';
import { sweep } from '../testkit/canary.ts';
import { problemOfDatabase } from '../src/base/database.ts';
import { createClient, type Answer, type Client } from '../testkit/client.ts';
import { newDataDir, spawnNode, testPassword, type SpawnedNode } from '../testkit/node.ts';
import { connectBeside, readStored } from '../testkit/opened.ts';
import { backendsOf, isAlive, postmasterOf, processesOf, signal } from '../testkit/processes.ts';
import { chooseSeed, createRandom, type Random } from '../testkit/random.ts';
import { until } from '../testkit/until.ts';
import { createSafeModel, type SafeModel } from '../testkit/safe-model.ts';

const rounds = Number(process.env['DROPSAFE_KILL_ROUNDS'] ?? 20);
const clientCount = 4;

/** What is killed in a round. The BFF most often: it has more that can go wrong. */
const victims = ['bff', 'postmaster', 'bff', 'backend', 'both'] as const;
type Victim = (typeof victims)[number];

const seed = chooseSeed();
const random = createRandom(seed);
const outputs: string[] = [];
const place = await newDataDir();
const { dataDir } = place;
let running: SpawnedNode | undefined;

afterAll(async () => {
  // After a failure it still runs.
  await running?.end('SIGKILL');
  await until('nothing is left', () => processesOf(dataDir).length === 0, 30);
  await place.remove();
});

test(
  `${rounds} rounds of kill -9 lose nothing that was acknowledged and leave nothing half done (seed ${seed})`,
  { timeout: 60_000 + rounds * 15_000 },
  async () => {
    const model = createSafeModel(random, clientCount);
    let node = await start();
    const { cookie } = await signIn(node);
    const plan = Array.from({ length: rounds }, (_, index) => victims[index % victims.length]);
    const tally = { acknowledged: 0, unanswered: 0, slowestMs: 0 };

    for (const victim of random.shuffle(plan)) {
      if (victim === undefined) continue;
      const before = processesOf(dataDir);
      const round = startClients(node, cookie, model, tally);
      // The random moment: after some changes, however fast the machine is, and in the middle of others.
      const enough = tally.acknowledged + random.below(40);
      await until('the clients make changes', () => tally.acknowledged >= enough, 60);
      await wait(random.below(40));
      round.isKilled = true;
      kill(victim, node);
      await round.ended;

      if (victim === 'bff' || victim === 'both') {
        // Half of the next starts find the old server still there, the other half find that it has ended by itself.
        if (random.next() < 0.5) await untilGone(before);
        node = await start(node);
        await untilGone(before);
      } else if (victim === 'postmaster') await untilGone(before);
      await compare(model);
    }

    expect(await readBrokenLinks()).toEqual([]);
    await node.end();
    outputs.push(node.output());
    expect(node.process.exitCode).toBe(0);
    expect(processesOf(dataDir)).toEqual([]);
    expect(tally.acknowledged).toBeGreaterThan(rounds * clientCount);
    expect(outputs.flatMap((output) => sweep('output of a node', output))).toEqual([]);
    process.stdout.write(`kill test: ${JSON.stringify({ seed, rounds, ...tally })}\n`);
  },
);

// --- the node ---

async function start(before?: SpawnedNode): Promise<SpawnedNode> {
  if (before !== undefined) outputs.push(before.output());
  running = await spawnNode({ DROPSAFE_DATA_DIR: dataDir });
  return running;
}

async function signIn(node: SpawnedNode): Promise<Client> {
  const client = createClient(node.url);
  expect((await client.signIn('admin', testPassword)).status).toBe(200);
  return client;
}

function kill(victim: Victim, node: SpawnedNode): void {
  const postmaster = postmasterOf(dataDir);
  if (victim === 'bff' || victim === 'both') node.process.kill('SIGKILL');
  if (victim === 'postmaster' || victim === 'both') signal(postmaster, 'SIGKILL');
  if (victim === 'backend' && postmaster !== undefined) {
    // Of a killed backend PostgreSQL believes that it has damaged shared memory, and starts over.
    signal(random.pick(backendsOf(postmaster)), 'SIGKILL');
  }
}

async function untilGone(pids: number[]): Promise<void> {
  await until('server and guard of a killed run are gone', () => !pids.some(isAlive), 30);
}

// --- clients ---

interface Round {
  isKilled: boolean;
  ended: Promise<unknown>;
}

/** Every client makes one change after the other, on secrets of its own, until the kill has shown. */
function startClients(
  node: SpawnedNode,
  cookie: string | undefined,
  model: SafeModel,
  tally: { acknowledged: number; unanswered: number; slowestMs: number },
): Round {
  const round: Round = { isKilled: false, ended: Promise.resolve() };
  const work = async (lane: number, own: Random) => {
    const client = createClient(node.url, cookie);
    for (;;) {
      const wasKilled = round.isKilled;
      const change = model.plan(lane, own);
      const began = performance.now();
      const answer = await send(client, change.method, change.path, change.body);
      tally.slowestMs = Math.max(tally.slowestMs, Math.round(performance.now() - began));
      if (answer !== undefined && answer.status < 300) {
        change.acknowledged(answer);
        tally.acknowledged += 1;
        // Answered after the kill: the node has recovered, or this client was not hit by it.
        if (wasKilled) return;
        continue;
      }
      change.unanswered();
      tally.unanswered += 1;
      if (answer === undefined) {
        await until('the node that gave no answer is gone', () => hasEnded(node), 5);
        return;
      }
      expect([answer.status, answer.problem.type]).toEqual([503, '/problems/database-unavailable']);
      await until(
        'the node recovers by itself',
        async () =>
          hasEnded(node) || (await send(client, 'GET', '/secrets?limit=1'))?.status === 200,
        30,
      );
      if (hasEnded(node)) return;
    }
  };
  const lanes = Array.from({ length: clientCount }, (_, lane) => work(lane, random.fork()));
  round.ended = Promise.all(lanes);
  return round;
}

const hasEnded = ({ process: { exitCode, signalCode } }: SpawnedNode) =>
  exitCode !== null || signalCode !== null;

/** The answer, or nothing when the connection broke. */
async function send(
  client: Client,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer | undefined> {
  return client.send(method, path, body).catch(() => undefined);
}

// --- afterwards ---

async function compare(model: SafeModel): Promise<void> {
  const sql = await connectBeside(dataDir);
  try {
    // The server may be about to start over: the clients can have ended before it noticed the kill, or while it recovers.
    const stored = await until('the database answers', () =>
      readStored(sql, join(dataDir, 'keys', 'keyset.json')).catch((error: unknown) => {
        if (problemOfDatabase(error) === 'database-unavailable') return undefined;
        throw error;
      }),
    );
    expect(model.settle(stored), `differences; repeat with DROPSAFE_SEED=${seed}`).toEqual([]);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** What does not hold in the audit chain, after all that was killed while it was written. */
async function readBrokenLinks(): Promise<string[]> {
  const sql = await connectBeside(dataDir);
  try {
    return (await readChain(sql, join(dataDir, 'keys', 'keyset.json'))).faults;
  } finally {
    await sql.end({ timeout: 5 });
  }
}
