/** @file What the trail knows of everything that is refused before there is anything to change. */
import { setImmediate } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createPasskey } from '../../testkit/authenticator.ts';
import { newCanary } from '../../testkit/canary.ts';
import { createClient, type Answer, type Client } from '../../testkit/client.ts';
import { startIdentityProvider, type IdentityProvider } from '../../testkit/identity-provider.ts';
import {
  createUser,
  openOperator,
  startTestNode,
  testPassword,
  type TestNode,
} from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';
import { systemCaller } from '../base/caller.ts';
import { Redacted } from '../base/redacted.ts';
import { accountKey, addressKey, type AttemptKey } from './attempts.ts';
import { hashPassword } from './password.ts';

let idp: IdentityProvider;
let node: TestNode;
let sql: postgres.Sql;
let env: Record<string, string>;
let admin: Client;
let holder: Client;
let program: Client;
/** What was sent and must not be in the trail. */
const sent: string[] = [];

beforeAll(async () => {
  idp = await startIdentityProvider();
  // Nothing listens at `absent`. No proxy is trusted.
  node = await startTestNode({
    DROPSAFE_OIDC: JSON.stringify([
      idp.settings('corp'),
      idp.settings('absent', { issuer: 'http://127.0.0.1:9' }),
    ]),
  });
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  sql = postgres(node.databaseUrl);
  admin = await node.as('admin-of-tests', ['ACCESS_MANAGEMENT']);
  holder = await node.as('Holder', []);
  program = await node.asProgram('program', []);
  await createUser(env, 'disabled', []);
  await createUser(env, 'passwordless', []);
  await sql`update users set is_disabled = true where name = 'disabled'`;
  await sql`update users set password_hash = null where name = 'passwordless'`;
});

afterEach(async () => {
  await sql`delete from sign_in_attempts`;
});

afterAll(async () => {
  await sql.end();
  await node.stop();
  await idp.stop();
});

// --- what is sent ---

const forged = { 'X-Forwarded-For': '203.0.113.66' };

function secret(): string {
  const canary = newCanary();
  sent.push(canary);
  return canary;
}

function signIn(username: string, password = secret()): Promise<Answer> {
  return node.client().send('POST', '/session', { username, password }, forged);
}

function changePassword(currentPassword = secret(), newPassword = secret()): Promise<Answer> {
  return holder.send('PUT', '/session/password', { currentPassword, newPassword }, forged);
}

function signInByPasskey(): Promise<Answer> {
  // Passkeys need a host name.
  const origin = node.url.replace('127.0.0.1', 'localhost');
  const answer = createPasskey(origin).sign({
    challenge: secret(),
    rpId: 'localhost',
    timeout: 1,
    userVerification: 'required',
  });
  return createClient(origin).send('POST', '/session/passkey', answer, forged);
}

function accept(token = secret(), password = secret()): Promise<Answer> {
  return node.client().send('POST', '/invitations/accept', { token, password }, forged);
}

const begin = (provider: string) =>
  node.client().send('POST', `/oidc/${provider}/sign-in`, {}, forged);

async function signInThrough(account: string): Promise<Answer> {
  const client = node.client();
  const begun = await begin('corp');
  const back = await idp.signIn(begun.json.url, account);
  sent.push(back.searchParams.get('code') ?? '', back.searchParams.get('state') ?? '');
  const [Cookie = ''] = begun.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const parameters = back.search.slice(1);
  return client.send('POST', '/oidc/corp/callback', { parameters }, { ...forged, Cookie });
}

const comeBack = () =>
  node.client().send('POST', '/oidc/corp/callback', { parameters: `state=${secret()}` }, forged);

/** As a provider sends it: without any of our headers. */
async function logOut(token: string): Promise<Answer> {
  sent.push(token);
  return node.client().send('POST', '/oidc/corp/backchannel-logout', `logout_token=${token}`, {
    ...forged,
    'Content-Type': 'application/x-www-form-urlencoded',
  });
}

// --- what was before ---

/** As many failures in a row, the last of them so many seconds ago. */
async function failed({ keyHash }: AttemptKey, failures: number, secondsAgo = 0): Promise<void> {
  await sql`insert into sign_in_attempts (key_hash, failures, last_failure_at)
    values (${keyHash}, ${failures}, now() - make_interval(secs => ${secondsAgo}))`;
}
const addressFailed = () => failed(addressKey('127.0.0.1'), 30);

