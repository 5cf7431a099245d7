/**
 * @file The `dropsafe` command as the operator's terminal runs it: a process of its own, beside a running node and without
 * one. What it changes is in effect on the node's next request, and it shows nothing but a password that it made up.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { newCanary, sweep, type Leak } from '../testkit/canary.ts';
import { createClient } from '../testkit/client.ts';
import { newDataDir, spawnNode, testPassword, type SpawnedNode } from '../testkit/node.ts';
import { connectBeside, connectTo } from '../testkit/opened.ts';
import { createTestDatabase } from '../testkit/postgres.ts';
import { processesOf, runProgram, type Ended } from '../testkit/processes.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const program = join(import.meta.dirname, '../src/cli/cli.ts');
const leaks: Leak[] = [];
const cleanUps: (() => unknown)[] = [];
let dataDir: string;
let env: Record<string, string>;
let node: SpawnedNode;

beforeAll(async () => {
  const place = await newDataDir();
  cleanUps.push(place.remove);
  ({ dataDir } = place);
  env = { DROPSAFE_DATA_DIR: dataDir };
  node = await spawnNode(env);
  cleanUps.push(() => node.end());
});

afterAll(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

/** Runs `dropsafe` with these arguments. */
async function dropsafe(args: string[], input?: string, environment = env): Promise<Ended> {
  const given = { args, env: environment, ...(input !== undefined && { input }) };
  const ended = await runProgram(program, given).ended;
  leaks.push(...sweep(args.join(' '), ended.output));
  return ended;
}

/** Runs it with success; answers what it says. */
async function done(args: string[], input?: string, environment = env): Promise<string> {
  const ended = await dropsafe(args, input, environment);
  expect([ended.code, ended.stderr]).toEqual([0, '']);
  return ended.stdout;
}

/** Runs it in vain; answers its complaint. Nothing is on standard output then. */
async function refused(args: string[], input?: string): Promise<string> {
  const ended = await dropsafe(args, input);
  expect([ended.code, ended.stdout]).toEqual([1, '']);
  return ended.stderr;
}

const passwordIn = (text: string) => /^ {2}Password {2}(\S+)$/m.exec(text)?.[1] ?? '';

async function signIn(username: string, password: string) {
  const client = createClient(node.url);
  const answer = await client.signIn(username, password);
  return { client, status: answer.status, session: answer.json };
}

/** The events about a user, with their principal. */
async function eventsAbout(name: string): Promise<string[]> {
  const sql = await connectBeside(dataDir);
  try {
    const rows = await sql<{ told: string }[]>`
      select concat_ws(' ', principal_kind, principal_name, action, array_to_string(permissions, ',')) as told
      from audit_events where subject = ${name} order by id`;
    return rows.map(({ told }) => told.trimEnd());
  } finally {
    await sql.end();
  }
}

describe('users create', () => {
  test('makes a user with a random password, which is shown once and signs in', async () => {
    const said = await done(['users', 'create', 'alice', '--permission', 'SECRET_MANAGEMENT_READ']);
    const password = passwordIn(said);
    expect(said).toBe(`User alice was created.\n\n  Password  ${password}\n\nIt is shown once.\n`);
    expect(password).toMatch(/^([0-9a-z]{5}-){5}[0-9a-z]{5}$/);
    const { status, session } = await signIn('alice', password);
    expect([status, session.permissions]).toEqual([200, ['SECRET_MANAGEMENT_READ']]);
    expect(await eventsAbout('alice')).toEqual([
      'system terminal user.created SECRET_MANAGEMENT_READ',
      'anonymous session.started',
    ]);
  });

  test('takes a password from standard input, without its line break, and does not show it', async () => {
    const password = newCanary();
    const said = await done(['users', 'create', 'bob', '--password-stdin'], `${password}\n`);
    expect(said).toBe('User bob was created.\n');
    const { status, session } = await signIn('bob', password);
    expect([status, session.permissions]).toEqual([200, []]);
  });

  test.each([
    [
      'a name that is taken, in another spelling',
      ['ADMIN'],
      testPassword,
      'There is already a user of this name, or of one that looks the same.\n',
    ],
    [
      'a name with blanks',
      ['no blanks'],
      testPassword,
      'Use up to 64 letters, digits and the characters . _ @ + -\n',
    ],
    [
      'a password that is easy to guess',
      ['carol'],
      'passwordpassword',
      /^This password is too easy to guess\. [^\n]+\n$/,
    ],
    [
      'the user name as the password',
      ['constantinople1453'],
      'constantinople1453',
      /^This password is too easy to guess\. [^\n]+\n$/,
    ],
    [
      'a password that is too short',
      ['carol'],
      'short',
      'Use at least 15 characters. A few words in a row are fine.\n',
    ],
  ])('refuses %s, and makes no user', async (_, [name = ''], password, complaint) => {
    expect(await refused(['users', 'create', name, '--password-stdin'], password)).toEqual(
      typeof complaint === 'string' ? complaint : expect.stringMatching(complaint),
    );
    expect(await eventsAbout(name)).toEqual([]);
  });
});

