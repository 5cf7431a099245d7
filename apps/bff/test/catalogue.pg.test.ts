/**
 * @file The catalogue of secrets that live elsewhere: two sides that cannot commit together, several nodes, and whatever happens
 * in between. The other side is a place in memory (testkit/memory-place.ts) that can be stopped in the middle of anything; all
 * else is the product on a real PostgreSQL.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BindSecretSchema, CreateSecretSchema, ListSecretsSchema, UpdateSecretSchema } from '@dropsafe/contract/secrets'; // prettier-ignore
import type postgres from 'postgres';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { openAudit } from '../src/audit/audit.ts';
import { systemCaller } from '../src/base/caller.ts';
import { migrateDatabase, openDatabase } from '../src/base/database.ts';
import { createLog } from '../src/base/log.ts';
import { Problem } from '../src/base/problem.ts';
import { Redacted } from '../src/base/redacted.ts';
import { migrationsFolder } from '../src/config.ts';
import { openKeys } from '../src/keys/keys.ts';
import { createPermissions } from '../src/permissions/permissions.ts';
import { takeSecretsFromEnvironment } from '../src/secrets/env-provider.ts';
import { createProviders, type Providers } from '../src/secrets/providers.ts';
import { createSecretsDoor, type Secrets } from '../src/secrets/secrets.ts';
import { newCanary, sweep } from '../testkit/canary.ts';
import { dumpTables } from '../testkit/dump.ts';
import { createMemoryPlace, type MemoryPlace } from '../testkit/memory-place.ts';
import { connectTo, readStored } from '../testkit/opened.ts';
import { createTestDatabase, type TestDatabase } from '../testkit/postgres.ts';
import { until } from '../testkit/until.ts';

vi.setConfig({ testTimeout: 60_000 });

const caller = systemCaller('terminal', 'test');
const everything = { create: true, update: true, delete: true };
const a = 'https://a.example';
const b = 'https://b.example';

let testDatabase: TestDatabase;
let folder: string;
let sql: postgres.Sql;
let cleanUps: (() => Promise<unknown>)[] = [];
const lines: string[] = [];

beforeEach(async () => {
  lines.length = 0;
  testDatabase = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), 'dropsafe-catalogue-'));
  sql = connectTo(testDatabase.url);
});

afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
  cleanUps = [];
  const leaks = [...sweep('database', await dumpTables(sql)), ...sweep('log', lines.join(''))];
  await sql.end();
  await testDatabase.drop();
  await rm(folder, { recursive: true });
  expect(leaks).toEqual([]);
});

interface TestNode {
  secrets: Secrets;
  providers: Providers;
  stop: () => Promise<void>;
}

/** A node with the database and these places, in this order. */
async function open(
  order: readonly string[],
  places: Record<string, MemoryPlace>,
): Promise<TestNode> {
  const log = createLog((line) => lines.push(line));
  const database = await openDatabase(testDatabase.url);
  const { keys, audit, destinationsKey } = await migrateDatabase(
    testDatabase.url,
    migrationsFolder,
    async () => {
      const opened = await openKeys(database, { text: undefined, file: join(folder, 'keys.json') }, log); // prettier-ignore
      return {
        keys: opened,
        audit: await openAudit(database, await opened.namedKey('audit'), log, false),
        destinationsKey: await opened.namedKey('destinations'),
      };
    },
  );
  const settings = order.map((name) => ({
    name,
    type: name === 'database' ? ('database' as const) : ('env' as const),
  }));
  const providers = createProviders(settings, takeSecretsFromEnvironment({}), destinationsKey, {
    database,
    audit,
    keys,
    log,
    makeOutside: ({ name }) => (places[name] ?? createMemoryPlace(everything)).provider(),
  });
  const secrets = createSecretsDoor(database, audit, createPermissions(audit), providers);
  await providers.start();
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await providers.close();
    await database.close();
  };
  cleanUps.push(stop);
  return { secrets, providers, stop };
}

/** Two nodes beside each other on one place. */
async function openTwo() {
  const place = createMemoryPlace(everything);
  const order = ['memory', 'database'];
  const [one, other] = [await open(order, { memory: place }), await open(order, { memory: place })];
  return { place, one, other };
}

const bytes = (text: string) => new Redacted<Uint8Array>(Buffer.from(text));