/** Does things while the row of a user is held, until so many wait for it one after the other; then `change` comes first. */
async function whileHeld<T>(
  user: string,
  starts: readonly (() => Promise<T>)[],
  change: (tx: postgres.TransactionSql) => Promise<unknown> = async () => {},
): Promise<T[]> {
  const started: Promise<T>[] = [];
  await sql.begin(async (tx) => {
    await tx`select id from users where name = ${user} for update`;
    for (const start of starts) {
      started.push(start());
      await until('it waits for the row', async () => {
        const [{ waiting } = { waiting: 0 }] = await sql<{ waiting: number }[]>`
          select count(*)::int as waiting from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`;
        return waiting === started.length;
      });
    }
    await change(tx);
  });
  return Promise.all(started);
}

async function invite(name: string): Promise<string> {
  const created = await admin.send('POST', '/users', { name });
  const token = created.json.invitation.token;
  sent.push(token);
  return token;
}

// --- what the trail knows ---

interface ToldEvent {
  action: string;
  subject: string;
  fields: string[] | null;
  who: string | null;
  address: string;
}

async function eventsOf(answer: Answer): Promise<ToldEvent[]> {
  const id = answer.headers.get('X-Request-Id');
  return sql<ToldEvent[]>`
    select action, subject, fields, principal_name as who, address from audit_events where request_id = ${id} order by id`;
}

interface Refusal {
  what: string;
  before?: () => Promise<unknown>;
  send: () => Promise<Answer>;
  status: number;
  /** Action, subject and reason of each event. */
  told: [action: string, subject: string, reason?: string][];
  who?: string;
  /** Whether the same once more is told once more. */
  isToldAgain: boolean;
}

