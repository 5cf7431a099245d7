import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createUser, startTestNode, testPassword, type TestNode } from '../../testkit/node.ts';

let node: TestNode;
let sql: postgres.Sql;
let env: Record<string, string>;

beforeAll(async () => {
  node = await startTestNode({ DROPSAFE_TRUSTED_PROXIES: '127.0.0.1' });
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  sql = postgres(node.databaseUrl);
});

afterAll(async () => {
  await sql.end();
  await node.stop();
});

/** Signs in from an address of its own, so that tests do not use up each other's attempts. */
function signInFrom(address: string, username: string, password: string) {
  return node
    .client()
    .send('POST', '/session', { username, password }, { 'X-Forwarded-For': address });
}

/** Lets the last failures lie further back than any wait. */
async function waitIsOver(): Promise<void> {
  await sql`update sign_in_attempts set last_failure_at = last_failure_at - interval '1 hour 1 second'`;
}

describe('signing in', () => {
  test('answers who one is and what one may do; the cookie is out of reach of scripts', async () => {
    await createUser(env, 'Anna', ['SECRET_MANAGEMENT_READ', 'SECRET_MANAGEMENT_CREATE']);
    const client = node.client();
    const answer = await client.signIn('anna', testPassword);
    expect(answer.json).toMatchObject({
      principal: { kind: 'user', name: 'Anna' },
      permissions: ['SECRET_MANAGEMENT_READ', 'SECRET_MANAGEMENT_CREATE'],
      idleTimeoutSeconds: 1800,
    });
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^dropsafe=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect((await client.send('GET', '/session')).json).toEqual(answer.json);
  });

  test('only a hash of the token is stored', async () => {
    const client = node.client();
    await client.signIn('anna', testPassword);
    const token = client.cookie?.split('=')[1] ?? '';
    const [row] = await sql<
      { dump: string }[]
    >`select string_agg(sessions::text, '') as dump from sessions`;
    expect(row?.dump).not.toContain(token);
    expect(row?.dump).not.toContain(Buffer.from(token).toString('hex'));
    expect(row?.dump).not.toContain(Buffer.from(token, 'base64url').toString('hex'));
  });

  test('a new session has a new token', async () => {
    const client = node.client();
    await client.signIn('anna', testPassword);
    const first = client.cookie;
    await client.signIn('anna', testPassword);
    expect(client.cookie).not.toBe(first);
  });

  test('an unknown user and a wrong password get one answer', async () => {
    const [unknown, wrong] = [
      await signInFrom('192.0.2.1', 'nobody-here', 'x'),
      await signInFrom('192.0.2.1', 'anna', 'x'),
    ];
    expect([unknown.status, { ...unknown.problem, requestId: '' }]).toEqual([
      401,
      { ...wrong.problem, requestId: '' },
    ]);
    expect([...unknown.headers.keys()]).toEqual([...wrong.headers.keys()]);
  });

  test('an unknown user takes as much work as a wrong password', async () => {
    const times = { unknown: [] as number[], wrong: [] as number[] };
    for (let round = 0; round < 12; round += 1) {
      for (const [kind, name] of [
        ['unknown', `ghost-${round}`],
        ['wrong', 'anna'],
      ] as const) {
        await sql`delete from sign_in_attempts`;
        const started = performance.now();
        await signInFrom('192.0.2.2', name, 'x');
        times[kind].push(performance.now() - started);
      }
    }
    const median = (list: number[]) => list.toSorted((a, b) => a - b)[list.length / 2] ?? 0;
    // A missing hash would be ten times quicker; ratios of medians in one run do not depend on the machine.
    expect(median(times.unknown) / median(times.wrong)).toBeGreaterThan(0.5);
    expect(median(times.unknown) / median(times.wrong)).toBeLessThan(2);
  });

  test('a typed name is not stored when nobody has it: it may be a password in the wrong field', async () => {
    await signInFrom('192.0.2.3', 'my-secret-password-in-the-name-field', 'x');
    const [row] = await sql<{ dump: string }[]>`
      select (select string_agg(e::text, '') from audit_events e) || (select string_agg(a::text, '') from sign_in_attempts a) as dump`;
    expect(row?.dump).not.toContain('my-secret-password');
    expect(node.lines.join('')).not.toContain('my-secret-password');
  });
});