const create = ({ secrets }: TestNode, name: string, value: string, more: object = {}) => {
  const input = CreateSecretSchema.parse({ name, value, provider: 'memory', ...more });
  return secrets.create(caller, { ...input, value: bytes(value) });
};
const update = ({ secrets }: TestNode, name: string, patch: object, etag?: string) => {
  const { value, ...parsed } = UpdateSecretSchema.parse(patch);
  return secrets.update(caller, name, etag, { ...parsed, ...(value !== undefined && { value: bytes(value) }) }); // prettier-ignore
};
const describeIt = ({ secrets }: TestNode, name: string) => secrets.describe(caller, name);
const copy = ({ secrets }: TestNode, name: string, from = 'memory', to = 'database') =>
  secrets.copy(caller, name, { from, to });
const bind = ({ secrets }: TestNode, name: string, provider: string, destinations: string[]) =>
  secrets.bind(caller, BindSecretSchema.parse({ name, provider, description: 'kept', destinations })); // prettier-ignore
const namesOf = async ({ secrets }: TestNode, query: object = {}) =>
  (await secrets.list(caller, ListSecretsSchema.parse({ limit: '1000', ...query }))).items.map(
    ({ name, provider, isUsed }) => `${name} ${provider}${isUsed ? '' : ' (not used)'}`,
  );
const inStep = ({ providers }: TestNode, name = 'memory') => providers.find(name)?.keepInStep();
const eventsOf = async (name: string) =>
  (
    await sql<{ told: string }[]>`
      select concat_ws(' ', replace(action, 'secret.', ''), array_to_string(fields, ',')) as told from audit_events
      where subject = ${name} or subject like ${`${name}/%`} order by id`
  ).map(({ told }) => told);
const rowsOf = (name: string) => sql<{ standing: string; description: string | null }[]>`
  select standing, description, destinations, version, updated_by from secrets
  where name = ${name} and provider <> 'database' and standing <> 'gone'`;
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  );

test('of several secrets of one name the first provider has the one that is used, whatever the order was before', async () => {
  const first = createMemoryPlace(everything);
  const second = createMemoryPlace(everything);
  const places = { first, second };
  for (const [place, names] of [[first, ['X']], [second, ['X', 'Y', 'Z']]] as const) for (const name of names) place.seed(name, newCanary()); // prettier-ignore

  let node = await open(['first', 'database', 'second'], places);
  expect(await namesOf(node)).toEqual(['X first', 'Y second', 'Z second']);
  expect(await namesOf(node, { provider: 'second' })).toEqual(['X second (not used)', 'Y second', 'Z second']); // prettier-ignore
  await copy(node, 'Y', 'second');
  expect(await namesOf(node)).toEqual(['X first', 'Y database', 'Z second']);
  expect((await describeIt(node, 'Y')).metadata.alsoIn).toEqual(['second']);
  const clashes = lines.filter((line) => line.includes('secret.clash'));
  expect(clashes).toHaveLength(2);
  await bind(node, 'Z', 'second', [a]);
  await node.stop();

  node = await open(['second', 'database', 'first'], places);
  expect(await namesOf(node)).toEqual(['X second', 'Y second', 'Z second']);
  await node.stop();

  // Without the one that had them: its names are free, and what others have of them is used.
  node = await open(['database', 'first'], { first });
  expect(await namesOf(node)).toEqual(['X first', 'Y database']);
  expect((await describeIt(node, 'X')).metadata.alsoIn).toEqual([]);
  expect(await codeOf(describeIt(node, 'Z'))).toBe('not-found');
  await create(node, 'Z', newCanary(), { provider: 'database' });
  expect(await namesOf(node)).toEqual(['X first', 'Y database', 'Z database']);
  await node.stop();

  // Without the database, and with it again: nothing of it is lost.
  node = await open(['first'], { first });
  expect(await namesOf(node)).toEqual(['X first']);
  await node.stop();
  node = await open(['database', 'second', 'first'], places);
  expect(await namesOf(node)).toEqual(['X second', 'Y database', 'Z database']);
  await node.secrets.delete(caller, 'Z', undefined, 'database');
  expect((await describeIt(node, 'Z')).metadata).toMatchObject({ provider: 'second', description: 'kept', destinations: [a] }); // prettier-ignore
});