const refusals: Refusal[] = [
  {
    what: 'a sign-in of nobody',
    send: () => signIn(secret()),
    status: 401,
    told: [['session.refused', 'unknown user', 'user-unknown']],
    isToldAgain: true,
  },
  {
    what: 'a wrong password',
    send: () => signIn('holder'),
    status: 401,
    told: [['session.refused', 'Holder', 'password-wrong']],
    isToldAgain: true,
  },
  {
    what: 'the right password of somebody disabled',
    send: () => signIn('disabled', testPassword),
    status: 401,
    told: [['session.refused', 'disabled', 'user-disabled']],
    isToldAgain: true,
  },
  {
    what: 'a password for somebody who has none',
    send: () => signIn('passwordless'),
    status: 401,
    told: [['session.refused', 'passwordless', 'password-missing']],
    isToldAgain: true,
  },
  {
    what: 'the failure that locks an account',
    before: () => failed(accountKey('holder'), 99, 3_600),
    send: () => signIn('holder'),
    status: 401,
    told: [
      // In the transaction that locks it, whatever comes after.
      ['user.locked', 'Holder'],
      ['session.refused', 'Holder', 'password-wrong'],
    ],
    // Then it is locked.
    isToldAgain: true,
  },
  {
    what: 'a sign-in to a locked account',
    before: () => failed(accountKey('holder'), 100, 86_400),
    send: () => signIn('holder', testPassword),
    status: 429,
    told: [['session.refused', 'Holder', 'account-locked']],
    isToldAgain: false,
  },
  {
    what: 'a sign-in to an account that has to wait',
    before: () => failed(accountKey('holder'), 20),
    send: () => signIn('holder', testPassword),
    status: 429,
    told: [['session.refused', 'Holder', 'account-limited']],
    isToldAgain: false,
  },
  {
    what: 'a sign-in of nobody that has to wait',
    before: () => failed(accountKey('nobody'), 20),
    send: () => signIn('nobody'),
    status: 429,
    told: [['session.refused', 'unknown user', 'account-limited']],
    isToldAgain: false,
  },
  {
    what: 'a sign-in from an address that has to wait',
    before: addressFailed,
    send: () => signIn('holder', testPassword),
    status: 429,
    told: [['session.refused', 'Holder', 'address-limited']],
    isToldAgain: false,
  },
  {
    what: 'a wrong current password',
    send: () => changePassword(),
    status: 400,
    told: [['user.password-refused', 'Holder', 'password-wrong']],
    who: 'Holder',
    isToldAgain: true,
  },
  {
    what: 'the wrong current password that locks the account',
    before: () => failed(accountKey('holder'), 99, 3_600),
    send: () => changePassword(),
    status: 400,
    told: [
      ['user.locked', 'Holder'],
      ['user.password-refused', 'Holder', 'password-wrong'],
    ],
    who: 'Holder',
    isToldAgain: true,
  },
  {
    what: 'a current password that has to wait',
    before: () => failed(accountKey('holder'), 20),
    send: () => changePassword(testPassword),
    status: 429,
    told: [['user.password-refused', 'Holder', 'account-limited']],
    who: 'Holder',
    isToldAgain: false,
  },
  {
    what: 'a passkey without a challenge',
    send: signInByPasskey,
    status: 401,
    told: [['session.refused', 'unknown user', 'no-challenge']],
    isToldAgain: true,
  },
  {
    what: 'a passkey from an address that has to wait',
    before: addressFailed,
    send: signInByPasskey,
    status: 429,
    told: [['session.refused', 'unknown user', 'address-limited']],
    isToldAgain: false,
  },
  {
    what: 'an invitation that nobody has',
    send: () => accept(),
    status: 410,
    told: [['invitation.refused', 'unknown invitation', 'invitation-unknown']],
    isToldAgain: true,
  },
  {
    what: 'an invitation from an address that has to wait',
    before: addressFailed,
    send: () => accept(),
    status: 429,
    told: [['invitation.refused', 'unknown invitation', 'address-limited']],
    isToldAgain: false,
  },
  {
    what: 'a provider that cannot be reached',
    send: () => begin('absent'),
    status: 503,
    told: [['session.refused', 'oidc:absent', 'provider-unreachable']],
    isToldAgain: false,
  },
  {
    what: 'a return that nobody waits for',
    send: comeBack,
    status: 410,
    told: [['session.refused', 'oidc:corp', 'state-unknown']],
    isToldAgain: true,
  },
  {
    what: 'a return from an address that has to wait',
    before: addressFailed,
    send: comeBack,
    status: 429,
    told: [['session.refused', 'oidc:corp', 'address-limited']],
    isToldAgain: false,
  },
  {
    what: 'somebody at the provider whose name is taken here',
    send: () => signInThrough('holder'),
    status: 409,
    told: [['session.refused', 'holder/oidc:corp', 'name-taken']],
    isToldAgain: true,
  },
  {
    what: 'somebody at the provider who is disabled here',
    before: async () => {
      await signInThrough('leaver');
      await sql`update users set is_disabled = true where name = 'leaver'`;
    },
    send: () => signInThrough('leaver'),
    status: 403,
    told: [['session.refused', 'leaver/oidc:corp', 'user-disabled']],
    isToldAgain: true,
  },
  {
    what: 'a name at the provider that cannot be one',
    before: async () => idp.setClaims('odd', { preferred_username: secret().repeat(4) }),
    send: () => signInThrough('odd'),
    status: 403,
    told: [['session.refused', 'oidc:corp', 'name-refused']],
    isToldAgain: true,
  },
  {
    what: 'a name in a token that is not genuine',
    before: async () => idp.spoil(() => ({ signature: 'foreign' })),
    send: () => signInThrough('forger'),
    status: 403,
    told: [['session.refused', 'oidc:corp', 'signature-wrong']],
    isToldAgain: true,
  },
  {
    what: 'a logout that does not come from the provider',
    before: async () => idp.spoil(undefined),
    send: async () => logOut(await idp.logoutToken({ sub: 'holder' }, 'foreign')),
    status: 400,
    told: [['session.logout-refused', 'oidc:corp', 'logout-token-invalid']],
    isToldAgain: false,
  },
  {
    what: 'a logout in a frame of another issuer',
    send: () =>
      node
        .client()
        .send(
          'GET',
          `/oidc/corp/frontchannel-logout?iss=${encodeURIComponent(secret())}&sid=x`,
          undefined,
          forged,
        ),
    status: 400,
    told: [['session.logout-refused', 'oidc:corp', 'issuer-wrong']],
    isToldAgain: false,
  },
  {
    what: 'a request for want of a permission',
    send: () => holder.send('GET', '/audit-events', undefined, forged),
    status: 403,
    told: [['permission.denied', 'audit-events']],
    who: 'Holder',
    isToldAgain: false,
  },
  {
    what: 'a program where there must be a person',
    send: () =>
      program.send('DELETE', `/sessions/${encodeURIComponent(secret())}`, undefined, forged),
    status: 403,
    told: [['request.denied', 'DELETE /sessions/{id}', 'person-required']],
    who: 'program',
    isToldAgain: false,
  },
  {
    what: 'a request from another site in the name of somebody',
    send: () =>
      holder.send('DELETE', `/secrets/${encodeURIComponent(secret())}`, undefined, {
        ...forged,
        Origin: 'https://evil.example',
      }),
    status: 403,
    told: [['request.denied', 'DELETE /secrets/{name}', 'cross-site-request']],
    who: 'Holder',
    isToldAgain: false,
  },
];

