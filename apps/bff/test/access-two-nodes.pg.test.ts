/**
 * @file Two nodes on one PostgreSQL: what an administrator changes about users and teams on one is in effect on the very
 * next request to the other (P4), and nobody is left out by two administrators on two nodes.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createClient, type Client } from '../testkit/client.ts';
import {
  createUser,
  newDataDir,
  spawnNode,
  testPassword,
  type SpawnedNode,
} from '../testkit/node.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/postgres.ts';

const rounds = 25;

let database: TestDatabase;
let env: Record<string, string>;
let nodes: [SpawnedNode, SpawnedNode];
let removeDataDir: () => Promise<void>;

beforeAll(async () => {
  database = await createTestDatabase();
  const place = await newDataDir();
  removeDataDir = place.remove;
  env = { DATABASE_URL: database.url, DROPSAFE_DATA_DIR: place.dataDir };
  // The first one makes the keyset file, which the second one shares.
  nodes = [await spawnNode(env), await spawnNode(env)];
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.end()));
  await database.drop();
  await removeDataDir();
});

/** The same session on either node. */
function onBoth(client: Client): [Client, Client] {
  return [createClient(nodes[0].url, client.cookie), createClient(nodes[1].url, client.cookie)];
}

async function signedIn(name: string): Promise<Client> {
  const client = createClient(nodes[0].url);
  expect((await client.signIn(name, testPassword)).status).toBe(200);
  return client;
}

test('a change of a team or a user on one node acts on the next request to the other', async () => {
  await createUser(env, 'worker', []);
  const admins = onBoth(await signedIn('admin'));
  const worker = await signedIn('worker');
  const { id } = (await worker.send('GET', '/session')).json.principal;
  let workers = onBoth(worker);
  const seen: [string, number, number][] = [];

  for (let round = 0; round < rounds; round += 1) {
    const [here, there] = round % 2 === 0 ? [0, 1] : [1, 0];
    const admin = admins[here as 0 | 1];
    const member = workers[there as 0 | 1];
    const expectAfter = async (
      what: string,
      change: [method: string, path: string, body?: object],
      status: number,
    ) => {
      expect([what, (await admin.send(...change)).status < 300]).toEqual([what, true]);
      seen.push([what, (await member.send('GET', '/secrets')).status, status]);
    };
    const permissions = ['SECRET_MANAGEMENT_READ'];
    const made = await admin.send('POST', '/teams', { name: `team ${round}`, permissions });
    const team = `/teams/${made.json.id}`;
    await expectAfter('joined', ['PATCH', team, { addMembers: [id] }], 200);
    await expectAfter('team lost its permissions', ['PATCH', team, { permissions: [] }], 403);
    await expectAfter('team has them again', ['PATCH', team, { permissions }], 200);
    await expectAfter('team disabled', ['PATCH', team, { isDisabled: true }], 403);
    await expectAfter('team enabled', ['PATCH', team, { isDisabled: false }], 200);
    await expectAfter('left', ['PATCH', team, { removeMembers: [id] }], 403);
    await expectAfter('granted directly', ['PATCH', `/users/${id}`, { permissions }], 200);
    await expectAfter('taken away', ['PATCH', `/users/${id}`, { permissions: [] }], 403);
    await expectAfter(
      'joined by the user',
      ['PATCH', `/users/${id}`, { teams: [made.json.id] }],
      200,
    );
    await expectAfter('team deleted', ['DELETE', team], 403);
    if (round % 5 === 4) {
      await expectAfter('disabled', ['PATCH', `/users/${id}`, { isDisabled: true }], 401);
      await admin.send('PATCH', `/users/${id}`, { isDisabled: false });
      workers = onBoth(await signedIn('worker'));
    }
  }
  expect(seen.filter(([, status, expected]) => status !== expected)).toEqual([]);
  expect(seen).toHaveLength(rounds * 10 + Math.floor(rounds / 5));
});

test('two administrators on two nodes do not take access from each other in the same moment', async () => {
  for (let round = 0; round < 5; round += 1) {
    const names = [`one-${round}`, `two-${round}`];
    for (const name of names) await createUser(env, name, ['ACCESS_MANAGEMENT']);
    const [one, two] = [await signedIn(names[0] ?? ''), await signedIn(names[1] ?? '')];
    const ids: string[] = [];
    for (const client of [one, two])
      ids.push((await client.send('GET', '/session')).json.principal.id);
    // All others lose it first.
    for (const { id, name } of (await one.send('GET', '/users?limit=1000')).json.items)
      if (!names.includes(name)) await one.send('PATCH', `/users/${id}`, { permissions: [] });
    const answers = await Promise.all([
      onBoth(one)[0].send('PATCH', `/users/${ids[1]}`, { permissions: [] }),
      onBoth(two)[1].send('PATCH', `/users/${ids[0]}`, { permissions: [] }),
    ]);
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    // The one who comes second is refused, or has lost the permission before their request was looked at.
    expect([
      [200, 409],
      [200, 403],
    ]).toContainEqual(statuses);
  }
});