test('what one node has answered is in effect on the next request to the other', async () => {
  const { place, one, other } = await openTwo();
  for (let round = 0; round < 25; round += 1) {
    const [here, there] = round % 2 === 0 ? [one, other] : [other, one];
    const name = `N${round % 3}`;
    const value = newCanary();
    const made = await create(here, name, newCanary(), { description: `round ${round}` });
    expect(await describeIt(there, name)).toEqual(made);
    const changed = await update(here, name, { value, destinations: [a] }, made.etag);
    expect(await describeIt(there, name)).toEqual(changed);
    expect(await codeOf(update(there, name, { value: newCanary() }, made.etag))).toBe('secret-changed'); // prettier-ignore
    expect(place.valueOf(name)).toBe(value);
    await here.secrets.delete(caller, name, changed.etag);
    expect(await codeOf(describeIt(there, name))).toBe('not-found');
    expect(await namesOf(there)).toEqual([]);
    expect(place.valueOf(name)).toBeUndefined();
  }
});

test('an older list brings nothing back, takes nothing away and changes nothing', async () => {
  const { place, one, other } = await openTwo();
  const deleted = await create(one, 'DELETED', newCanary());
  await create(one, 'CHANGED', newCanary());
  const gate = place.stopNext('after', 'list');
  const older = inStep(other);
  await gate.arrived;
  await one.secrets.delete(caller, 'DELETED', deleted.etag);
  await create(one, 'CREATED', newCanary());
  const changed = await update(one, 'CHANGED', { value: newCanary(), description: 'new' });
  gate.open();
  await older;
  expect(await namesOf(other)).toEqual(['CHANGED memory', 'CREATED memory']);
  expect(await describeIt(other, 'CHANGED')).toEqual(changed);
  // And the newer ones agree.
  await Promise.all([inStep(one), inStep(other)]);
  expect(await namesOf(one)).toEqual(['CHANGED memory', 'CREATED memory']);
  expect(await describeIt(one, 'CHANGED')).toEqual(changed);
});

test('a list while a secret is created makes no second one of it', async () => {
  const { place, one, other } = await openTwo();
  const gate = place.stopNext('after', 'create');
  const creating = create(one, 'HELD', newCanary(), { description: 'mine', destinations: [a] });
  await gate.arrived;
  await inStep(other);
  expect(await namesOf(other)).toEqual(['HELD memory']);
  gate.open();
  expect((await creating).metadata).toMatchObject({ description: 'mine', destinations: [a] });
  expect(await rowsOf('HELD')).toMatchObject([{ standing: 'used', description: 'mine' }]);

  for (let round = 0; round < 40; round += 1) {
    const name = `RACE${round}`;
    const work = create(one, name, newCanary(), { description: 'mine', destinations: [a] });
    await Promise.all([work, inStep(other), inStep(one), inStep(other)]);
    await inStep(other);
    expect([round, await rowsOf(name)]).toMatchObject([round, [{ standing: 'used', description: 'mine' }]]); // prettier-ignore
  }
  expect(lines.filter((line) => line.includes('"level":"error"'))).toEqual([]);
});

test('copies of one secret at the same time make one', async () => {
  const { place, one, other } = await openTwo();
  const value = newCanary();
  place.seed('SHARED', value);
  await Promise.all([inStep(one), inStep(other)]);
  for (const [name, from, to] of [
    ['SHARED', 'memory', 'database'],
    ['BACK', 'database', 'memory'],
  ] as const) {
    // prettier-ignore
    if (from === 'database') await create(one, name, value, { provider: 'database' });
    const codes = await Promise.all(
      [one, other, one, other, one].map((node) => codeOf(copy(node, name, from, to))),
    );
    expect(codes.toSorted()).toEqual(['done', ...Array.from({ length: 4 }, () => 'secret-name-taken')]); // prettier-ignore
    const rows = await sql`select from secrets where name = ${name} and provider = ${to}`;
    expect(rows).toHaveLength(1);
  }
  expect(place.valueOf('BACK')).toBe(value);
  const stored = await readStored(sql, join(folder, 'keys.json'));
  expect(stored.secrets.get('SHARED')?.value).toBe(value);
});