describe('users reset-password', () => {
  test('gives a new password, ends all sessions and unlocks the account', async () => {
    const old = testPassword;
    await done(['users', 'create', 'dora', '--password-stdin'], old);
    const before = await signIn('dora', old);
    await lock('dora');
    expect((await signIn('dora', old)).status).toBe(429);

    const password = passwordIn(await done(['users', 'reset-password', 'Dora']));
    expect((await before.client.send('GET', '/session')).status).toBe(401);
    expect((await signIn('dora', password)).status).toBe(200);
    expect((await signIn('dora', old)).status).toBe(401);
    expect(await eventsAbout('dora')).toContain('system terminal user.password-reset');
  });

  test('takes the new password from standard input', async () => {
    await done(['users', 'create', 'emil']);
    const password = newCanary();
    const said = await done(
      ['users', 'reset-password', 'emil', '--password-stdin'],
      `${password}\r\n`,
    );
    expect(said).toBe(
      'emil has a new password; all sessions of this user have ended, and its passkeys were removed.\n',
    );
    expect((await signIn('emil', password)).status).toBe(200);
  });

  test('refuses a password that is easy to guess, and an unknown user', async () => {
    const { client } = await signIn('admin', testPassword);
    expect(
      await refused(['users', 'reset-password', 'admin', '--password-stdin'], 'dropsafedropsafe'),
    ).toMatch(/^This password is too easy to guess/);
    expect((await client.send('GET', '/session')).status).toBe(200);
    expect(await refused(['users', 'reset-password', 'nobody'])).toBe(
      'There is no user of this name, or they are disabled.\n',
    );
  });

  /** As many failures as lock the account until the operator comes; made by SQL, as the waits between them take hours. */
  async function lock(name: string): Promise<void> {
    expect((await signIn(name, 'a wrong password')).status).toBe(401);
    const sql = await connectBeside(dataDir);
    await sql`update sign_in_attempts set failures = 100 where failures > 0
      and key_hash = sha256(convert_to('account', 'UTF8') || '\\x00'::bytea || convert_to(${name}, 'UTF8'))`;
    await sql.end();
  }
});

describe('users set-permissions', () => {
  test('is in effect on the next request of a running node', async () => {
    await done(
      ['users', 'create', 'fred', '--password-stdin', '--permission', 'SECRET_MANAGEMENT'],
      testPassword,
    );
    const { client } = await signIn('fred', testPassword);
    const create = (name: string) => client.send('POST', '/secrets', { name, value: newCanary() });
    expect((await create('allowed')).status).toBe(201);

    const narrow = [
      '--permission',
      'SECRET_MANAGEMENT_READ',
      '--permission',
      'SECRET_MANAGEMENT_DELETE',
    ];
    expect(await done(['users', 'set-permissions', 'fred', ...narrow])).toBe(
      'fred now has: SECRET_MANAGEMENT_READ, SECRET_MANAGEMENT_DELETE.\n',
    );
    expect((await create('refused')).status).toBe(403);
    expect((await client.send('DELETE', '/secrets/allowed')).status).toBe(204);

    expect(await done(['users', 'set-permissions', 'fred'])).toBe('fred now has: no permission.\n');
    expect((await client.send('GET', '/secrets')).status).toBe(403);

    await done(['users', 'set-permissions', 'fred', '--permission', 'SECRET_MANAGEMENT_CREATE']);
    expect((await create('allowed')).status).toBe(201);
    expect((await eventsAbout('fred')).filter((told) => told.includes('permissions-set'))).toEqual([
      'system terminal user.permissions-set SECRET_MANAGEMENT_READ,SECRET_MANAGEMENT_DELETE',
      'system terminal user.permissions-set',
      'system terminal user.permissions-set SECRET_MANAGEMENT_CREATE',
    ]);
  });

  test('refuses an unknown user', async () => {
    expect(await refused(['users', 'set-permissions', 'nobody'])).toBe(
      'There is no user of this name, or they are disabled.\n',
    );
  });
});

