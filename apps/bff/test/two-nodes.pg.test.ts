/**
 * @file Two nodes on one PostgreSQL: what one has answered is in effect on the very next request to the other (P4), for
 * 1 000 changes chosen by chance, by several clients at the same time. `DROPSAFE_SEED` repeats a run.
 */
import {
  createSecrets,
  deleteSecrets,
  isAllowed,
  permissionNames,
  readSecrets,
  updateSecrets,
  type Permission,
} from '@dropsafe/contract/permissions';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemCaller } from '../src/base/caller.ts';
import { Redacted } from '../src/base/redacted.ts';
import { newCanary, sweep, type Leak } from '../testkit/canary.ts';
import { createClient, createProgram, type Answer, type Client } from '../testkit/client.ts';
import {
  newDataDir,
  openOperator,
  spawnNode,
  testPassword,
  type SpawnedNode,
} from '../testkit/node.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/postgres.ts';
import { chooseSeed, createRandom, type Random } from '../testkit/random.ts';

const pairs = 1_000;
const laneCount = 4;
const seed = chooseSeed();
const operator = systemCaller('terminal', 'test');

let database: TestDatabase;
let nodes: SpawnedNode[] = [];
let rooms: Awaited<ReturnType<typeof openOperator>>;
let removeDataDir: () => Promise<void>;
const leaks: Leak[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  const place = await newDataDir();
  removeDataDir = place.remove;
  const env = { DATABASE_URL: database.url, DROPSAFE_DATA_DIR: place.dataDir };
  // The first one makes the keyset file, which the second one shares.
  nodes = [await spawnNode(env), await spawnNode(env)];
  rooms = await openOperator(env);
});

afterAll(async () => {
  await rooms.close();
  await Promise.all(nodes.map((node) => node.end()));
  await database.drop();
  await removeDataDir();
});

test(
  `${pairs} changes answered by one node are in effect on the next request to the other (seed ${seed})`,
  { timeout: 180_000 },
  async () => {
    const random = createRandom(seed);
    const began = performance.now();
    const lanes = await Promise.all(
      Array.from({ length: laneCount }, (_, index) => openLane(`lane-${index}`, random.fork())),
    );
    await Promise.all(lanes.map((lane) => runLane(lane, pairs / laneCount)));

    const counts = Object.groupBy(
      lanes.flatMap(({ done }) => done),
      (kind) => kind,
    );
    const tally = Object.entries(counts).map(([kind, all]) => `${kind} ${all.length}`);
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    process.stdout.write(`two nodes: seed ${seed}, ${seconds} s, ${tally.join(', ')}\n`);
    expect(lanes.flatMap(({ exceptions }) => exceptions)).toEqual([]);
    expect(lanes.flatMap(({ done }) => done).length).toBe(pairs);
    expect(Object.keys(counts).toSorted()).toEqual(Object.keys(weights).toSorted());
    for (const node of nodes) leaks.push(...sweep('output', node.output()));
    expect(leaks).toEqual([]);
  },
);

// --- lanes ---

/** One user, whom nobody else changes, and secrets of theirs. */
interface Lane {
  user: string;
  password: string;
  random: Random;
  /** The session that does the work. */
  cookie: string | undefined;
  held: readonly Permission[];
  /** Entity tag and version by name. */
  secrets: Map<string, { etag: string; version: number }>;
  done: Kind[];
  exceptions: string[];
}

/** How often each kind of change is made. Those that hash a password are slow. */
const weights = {
  create: 24,
  update: 26,
  delete: 16,
  permissions: 18,
  'sign-in': 6,
  'sign-out': 6,
  'password-change': 2,
  'password-reset': 2,
  'api-key': 6,
  'ended session': 6,
};
type Kind = keyof typeof weights;

async function openLane(user: string, random: Random): Promise<Lane> {
  const password = testPassword;
  await rooms.identity.createUser(operator, {
    name: user,
    password: new Redacted(password),
    permissions: ['SECRET_MANAGEMENT'],
  });
  const lane: Lane = {
    user,
    password,
    random,
    cookie: undefined,
    held: ['SECRET_MANAGEMENT'],
    secrets: new Map(),
    done: [],
    exceptions: [],
  };
  lane.cookie = (await signIn(lane, 0)).cookie;
  return lane;
}

async function runLane(lane: Lane, count: number): Promise<void> {
  const kinds = Object.entries(weights).flatMap(
    ([kind, weight]) => Array.from({ length: weight }, () => kind as Kind), // as: the keys of weights are the kinds
  );
  while (lane.done.length < count) {
    const isEmpty = lane.secrets.size === 0;
    const chosen = lane.random.pick(kinds);
    const kind = isEmpty && (chosen === 'update' || chosen === 'delete') ? 'create' : chosen;
    const here = lane.random.below(2);
    await pairsByKind[kind](lane, here, 1 - here);
    lane.done.push(kind);
  }
}