test.each(refusals)(
  '$what: the trail knows why, and from where it really came',
  async ({ before, send, status, told, who = null, isToldAgain }) => {
    await before?.();
    const [first, second] = [await send(), await send()];
    expect(first.status).toBe(status);
    const expected = told.map(([action, subject, reason]) => ({
      action,
      subject,
      fields: reason === undefined ? null : [reason],
      who,
      address: '127.0.0.1',
    }));
    expect(await eventsOf(first)).toEqual(expected);
    expect((await eventsOf(second)).length > 0).toBe(isToldAgain);
  },
);

test('what else is denied to the same caller is told as well', async () => {
  const answers = [
    await program.send('GET', '/session'),
    await program.send('GET', '/sessions'),
    await program.send('GET', '/sessions'),
  ];
  const subjects = [];
  for (const answer of answers) subjects.push((await eventsOf(answer)).map((told) => told.subject));
  expect(subjects).toEqual([['GET /session'], ['GET /sessions'], []]);
});

test('ever new things that are denied to the same caller are told 60 times a minute, and do not silence others', async () => {
  const [flooder, other] = [await node.asProgram('flooder', []), await node.asProgram('calm', [])];
  const ask = (client: Client) => client.send('GET', `/users/${crypto.randomUUID()}`);
  const answers = await Promise.all(Array.from({ length: 70 }, () => ask(flooder)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
  expect(await sql`select from audit_events where principal_name = 'flooder'`).toHaveLength(60);
  expect(await eventsOf(await ask(other))).toMatchObject([{ action: 'permission.denied' }]);
});

test('what was only typed for a name is not told: it may be a value; the name of a secret that there is, is', async () => {
  const keeper = await node.as('keeper', ['SECRET_MANAGEMENT']);
  const value = secret();
  expect((await keeper.send('POST', '/secrets', { name: 'KEPT', value })).status).toBe(201);
  const typist = await node.asProgram('typist', []);
  const told = async (method: string, path: string, body?: object) => {
    const answer = await typist.send(method, path, body);
    return [answer.status, ...(await eventsOf(answer)).map(({ subject }) => subject)];
  };
  const pasted = () => `ghp_${crypto.randomUUID()}`;
  const [name, fresh] = [pasted(), pasted()];
  sent.push(name, fresh);
  const integration = { name: fresh, type: 'http', fields: {} };
  expect([
    await told('GET', '/secrets/KEPT'),
    await told('GET', `/secrets/${name}`),
    // Told or not: by what was asked for, so that the time it takes tells nobody what there is.
    await told('GET', `/secrets/${fresh}`),
    await told('GET', `/secrets/${name}/uses`),
    await told('DELETE', `/secrets/${encodeURIComponent(value)}`),
    await told('POST', '/secrets', { name, value }),
    await told('POST', '/integrations', integration),
  ]).toEqual([
    [403, 'KEPT'],
    [403, 'unknown secret'],
    [403, 'unknown secret'],
    [403],
    [403, 'unknown secret'],
    [403, 'a new secret'],
    [403, 'a new integration'],
  ]);
});

test('when too many passwords are compared at once, the right one counts as no failure and locks nobody out', async () => {
  const operator = await openOperator(env);
  const end = new AbortController();
  const keepFull = Array.from({ length: 40 }, async () => {
    while (!end.signal.aborted) await hashPassword(new Redacted('x')).catch(() => setImmediate());
  });
  try {
    const password = new Redacted(testPassword);
    const origin = { requestId: crypto.randomUUID(), address: '192.0.2.77' };
    const [{ id } = { id: '' }] = await sql<
      { id: string }[]
    >`select id from users where name = 'Holder'`;
    const session = { id: crypto.randomUUID(), expiresAt: new Date(), means: 'password' };
    const user = { kind: 'user', id, name: 'Holder', permissions: [], session, ...origin } as const;
    const nobody = { kind: 'anonymous', id: null, name: null, ...origin } as const;
    await failed(accountKey('holder'), 99, 3_600);
    const { identity } = operator;
    for (const attempt of [
      () => identity.signIn(nobody, { username: 'Holder', password, agent: null }),
      () => identity.changePassword(user, { currentPassword: password, newPassword: password }),
    ])
      await expect(attempt()).rejects.toMatchObject({ code: 'overloaded' });
    const rows = await sql`select failures from sign_in_attempts order by failures`;
    expect(rows.map(({ failures }) => failures)).toEqual([0, 99]);
    expect(await sql`select from audit_events where request_id = ${origin.requestId}`).toEqual([]);
  } finally {
    end.abort();
    await Promise.all(keepFull);
    await operator.close();
  }
});

test('after a flood a sign-in forgets some old failures, waits for none that are in use, and keeps the locks', async () => {
  await sql`insert into sign_in_attempts (key_hash, failures, last_failure_at)
    select sha256(n::text::bytea), case when n <= 150 then 1 else 100 end, now() - interval '2 days' from generate_series(1, 151) n`;
  const left = () =>
    sql`select failures, count(*)::int from sign_in_attempts where last_failure_at < now() - interval '1 day' group by 1 order by 1`;
  const open = async () => expect((await signIn('holder', testPassword)).status).toBe(200);
  await sql.begin(async (tx) => {
    await tx`select from sign_in_attempts where key_hash = sha256('1') for update`;
    await open();
    expect([...(await left())]).toEqual([
      { failures: 1, count: 50 },
      { failures: 100, count: 1 },
    ]);
    await open();
  });
  expect([...(await left())]).toEqual([
    { failures: 1, count: 1 },
    { failures: 100, count: 1 },
  ]);
});

test('each waiting period has its first refusal in the trail', async () => {
  const told: number[] = [];
  await failed(accountKey('holder'), 20, 3_600);
  for (let period = 0; period < 2; period += 1) {
    for (let attempt = 0; attempt < 3; attempt += 1)
      told.push((await eventsOf(await signIn('holder'))).length);
    await sql`update sign_in_attempts set last_failure_at = now() - interval '1 hour'`;
  }
  // A wrong password, the first of those that have to wait, and the others.
  expect(told).toEqual([1, 1, 0, 1, 1, 0]);
});

test('a request from another site is answered as ever without a session, and keeps none alive', async () => {
  const ask = (client: Client) =>
    client.send('DELETE', '/session', undefined, { Origin: 'https://evil.example' });
  const visitor = await node.as('visitor', []);
  await sql`update sessions set last_seen_at = now() - interval '29 minutes'
    where user_id = (select id from users where name = 'visitor')`;
  const seen = () =>
    sql`select last_seen_at from sessions join users on users.id = user_id where name = 'visitor'`;
  const before = [...(await seen())];
  const [inTheirName, dead, none] = [
    await ask(visitor),
    await ask(node.client(`dropsafe=${'x'.repeat(43)}`)),
    await ask(node.client()),
  ];
  expect([...(await seen())]).toEqual(before);
  expect([inTheirName.status, dead.status, none.status]).toEqual([403, 403, 401]);
  expect({ ...dead.problem, requestId: '' }).toEqual({ ...inTheirName.problem, requestId: '' });
  expect([await eventsOf(dead), await eventsOf(none)]).toEqual([[], []]);
});

describe('meanwhile', () => {
  const reset = 'five seals behind the water tower';
  const thiefs = 'six gulls above the old harbour';

  const resetPassword = async (name: string): Promise<undefined> => {
    const operator = await openOperator(env);
    try {
      const password = new Redacted(reset);
      await operator.identity.resetPassword(systemCaller('terminal', 'test'), { name, password });
    } finally {
      await operator.close();
    }
  };
  const changeTo = (client: Client) =>
    client.send('PUT', '/session/password', {
      currentPassword: testPassword,
      newPassword: thiefs,
    });

  test('the operator set another password: whoever knew the old one does not overwrite it', async () => {
    const thief = await node.as('robbed', []);
    const [, answer] = await whileHeld<Answer | undefined>('robbed', [
      () => resetPassword('robbed'),
      () => changeTo(thief),
    ]);
    if (answer === undefined) throw new Error('There is an answer.');
    expect([answer.status, answer.problem.errors?.map(({ field }) => field)]).toEqual([
      400,
      ['currentPassword'],
    ]);
    expect(await eventsOf(answer)).toMatchObject([
      { action: 'user.password-refused', subject: 'robbed', fields: ['password-changed'] },
    ]);
    expect([
      (await signIn('robbed', thiefs)).status,
      (await signIn('robbed', reset)).status,
    ]).toEqual([401, 200]);
  });

  test('the password was changed: that of the operator is the last all the same', async () => {
    const thief = await node.as('robbed-2', []);
    const [answer] = await whileHeld<Answer | undefined>('robbed-2', [
      () => changeTo(thief),
      () => resetPassword('robbed-2'),
    ]);
    expect(answer?.status).toBe(204);
    expect([
      (await thief.send('GET', '/session')).status,
      (await signIn('robbed-2', thiefs)).status,
      (await signIn('robbed-2', reset)).status,
    ]).toEqual([401, 401, 200]);
  });

  test('the password was changed while it was compared: there is no session, and the trail knows', async () => {
    const [answer] = await whileHeld(
      'Holder',
      [() => signIn('holder', testPassword)],
      (tx) => tx`update users set password_hash = password_hash || ' ' where name = 'Holder'`,
    );
    await sql`update users set password_hash = trim(password_hash)`;
    expect(answer?.status).toBe(401);
    expect(answer && (await eventsOf(answer))).toMatchObject([
      { action: 'session.refused', subject: 'Holder', fields: ['password-changed'] },
    ]);
  });

  test.each<[string, string, (tx: postgres.TransactionSql, name: string) => Promise<unknown>]>([
    [
      'disabled',
      'user-disabled',
      (tx, name) => tx`update users set is_disabled = true where name = ${name}`,
    ],
    ['deleted', 'user-unknown', (tx, name) => tx`delete from users where name = ${name}`],
  ])('the user was %s: the trail knows that it was this', async (how, reason, change) => {
    await createUser(env, `leaving-${how}`, []);
    const token = await invite(`coming-${how}`);
    const [signedIn] = await whileHeld(
      `leaving-${how}`,
      [() => signIn(`leaving-${how}`, testPassword)],
      (tx) => change(tx, `leaving-${how}`),
    );
    const [accepted] = await whileHeld(
      `coming-${how}`,
      [() => accept(token, 'two herons at the garden gate')],
      (tx) => change(tx, `coming-${how}`),
    );
    if (signedIn === undefined || accepted === undefined) throw new Error('There is an answer.');
    expect([signedIn.status, accepted.status]).toEqual([401, 410]);
    expect([...(await eventsOf(signedIn)), ...(await eventsOf(accepted))]).toMatchObject([
      { action: 'session.refused', subject: `leaving-${how}`, fields: [reason] },
      { action: 'invitation.refused', subject: `coming-${how}`, fields: [reason] },
    ]);
  });

  test('an invitation was accepted: the second who has it is refused, and the trail knows', async () => {
    const token = await invite('invited-once');
    const password = 'two herons at the garden gate';
    const answers = await whileHeld('invited-once', [
      () => accept(token, password),
      () => accept(token, `${password} more`),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 410]);
    expect(answers[1] && (await eventsOf(answers[1]))).toMatchObject([
      { action: 'invitation.refused', subject: 'invited-once', fields: ['invitation-used'] },
    ]);
  });
});

test('nothing that was typed or sent to be let in is in the trail', async () => {
  const [row] = await sql<{ dump: string }[]>`
    select string_agg(event::text, ' ') as dump from audit_events event`;
  expect(sent.length).toBeGreaterThan(60);
  expect(sent.filter((text) => text === '' || row?.dump.includes(text))).toEqual([]);
});
