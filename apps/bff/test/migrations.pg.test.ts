import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hash } from '@node-rs/argon2';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { Redacted } from '../src/base/redacted.ts';
import { migrationsFolder } from '../src/config.ts';
import { endOf, printApiKey } from '../src/identity/api-key.ts';
import { accountKey } from '../src/identity/attempts.ts';
import { hashToken, mintApiKey } from '../src/identity/token.ts';
import { sealCheck, sealValue } from '../src/keys/envelope.ts';
import { makeKeyset, parseKeyset } from '../src/keys/keyring.ts';
import { writeKeysetFile } from '../src/keys/keyset-file.ts';
import { newCanary } from '../testkit/canary.ts';
import { createProgram } from '../testkit/client.ts';
import { newDataDir, setPermissions, startTestNode, testPassword } from '../testkit/node.ts';
import { readStored } from '../testkit/opened.ts';
import { createTestDatabase } from '../testkit/postgres.ts';
import { until } from '../testkit/until.ts';

/** The tables as the version of that many migrations left them. */
async function migrateTo(sql: postgres.Sql, count: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dropsafe-migrations-'));
  await cp(migrationsFolder, folder, { recursive: true });
  const path = join(folder, 'meta/_journal.json');
  const journal = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
  await migrate(drizzle({ client: sql }), { migrationsFolder: folder });
  await rm(folder, { recursive: true });
}