test('a provider that lists slowly, or not at all, holds up no page, and no end', async () => {
  const hanging = createMemoryPlace(everything);
  const quick = createMemoryPlace(everything);
  quick.seed('QUICK', newCanary());
  const node = await open(['hanging', 'quick', 'database'], { hanging, quick });
  await create(node, 'TYPED', newCanary(), { provider: 'database' });
  const gate = hanging.stopNext('after', 'list');
  void inStep(node, 'hanging');
  await gate.arrived;
  const again = hanging.stopNext('before', 'list');
  let isListing = false;
  void again.arrived.then(() => (isListing = true));
  await until('pages ask it again', async () => {
    const asked = performance.now();
    expect(await namesOf(node)).toEqual(['QUICK quick', 'TYPED database']);
    expect(performance.now() - asked).toBeLessThan(1_000);
    return isListing;
  });
  // While one list is under way nobody waits for it, or begins another.
  const asked = performance.now();
  for (let pages = 0; pages < 10; pages += 1) await namesOf(node);
  expect(performance.now() - asked).toBeLessThan(1_000);
  const ended = performance.now();
  await node.stop();
  expect(performance.now() - ended).toBeLessThan(6_000);
});

test('a value that somebody changes there is another version, once, and a change of our own is no change there', async () => {
  const { place, one, other } = await openTwo();
  const made = await create(one, 'SEEN', newCanary());
  await Promise.all([inStep(one), inStep(other)]);
  const mine = await update(one, 'SEEN', { value: newCanary() }, made.etag);
  await inStep(one);
  await inStep(other);
  expect(await describeIt(other, 'SEEN')).toEqual(mine);
  expect(mine.metadata).toMatchObject({ version: 2, updatedBy: 'terminal' });

  place.seed('SEEN', newCanary());
  await Promise.all([inStep(one), inStep(other), describeIt(one, 'SEEN')]);
  const theirs = await describeIt(one, 'SEEN');
  expect(theirs.metadata).toMatchObject({ version: 3, updatedBy: 'provider memory' });
  expect(await codeOf(update(one, 'SEEN', { description: 'x' }, mine.etag))).toBe('secret-changed');
  await update(one, 'SEEN', { description: 'x' }, theirs.etag);

  // Gone by what one request saw, and back before any list: at once again on both, as another version.
  const before = await describeIt(one, 'SEEN');
  place.remove('SEEN');
  expect(await codeOf(describeIt(one, 'SEEN'))).toBe('not-found');
  expect(await namesOf(other)).toEqual([]);
  place.seed('SEEN', newCanary());
  await inStep(other);
  const back = await describeIt(one, 'SEEN');
  expect(back.etag).not.toBe(before.etag);
  expect(back.metadata.description).toBe('x');
});

test('the same secret that is back unchanged is found again, although the list is the one from before', async () => {
  const { place, one, other } = await openTwo();
  place.seed('BLINKING', newCanary());
  await Promise.all([inStep(one), inStep(other)]);
  await inStep(one);
  await sql`update secrets set standing = 'gone', standing_at = now() - interval '1 second' where name = 'BLINKING'`;
  await inStep(one);
  expect(await namesOf(other)).toEqual(['BLINKING memory']);
});

test('when the one that is used is gone, the next one of its name is used at once', async () => {
  const { place, one } = await openTwo();
  place.seed('TWICE', newCanary());
  await inStep(one);
  await copy(one, 'TWICE');
  place.remove('TWICE');
  expect((await describeIt(one, 'TWICE')).metadata).toMatchObject({ provider: 'database', isUsed: true }); // prettier-ignore
});

test('a process that ends between a change elsewhere and its event leaves the beginning of it in the trail', async () => {
  const { place, one, other } = await openTwo();
  const value = newCanary();
  const gate = place.stopNext('after', 'create');
  void codeOf(create(one, 'CUT_OFF', value, { destinations: [a] }));
  await gate.arrived;
  await one.stop();
  expect(await eventsOf('CUT_OFF')).toEqual(['change-started']);
  expect(place.valueOf('CUT_OFF')).toBe(value);
  await inStep(other);
  expect((await describeIt(other, 'CUT_OFF')).metadata).toMatchObject({ destinations: [], createdBy: 'provider memory' }); // prettier-ignore
  gate.open();
});

