import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCanary } from '../testkit/canary.ts';
import { readChain } from '../testkit/chain.ts';
import type { Answer, Client } from '../testkit/client.ts';
import { startTestNode, testPassword, type TestNode } from '../testkit/node.ts';

let one: TestNode;
let other: TestNode;
let sql: postgres.Sql;
let keysetFile: string;

beforeAll(async () => {
  one = await startTestNode();
  other = await startTestNode({ DATABASE_URL: one.databaseUrl, DROPSAFE_DATA_DIR: one.dataDir });
  keysetFile = join(one.dataDir, 'keys/keyset.json');
  sql = postgres(one.databaseUrl, { max: 1, onnotice: () => {} });
});

afterAll(async () => {
  await sql.end();
  await other.stop();
  await one.stop();
});

test('20 writers in groups and 6 in transactions, on two nodes, make one unbroken chain with one event for every change that came to something', async () => {
  const writers: Client[] = [await one.as('wanda', ['SECRET_MANAGEMENT'])];
  writers.push(other.client(writers[0]?.cookie));
  const managers: Client[] = [await one.as('mary', ['ACCESS_MANAGEMENT'])];
  managers.push(other.client(managers[0]?.cookie));
  const managing = Promise.all(Array.from({ length: 6 }, (_, index) => manage(managers, index)));
  // Every name is asked for by all 20, and 19 of them must be told that it is taken.
  const statuses = await Promise.all(
    Array.from({ length: 20 }, async (_, writer) => {
      const answers: number[] = [];
      for (let n = 0; n < 15; n += 1) {
        const body = {
          name: n % 3 === 0 ? `SHARED_${n}` : `OWN_${writer}_${n}`,
          value: newCanary(),
        };
        answers.push((await writers[writer % 2]?.send('POST', '/secrets', body))?.status ?? 0);
        const path = `/secrets/${body.name}`;
        if (n % 5 === 0)
          await writers[(writer + 1) % 2]?.send('PATCH', path, { description: `${writer}` });
      }
      return answers;
    }),
  );
  const created = statuses.flat().filter((status) => status === 201).length;
  expect(created).toBe(20 * 10 + 5);
  expect(statuses.flat().filter((status) => status !== 201 && status !== 409)).toEqual([]);
  expect(new Set((await managing).flat())).toEqual(new Set([200, 201]));
  const { events, faults, end } = await readChain(sql, keysetFile);
  expect(faults).toEqual([]);
  const transactions = events.filter(({ principalName }) => principalName === 'mary');
  const counts = Map.groupBy(transactions, ({ action }) => action);
  expect(Object.fromEntries([...counts].map(([action, { length }]) => [action, length]))).toEqual({
    'team.created': 24,
    'team.renamed': 24,
    'user.created': 24,
    'user.invited': 24,
    'user.disabled': 24,
  });
  expect(
    events.filter(({ action, subject }) => action === 'session.started' && subject === 'mary'),
  ).toHaveLength(1 + 24);
  expect(events.map(({ id }) => id)).toEqual(events.map((_, index) => index + 1));
  expect(events.filter(({ action }) => action === 'secret.created')).toHaveLength(created);
  const versions = await sql<{ sum: number }[]>`select sum(version - 1)::int as sum from secrets`;
  expect(events.filter(({ action }) => action === 'secret.updated')).toHaveLength(
    versions[0]?.sum ?? 0,
  );
  const [kept] = await sql<{ id: number; mac: Uint8Array }[]>`
    select last_id::int as id, last_mac as mac from audit_chain`;
  expect(kept).toEqual(end);
});

/** What each is a transaction of its own: changes of teams and users, and signing in. */
async function manage(managers: readonly Client[], index: number): Promise<number[]> {
  const answers: Answer[] = [];
  for (let n = 0; n < 4; n += 1) {
    const manager = managers[(index + n) % 2];
    const ask = async (method: string, path: string, body: object) => {
      const answer = await manager?.send(method, path, body);
      if (answer !== undefined) answers.push(answer);
      return answer?.json.id ?? answer?.json.user?.id;
    };
    const name = `${index}-${n}`;
    const team = await ask('POST', '/teams', { name: `team-${name}` });
    await ask('PATCH', `/teams/${team}`, { name: `crew-${name}` });
    const user = await ask('POST', '/users', { name: `user-${name}` });
    await ask('PATCH', `/users/${user}`, { isDisabled: true });
    answers.push(await (n % 2 === 0 ? one : other).client().signIn('mary', testPassword));
  }
  return answers.map(({ status }) => status);
}

test('events of a refused request and of a sign-in are in the same chain', async () => {
  const reader = await one.as('rita', ['SECRET_MANAGEMENT_READ']);
  expect(
    (await reader.send('POST', '/secrets', { name: 'DENIED', value: newCanary() })).status,
  ).toBe(403);
  expect((await one.client().signIn('rita', 'wrong')).status).toBe(401);
  const { events, faults } = await readChain(sql, keysetFile);
  expect(faults).toEqual([]);
  expect(
    events.slice(-3).map(({ action, means, principalName }) => [action, means, principalName]),
  ).toEqual([
    ['session.started', 'password', null],
    ['permission.denied', 'password', 'rita'],
    ['session.refused', null, null],
  ]);
});

test('what was altered, taken out or put in behind the back is found at its place', async () => {
  const { events } = await readChain(sql, keysetFile);
  const middle = events[Math.floor(events.length / 2)]?.id ?? 0;
  await sql`update audit_events set subject = 'OTHER' where id = ${middle}`;
  expect((await readChain(sql, keysetFile)).faults[0]).toBe(`${middle} altered`);
  await sql`delete from audit_events where id = ${middle}`;
  expect((await readChain(sql, keysetFile)).faults[0]).toBe(`${middle + 1} missing`);
});