test('a database of before the audit chain keeps its data, and its trail becomes the beginning of the chain', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 2);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', 'none')`;
  await sql`insert into grants values (${user}, 'SECRET_MANAGEMENT')`;
  await sql`insert into sessions (id, token_hash, user_id, expires_at)
    values (gen_random_uuid(), '\\x00', ${user}, now() + interval '1 hour')`;
  for (const [action, subject] of [
    ['user.created', 'Anna'],
    ['session.started', 'Anna'],
    ['secret.created', 'FIRST'],
  ] as const) {
    await sql`insert into audit_events (principal_kind, action, subject, request_id) values ('user', ${action}, ${subject}, 'r')`;
    // Numbers that were given out and rolled back leave gaps.
    await sql`select nextval(pg_get_serial_sequence('audit_events', 'id'))`;
  }
  const before = await sql`select at, action, subject from audit_events order by id`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const after = await sql<
    { id: string; macs: number; at: Date; action: string; subject: string }[]
  >`select id, length(mac) as macs, at, action, subject from audit_events order by id`;
  expect(after.map(({ at, action, subject }) => ({ at, action, subject }))).toEqual([...before]);
  expect(after.map(({ id, macs }) => [id, macs])).toEqual([
    ['1', 32],
    ['2', 32],
    ['3', 32],
  ]);
  expect(await sql`select name from users`).toEqual([{ name: 'Anna' }]);
  expect(await sql`select means from sessions`).toEqual([{ means: 'password' }]);
  // The next event follows upon the old ones.
  await node.client().signIn('nobody', 'wrong');
  expect(
    await sql`select max(event.id) as id, max(last_id) as last from audit_events event, audit_chain`,
  ).toEqual([{ id: '4', last: '4' }]);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('a session of before sessions had an address goes on, and says that it is not known', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 3);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  const token = 'a-token-of-before';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', 'none')`;
  await sql`insert into sessions (id, token_hash, user_id, expires_at)
    values (gen_random_uuid(), sha256(${token}), ${user}, now() + interval '1 hour')`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const { json } = await node.client(`dropsafe=${token}`).send('GET', '/sessions');
  expect(json.items).toEqual([
    expect.objectContaining({ address: null, agent: null, isCurrent: true, means: 'password' }),
  ]);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('a database of before users could be invited keeps who may do what, and the operator makes somebody manage access', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 4);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', ${await hash(testPassword)})`;
  await sql`insert into grants values (${user}, 'SECRET_MANAGEMENT')`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const anna = node.client();
  expect((await anna.signIn('anna', testPassword)).json.permissions).toEqual(['SECRET_MANAGEMENT']);
  expect((await anna.send('GET', '/users')).status).toBe(403);
  const env = { DATABASE_URL: database.url, DROPSAFE_DATA_DIR: node.dataDir };
  await setPermissions(env, 'anna', ['SECRET_MANAGEMENT', 'ACCESS_MANAGEMENT']);
  expect((await anna.send('GET', '/users')).json.items).toMatchObject([
    { id: user, name: 'Anna', isDisabled: false, hasPassword: true, passkeys: 0, teams: [] },
  ]);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('a session of before there were providers goes on, and nothing of its user is by a provider', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 5);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  const token = 'a-token-of-before';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', 'none')`;
  await sql`insert into grants values (${user}, 'ACCESS_MANAGEMENT')`;
  await sql`insert into sessions (id, token_hash, user_id, expires_at)
    values (gen_random_uuid(), sha256(${token}), ${user}, now() + interval '1 hour')`;
  const team = '7c1d9a52-0f0e-4a53-8b55-1f2e3d4c5b6a';
  await sql`insert into teams (id, name, canonical_name) values (${team}, 'Release', 'release')`;
  await sql`insert into team_members (team_id, user_id) values (${team}, ${user})`;
  const key = printApiKey(randomBytes(32));
  await sql`insert into api_keys (id, name, token_hash, ends_with, created_by)
    values (${team}, 'deploy', ${hashToken(key)}, ${endOf(key)}, 'Anna')`;
  await sql`insert into grants values (${team}, 'SECRET_MANAGEMENT_READ')`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const anna = node.client(`dropsafe=${token}`);
  expect((await anna.send('GET', `/users/${user}`)).json).toMatchObject({
    name: 'Anna',
    hasPassword: true,
    provider: null,
    teams: [{ id: team, name: 'Release', provider: null }],
  });
  expect((await anna.send('GET', '/api-keys')).json.items).toMatchObject([
    { name: 'deploy', team: null, effectivePermissions: [{ isDirect: true, teams: [] }] },
  ]);
  expect((await createProgram(node.url, key).send('GET', '/secrets')).status).toBe(200);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('members of a team of before they had an order of their own are listed by name, and a new name moves them', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 8);
  const team = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into teams (id, name, canonical_name) values (${team}, 'Release', 'release')`;
  await sql`insert into users (id, name, canonical_name)
    select gen_random_uuid(), name, lower(name) from unnest(array['Carla', 'anna', 'Bea']) as name`;
  await sql`insert into team_members (team_id, user_id) select ${team}, id from users`;
  // Two that look the same, and one that looks like no other.
  const [latin, cyrillic, other] = ['Copa', '\u0421\u043E\u0440\u0430', '\u0411\u043E\u0440\u0430'];
  for (const [seconds, name] of [latin, cyrillic, other].entries())
    await sql`insert into users (id, name, canonical_name, created_at)
      values (gen_random_uuid(), ${name}, ${name.toLowerCase()}, now() + make_interval(secs => ${seconds}))`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const admin = await node.as('adam', ['ACCESS_MANAGEMENT']);
  const members = async () => {
    const { json } = await admin.send('GET', `/teams/${team}/members`);
    return json.items.map(({ name }: { name: string }) => name);
  };
  expect(await members()).toEqual(['anna', 'Bea', 'Carla']);
  const [anna] = (await admin.send('GET', '/users?q=anna')).json.items;
  expect((await admin.send('PATCH', `/users/${anna.id}`, { name: 'Zoe' })).status).toBe(200);
  expect(await members()).toEqual(['Bea', 'Carla', 'Zoe']);
  // Whoever looks like somebody else goes on.
  const [copy] = (await admin.send('GET', `/users?q=${encodeURIComponent(cyrillic)}`)).json.items;
  for (const isDisabled of [true, false])
    expect((await admin.send('PATCH', `/users/${copy.id}`, { isDisabled })).status).toBe(200);
  const looks =
    await sql`select name, skeleton from users where name = any(${[latin, cyrillic, other, 'Bea']}) order by skeleton`;
  expect([...looks]).toEqual([
    { name: 'Bea', skeleton: 'bea' },
    { name: latin, skeleton: 'copa' },
    { name: other, skeleton: other.toLowerCase() },
    { name: cyrillic, skeleton: null },
  ]);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('a secret of before there were other providers opens, can be narrowed, and its name stays its own', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 9);
  const { dataDir, remove } = await newDataDir();
  const file = join(dataDir, 'keys/keyset.json');
  const keyset = makeKeyset(new Date());
  await writeKeysetFile(file, keyset);
  const { primary } = parseKeyset(keyset, file);
  await sql`insert into keks (id, check_value) values (${primary.id}, ${sealCheck(primary)})`;
  const id = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  const destinations = ['https://a.example', 'https://b.example'];
  const value = newCanary();
  const sealed = sealValue(
    primary,
    { secretId: id, name: 'OLD', valueVersion: 3, destinations },
    new Redacted(Buffer.from(value)),
  );
  await sql`insert into secrets (id, name, provider, version, destinations, value_version, kek_id, wrapped_dek, sealed_value,
      created_at, created_by, value_updated_at)
    values (${id}, 'OLD', 'database', 5, ${destinations}, 3, ${sealed.kekId}, ${sealed.wrappedDek}, ${sealed.sealedValue},
      now(), 'anna', now())`;

  const node = await startTestNode({ DATABASE_URL: database.url, DROPSAFE_DATA_DIR: dataDir });
  const admin = await node.as('adam', ['SECRET_MANAGEMENT']);
  const stored = async () => [...(await readStored(sql, file)).secrets.values()];
  const old = { name: 'OLD', value, description: null };
  expect(await stored()).toEqual([{ ...old, destinations, version: 5 }]);
  const kept = destinations.slice(0, 1);
  const narrowed = await admin.send('PATCH', '/secrets/OLD', { destinations: kept });
  expect([narrowed.status, narrowed.json]).toMatchObject([
    200,
    { provider: 'database', state: 'ready', alsoIn: [], destinations: kept, version: 6 },
  ]);
  expect(await stored()).toEqual([{ ...old, destinations: kept, version: 6 }]);
  const again = await admin.send('POST', '/secrets', { name: 'OLD', value: newCanary() });
  expect([again.status, again.problem.type]).toEqual([409, '/problems/secret-name-taken']);
  await expect(
    sql`insert into secrets (id, name, provider, version, destinations, value_version, created_at, created_by, value_updated_at)
      values (gen_random_uuid(), 'OLD', 'env', 1, '{}', 1, now(), 'anna', now())`,
  ).rejects.toThrow(/secrets_name/);
  await sql.end();
  await node.stop();
  await remove();
  await database.drop();
});

test('a secret of before there were integrations is used by none, and nobody may manage them yet', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 10);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', ${await hash(testPassword)})`;
  await sql`insert into grants values (${user}, 'SECRET_MANAGEMENT')`;
  await sql`insert into secrets (id, name, provider, version, destinations, value_version, created_at, created_by, value_updated_at)
    values (gen_random_uuid(), 'OLD', 'database', 1, '{}', 1, now(), 'anna', now())`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const anna = node.client();
  await anna.signIn('anna', testPassword);
  const { json } = await anna.send('GET', '/secrets/OLD/references');
  expect(json).toEqual({ items: [], nextCursor: null, total: 0 });
  expect((await anna.send('GET', '/integrations')).status).toBe(403);
  expect((await anna.send('DELETE', '/secrets/OLD')).status).toBe(204);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('a secret of before uses were counted was never used, by none of the integrations that mention it', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 11);
  const integration = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into secrets (id, name, provider, version, destinations, value_version, created_at, created_by, value_updated_at)
    values (gen_random_uuid(), 'OLD', 'database', 1, '{}', 1, now() - interval '1 year', 'anna', now())`;
  await sql`insert into secret_references (secret_name, integration_id, integration_name, canonical_name, fields, target)
    values ('OLD', ${integration}, 'GitHub', 'github', '{token}', 'https://api.github.com')`;
  await sql`insert into sign_in_attempts (key_hash, failures, last_failure_at)
    values (${accountKey('admin').keyHash}, 100, now())`;

  const node = await startTestNode({ DATABASE_URL: database.url });
  const reader = await node.as('reader', ['SECRET_MANAGEMENT_READ', 'INTEGRATION_USE']);
  const { json } = await reader.send('GET', '/secrets/OLD/references');
  expect(json.items).toEqual([
    { integration: { id: integration, name: 'GitHub' }, fields: ['token'], lastUsedAt: null },
  ]);
  const { days } = (await reader.send('GET', '/secrets/OLD/uses')).json;
  expect(days.map(({ uses, failures }: Record<string, number>) => [uses, failures])).toEqual(
    Array.from({ length: 30 }, () => [0, 0]),
  );
  for (const unused of ['never', '90d'])
    expect((await reader.send('GET', `/secrets?unused=${unused}`)).json.total).toBe(1);
  // An account that was locked before the trail was told so stays locked, and the trail is told.
  expect((await node.client().signIn('admin', testPassword)).status).toBe(429);
  const locked = await sql`select id from audit_events where 'account-locked' = any(fields)`;
  expect(locked).toHaveLength(1);
  await sql.end();
  await node.stop();
  await database.drop();
});

test('API keys of before their names had one form keep working and keep their names, even two that are one by now', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await migrateTo(sql, 14);
  // A ligature, letters of two scripts, an unseen letter: all of them were let in.
  const names = ['Profile', 'pro\ufb01le', 'p\u0430y', 'pay\u3164'];
  const keys = names.map((name) => ({ id: crypto.randomUUID(), name, token: mintApiKey() }));
  for (const { id, name, token } of keys) {
    await sql`insert into api_keys (id, name, token_hash, ends_with, created_by) values (${id}, ${name}, ${hashToken(token)}, 'x', 'anna')`;
    await sql`insert into grants values (${id}, 'ACCESS_MANAGEMENT')`;
  }

  const node = await startTestNode({ DATABASE_URL: database.url });
  for (const { name, token } of keys) {
    const program = createProgram(node.url, token);
    const { json } = await program.send('GET', `/api-keys?q=${encodeURIComponent(name)}`);
    expect(json.items.map((item: { name: string }) => item.name)).toContain(name);
  }
  const [first, second] = keys;
  const program = createProgram(node.url, first?.token ?? '');
  const change = (body: object) => program.send('PATCH', `/api-keys/${second?.id}`, body);
  expect((await change({ permissions: ['AUDIT_READ'] })).json).toMatchObject({ name: names[1] });
  expect((await change({ name: 'PROFILE' })).problem.type).toBe('/problems/api-key-name-taken');
  expect((await change({ name: 'Profile 2' })).json).toMatchObject({ name: 'Profile 2' });
  await sql.end();
  await node.stop();
  await database.drop();
});

test('nodes of the version before that hold rows, in whatever order, neither fail nor let the migration fail', async () => {
  const database = await createTestDatabase();
  const sql = postgres(database.url, { max: 4, onnotice: () => {} });
  await migrateTo(sql, 12);
  const user = '0b7e6b0a-3c44-4e8b-9a55-6f7e2d1c0b9a';
  await sql`insert into users (id, name, canonical_name, password_hash) values (${user}, 'Anna', 'anna', 'none')`;
  const { keyHash } = accountKey('anna');
  const old = [await sql.reserve(), await sql.reserve()] as const;
  /** Waits until somebody waits for a lock on this table. */
  const isWanted = (table: string) =>
    until(
      `the migration wants ${table}`,
      async () =>
        (await sql`select 1 from pg_locks where relation = ${table}::regclass and not granted`)
          .length > 0,
    );
  const tell = (on: postgres.ReservedSql, subject: string) =>
    on`insert into audit_events (id, mac, at, principal_kind, action, subject, request_id)
      select coalesce(max(id), 0) + 1, '\\x00', now(), 'user', 'session.started', ${subject}, 'r' from audit_events`;

  const [signIn, attempt] = old;
  await signIn`begin`;
  await signIn`select id from users where id = ${user} for share`;
  await attempt`begin`;
  await attempt`insert into sign_in_attempts (key_hash, failures, last_failure_at) values (${keyHash}, 1, now())`;
  const starting = startTestNode({ DATABASE_URL: database.url });
  await isWanted('users');
  await tell(signIn, 'Anna');
  await signIn`commit`;
  // The other way round than the migration: it holds the users by now.
  await isWanted('sign_in_attempts');
  await attempt`select id from users where id = ${user}`;
  await tell(attempt, 'Anna');
  await attempt`commit`;

  const node = await starting;
  expect((await sql`select id from audit_events where subject = 'Anna'`).length).toBe(2);
  for (const connection of old) connection.release();
  await sql.end();
  await node.stop();
  await database.drop();
});