test('what failed there is told, and nothing is changed here', async () => {
  const { place, one } = await openTwo();
  const made = await create(one, 'KEPT', newCanary());
  const gate = place.stopNext('before', 'update');
  const updating = codeOf(update(one, 'KEPT', { value: newCanary(), description: 'new' }));
  await gate.arrived;
  place.fail('sealed');
  gate.open();
  expect(await updating).toBe('provider-unavailable');
  expect(await codeOf(create(one, 'NEVER', newCanary()))).toBe('provider-unavailable');
  expect(await eventsOf('KEPT')).toEqual(['change-started', 'created value', 'change-started', 'change-failed']); // prettier-ignore
  expect(await eventsOf('NEVER')).toEqual(['change-started', 'change-failed']);
  expect(await describeIt(one, 'KEPT')).toEqual(made);
  place.fail(undefined);
  expect(await describeIt(one, 'KEPT')).toEqual(made);
  expect(lines.filter((line) => line.includes('"provider.failed"'))).toHaveLength(1);
  expect(lines.filter((line) => line.includes('"provider.up"'))).toHaveLength(1);
});

test('a new value never meets the destinations of the old one: not while it is written, not after a process that ended', async () => {
  const { place, one, other } = await openTwo();
  await create(one, 'BOUND', newCanary(), { destinations: [a] });
  const gate = place.stopNext('after', 'update');
  void codeOf(update(one, 'BOUND', { value: newCanary(), destinations: [b] }));
  await gate.arrived;
  expect((await copy(other, 'BOUND')).metadata.destinations).toEqual([]);
  await one.stop();
  await inStep(other);
  expect((await describeIt(other, 'BOUND')).metadata.destinations).toEqual([]);
  expect(await eventsOf('BOUND')).toContain('updated destinations');
  gate.open();
});

test('a use that began before a new value was written goes where the new value may go', async () => {
  const { place, one, other } = await openTwo();
  const value = newCanary();
  await create(one, 'USED', newCanary(), { destinations: [a] });
  const gate = place.stopNext('before', 'resolve');
  const copying = copy(other, 'USED');
  await gate.arrived;
  await update(one, 'USED', { value, destinations: [b] });
  gate.open();
  expect((await copying).metadata.destinations).toEqual([b]);
  expect((await readStored(sql, join(folder, 'keys.json'))).secrets.get('USED')?.value).toBe(value);
});

test('of two new values in a row the destinations are those of the last, whoever writes last', async () => {
  const { place, one, other } = await openTwo();
  const value = newCanary();
  await create(one, 'TWO', newCanary(), { destinations: [a, b] });
  const gate = place.stopNext('after', 'update');
  const slow = update(one, 'TWO', {
    value: newCanary(),
    destinations: [a, b],
    description: 'slow',
  });
  await gate.arrived;
  await update(other, 'TWO', { value, destinations: [b], description: 'last' });
  gate.open();
  await slow;
  expect(place.valueOf('TWO')).toBe(value);
  expect((await describeIt(other, 'TWO')).metadata).toMatchObject({ destinations: [b], description: 'last' }); // prettier-ignore
});

test('a secret that was gone and is created anew does not get its old destinations back', async () => {
  const { place, one, other } = await openTwo();
  await create(one, 'ANEW', newCanary(), { destinations: [a] });
  place.remove('ANEW');
  await inStep(one);
  const gate = place.stopNext('after', 'create');
  const creating = create(one, 'ANEW', newCanary(), { destinations: [b] });
  await gate.arrived;
  await inStep(other);
  expect((await describeIt(other, 'ANEW')).metadata.destinations).toEqual([]);
  gate.open();
  expect((await creating).metadata.destinations).toEqual([b]);
  expect(await rowsOf('ANEW')).toHaveLength(1);
});

test('only the operator at the terminal binds, no permission does', async () => {
  const { place, one } = await openTwo();
  place.seed('OURS', newCanary());
  await inStep(one);
  const somebody = { ...caller, kind: 'api-key', id: '00000000-0000-4000-8000-000000000001', name: 'robot', permissions: ['SECRET_MANAGEMENT', 'ACCESS_MANAGEMENT'] } as const; // prettier-ignore
  const input = BindSecretSchema.parse({ name: 'OURS', provider: 'memory', destinations: [a] });
  expect(await codeOf(one.secrets.bind(somebody, input))).toBe('permission-required');
  expect((await describeIt(one, 'OURS')).metadata.destinations).toEqual([]);
});
