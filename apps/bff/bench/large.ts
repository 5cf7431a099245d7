/**
 * @file `npm run bench -- --large`: pages of a large installation beside those of a small one, in turns: 100,000 users, 1,000
 * teams and ten million audit events against a hundredth of the people and a thousandth of the events; every user is signed in, and there
 * are as many groups of an identity provider as there may be. Takes some minutes and 8 GB of disk.
 * The events are made by SQL, with MACs that do not hold: it is about reading them.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { findRunningEmbeddedPostgres } from '../src/base/embedded-postgres.ts';
import { createClient, type Client } from '../testkit/client.ts';
import { judge, median, print, startGenerator } from './measuring.ts';
import { adminPassword, startProduct, type Product } from './product.ts';

const { values: options } = parseArgs({
  options: { large: { type: 'boolean' }, 'data-dir': { type: 'string' } },
});
const sizes = {
  small: { users: 1_000, teams: 100, apiKeys: 200, groups: 200, events: 10_000 },
  large: { users: 100_000, teams: 1_000, apiKeys: 10_000, groups: 10_000, events: 10_000_000 },
} as const;
const rounds = 7;
const sliceMs = 400;
/** A page of the large installation may take so many times that of the small one. */
const mostCost = 1.3;

/** A running installation of one of the sizes. */
interface Installation {
  product: Product;
  client: Client;
  size: (typeof sizes)[keyof typeof sizes];
}

/** Where each page is in an installation. */
type FindPage = (installation: Installation) => Promise<string> | string;

/** As many rows in both sizes. */
const pages: Record<string, FindPage> = {
  'users, first': () => '/users',
  'users, middle': ({ client, size }) => behind(client, '/users', size.users / 2),
  'users, newest first': () => '/users?sort=-createdAt',
  'users, by a part of the name': () => '/users?q=00077',
  'teams, first': () => '/teams',
  'teams, middle': ({ client, size }) => behind(client, '/teams?limit=10', size.teams / 2),
  'members of a team': async ({ client }) => {
    const { json } = await client.send('GET', '/teams?limit=1');
    return `/teams/${json.items[0].id}/members?limit=10`;
  },
  'sessions, first': () => '/all-sessions',
  'sessions, middle': ({ client, size }) => behind(client, '/all-sessions', size.users / 2),
  'sessions, by a part of the name': () => '/all-sessions?q=00077',
  'API keys, first': () => '/api-keys',
  'API keys, by a part of the name': () => '/api-keys?q=00007',
  'groups, first': () => '/oidc-groups',
  'groups, newest first': () => '/oidc-groups?sort=-createdAt',
  'groups, by a part of the name': () => '/oidc-groups?q=00007',
  'groups of a team': async ({ client }) => {
    const { json } = await client.send('GET', '/teams?limit=1');
    return `/oidc-groups?teamId=${json.items[0].id}&limit=2`;
  },
  'audit, newest': () => '/audit-events',
  'audit, far back': ({ client, size }) =>
    behind(client, '/audit-events', Math.min(size.events / 2, 100_000)),
  'audit, long ago': async ({ client, size }) => {
    const { json } = await client.send('GET', '/audit-events?limit=1');
    const middle = Date.parse(json.items[0].at) - (size.events / 2) * 100;
    return `/audit-events?to=${new Date(middle).toISOString()}`;
  },
  'audit, by a rare principal': () => '/audit-events?principal=rarely-here',
  'audit, by a common principal': () => '/audit-events?principal=person-000001&limit=10',
  'audit, by a rare action': () => '/audit-events?action=team.deleted',
  'audit, by a common action': () => '/audit-events?action=secret.updated',
  'audit, by a subject': () => '/audit-events?subject=RARELY',
  'audit, by a subject and an action': () => '/audit-events?subject=RARELY&action=team.deleted',
  'audit, by two that are common and never meet': () =>
    '/audit-events?principal=robot&action=session.started',
  'audit, by what is not there': () => '/audit-events?subject=NOWHERE&principal=nobody',
};