describe('secrets bind', () => {
  let other: SpawnedNode;
  let sql: ReturnType<typeof connectTo>;
  let here: Record<string, string>;
  let reader: ReturnType<typeof createClient>;
  const providers = JSON.stringify([{ type: 'database' }, { type: 'env' }]);

  beforeAll(async () => {
    const database = await createTestDatabase();
    cleanUps.push(database.drop);
    const place = await newDataDir();
    cleanUps.push(place.remove);
    here = {
      DROPSAFE_DATA_DIR: place.dataDir,
      DATABASE_URL: database.url,
      DROPSAFE_PROVIDERS: providers,
    };
    other = await spawnNode({ ...here, DROPSAFE_SECRET_FROM_ENV: newCanary() });
    cleanUps.push(() => other.end());
    sql = connectTo(database.url);
    cleanUps.push(() => sql.end());
    reader = createClient(other.url);
    await reader.signIn('admin', testPassword);
    await reader.send('POST', '/secrets', { name: 'TYPED', value: newCanary() });
  });

  const bind = (...args: string[]) => done(['secrets', 'bind', ...args], undefined, here);
  const refusedHere = async (...args: string[]) => {
    const ended = await dropsafe(['secrets', 'bind', ...args], undefined, here);
    expect([ended.code, ended.stdout]).toEqual([1, '']);
    return ended.stderr;
  };
  const shown = async () => (await reader.send('GET', '/secrets?provider=env')).json.items[0];
  const bindings = async () =>
    (
      await sql<{ told: string }[]>`
        select concat_ws(' ', principal_kind, principal_name, subject, array_to_string(fields, ',')) as told
        from audit_events where action = 'secret.bound' order by id`
    ).map(({ told }) => told);
  const copy = () =>
    reader.send('POST', '/secrets/FROM_ENV/copies', { from: 'env', to: 'database' });

  test('says where a value may be sent that is not in the database, and what it is for', async () => {
    expect(
      await bind(
        'FROM_ENV',
        '--provider=env',
        '--description=of the old platform',
        '--destination=https://API.example.com:443',
        '--destination=https://*.example.org',
      ),
    ).toBe('FROM_ENV in env may be sent to: https://*.example.org, https://api.example.com.\n');
    expect(await shown()).toMatchObject({
      description: 'of the old platform',
      destinations: ['https://*.example.org', 'https://api.example.com'],
      updatedBy: 'terminal',
      version: 2,
    });
    expect(await bind('FROM_ENV', '--provider=env', '--description=another')).toMatch(
      /^FROM_ENV in env may be sent to: /,
    );
    expect(await bind('FROM_ENV', '--provider=env', '--no-destinations')).toBe(
      'FROM_ENV in env may be sent nowhere.\n',
    );
    expect(await shown()).toMatchObject({ description: 'another', destinations: [] });
    expect(await bindings()).toEqual([
      'system terminal FROM_ENV/env description,destinations',
      'system terminal FROM_ENV/env description',
      'system terminal FROM_ENV/env destinations',
    ]);
  });

  test('binds anew what was altered in the database, and nothing else does', async () => {
    await bind('FROM_ENV', '--provider=env', '--destination=https://api.example.com');
    await sql`update secrets set destinations = '{https://evil.example.com}' where name = 'FROM_ENV'`;
    await bind('FROM_ENV', '--provider=env', '--description=harmless');
    expect((await copy()).status).toBe(500);
    await bind('FROM_ENV', '--provider=env', '--destination=https://api.example.com');
    const { status, json } = await copy();
    expect([status, json.destinations]).toEqual([201, ['https://api.example.com']]);
  });

  test.each([
    [
      'a secret of the database, which needs a new value for that',
      ['TYPED', '--provider=database', '--destination=https://api.example.com'],
      'The provider database seals destinations together with the value: set a new value to name others.\n',
    ],
    [
      'a provider that is not configured',
      ['FROM_ENV', '--provider=vault', '--no-destinations'],
      /^There is no provider of this name\. This command reads DROPSAFE_PROVIDERS /,
    ],
    [
      'a name that nothing has',
      ['NOT_THERE', '--provider=env', '--no-destinations'],
      'There is no secret of this name in this provider, as far as the nodes have seen.\n',
    ],
    [
      'what is no name',
      [newCanary(), '--provider=env', '--no-destinations'],
      /^name: Use (letters|at most)/,
    ],
    [
      'what is no destination, and says which',
      [
        'FROM_ENV',
        '--provider=env',
        '--destination=https://a.example',
        `--destination=${newCanary()}`,
      ],
      /^destination 2: [A-Z]/,
    ],
    ['nothing to bind', ['FROM_ENV', '--provider=env'], /^Give --destination, /],
    [
      'no provider',
      ['FROM_ENV', '--no-destinations'],
      /^Name the provider with --provider\.\n\nUsage:/,
    ],
    [
      'destinations and none',
      ['FROM_ENV', '--provider=env', '--destination=https://a.example', '--no-destinations'],
      /^Give either --destination or --no-destinations\./,
    ],
  ])('refuses %s', async (_, args, complaint) => {
    const before = [await bindings(), await shown()];
    expect(await refusedHere(...args)).toEqual(
      typeof complaint === 'string' ? complaint : expect.stringMatching(complaint),
    );
    expect([await bindings(), await shown()]).toEqual(before);
  });

  test('leaves the catalogue alone, although the terminal has none of the variables', async () => {
    expect(await shown()).toMatchObject({ name: 'FROM_ENV', alsoIn: ['database'] });
  });
});

