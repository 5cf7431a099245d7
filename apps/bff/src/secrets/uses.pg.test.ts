/** @file Uses of secrets, driven without a request: two sets of rooms beside a node stand for what would send some. */
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newCanary, sweep, type Leak } from '../../testkit/canary.ts';
import type { Client } from '../../testkit/client.ts';
import { startMortalPostgres } from '../../testkit/mortal-postgres.ts';
import { newDataDir, openOperator, startTestNode, type TestNode } from '../../testkit/node.ts';
import { runProgram } from '../../testkit/processes.ts';
import { until } from '../../testkit/until.ts';
import { usesAt } from '../../testkit/using-program.ts';
import { systemCaller } from '../base/caller.ts';
import { createLog } from '../base/log.ts';
import { createUseCounts } from './use-counts.ts';
import { pruneUses, together, touchSecrets } from './uses.store.ts';
import type { UsableSecret } from './secrets.ts';

vi.setConfig({ testTimeout: 120_000 });

type Opened = Awaited<ReturnType<typeof openOperator>>;

const host = 'https://api.example.com';
const operator = systemCaller('terminal', 'test');
const fromEnvironment = newCanary();
const bothProviders = {
  DROPSAFE_PROVIDERS: JSON.stringify([{ type: 'database' }, { type: 'env' }]),
  DROPSAFE_SECRET_FROM_ENV: fromEnvironment,
  DROPSAFE_SECRET_ENV_ALONE: newCanary(),
};
let node: TestNode;
let sql: postgres.Sql;
let admin: Client;
/** What a node is started with that shares everything with ours. */
let env: Record<string, string>;
let first: Opened;
let second: Opened;
const leaks: Leak[] = [];

beforeAll(async () => {
  node = await startTestNode(bothProviders);
  sql = postgres(node.databaseUrl, { max: 4 });
  admin = await node.as(
    'manager',
    ['SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT'],
    (request, { text }) => void leaks.push(...sweep(request, text)),
  );
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  first = await openOperator({ ...bothProviders, ...env });
  second = await openOperator({ ...bothProviders, ...env });
});

afterAll(async () => {
  await first.close();
  await second.close();
  await sql.end();
  await node.stop();
  expect([...leaks, ...sweep('log', node.lines.join(''))]).toEqual([]);
});

/** Creates a secret; answers its id. */
async function newSecret(name: string, value = newCanary()): Promise<string> {
  const answer = await admin.send('POST', '/secrets', { name, value, destinations: [host] });
  expect(answer.status).toBe(201);
  const [row] = await sql<{ id: string }[]>`select id from secrets where name = ${name}`;
  return row?.id ?? '';
}

/** Creates an integration that mentions a secret; answers its id. */
async function newIntegration(name: string, secret: string): Promise<string> {
  const fields = { baseUrl: host, auth: 'bearer', token: `{{ secret('${secret}') }}` };
  const answer = await admin.send('POST', '/integrations', { name, type: 'http', fields });
  expect(answer.status).toBe(201);
  return answer.json.id;
}

const find = async (names: string[], { secretUses } = first): Promise<UsableSecret[]> =>
  secretUses.find(operator, names);

/** The value of one that is there, as a text; wiped. */
async function openedOf(secret: UsableSecret | undefined): Promise<string> {
  const value = await secret?.open();
  const text = Buffer.from(value?.reveal() ?? '').toString();
  value?.wipe();
  return text;
}

const writtenUses = async (secretId: string) => {
  const [row] = await sql<{ uses: number }[]>`
    select coalesce(sum(uses), 0)::int as uses from secret_uses where secret_id = ${secretId} and integration_id = ${together}`;
  return row?.uses ?? 0;
};