/** The page behind so many rows, as the product hands out its cursors. */
async function behind(client: Client, path: string, rows: number): Promise<string> {
  const limited = (limit: number, cursor: string) =>
    `${path.replace(/\?.*/, '')}?limit=${limit}${cursor && `&cursor=${cursor}`}`;
  let cursor = '';
  for (let left = rows; left > 0; left -= 1_000) {
    const { json } = await client.send('GET', limited(Math.min(left, 1_000), cursor));
    cursor = json.nextCursor;
  }
  return limited(Number(/limit=(\d+)/.exec(path)?.[1] ?? 100), cursor);
}

const work = await mkdtemp(join(tmpdir(), 'dropsafe-bench-'));
const generator = startGenerator();
const installations: Installation[] = [];
try {
  const small = await open('small');
  const large = await open('large');
  print();
  for (const [title, find] of Object.entries(pages)) await compare(title, find, small, large);
} finally {
  generator.process.kill();
  for (const { product } of installations) await product.stop();
  await rm(work, { recursive: true, force: true });
}

async function open(name: keyof typeof sizes): Promise<Installation> {
  const size = sizes[name];
  const dataDir = join(resolve(options['data-dir'] ?? work), name);
  const webDir = join(work, 'web');
  await mkdir(dataDir, { recursive: true });
  await mkdir(webDir, { recursive: true });
  await writeFile(join(webDir, 'index.html'), '<!doctype html><title>Dropsafe</title>');
  const product = await startProduct({ dataDir, webDir, profileDir: undefined });
  const client = createClient(product.url);
  const installation = { product, client, size };
  installations.push(installation);
  const connection = await findRunningEmbeddedPostgres(dataDir);
  if (connection === undefined) throw new Error('The embedded database is not running.');
  const sql = postgres({ ...connection, max: 1, onnotice: () => {} });
  const began = performance.now();
  await fill(sql, size);
  await sql.end();
  print(
    `${name}: ${size.users} users, ${size.teams} teams, ${size.apiKeys} API keys, ${size.groups} groups, ${size.events} events, filled in ${((performance.now() - began) / 1_000).toFixed(0)} s`,
  );
  const signedIn = await client.signIn('admin', adminPassword);
  if (signedIn.status !== 200) throw new Error(`Signing in: ${signedIn.text}`);
  return installation;
}

/** Every user is in three teams and signed in; every team grants something. */
async function fill(sql: postgres.Sql, size: Installation['size']) {
  const { users, teams, apiKeys, groups, events } = size;
  const [found] = await sql<{ count: number }[]>`select count(*)::int as count from teams`;
  if (found?.count === teams) return;
  await sql`insert into users (id, name, canonical_name, created_at)
    select gen_random_uuid(), 'person-' || lpad(n::text, 6, '0'), 'person-' || lpad(n::text, 6, '0'), now() - n * interval '1 minute'
    from generate_series(0, ${users - 1}::int) as n`;
  await sql`insert into teams (id, name, canonical_name, created_at)
    select gen_random_uuid(), 'team-' || lpad(n::text, 6, '0'), 'team-' || lpad(n::text, 6, '0'), now() - n * interval '1 minute'
    from generate_series(0, ${teams - 1}::int) as n`;
  await sql`insert into team_members (team_id, user_id, canonical_name)
    select t.id, u.id, u.canonical_name from (select id, canonical_name, row_number() over (order by name) - 1 as n from users where name like 'person-%') as u
    cross join generate_series(0, 2) as k
    join (select id, row_number() over (order by name) - 1 as n from teams) as t on t.n = (u.n + k * 7) % ${teams}::int`;
  await sql`insert into grants (principal_id, permission) select id, 'SECRET_MANAGEMENT_READ' from teams`;
  await sql`insert into sessions (id, token_hash, user_id, created_at, last_seen_at, expires_at)
    select gen_random_uuid(), sha256(id::text::bytea), id, created_at, now() + interval '1 day', now() + interval '1 day'
    from users where name like 'person-%'`;
  await sql`insert into api_keys (id, name, canonical_name, token_hash, ends_with, created_by, created_at)
    select gen_random_uuid(), 'key-' || lpad(n::text, 6, '0'), 'key-' || lpad(n::text, 6, '0'), sha256(n::text::bytea), 'abcd', 'admin', now() - n * interval '1 minute'
    from generate_series(0, ${apiKeys - 1}::int) as n`;
  await sql`insert into oidc_groups (id, provider, group_name, team_id, created_at)
    select gen_random_uuid(), 'corp', 'group-' || lpad(n::text, 6, '0'), t.id, now() - n * interval '1 minute'
    from generate_series(0, ${groups - 1}::int) as n
    join (select id, row_number() over (order by name) - 1 as place from teams) as t on t.place = n % ${teams}::int`;
  await fillTrail(sql, events);
  await sql`vacuum analyze`;
}

