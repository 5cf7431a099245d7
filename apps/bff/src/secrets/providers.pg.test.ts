import { afterAll, beforeAll, expect, test } from 'vitest';
import { newCanary, sweep, type Leak } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';

let node: TestNode;
let admin: Client;
const leaks: Leak[] = [];
const fromEnvironment = newCanary();

beforeAll(async () => {
  node = await startTestNode({
    DROPSAFE_PROVIDERS: JSON.stringify([{ type: 'database' }, { type: 'env' }]),
    DROPSAFE_SECRET_FROM_ENV: fromEnvironment,
    dropsafe_secret_LATER_TAKEN: newCanary(),
  });
  admin = await node.as('manager', ['SECRET_MANAGEMENT'], (request, { text, headers }) => {
    leaks.push(...sweep(request, text), ...sweep(request, JSON.stringify([...headers])));
  });
});

afterAll(async () => {
  await node.stop();
  expect([...leaks, ...sweep('log', node.lines.join(''))]).toEqual([]);
});

test('secrets of all providers are in one list, each with its provider', async () => {
  await admin.send('POST', '/secrets', { name: 'TYPED', value: newCanary() });
  const { json } = await admin.send('GET', '/secrets');
  expect(
    json.items.map(({ name, provider, isUsed }: Record<string, unknown>) => [
      name,
      provider,
      isUsed,
    ]),
  ).toEqual([
    ['FROM_ENV', 'env', true],
    ['LATER_TAKEN', 'env', true],
    ['TYPED', 'database', true],
  ]);
  const ofEnv = await admin.send('GET', '/secrets?provider=env&limit=1');
  expect(ofEnv.json).toMatchObject({ items: [{ name: 'FROM_ENV' }], total: 2 });
  const next = await admin.send('GET', `/secrets?cursor=${ofEnv.json.nextCursor}`);
  expect(next.json.items).toMatchObject([{ name: 'LATER_TAKEN' }]);
});

test('what a provider cannot do is refused with what it can', async () => {
  for (const [method, path, body] of [
    ['PATCH', '/secrets/FROM_ENV', { description: 'x' }],
    ['DELETE', '/secrets/FROM_ENV', undefined],
    ['POST', '/secrets', { name: 'NEW', value: newCanary(), provider: 'env' }],
  ] as const) {
    const { status, headers, problem } = await admin.send(method, path, body);
    expect(status).toBe(405);
    expect(headers.get('Allow')).toBe(method === 'POST' ? 'GET, HEAD, POST' : 'GET, HEAD');
    expect(problem).toMatchObject({
      type: '/problems/provider-cannot',
      detail: expect.stringMatching(/^The provider env cannot (create|update|delete) secrets\.$/),
    });
  }
});

test('a secret is copied by the server, and the first provider is the one that is used', async () => {
  const copied = await admin.send('POST', '/secrets/FROM_ENV/copies', {
    from: 'env',
    to: 'database',
  });
  expect(copied.status).toBe(201);
  expect(copied.json).toMatchObject({ provider: 'database', isUsed: true, alsoIn: ['env'] });
  const { json } = await admin.send('GET', '/secrets?provider=env');
  expect(json.items).toMatchObject([
    { name: 'FROM_ENV', provider: 'env', isUsed: false, alsoIn: ['database'] },
    { name: 'LATER_TAKEN', isUsed: true, alsoIn: [] },
  ]);
  expect(node.lines.join('')).toContain('"event":"secret.clash"');
  const again = await admin.send('POST', '/secrets/FROM_ENV/copies', {
    from: 'env',
    to: 'database',
  });
  expect(again.status).toBe(409);

  expect((await admin.send('DELETE', '/secrets/FROM_ENV')).status).toBe(204);
  expect((await admin.send('GET', '/secrets/FROM_ENV')).json).toMatchObject({
    provider: 'env',
    isUsed: true,
    alsoIn: [],
  });
});

test('a name that is taken in another provider is taken', async () => {
  const { status } = await admin.send('POST', '/secrets', {
    name: 'LATER_TAKEN',
    value: newCanary(),
  });
  expect(status).toBe(409);
});

test('many are copied at once: each is copied, and the copies are what is used', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `MANY_${10 + index}`);
  const other = await startTestNode({
    DROPSAFE_PROVIDERS: JSON.stringify([{ type: 'database' }, { type: 'env' }]),
    ...Object.fromEntries(names.map((name) => [`DROPSAFE_SECRET_${name}`, newCanary()])),
  });
  try {
    const manager = await other.as('manager', ['SECRET_MANAGEMENT']);
    const copies = await Promise.all(
      names.map((name) =>
        manager.send('POST', `/secrets/${name}/copies`, { from: 'env', to: 'database' }),
      ),
    );
    expect(new Set(copies.map(({ status }) => status))).toEqual(new Set([201]));
    const { json } = await manager.send('GET', '/secrets?provider=database');
    expect(json.items.filter(({ isUsed }: { isUsed: boolean }) => isUsed)).toHaveLength(40);
  } finally {
    await other.stop();
  }
});