test('secrets are found as they are at this moment, in one query, and opened at each use', async () => {
  const value = newCanary();
  const id = await newSecret('FOUND', value);
  const names = ['FOUND', 'FROM_ENV', 'FOUND', 'NOT_THERE', "{{ secret('X') }}"];
  const found = await find(names);
  expect(found.map(({ name, state, destinations }) => [name, state, destinations])).toEqual([
    ['FOUND', 'ready', [host]],
    ['FROM_ENV', 'ready', []],
  ]);
  // Nothing of a value, nor of a sealed one, is in what was found.
  expect(Object.keys(found[0] ?? {})).toEqual(['id', 'name', 'state', 'destinations', 'open']);
  // Wiping one of them leaves the next alone.
  expect([await openedOf(found[0]), await openedOf(found[0])]).toEqual([value, value]);
  expect(await openedOf(found[1])).toBe(fromEnvironment);

  // Of two of one name it is the one that is used; those of a provider that is not configured are not there.
  await admin.send('POST', '/secrets/FROM_ENV/copies', { from: 'env', to: 'database' });
  const [used, ...others] = await find(['FROM_ENV']);
  expect(others).toEqual([]);
  expect(used?.id).not.toBe(found[1]?.id);
  const withoutEnv = await openOperator(env);
  expect((await find(['FOUND', 'ENV_ALONE'], withoutEnv)).map(({ name }) => name)).toEqual([
    'FOUND',
  ]);
  await withoutEnv.close();

  // What its provider has got since the catalogue was read is found as well.
  const later = newCanary();
  const after = await openOperator({ ...bothProviders, DROPSAFE_SECRET_LATER: later, ...env });
  expect(await openedOf((await find(['LATER'], after))[0])).toBe(later);
  await after.close();
  await sql`update secrets set standing = 'gone' where name = 'LATER'`;
  expect(await find(['LATER'])).toEqual([]);

  // What was altered in the database does not open, and the trail names who met it.
  const [fromEnv] = await find(['ENV_ALONE']);
  await sql`update secrets set destinations = '{https://evil.example.net}' where id in (${id}, ${fromEnv?.id ?? ''})`;
  for (const altered of await find(['FOUND', 'ENV_ALONE']))
    await expect(altered.open()).rejects.toMatchObject({ code: 'secret-unreadable' });
  expect(
    await sql`select subject, principal_name from audit_events where action = 'secret.unreadable' order by id`,
  ).toEqual([
    { subject: 'FOUND', principal_name: 'terminal' },
    { subject: 'ENV_ALONE', principal_name: 'terminal' },
  ]);
  await sql`update secrets set destinations = '{}' where id = ${fromEnv?.id ?? ''}`;
});