/** The indexes are made afterwards, as for every table that is filled in bulk. */
async function fillTrail(sql: postgres.Sql, events: number): Promise<void> {
  const indexes = await sql<{ name: string; text: string }[]>`
    select indexname as name, indexdef as text from pg_indexes
    where tablename = 'audit_events' and indexname <> 'audit_events_pkey'`;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  const [end] = await sql<{ id: number }[]>`select last_id::int as id from audit_chain`;
  const first = (end?.id ?? 0) + 1;
  const batch = 500_000;
  for (let from = first; from < first + events; from += batch) {
    const to = Math.min(from + batch, first + events) - 1;
    // One in 500 of the last 10,000 has a rare action, a rare principal and a rare subject, half of them as a part: as many in both
    // sizes. Of all others every other one is of the robot, which never does what half of the rest is: signing in.
    await sql`insert into audit_events (id, at, principal_kind, principal_id, principal_name, means, action, subject, address, request_id, mac)
      select n, now() - (${first + events}::int - n) * interval '100 ms', 'user', '00000000-0000-4000-8000-000000000001',
        case when rare then 'rarely-here' when n % 2 = 0 then 'robot' else 'person-' || lpad((n % 1000)::text, 6, '0') end, 'password',
        case when rare then 'team.deleted' when n % 2 = 1 then 'session.started' when n % 3 = 0 then 'secret.created' else 'secret.updated' end,
        case when rare and n % 1000 = 0 then 'RARELY' when rare then 'rare/RARELY' else 'SECRET_' || n % 5000 end, '10.0.0.1', gen_random_uuid()::text, sha256(n::text::bytea)
      from (select n, n > ${first + events - 10_000}::int and n % 500 = 0 as rare
        from generate_series(${from}::int, ${to}::int) as n) as numbered`;
  }
  for (const { text } of indexes) await sql.unsafe(text);
  const last = first + events - 1;
  await sql`update audit_chain set last_id = ${last}, last_mac = sha256(${String(last)}::bytea)`;
}

async function compare(title: string, find: FindPage, small: Installation, large: Installation) {
  const measured = [small, large].map((installation) => ({
    installation,
    path: find(installation),
    latenciesMs: [] as number[],
  }));
  for (let round = 0; round <= rounds; round += 1) {
    for (const { installation, path, latenciesMs } of measured) {
      const { product, client } = installation;
      const result = await generator.run({
        port: product.port,
        connections: 1,
        durationMs: sliceMs,
        method: 'GET',
        path: `/api/v1${await path}`,
        headers: { Cookie: client.cookie ?? '' },
        body: undefined,
        names: [],
        status: 200,
      });
      // The first round warms up both.
      if (round > 0) latenciesMs.push(median(result.latenciesMs));
    }
  }
  const [ofSmall, ofLarge] = measured.map(({ latenciesMs }) => median(latenciesMs));
  const cost = (ofLarge ?? Number.NaN) / (ofSmall ?? Number.NaN);
  judge(
    title,
    cost <= mostCost,
    `${ofLarge?.toFixed(2)} ms, ${cost.toFixed(2)} of ${ofSmall?.toFixed(2)} ms in the small one; target ≤ ${mostCost}`,
  );
}