describe('guessing', () => {
  test('an account must wait after five failures, under any spelling, from any address, also with the right password', async () => {
    await createUser(env, 'guessed', []);
    const spellings = ['guessed', 'GUESSED', ' guessed ', 'ｇｕｅｓｓｅｄ', 'Guessed'];
    for (const [index, name] of spellings.entries())
      expect((await signInFrom(`192.0.2.${10 + index}`, name, 'wrong')).status).toBe(401);
    const refused = await signInFrom('192.0.2.20', 'guessed', testPassword);
    expect([refused.status, refused.problem.type]).toEqual([429, '/problems/too-many-attempts']);
    expect(Number(refused.headers.get('Retry-After'))).toBe(refused.problem.retryAfterSeconds);
    await waitIsOver();
    expect((await signInFrom('192.0.2.20', 'guessed', testPassword)).status).toBe(200);
  });

  test('the failures are in the database: another node, or this one after a restart, knows them', async () => {
    await createUser(env, 'remembered', []);
    for (let n = 0; n < 5; n += 1) await signInFrom('192.0.2.30', 'remembered', 'wrong');
    const other = await startTestNode({ ...env, DROPSAFE_TRUSTED_PROXIES: '127.0.0.1' });
    try {
      const answer = await other
        .client()
        .send(
          'POST',
          '/session',
          { username: 'remembered', password: testPassword },
          { 'X-Forwarded-For': '192.0.2.31' },
        );
      expect(answer.status).toBe(429);
      // What an address failed as well.
      await signInFrom('192.0.2.32', 'from-there', 'wrong');
      await sql`update sign_in_attempts set failures = 30 where failures = 1`;
      const headers = { 'X-Forwarded-For': '192.0.2.32' };
      const body = { username: 'somebody-else', password: 'wrong' };
      expect((await other.client().send('POST', '/session', body, headers)).status).toBe(429);
    } finally {
      await other.stop();
    }
  });

  test('attempts at the same moment are all counted', async () => {
    await createUser(env, 'stormed', []);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => signInFrom(`192.0.2.${100 + n}`, 'stormed', 'wrong')),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect(answers.filter(({ status }) => status === 429)).toHaveLength(15);
  });

  test('after a hundred failures in a row the account is locked until the operator resets the password', async () => {
    await createUser(env, 'locked', []);
    await signInFrom('192.0.2.40', 'locked', 'wrong');
    await sql`update sign_in_attempts set failures = 100 where failures = 1`;
    await waitIsOver();
    const answer = await signInFrom('192.0.2.41', 'locked', testPassword);
    expect([answer.status, answer.problem.retryAfterSeconds]).toEqual([429, undefined]);
    expect(answer.problem.detail).toMatch(/locked.*reset-password/);
    await sql`delete from sign_in_attempts`;
  });

  test('an address must wait after many failures, whatever the names', async () => {
    const statuses: number[] = [];
    for (let n = 0; n < 22; n += 1)
      statuses.push((await signInFrom('198.51.100.7', `somebody-${n}`, 'x')).status);
    expect(statuses).toEqual([...Array<number>(21).fill(401), 429]);
    expect((await signInFrom('198.51.100.8', 'somebody', 'x')).status).toBe(401);
  });

  test('a network of IPv6 waits as one, as whoever has one address of it has them all', async () => {
    await sql`delete from sign_in_attempts`;
    await signInFrom('2001:db8:7:7::1', 'from-network', 'x');
    await sql`update sign_in_attempts set failures = 30 where failures = 1`;
    const statusFrom = async (address: string, name: string) =>
      (await signInFrom(address, name, 'x')).status;
    expect([
      await statusFrom('2001:db8:7:7:ffff:ffff:ffff:ffff', 'first'),
      await statusFrom('2001:db8:7:8::1', 'second'),
    ]).toEqual([429, 401]);
  });

  test('a success clears the account but not what others behind the address failed', async () => {
    await createUser(env, 'neighbour', []);
    for (let n = 0; n < 20; n += 1) await signInFrom('198.51.100.9', `anybody-${n}`, 'x');
    expect((await signInFrom('198.51.100.9', 'neighbour', testPassword)).status).toBe(200);
    expect((await signInFrom('198.51.100.9', 'anybody', 'x')).status).toBe(401);
    expect((await signInFrom('198.51.100.9', 'anybody-else', 'x')).status).toBe(429);
  });
});