/** Somebody at node 0 or 1 with the lane's session, or another. */
function at(node: number, cookie: string | undefined): Client {
  return createClient(nodes[node]?.url ?? '', cookie, (request, answer) =>
    leaks.push(...sweep(request, answer.text)),
  );
}

async function signIn(lane: Lane, node: number): Promise<Client> {
  const client = at(node, undefined);
  check(lane, 'sign in', await client.signIn(lane.user, lane.password), 200);
  return client;
}

/** Notes an answer that is not the one that must be. */
function check(lane: Lane, what: string, answer: Answer, status: number, holds = true): void {
  if (answer.status === status && holds) return;
  lane.exceptions.push(
    `${lane.user}, pair ${lane.done.length}: ${what}: ${answer.status} instead of ${status}. ${answer.text}`,
  );
}

// --- pairs: a change here, the next request there ---

const pairsByKind: Record<Kind, (lane: Lane, here: number, there: number) => Promise<void>> = {
  async create(lane, here, there) {
    const name = newName(lane);
    const made = await at(here, lane.cookie).send('POST', '/secrets', { name, value: newCanary() });
    const seen = await at(there, lane.cookie).send('GET', `/secrets/${name}`);
    check(lane, 'create', made, 201);
    check(
      lane,
      'read after create',
      seen,
      200,
      seen.text === made.text && etag(seen) === etag(made),
    );
    lane.secrets.set(name, { etag: etag(seen), version: 1 });
  },

  async update(lane, here, there) {
    const [name, before] = pickSecret(lane);
    const patch = lane.random.next() < 0.5 ? { value: newCanary() } : { description: text(lane) };
    const path = `/secrets/${name}`;
    const made = await at(here, lane.cookie).send('PATCH', path, patch, {
      'If-Match': before.etag,
    });
    // The next request reads, or writes over what is no longer there.
    if (lane.random.next() < 0.5) {
      const stale = await at(there, lane.cookie).send(
        'PATCH',
        path,
        { description: text(lane) },
        { 'If-Match': before.etag },
      );
      check(lane, 'stale update', stale, 412);
    }
    const seen = await at(there, lane.cookie).send('GET', path);
    check(lane, 'update', made, 200);
    const isNew =
      seen.text === made.text && etag(seen) === etag(made) && etag(seen) !== before.etag;
    check(lane, 'read after update', seen, 200, isNew && seen.json.version === before.version + 1);
    lane.secrets.set(name, { etag: etag(seen), version: before.version + 1 });
  },

  async delete(lane, here, there) {
    const [name] = pickSecret(lane);
    const made = await at(here, lane.cookie).send('DELETE', `/secrets/${name}`);
    const seen = await at(there, lane.cookie).send(
      ...lane.random.pick(requestsFor(lane, name)).request,
    );
    check(lane, 'delete', made, 204);
    check(lane, 'request after delete', seen, 404);
    lane.secrets.delete(name);
  },

  async permissions(lane, here, there) {
    const name = lane.secrets.size > 0 ? pickSecret(lane)[0] : newName(lane);
    const created = newName(lane);
    const create = {
      name: created,
      request: ['POST', '/secrets', { name: created, value: newCanary() }] as Request,
      needed: createSecrets as readonly Permission[],
      status: 201,
    };
    const asked = lane.random.pick([
      create,
      ...requestsFor(lane, name).map(({ isDone, ...other }) => ({
        ...other,
        name,
        status: lane.secrets.has(name) ? isDone : 404,
      })),
    ]);
    const wanted = permissionNames.filter(() => lane.random.next() < 0.3);
    await rooms.identity.setPermissions(operator, { name: lane.user, permissions: wanted });
    const seen = await at(there, lane.cookie).send(...asked.request);
    const session = await at(here, lane.cookie).send('GET', '/session');
    const may = isAllowed(wanted, asked.needed);
    const what = `${asked.request[0]} with ${wanted.join() || 'nothing'}`;
    check(lane, what, seen, may ? asked.status : 403);
    check(lane, 'session', session, 200, String(session.json.permissions) === String(wanted));
    if (seen.status < 300) follow(lane, asked.name, asked.request[0], seen);

    // And back: what was not allowed is.
    await rooms.identity.setPermissions(operator, {
      name: lane.user,
      permissions: ['SECRET_MANAGEMENT'],
    });
    const fresh = newName(lane);
    const made = await at(there, lane.cookie).send('POST', '/secrets', {
      name: fresh,
      value: newCanary(),
    });
    check(lane, 'create with the permission again', made, 201);
    lane.secrets.set(fresh, { etag: etag(made), version: 1 });
  },

  async 'sign-in'(lane, here, there) {
    const { cookie } = await signIn(lane, here);
    check(lane, 'request after sign-in', await at(there, cookie).send('GET', '/session'), 200);
    // Work goes on with this one.
    lane.cookie = cookie;
  },

  async 'sign-out'(lane, here, there) {
    const { cookie } = await signIn(lane, there);
    const left = await at(here, cookie).send('DELETE', '/session');
    const seen = await at(there, cookie).send('GET', '/secrets?limit=1');
    check(lane, 'sign out', left, 204);
    check(lane, 'request after sign-out', seen, 401);
    check(
      lane,
      'request of another session',
      await at(there, lane.cookie).send('GET', '/session'),
      200,
    );
  },

  async 'password-change'(lane, here, there) {
    const other = await signIn(lane, there);
    const newPassword = `${testPassword} ${text(lane)}`;
    const changed = await at(here, lane.cookie).send('PUT', '/session/password', {
      currentPassword: lane.password,
      newPassword,
    });
    const seen = await at(there, other.cookie).send('GET', '/session');
    check(lane, 'change of the password', changed, 204);
    check(lane, 'other session after a change of the password', seen, 401);
    check(lane, 'own session after it', await at(there, lane.cookie).send('GET', '/session'), 200);
    lane.password = newPassword;
    lane.cookie = (await signIn(lane, there)).cookie;
  },

  async 'api-key'(lane, here, there) {
    const { apiKey, token } = await rooms.identity.apiKeys.create(operator, {
      name: `${lane.user} ${lane.done.length}`,
      permissions: ['SECRET_MANAGEMENT_READ'],
      teamId: null,
      expiresAt: null,
    });
    const program = (node: number) =>
      createProgram(nodes[node]?.url ?? '', token, (request, answer) =>
        leaks.push(...sweep(request, answer.text)),
      );
    const list = ['GET', '/secrets?limit=1'] as const;
    check(lane, 'request with a new key', await program(here).send(...list), 200);
    check(lane, 'the same there', await program(there).send(...list), 200);
    await rooms.identity.apiKeys.revoke(operator, apiKey.id);
    check(lane, 'request with a revoked key', await program(there).send(...list), 401);
    check(lane, 'the same here', await program(here).send(...list), 401);
  },

  async 'ended session'(lane, here, there) {
    const other = await signIn(lane, there);
    const list = await at(there, other.cookie).send('GET', '/sessions');
    const own: { id: string; isCurrent: boolean }[] = list.json.items;
    const id = own.find(({ isCurrent }) => isCurrent)?.id ?? 'none';
    const ended = await at(here, lane.cookie).send('DELETE', `/sessions/${id}`);
    const seen = await at(there, other.cookie).send('GET', '/session');
    check(lane, 'end of a session', ended, 204);
    check(lane, 'request of an ended session', seen, 401);
    check(lane, 'session that ended it', await at(there, lane.cookie).send('GET', '/session'), 200);
  },

  async 'password-reset'(lane, here, there) {
    const password = `${testPassword} ${text(lane)}`;
    await rooms.identity.resetPassword(operator, {
      name: lane.user,
      password: new Redacted(password),
    });
    const seen = await at(there, lane.cookie).send('GET', '/session');
    check(lane, 'session after a reset of the password', seen, 401);
    lane.password = password;
    lane.cookie = (await signIn(lane, here)).cookie;
  },
};