describe('a mistake in the command line', () => {
  test.each([
    [
      'an unknown permission',
      ['users', 'create', 'gina', '--permission', newCanary()],
      'There is no such permission.',
    ],
    [
      'an unknown option',
      ['users', 'create', 'gina', '--password', newCanary()],
      'There is no such option.',
    ],
    ['an unknown command', ['users', 'toString', 'gina'], 'There is no such command.'],
    ['a word too many', ['users', 'create', 'gina', newCanary()], 'There is no such command.'],
    ['nothing', [], 'There is no such command.'],
  ])('(%s) is answered with the usage, and changes nothing', async (_, args, complaint) => {
    const said = await refused(args);
    expect(said.startsWith(`${complaint}\n\nUsage:\n`)).toBe(true);
    expect(said).toContain('SECRET_MANAGEMENT_READ');
    expect(await eventsAbout('gina')).toEqual([]);
  });
});

describe('without a running node', () => {
  test('the command starts the embedded database itself, and leaves none behind', async () => {
    const place = await newDataDir();
    cleanUps.push(place.remove);
    const alone = { DROPSAFE_DATA_DIR: place.dataDir };
    const said = await done(
      ['users', 'create', 'hugo', '--permission', 'SECRET_MANAGEMENT'],
      undefined,
      alone,
    );
    const password = passwordIn(said);
    expect(said).toContain(
      `Nobody can sign in and manage access yet, and now that there is a user no start makes \`admin\`. To let hugo do it, run:

  npx pnpm dropsafe users set-permissions hugo --permission SECRET_MANAGEMENT --permission ACCESS_MANAGEMENT
`,
    );
    expect(processesOf(place.dataDir)).toEqual([]);
    const later = await spawnNode(alone);
    try {
      expect((await createClient(later.url).signIn('hugo', password)).status).toBe(200);
    } finally {
      await later.end();
    }
  });

  test('the command works on an external database, and says nothing of how it is reached', async () => {
    const database = await createTestDatabase();
    cleanUps.push(database.drop);
    const place = await newDataDir();
    cleanUps.push(place.remove);
    const external = { DROPSAFE_DATA_DIR: place.dataDir, DATABASE_URL: database.url };
    await done(['users', 'create', 'ida'], undefined, external);
    const sql = connectTo(database.url);
    expect([...(await sql`select name from users`)]).toEqual([{ name: 'ida' }]);
    await sql.end();
    const unreachable = {
      ...external,
      DATABASE_URL: `postgres://safe:${encodeURIComponent(newCanary())}@127.0.0.1:1/safe`,
    };
    const { code, stdout, stderr } = await dropsafe(
      ['users', 'create', 'ida'],
      undefined,
      unreachable,
    );
    expect([
      code,
      stdout,
      stderr.startsWith('The database cannot be reached (ECONNREFUSED).'),
    ]).toEqual([1, '', true]);
  });
});

test('no password or argument that was given was shown, and the node went on all the time', async () => {
  leaks.push(...sweep('output of the node', node.output()));
  expect(leaks).toEqual([]);
  expect(node.process.exitCode).toBeNull();
  expect((await signIn('admin', testPassword)).status).toBe(200);
});
