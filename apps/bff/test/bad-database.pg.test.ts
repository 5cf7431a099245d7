/**
 * @file Bad days of the database under real nodes that are processes of their own: gone, frozen, out of reach. Mostly they
 * are spent waiting, so they are spent at the same time.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test as base, vi } from 'vitest';
import {
  beginBadDay,
  create,
  problemOf,
  requestsOf,
  statusOf,
  unavailable,
  type BadDay,
} from '../testkit/bad-day.ts';
import { newCanary, type Leak } from '../testkit/canary.ts';
import type { Client } from '../testkit/client.ts';
import { startMortalPostgres } from '../testkit/mortal-postgres.ts';
import type { SpawnedNode } from '../testkit/node.ts';
import { until } from '../testkit/until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const leaks: Leak[] = [];

/** A test with a day of its own. */
const test = base.extend<{ day: BadDay }>({
  // oxlint-disable-next-line no-empty-pattern -- Vitest asks for the pattern
  day: async ({}, use) => {
    const day = await beginBadDay(leaks);
    await use(day);
    await day.end();
  },
});

describe.concurrent('while the database', () => {
  test('is gone for ten seconds, every request says so, and all is well again without a restart', async ({
    day,
  }) => {
    const { server, node, client } = await startOnMortal(day);
    await server.stop();
    const ends = Date.now() + 10_000;
    for (let round = 0; Date.now() < ends; round += 1) {
      for (const request of requestsOf(client))
        expect(problemOf(await request())).toEqual(unavailable);
      expect([await statusOf(node, '/readyz'), await statusOf(node, '/healthz')]).toEqual([
        503, 200,
      ]);
      // As often as an impatient person would try.
      await wait(200);
    }
    await server.start();
    await expectRecovery(node, client);
  });

  test('is frozen, every request is answered in bounded time, and all is well again afterwards', async ({
    day,
  }) => {
    const { server, node, client } = await startOnMortal(day);
    server.freeze();
    const began = Date.now();
    // More than the pool has connections: some wait for a connection, some for an answer on one.
    const asked = [1, 2, 3, 4].flatMap(() => requestsOf(client).map((request) => request()));
    expect([await statusOf(node, '/readyz'), await statusOf(node, '/healthz')]).toEqual([503, 200]);
    for (const answer of await Promise.all(asked)) expect(problemOf(answer)).toEqual(unavailable);
    expect(Date.now() - began).toBeLessThan(18_000);
    server.thaw();
    await expectRecovery(node, client);
  });

  test('is frozen, a signal still ends the node in good order', async ({ day }) => {
    const { server, node, client } = await startOnMortal(day);
    server.freeze();
    const asked = requestsOf(client).map((request) => request().catch(() => undefined));
    const began = Date.now();
    await node.end('SIGTERM');
    await Promise.all(asked);
    expect(node.process.exitCode).toBe(0);
    expect(Date.now() - began).toBeLessThan(12_000);
  });

  test('cannot be reached at the start, the start says so without the password', async ({
    day,
  }) => {
    const password = encodeURIComponent(newCanary());
    const { stderr } = await day.startInVain({
      DATABASE_URL: `postgres://safe:${password}@127.0.0.1:1/safe`,
    });
    expect(stderr).toContain('The database cannot be reached (ECONNREFUSED). Check DATABASE_URL');
  });
});

async function startOnMortal(day: BadDay) {
  const server = await startMortalPostgres();
  day.atEnd(server.remove);
  const node = await day.start({ DATABASE_URL: server.url });
  const client = await day.signIn(node);
  expect((await create(client, 'kept')).status).toBe(201);
  return { server, node, client };
}

async function expectRecovery(node: SpawnedNode, client: Client): Promise<void> {
  const back = await until(
    'the node works again',
    async () => {
      const answer = await client.send('GET', '/secrets/kept');
      return answer.status === 200 && answer;
    },
    5,
  );
  expect(node.process.exitCode).toBeNull();
  expect(await statusOf(node, '/readyz')).toBe(200);
  const changed = await client.send('PATCH', '/secrets/kept', { value: newCanary() });
  expect([changed.status, changed.json.version]).toEqual([200, back.json.version + 1]);
}

test('no value was in an answer, in a log or on a terminal on any of these days', () => {
  expect(leaks).toEqual([]);
});