const etag = (answer: Answer) => answer.headers.get('ETag') ?? 'no tag';
const text = (lane: Lane) => `text ${lane.random.below(2 ** 31)}`;
// Few names, so that they are used again and again.
const newName = (lane: Lane): string => {
  const free = Array.from({ length: 40 }, (_, index) => `${lane.user}-${index}`).filter(
    (name) => !lane.secrets.has(name),
  );
  return free.length > 0 ? lane.random.pick(free) : `${lane.user}-${lane.random.below(2 ** 31)}`;
};
const pickSecret = (lane: Lane) => lane.random.pick([...lane.secrets]);

type Request = [method: string, path: string, body?: unknown];

/** Every request about one secret, with who may make it and the status that says so. */
function requestsFor(
  lane: Lane,
  name: string,
): { request: Request; needed: readonly Permission[]; isDone: number }[] {
  const path = `/secrets/${name}`;
  return [
    { request: ['GET', path], needed: readSecrets, isDone: 200 },
    { request: ['PATCH', path, { description: text(lane) }], needed: updateSecrets, isDone: 200 },
    { request: ['DELETE', path], needed: deleteSecrets, isDone: 204 },
  ];
}

/** Keeps up with a request that was allowed. */
function follow(lane: Lane, name: string, method: string, answer: Answer): void {
  if (method === 'DELETE') lane.secrets.delete(name);
  else lane.secrets.set(name, { etag: etag(answer), version: answer.json.version });
}