describe.concurrent('uses', () => {
  test('of several nodes add up, and are told by secret, by integration and by day', async () => {
    const id = await newSecret('COUNTED');
    const before = (await admin.send('GET', '/secrets/COUNTED')).headers.get('ETag');
    const [used, unused] = [
      await newIntegration('used', 'COUNTED'),
      await newIntegration('unused', 'COUNTED'),
    ];
    await sql`insert into secret_uses (secret_id, integration_id, hour, uses, failures, last_used_at)
      select ${id}, integration, date_trunc('day', now(), 'UTC') - age, 3, 1, now() - age
      from unnest(${[together, used]}::uuid[]) integration,
        unnest(array[interval '1 second', '28 days', '29 days', '29 days 1 second']) age`;
    const began = Date.now();
    for (const { secretUses } of [first, second]) {
      const found = await find(['COUNTED'], { ...first, secretUses });
      secretUses.count(found, used, true);
      secretUses.count(found, used, false);
      secretUses.count(found, null, false);
    }
    await until('both have written', async () => (await writtenUses(id)) === 12 + 6);

    const { days } = (await admin.send('GET', '/secrets/COUNTED/uses')).json;
    const today = new Date(began).toISOString().slice(0, 10);
    const dayBefore = (count: number) =>
      new Date(began - count * 86_400_000).toISOString().slice(0, 10);
    expect(days.length).toBe(30);
    expect(days.filter(({ uses }: { uses: number }) => uses > 0)).toEqual([
      { day: dayBefore(29), uses: 3, failures: 1 },
      { day: dayBefore(28), uses: 3, failures: 1 },
      { day: dayBefore(1), uses: 3, failures: 1 },
      { day: today, uses: 6, failures: 4 },
    ]);
    expect(days[2]).toEqual({ day: dayBefore(27), uses: 0, failures: 0 });

    const referencesOf = async () =>
      (await admin.send('GET', '/secrets/COUNTED/references')).json.items;
    const [ofUnused, ofUsed] = await referencesOf();
    expect(ofUnused).toMatchObject({ integration: { id: unused }, lastUsedAt: null });
    expect(ofUsed.integration.id).toBe(used);
    expect(Math.abs(Date.parse(ofUsed.lastUsedAt) - began)).toBeLessThan(1_000);
    // Saving it again changes nothing about that.
    const saved = await admin.send('PATCH', `/integrations/${used}`, { description: 'again' });
    expect(saved.status).toBe(200);
    expect(await referencesOf()).toEqual([ofUnused, ofUsed]);

    // A use is no change.
    const described = await until('it is noted at the secret', async () => {
      const answer = await admin.send('GET', '/secrets/COUNTED');
      return answer.json.lastUsedAt !== null && answer;
    });
    expect(described.headers.get('ETag')).toBe(before);
    expect(Math.abs(Date.parse(described.json.lastUsedAt) - began)).toBeLessThan(1_000);
    expect((await admin.send('GET', '/secrets/NOT_THERE/uses')).status).toBe(404);
    const others = await node.as('reader', ['SECRET_MANAGEMENT_READ']);
    expect((await others.send('GET', '/secrets/COUNTED/uses')).json.days).toEqual(days);
  });

  test('are noted at the secret once a minute, and wait for nobody who holds it', async () => {
    const [held, free] = [await newSecret('HELD'), await newSecret('FREE')];
    const { queries } = first.database;
    const touch = (age: number) =>
      touchSecrets(
        queries,
        [held, free].map((id) => ({ id, age })),
      );
    const release = Promise.withResolvers<void>();
    const holding = sql.begin(async (tx) => {
      await tx`select from secrets where id = ${held} for update`;
      // The one that is held is told to be left.
      expect(await touch(600_000)).toEqual([held]);
      await release.promise;
    });
    await until('one is noted', async () => (await lastUsedAt('FREE')) !== null);
    release.resolve();
    await holding;
    const before = await lastUsedAt('FREE');
    expect(await touch(600_000 - 59_000)).toEqual([]);
    expect(await lastUsedAt('FREE')).toBe(before);
    expect(await lastUsedAt('HELD')).not.toBeNull();
    expect(await touch(600_000 - 61_000)).toEqual([]);
    expect(Date.parse((await lastUsedAt('FREE')) ?? '') - Date.parse(before ?? '')).toBeGreaterThan(
      60_000,
    );
    // What another node noted later is kept.
    const newest = await lastUsedAt('FREE');
    expect(await touch(900_000)).toEqual([]);
    expect(await lastUsedAt('FREE')).toBe(newest);
  });

  test('are noted beside concurrent updates of the same secrets, and none of them fails', async () => {
    const names = Array.from({ length: 20 }, (_, n) => `BUSY_${n}`);
    const ids = await Promise.all(names.map((name) => newSecret(name)));
    const updates = new AbortController();
    let rounds = 0;
    /** Always due: each is two minutes after the one before. */
    const touchAll = async ({ database: { queries } }: Opened) => {
      while (!updates.signal.aborted) {
        rounds += 1;
        await touchSecrets(
          queries,
          ids.map((id) => ({ id, age: -rounds * 120_000 })),
        );
      }
    };
    const touching = [touchAll(first), touchAll(second)];
    const statuses: number[] = [];
    await Promise.all(
      names.map(async (name) => {
        for (let n = 0; n < 20; n += 1) {
          const { status } = await admin.send('PATCH', `/secrets/${name}`, { description: `${n}` });
          statuses.push(status);
        }
      }),
    );
    updates.abort();
    await Promise.all(touching);
    expect(statuses).toEqual(Array.from({ length: 400 }, () => 200));
    expect(rounds).toBeGreaterThan(20);
    // 20 updates each, and none by a use.
    expect(await sql`select distinct version from secrets where id = any(${ids})`).toEqual([
      { version: 21 },
    ]);
  });

  test('of a node that is killed are lost for five seconds at most', async () => {
    const id = await newSecret('KILLED');
    const script = join(import.meta.dirname, '../../testkit/using-program.ts');
    const { process: child, ended } = runProgram(script, { args: ['KILLED'], env });
    /** What would have been there, had it been killed at that moment. */
    const seen: { at: number; written: number }[] = [];
    const look = async () => {
      const at = Date.now();
      seen.push({ at, written: await writtenUses(id) });
      return seen.at(-1)?.written ?? 0;
    };
    const once = await until('it has written', async () => (await look()) || undefined);
    await until('it has written again', async () => (await look()) > once);
    child.kill('SIGKILL');
    const { stdout, stderr } = await ended;
    expect(stderr).toBe('');
    await look();
    const lost = seen.filter(({ at, written }) => written < usesAt(stdout, at - 5_000));
    expect(lost).toEqual([]);
    expect(usesAt(stdout, Infinity)).toBeGreaterThan(once);
  });

  test('are kept while the database is away, and the log says so once', async () => {
    const server = await startMortalPostgres();
    const { dataDir, remove } = await newDataDir();
    const away = await openOperator({ DATABASE_URL: server.url, DROPSAFE_DATA_DIR: dataDir });
    const lines: string[] = [];
    const events = () => lines.map((line) => JSON.parse(line).event);
    let failed = 0;
    /** The same database, which tells of each statement that fails. */
    const { queries } = away.database;
    const execute = async (query: Parameters<typeof queries.execute>[0]) => {
      try {
        return await queries.execute(query);
      } catch (error) {
        failed += 1;
        throw error;
      }
    };
    const watched = {
      ...away.database,
      queries: Object.assign(Object.create(queries), { execute }),
    };
    const counts = createUseCounts(
      watched,
      createLog((line) => lines.push(line)),
    );
    const id = crypto.randomUUID();
    counts.count([id], null, true);
    await server.stop();
    await until('writes have failed', () => failed > 1);
    for (let n = 0; n < 1_000; n += 1) counts.count([id], n % 2 === 0 ? id : null, n % 4 !== 0);
    await server.start();
    await until('it works again', () => lines.length > 1);
    expect(events()).toEqual(['secret-uses.not-written', 'secret-uses.written-again']);
    const beside = postgres(server.url, { max: 1 });
    expect(
      await beside`select integration_id, sum(uses)::int as uses, sum(failures)::int as failures from secret_uses
        group by 1 order by 2 desc`,
    ).toEqual([
      { integration_id: together, uses: 1_001, failures: 250 },
      { integration_id: id, uses: 500, failures: 250 },
    ]);
    // The end writes the rest, and does not wait for a database that does not answer.
    counts.count([id], null, true);
    await counts.close(true);
    expect(
      await beside`select sum(uses)::int as uses from secret_uses where integration_id = ${together}`,
    ).toEqual([{ uses: 1_002 }]);
    await beside.end();
    counts.count([id], null, true);
    server.freeze();
    const began = performance.now();
    await counts.close(false);
    expect(performance.now() - began).toBeLessThan(2_000);
    expect(events().slice(2)).toEqual(['secret-uses.lost']);
    server.thaw();
    await away.close();
    await server.remove();
    await remove();
  });

  test('of long ago go, but the last of each integration stays as long as the secret does', async () => {
    const id = await newSecret('PRUNED');
    const [gone, one, other] = [crypto.randomUUID(), crypto.randomUUID(), crypto.randomUUID()];
    await sql`insert into secret_uses (secret_id, integration_id, hour, uses, failures, last_used_at)
      select secret, integration, date_trunc('hour', now()) - days * interval '1 day', 1, 0, now()
      from (values (${id}::uuid, ${one}::uuid, 40), (${id}, ${one}, 33), (${id}, ${one}, 32), (${id}, ${other}, 400), (${id}, ${other}, 2),
        (${id}, ${other}, 29), (${gone}, ${one}, 32), (${gone}, ${one}, 2)) as row(secret, integration, days)`;
    await sql`insert into secret_uses (secret_id, integration_id, hour, uses, failures, last_used_at)
      select ${gone}, gen_random_uuid(), now() - interval '50 days', 1, 0, now() from generate_series(1, 6000)`;
    second.secretUses.start();
    await until('the old ones of a secret that is gone have gone', async () => {
      const [row] =
        await sql`select count(*)::int as count from secret_uses where secret_id = ${gone}`;
      return row?.['count'] === 1;
    });
    await pruneUses(first.database.queries);
    expect(
      await sql`select integration_id, round(extract(epoch from now() - hour) / 86400)::int as days from secret_uses
        where secret_id in (${id}, ${gone}) order by integration_id = ${other}, secret_id = ${gone}, 2`,
    ).toEqual([
      { integration_id: one, days: 32 },
      { integration_id: one, days: 2 },
      { integration_id: other, days: 2 },
      { integration_id: other, days: 29 },
    ]);
  });
});

