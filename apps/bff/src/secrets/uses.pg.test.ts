import postgres from 'postgres';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { newCanary, sweep, type Leak } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { openOperator, startTestNode, type TestNode } from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';
import { systemCaller } from '../base/caller.ts';
import type { Rooms } from '../wiring.ts';

vi.setConfig({ testTimeout: 120_000 });

const host = 'https://api.example.com';
const operator = systemCaller('terminal', 'test');
const env = {
  DROPSAFE_PROVIDERS: JSON.stringify([{ type: 'database' }, { type: 'env' }]),
  DROPSAFE_SECRET_FROM_ENV: newCanary(),
};
let node: TestNode;
let sql: postgres.Sql;
let admin: Client;
/** Two nodes as far as uses go: no route uses secrets here. */
let rooms: (Rooms & { close: () => Promise<void> })[];
const leaks: Leak[] = [];

beforeAll(async () => {
  node = await startTestNode(env);
  sql = postgres(node.databaseUrl, { max: 4 });
  const onAnswer = (request: string, { text }: { text: string }) =>
    void leaks.push(...sweep(request, text));
  admin = await node.as('manager', ['SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT'], onAnswer);
  const beside = { ...env, DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  rooms = [await openOperator(beside), await openOperator(beside)];
});

afterAll(async () => {
  await Promise.all(rooms.map((each) => each.close()));
  await sql.end();
  await node.stop();
  expect([...leaks, ...sweep('log', node.lines.join(''))]).toEqual([]);
});

const [first, second] = [() => rooms[0] as Rooms, () => rooms[1] as Rooms]; // as: made before every test

async function createSecret(name: string, value = newCanary()): Promise<void> {
  const answer = await admin.send('POST', '/secrets', { name, value, destinations: [host] });
  expect(answer.status).toBe(201);
}

const idOf = async (name: string): Promise<string> => {
  const [row] = await sql<{ id: string }[]>`select id from secrets where name = ${name}`;
  return row?.id ?? '';
};

test('secrets are found as they are at this moment, and opened only then', async () => {
  const value = newCanary();
  await createSecret('FOUND', value);
  await admin.send('POST', '/secrets', { name: 'UNBOUND', value: newCanary() });
  const { secretUses } = first();
  const names = ['FOUND', 'FROM_ENV', 'UNBOUND', 'FOUND', 'NOT_THERE', "{{ secret('X') }}"];
  const found = await secretUses.find(operator, names);
  expect(found.map(({ name, state, destinations }) => [name, state, destinations])).toEqual([
    ['FOUND', 'ready', [host]],
    ['FROM_ENV', 'ready', []],
    ['UNBOUND', 'ready', []],
  ]);
  expect(JSON.stringify(found)).not.toContain('sealed');
  const opened = await found[0]?.open();
  expect(Buffer.from(opened?.reveal() ?? '').toString()).toBe(value);
  opened?.wipe();
  expect(Buffer.from((await found[0]?.open())?.reveal() ?? '').toString()).toBe(value);
});

test('uses of several nodes add up', async () => {
  await createSecret('COUNTED');
  const integration = crypto.randomUUID();
  for (const { secretUses } of [first(), second()]) {
    const found = await secretUses.find(operator, ['COUNTED']);
    secretUses.count(found, integration, true);
    secretUses.count(found, integration, false);
    secretUses.count(found, null, false);
  }
  const id = await idOf('COUNTED');
  const rows = await until('both have written', async () => {
    const all =
      await sql`select integration_id = ${integration} as saved, sum(uses)::int as uses, sum(failures)::int as failures
      from secret_uses where secret_id = ${id} group by 1 order by 1`;
    return all[0]?.['uses'] === 6 && all;
  });
  expect(rows).toEqual([
    { saved: false, uses: 6, failures: 4 },
    { saved: true, uses: 4, failures: 2 },
  ]);
});