describe('the end of a session', () => {
  test('signing out ends it at once and clears what the browser kept', async () => {
    const client = node.client();
    await client.signIn('anna', testPassword);
    const cookie = client.cookie;
    const answer = await client.send('DELETE', '/session');
    expect([answer.status, client.cookie, answer.headers.get('Clear-Site-Data')]).toEqual([
      204,
      undefined,
      '"cache", "cookies", "storage"',
    ]);
    expect((await node.client(cookie).send('GET', '/session')).status).toBe(401);
  });

  test.each([
    [
      'half an hour without a request',
      (sql_) => sql_`update sessions set last_seen_at = now() - interval '30 minutes 1 second'`,
    ],
    [
      'twelve hours, whatever is done with it',
      (sql_) => sql_`update sessions set expires_at = now()`,
    ],
    [
      'its user being disabled',
      (sql_) => sql_`update users set is_disabled = true where name = 'Anna'`,
    ],
  ] satisfies [string, (sql_: postgres.Sql) => Promise<unknown>][])('%s', async (_, end) => {
    const client = node.client();
    await client.signIn('anna', testPassword);
    expect((await client.send('GET', '/session')).status).toBe(200);
    await end(sql);
    const { status, problem } = await client.send('GET', '/session');
    expect([status, problem.type]).toEqual([401, '/problems/unauthenticated']);
    await sql`update users set is_disabled = false`;
  });

  test('a request within the half hour keeps it alive', async () => {
    const client = node.client();
    await client.signIn('anna', testPassword);
    for (let hour = 0; hour < 3; hour += 1) {
      await sql`update sessions set last_seen_at = now() - interval '29 minutes'`;
      expect((await client.send('GET', '/session')).status).toBe(200);
    }
  });
});

describe("changing one's password", () => {
  const newPassword = 'three otters under the lamp post';

  test('ends every other session and lets only the new password in', async () => {
    await createUser(env, 'changer', []);
    const [here, there] = [node.client(), node.client()];
    await here.signIn('changer', testPassword);
    await there.signIn('changer', testPassword);
    expect(
      (await here.send('PUT', '/session/password', { currentPassword: testPassword, newPassword }))
        .status,
    ).toBe(204);
    expect([
      (await here.send('GET', '/session')).status,
      (await there.send('GET', '/session')).status,
    ]).toEqual([200, 401]);
    expect([
      (await node.client().signIn('changer', testPassword)).status,
      (await node.client().signIn('changer', newPassword)).status,
    ]).toEqual([401, 200]);
  });

  test('needs the current one, and guessing it is limited like signing in', async () => {
    await createUser(env, 'hijacked', []);
    const thief = node.client();
    await thief.signIn('hijacked', testPassword);
    const answers = [];
    for (let n = 0; n < 6; n += 1)
      answers.push(
        await thief.send('PUT', '/session/password', { currentPassword: 'guess', newPassword }),
      );
    expect(answers.map(({ status }) => status)).toEqual([400, 400, 400, 400, 400, 429]);
    expect(answers[0]?.problem.errors).toEqual([
      { field: 'currentPassword', message: 'This is not your current password.' },
    ]);
  });

  test.each([
    ['too short', 'short enough 1'],
    ['common', 'password12345678'],
    ['a row of keys', 'qwertyuiopasdfghjkl'],
    ['one letter', 'aaaaaaaaaaaaaaaaaaaa'],
    ['the own name', 'picky.user.picky.user'],
    ['too long', 'x'.repeat(257)],
  ])('refuses one that is %s', async (_, tried) => {
    await createUser(env, 'picky.user', []).catch(() => {});
    const client = node.client();
    await client.signIn('picky.user', testPassword);
    const { status, problem } = await client.send('PUT', '/session/password', {
      currentPassword: testPassword,
      newPassword: tried,
    });
    expect([status, problem.errors?.map(({ field }) => field)]).toEqual([400, ['newPassword']]);
    expect(JSON.stringify(problem)).not.toContain(tried);
  });
});

test('at most a few sign-ins hash at once; the rest is told to come back', async () => {
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, n) => signInFrom(`203.0.113.${n}`, `crowd-${n}`, 'x')),
  );
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses].every((status) => [401, 503].includes(status))).toBe(true);
  expect(answers.filter(({ status }) => status === 401).length).toBeGreaterThanOrEqual(34);
});