async function lastUsedAt(name: string): Promise<string | null> {
  return (await admin.send('GET', `/secrets/${name}`)).json.lastUsedAt;
}

test('the list tells which secrets were never used, and which not for 90 days', async () => {
  /** Days since it was created, and since it was used. */
  const ages: Record<string, [created: number, used: number | null]> = {
    U_NEW: [1, null],
    U_OLD: [200, null],
    U_OLDER: [300, null],
    U_LATE: [300, 91],
    U_RECENT: [300, 89],
    U_YOUNG: [89, 88],
  };
  for (const [name, [created, used]] of Object.entries(ages)) {
    const id = await newSecret(name);
    await sql`update secrets set created_at = now() - ${created}::int * interval '1 day',
      last_used_at = now() - ${used}::int * interval '1 day' where id = ${id}`;
  }
  const list = async (query: string) => (await admin.send('GET', `/secrets?${query}`)).json;
  const namesIn = ({ items }: { items: { name: string }[] }) => items.map(({ name }) => name);
  const never = await list('q=U_&unused=never&sort=-createdAt');
  expect([namesIn(never), never.total]).toEqual([['U_NEW', 'U_OLD', 'U_OLDER'], 3]);
  const late = await list('q=U_&unused=90d&sort=lastUsedAt');
  expect([namesIn(late), late.total]).toEqual([['U_OLD', 'U_OLDER', 'U_LATE'], 3]);
  expect(namesIn(await list('q=U_&unused=90d&sort=-lastUsedAt'))).toEqual([
    'U_LATE',
    'U_OLDER',
    'U_OLD',
  ]);
  expect(namesIn(await list('q=U_&unused=90d&provider=env'))).toEqual([]);
  expect(namesIn(await list('unused=never&provider=env'))).toContain('ENV_ALONE');

  // A page after the other, by the cursor alone.
  for (const sort of ['name', '-name', 'createdAt', 'updatedAt', '-updatedAt', 'lastUsedAt']) {
    const all = namesIn(await list(`unused=90d&sort=${sort}`));
    expect(all.toSorted()).toEqual(['U_LATE', 'U_OLD', 'U_OLDER']);
    const seen: string[] = [];
    for (let page = await list(`unused=90d&sort=${sort}&limit=1`); ;) {
      seen.push(...namesIn(page));
      expect(page.total).toBe(3);
      if (page.nextCursor === null) break;
      page = await list(`limit=1&cursor=${page.nextCursor}`);
    }
    expect(seen).toEqual(all);
  }
  const { nextCursor } = await list('unused=90d&limit=1');
  for (const [query, status] of [
    ['unused=90d', 200],
    ['unused=never', 400],
    ['q=U_', 400],
  ] as const)
    expect((await admin.send('GET', `/secrets?${query}&cursor=${nextCursor}`)).status).toBe(status);
  expect((await admin.send('GET', '/secrets?unused=always')).problem.errors).toMatchObject([
    { field: 'unused' },
  ]);
});
