import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Passkey } from '@dropsafe/contract/passkeys';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  addPasskey,
  beginPasskey,
  beginPasskeySignIn,
  createPasskey,
  signInByPasskey,
  type Deviation,
  type SoftPasskey,
} from '../../testkit/authenticator.ts';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { createClient, type Answer, type Client } from '../../testkit/client.ts';
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
import { accountKey } from './attempts.ts';

let node: TestNode;
let other: TestNode;
let sql: postgres.Sql;
let env: Record<string, string>;
let admin: Client;
/** Where the pages come from. */
let origin: string;

beforeAll(async () => {
  node = await startTestNode({ DROPSAFE_TRUSTED_PROXIES: '127.0.0.1' });
  env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  other = await startTestNode(env);
  sql = postgres(node.databaseUrl);
  admin = await node.as('keeper', ['ACCESS_MANAGEMENT']);
  origin = localhost(node);
});

afterAll(async () => {
  await sql.end();
  await other.stop();
  await node.stop();
  expect(sweep('log', node.lines.join('') + other.lines.join(''))).toEqual([]);
});

const localhost = ({ url }: TestNode) => url.replace('127.0.0.1', 'localhost');

/** Somebody at a browser on this machine. */
const browser = () => createClient(origin);

/** A new user, signed in by password, and a passkey of theirs. */
async function person(
  name: string,
  kind: Parameters<typeof createPasskey>[1] = {},
): Promise<{ client: Client; passkey: SoftPasskey; added: Answer }> {
  await createUser(env, name, ['SECRET_MANAGEMENT_READ']);
  const client = browser();
  expect((await client.signIn(name, testPassword)).status).toBe(200);
  const passkey = createPasskey(origin, kind);
  const added = await addPasskey(client, passkey);
  expect(added.status).toBe(201);
  return { client, passkey, added };
}

const own = async (client: Client): Promise<Passkey[]> =>
  (await client.send('GET', '/passkeys')).json.items;

const idOfUser = async (name: string): Promise<string> =>
  (await sql<{ id: string }[]>`select id from users where name = ${name}`)[0]?.id ?? '';

/** What the log says about a refusal. */
const reasonOf = ({ problem }: Answer): string | undefined =>
  /"event":"passkey.refused".*"reason":"([a-z-]+)"/.exec(
    node.lines.find(
      (line) => line.includes('passkey.refused') && line.includes(problem.requestId),
    ) ?? '',
  )?.[1];

/** What the trail says about a request. */
const eventsOf = async ({ problem }: Answer): Promise<string[]> =>
  (
    await sql<{ event: string }[]>`
      select action || ' ' || subject as event from audit_events
      where request_id = ${problem.requestId} order by id`
  ).map(({ event }) => event);

const eventsBy = async (name: string): Promise<string[]> =>
  (
    await sql<{ event: string }[]>`
      select action || ' ' || subject as event from audit_events
      where action like 'passkey.%' and subject like ${`${name}/%`} order by id`
  ).map(({ event }) => event);

const withoutId = ({ status, problem, headers }: Answer) => ({
  status,
  problem: { ...problem, requestId: '' },
  headers: [...headers.keys()].filter((name) => name !== 'set-cookie'),
});

/** How many succeeded, and how many did not, whichever came first. */
const inOrder = (answers: Answer[]) =>
  answers.map(({ status }) => status).toSorted((one, next) => one - next);

async function forgiveAddresses(): Promise<void> {
  await sql`delete from sign_in_attempts`;
}

describe('a passkey', () => {
  test.each([
    ['ES256', -7],
    ['EdDSA', -8],
    ['RS256', -257],
  ] as const)(
    'of %s is added once the password is known, and signs in ever after',
    async (title, algorithm) => {
      const name = `user-${title.toLowerCase()}`;
      const { client, passkey, added } = await person(name, { algorithm });
      expect(added.json).toEqual({
        id: expect.any(String),
        name: 'Laptop',
        isSynced: false,
        createdAt: expect.any(String),
        lastUsedAt: null,
      });
      for (const there of [browser(), browser()]) {
        const answer = await signInByPasskey(there, passkey);
        expect([answer.status, answer.json.principal.name, answer.json.permissions]).toEqual([
          200,
          name,
          ['SECRET_MANAGEMENT_READ'],
        ]);
        expect((await there.send('GET', '/sessions')).json.items[0]).toMatchObject({
          means: 'passkey',
          isCurrent: true,
        });
      }
      expect(await own(client)).toEqual([{ ...added.json, lastUsedAt: expect.any(String) }]);
      expect(await eventsBy(name)).toEqual([`passkey.added ${name}/Laptop`]);
      const started = await sql`
        select means from audit_events where action = 'session.started' and subject = ${name} order by id`;
      expect(started.map(({ means }) => means)).toEqual(['password', 'passkey', 'passkey']);
    },
  );

  test('that is synced says so, and says so anew whenever it is used', async () => {
    const { client, passkey } = await person('syncer');
    await signInByPasskey(browser(), passkey, { isBackedUp: true });
    expect((await own(client)).map(({ isSynced }) => isSynced)).toEqual([true]);
  });

  test('is begun on one node and answered on another', async () => {
    const { client } = await person('traveller');
    const [here, there] = [client, createClient(localhost(other), client.cookie)];
    const passkey = createPasskey(localhost(other));
    const begun = await beginPasskey(here);
    const added = await there.send(
      'POST',
      '/passkeys',
      { name: 'Phone', ...passkey.make(begun.asked) },
      { Cookie: `${there.cookie}; ${begun.cookie}` },
    );
    expect(added.status).toBe(201);
    const { asked, cookie } = await beginPasskeySignIn(browser());
    const signedIn = createClient(localhost(other));
    const answer = await signedIn.send('POST', '/session/passkey', passkey.sign(asked), {
      Cookie: cookie,
    });
    expect([answer.status, (await signedIn.send('GET', '/session')).status]).toEqual([200, 200]);
  });

  test('leaves no private key, no challenge and no password in the database', async () => {
    const client = browser();
    await client.signIn('traveller', testPassword);
    const { asked, cookie } = await beginPasskey(client);
    const [row] = await sql<{ dump: string }[]>`
      select (select string_agg(p::text, '') from passkeys p) || (select string_agg(c::text, '') from challenges c) as dump`;
    const token = cookie.split('=')[1] ?? '';
    for (const secret of [asked.challenge, token, testPassword]) {
      expect(secret.length).toBeGreaterThan(10);
      expect(row?.dump).not.toContain(secret);
      expect(row?.dump).not.toContain(Buffer.from(secret).toString('hex'));
      expect(row?.dump).not.toContain(Buffer.from(secret, 'base64url').toString('hex'));
    }
  });
});

describe('what anybody is asked for', () => {
  test('is the same for everybody, and lists no credential', async () => {
    const { answer, asked } = await beginPasskeySignIn(browser());
    expect(asked).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rpId: 'localhost',
      timeout: 300_000,
      userVerification: 'required',
    });
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^dropsafe-passkey=[\w-]{43}; Max-Age=300; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const again = await beginPasskeySignIn(browser());
    expect(again.asked.challenge).not.toBe(asked.challenge);
    expect(answer.text).not.toContain(answer.headers.getSetCookie()[0]?.slice(17, 60));
  });

  test('is bound to the public origin, by a cookie that is bound to the host', async () => {
    const secure = await startTestNode({
      ...env,
      DROPSAFE_PUBLIC_URL: 'https://safe.example.com',
    });
    try {
      const client = secure.client();
      const ours = { Origin: 'https://safe.example.com' };
      const { headers, json } = await client.send(
        'POST',
        '/session/passkey/options',
        undefined,
        ours,
      );
      expect(json.rpId).toBe('safe.example.com');
      expect(headers.getSetCookie()[0]).toMatch(
        /^__Host-dropsafe-passkey=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      );
      const Cookie = headers.getSetCookie()[0]?.split(';')[0] ?? '';
      // A passkey of the same device, made at http://localhost, is one of another site.
      const { passkey } = await person('two-sites');
      const answer = await client.send('POST', '/session/passkey', passkey.sign(json), {
        ...ours,
        Cookie,
      });
      expect([answer.status, answer.problem.type]).toEqual([401, '/problems/passkey-refused']);
      const again = await client.send('POST', '/session/passkey/options', undefined, ours);
      const moved = { origin: 'https://safe.example.com' };
      const right = await client.send('POST', '/session/passkey', passkey.sign(again.json, moved), {
        ...ours,
        Cookie: again.headers.getSetCookie()[0]?.split(';')[0] ?? '',
      });
      expect(right.status).toBe(200);
      expect(right.headers.getSetCookie().join('\n')).toMatch(
        /__Host-dropsafe-passkey=; Max-Age=0/,
      );
    } finally {
      await secure.stop();
    }
  });

  test('is nothing where browsers know no passkeys: the answer says what to set', async () => {
    const answer = await createClient(node.url).send('POST', '/session/passkey/options');
    expect([answer.status, answer.problem.type, answer.problem.detail]).toEqual([
      409,
      '/problems/passkeys-unavailable',
      expect.stringContaining('DROPSAFE_PUBLIC_URL'),
    ]);
  });
});

describe('a sign-in is refused', () => {
  let passkey: SoftPasskey;
  const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const canary = newCanary();

  beforeAll(async () => {
    ({ passkey } = await person('refused'));
    await forgiveAddresses();
  });

  test.each<[string, Deviation, string]>([
    ['another challenge', { challenge: randomBytes(32).toString('base64url') }, 'wrong-challenge'],
    ['a canary as challenge', { challenge: canary }, 'wrong-challenge'],
    ['a foreign origin', { origin: `https://evil.example/${canary}` }, 'foreign-origin'],
    ['our host on another port', { origin: 'http://localhost:1' }, 'foreign-origin'],
    ['our host over https', { origin: 'https://localhost' }, 'foreign-origin'],
    ['a page that frames ours', { topOrigin: 'https://evil.example' }, 'foreign-origin'],
    ['a foreign site', { rpId: 'evil.example' }, 'foreign-site'],
    ['no user verification', { isUserVerified: false }, 'not-verified'],
    ['nobody present', { isUserPresent: false }, 'not-verified'],
    ['the signature of another key', { signedBy: stranger }, 'wrong-signature'],
    ['the user handle of somebody else', { userHandle: 'AAAAAAAAQACAAAAAAAAAAA' }, 'wrong-user'],
    ['no user handle', { userHandle: null }, 'wrong-user'],
    ['an answer to the making of a passkey', { type: 'webauthn.create' }, 'malformed'],
  ])('with %s: one answer, the reason in the log only', async (_, deviation, reason) => {
    const answer = await signInByPasskey(browser(), passkey, deviation);
    expect(withoutId(answer)).toEqual(await usualRefusal());
    expect([reasonOf(answer), await eventsOf(answer)]).toEqual([
      reason,
      ['session.refused refused'],
    ]);
    await forgiveAddresses();
  });

  /** What every refusal looks like: that of a passkey that nobody has. */
  async function usualRefusal() {
    const unknown = createPasskey(origin);
    const answer = await signInByPasskey(browser(), unknown, { userHandle: null });
    expect([answer.status, answer.problem.type, reasonOf(answer), await eventsOf(answer)]).toEqual([
      401,
      '/problems/passkey-refused',
      'unknown-passkey',
      ['session.refused unknown user'],
    ]);
    return withoutId(answer);
  }

  test('when the bytes are none of WebAuthn', async () => {
    for (const [field, bytes] of [
      ['clientDataJSON', '{'],
      ['clientDataJSON', 'null'],
      ['authenticatorData', ''],
      ['authenticatorData', 'short'],
      ['signature', ''],
    ] as const) {
      const { asked, cookie } = await beginPasskeySignIn(browser());
      const spoilt = {
        ...passkey.sign(asked),
        [field]: Buffer.from(bytes).toString('base64url'),
      };
      const answer = await browser().send('POST', '/session/passkey', spoilt, { Cookie: cookie });
      expect([field, bytes, withoutId(answer)]).toEqual([field, bytes, await usualRefusal()]);
      expect(reasonOf(answer)).toMatch(/^(malformed|wrong-signature)$/);
      await forgiveAddresses();
    }
  });

  test('without the cookie, with a used one, with one that is too old, and with one for something else', async () => {
    const client = browser();
    const { asked, cookie } = await beginPasskeySignIn(client);
    const answer = passkey.sign(asked);
    const send = (Cookie: string, body = answer) =>
      browser().send('POST', '/session/passkey', body, { Cookie });

    const without = await send('');
    const elsewhere = await send((await beginPasskeySignIn(browser())).cookie);
    const right = await send(cookie);
    const replayed = await send(cookie);
    const late = await beginPasskeySignIn(client);
    await sql`update challenges set expires_at = now()`;
    const tooLate = await send(late.cookie, passkey.sign(late.asked));
    const signedIn = browser();
    await signedIn.signIn('refused', testPassword);
    const forAnother = await beginPasskey(signedIn);
    const misused = await send(
      forAnother.cookie,
      passkey.sign({ ...asked, challenge: forAnother.asked.challenge }),
    );

    expect(right.status).toBe(200);
    const refused = [without, elsewhere, replayed, tooLate, misused];
    for (const one of refused) expect(withoutId(one)).toEqual(await usualRefusal());
    expect(refused.map(reasonOf)).toEqual([
      'no-challenge',
      'wrong-challenge',
      'no-challenge',
      'no-challenge',
      'no-challenge',
    ]);
    await forgiveAddresses();
  });

  test('when the user is disabled, and not once they are enabled again', async () => {
    const { passkey: theirs, client } = await person('switched');
    const id = await idOfUser('switched');
    await admin.send('PATCH', `/users/${id}`, { isDisabled: true });
    const disabled = await signInByPasskey(browser(), theirs);
    expect([withoutId(disabled), reasonOf(disabled)]).toEqual([
      await usualRefusal(),
      'user-disabled',
    ]);
    expect((await client.send('GET', '/session')).status).toBe(401);
    await admin.send('PATCH', `/users/${id}`, { isDisabled: false });
    expect((await signInByPasskey(browser(), theirs)).status).toBe(200);
  });

  test('when the passkey was removed, or its user deleted, on the very next try', async () => {
    const { passkey: removed, client, added } = await person('remover');
    expect((await client.send('DELETE', `/passkeys/${added.json.id}`)).status).toBe(204);
    const { passkey: orphan } = await person('deleted');
    await admin.send('DELETE', `/users/${await idOfUser('deleted')}`);
    for (const gone of [removed, orphan]) {
      const answer = await signInByPasskey(browser(), gone);
      expect([withoutId(answer), reasonOf(answer)]).toEqual([
        await usualRefusal(),
        'unknown-passkey',
      ]);
    }
    expect(
      await sql`select from passkeys where name = 'Laptop' and user_id not in (select id from users)`,
    ).toEqual([]);
  });

  test('when it was removed or disabled while the answer was checked', async () => {
    for (const [name, change] of [
      ['raced-passkey', 'delete from passkeys'],
      ['raced-user', 'update users set is_disabled = true'],
    ] as const) {
      const { passkey: theirs } = await person(name);
      const userId = await idOfUser(name);
      const { asked, cookie } = await beginPasskeySignIn(browser());
      let answering: Promise<Answer> | undefined;
      await sql.begin(async (tx) => {
        await tx`select from users where id = ${userId} for update`;
        answering = browser().send('POST', '/session/passkey', theirs.sign(asked), {
          Cookie: cookie,
        });
        await waiting(1);
        const column = change.startsWith('delete') ? 'user_id' : 'id';
        await tx.unsafe(`${change} where ${column} = '${userId}'`);
      });
      const answer = await answering;
      expect(answer && [answer.status, reasonOf(answer)]).toEqual([
        401,
        name === 'raced-passkey' ? 'unknown-passkey' : 'user-disabled',
      ]);
    }
  });

  test('after 20 failures from an address, which a success does not add to', async () => {
    await forgiveAddresses();
    const at = { 'X-Forwarded-For': '192.0.2.44' };
    const tryOnce = async (deviation: Deviation) => {
      const { asked, cookie } = await beginPasskeySignIn(browser());
      return browser().send('POST', '/session/passkey', passkey.sign(asked, deviation), {
        ...at,
        Cookie: cookie,
      });
    };
    for (let round = 0; round < 20; round += 1) {
      expect((await tryOnce({ rpId: 'evil.example' })).status).toBe(401);
      if (round < 5) expect((await tryOnce({})).status).toBe(200);
    }
    expect((await tryOnce({})).status).toBe(200);
    expect((await tryOnce({ rpId: 'evil.example' })).status).toBe(401);
    const late = await tryOnce({});
    expect([late.status, late.problem.type, late.headers.has('Retry-After')]).toEqual([
      429,
      '/problems/too-many-attempts',
      true,
    ]);
    await forgiveAddresses();
  });

  test('not because an account is locked by wrong passwords', async () => {
    const { passkey: theirs } = await person('locked-out');
    await browser().signIn('locked-out', 'wrong');
    await sql`update sign_in_attempts set failures = 100 where key_hash = ${accountKey('locked-out').keyHash}`;
    expect((await browser().signIn('locked-out', testPassword)).status).toBe(429);
    expect((await signInByPasskey(browser(), theirs)).status).toBe(200);
    // And it tells nothing about the guesses.
    expect((await browser().signIn('locked-out', testPassword)).status).toBe(429);
    await forgiveAddresses();
  });
});

describe('the counter of an authenticator', () => {
  test.each([
    ['is less', 3],
    ['is the same', 5],
    ['is 0', 0],
  ])('that %s than the last one is refused and recorded as a copy', async (title, counter) => {
    const name = `cloned-${counter}`;
    const { passkey } = await person(name);
    expect((await signInByPasskey(browser(), passkey, { counter: 5 })).status).toBe(200);
    const answer = await signInByPasskey(browser(), passkey, { counter });
    expect([title, answer.status, reasonOf(answer), await eventsOf(answer)]).toEqual([
      title,
      401,
      'counter-went-back',
      [`session.refused ${name}`, `passkey.cloned ${name}/Laptop`],
    ]);
    // The one that is ahead goes on.
    expect((await signInByPasskey(browser(), passkey, { counter: 6 })).status).toBe(200);
  });

  test('may stay at 0 for ever', async () => {
    const { passkey } = await person('uncounted', { isCounting: false });
    for (let use = 0; use < 3; use += 1)
      expect((await signInByPasskey(browser(), passkey)).status).toBe(200);
  });

  test('goes up to the last of its 32 bits', async () => {
    const { passkey } = await person('high');
    expect((await signInByPasskey(browser(), passkey, { counter: 2 ** 32 - 1 })).status).toBe(200);
  });

  test('raises no suspicion when somebody without the key makes it up', async () => {
    const { passkey } = await person('slandered');
    await signInByPasskey(browser(), passkey, { counter: 9 });
    const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const answer = await signInByPasskey(browser(), passkey, { counter: 1, signedBy: stranger });
    expect([reasonOf(answer), await eventsOf(answer)]).toEqual([
      'wrong-signature',
      ['session.refused slandered'],
    ]);
  });

  test('lets one of two copies in that sign at the same moment', async () => {
    const { passkey } = await person('twins');
    await forgiveAddresses();
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => signInByPasskey(browser(), passkey, { counter: 40 })),
    );
    expect(inOrder(answers)).toEqual([200, 401, 401, 401]);
    await forgiveAddresses();
  });
});

test('one answer that arrives several times at once opens one session', async () => {
  const { passkey } = await person('echoed', { isCounting: false });
  await forgiveAddresses();
  const here = await beginPasskeySignIn(browser());
  const again = passkey.sign(here.asked);
  const atOnce = await Promise.all(
    Array.from({ length: 6 }, () =>
      browser().send('POST', '/session/passkey', again, { Cookie: here.cookie }),
    ),
  );
  expect(inOrder(atOnce)).toEqual([200, 401, 401, 401, 401, 401]);
  const [row] = await sql`
    select count(*)::int as count from sessions where means = 'passkey' and user_id = ${await idOfUser('echoed')}`;
  expect(row?.['count']).toBe(1);
  await forgiveAddresses();
});

describe('adding a passkey', () => {
  test('asks the browser for one that needs no name and verifies its person', async () => {
    const { client, passkey } = await person('asker');
    const { asked } = await beginPasskey(client);
    const id = await idOfUser('asker');
    expect(asked).toEqual({
      challenge: expect.stringMatching(/^[\w-]{43}$/),
      rp: { id: 'localhost', name: 'Dropsafe' },
      user: {
        id: Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url'),
        name: 'asker',
        displayName: 'asker',
      },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      timeout: 300_000,
      attestation: 'none',
      authenticatorSelection: {
        residentKey: 'required',
        requireResidentKey: true,
        userVerification: 'required',
      },
      excludeCredentials: [{ type: 'public-key', id: passkey.id, transports: ['internal'] }],
    });
  });

  test('needs the password, and a wrong one counts as an attempt', async () => {
    const { client } = await person('guarded');
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const { answer, cookie } = await beginPasskey(client, `guess ${attempt}`);
      expect([answer.status, answer.problem.errors, cookie]).toEqual([
        400,
        [{ field: 'currentPassword', message: 'This is not your current password.' }],
        '',
      ]);
    }
    expect((await beginPasskey(client)).answer.status).toBe(429);
    await forgiveAddresses();
    expect((await beginPasskey(client)).answer.status).toBe(200);
  });

  const canary = newCanary();
  test.each<[string, Deviation, string]>([
    ['another challenge', { challenge: canary }, 'wrong-challenge'],
    ['a foreign origin', { origin: `https://evil.example/${canary}` }, 'foreign-origin'],
    ['a foreign site', { rpId: 'evil.example' }, 'foreign-site'],
    ['no user verification', { isUserVerified: false }, 'not-verified'],
    ['nobody present', { isUserPresent: false }, 'not-verified'],
    ['an answer to a sign-in', { type: 'webauthn.get' }, 'malformed'],
    [
      'an attestation signed by another key',
      {
        attestation: 'self',
        signedBy: generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
      },
      'wrong-signature',
    ],
  ])('is refused with %s', async (title, deviation, reason) => {
    const name = `adder-${title.replaceAll(/\W/g, '-')}`;
    await createUser(env, name, []);
    const client = browser();
    await client.signIn(name, testPassword);
    const answer = await addPasskey(client, createPasskey(origin), deviation);
    expect([answer.status, answer.problem.type, reasonOf(answer)]).toEqual([
      409,
      '/problems/passkey-not-added',
      reason,
    ]);
    expect(await own(client)).toEqual([]);
  });

  test('takes an attestation by the passkey itself, which needs no certificate', async () => {
    const { client } = await person('self-made');
    const added = await addPasskey(client, createPasskey(origin), { attestation: 'self' });
    expect(added.status).toBe(201);
  });

  test('takes no attestation with a certificate, for which the library would go to the network', async () => {
    const { client } = await person('lured');
    const certificate = Buffer.from('looked at by nobody');
    const answer = await addPasskey(client, createPasskey(origin), { attestation: certificate });
    expect([answer.status, reasonOf(answer)]).toEqual([409, 'unwanted-attestation']);
  });

  test('is refused without the cookie, a second time, too late, and with what somebody else began', async () => {
    const { client } = await person('late');
    const { client: thief } = await person('thief');
    const send = (asker: Client, Cookie: string, made: object) =>
      asker.send(
        'POST',
        '/passkeys',
        { name: 'x', ...made },
        { Cookie: `${asker.cookie}; ${Cookie}` },
      );
    const begun = await beginPasskey(client);
    const made = createPasskey(origin).make(begun.asked);
    const answers = [
      await send(client, 'x=y', made),
      await send(thief, begun.cookie, made),
      await send(client, begun.cookie, made),
      await send(client, begun.cookie, made),
    ];
    const late = await beginPasskey(client);
    await sql`update challenges set expires_at = now()`;
    answers.push(await send(client, late.cookie, createPasskey(origin).make(late.asked)));
    const forSignIn = await beginPasskeySignIn(client);
    answers.push(
      await send(
        client,
        forSignIn.cookie,
        createPasskey(origin).make({ ...begun.asked, challenge: forSignIn.asked.challenge }),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([409, 409, 201, 409, 409, 409]);
    for (const refused of answers.filter(({ status }) => status === 409))
      expect(reasonOf(refused)).toBe('no-challenge');
    expect(await own(thief)).toHaveLength(1);
  });

  test('takes no credential twice, for oneself or for somebody else', async () => {
    const { client, passkey } = await person('first-owner');
    const { client: second } = await person('second-owner');
    for (const asker of [client, second]) {
      const answer = await addPasskey(asker, passkey);
      expect([answer.status, reasonOf(answer)]).toEqual([409, 'known-already']);
    }
    expect((await signInByPasskey(browser(), passkey)).status).toBe(401);
  });

  test('ends at 20, whoever is quicker', async () => {
    const { client } = await person('collector');
    for (let count = 1; count < 19; count += 1)
      expect((await addPasskey(client, createPasskey(origin))).status).toBe(201);
    const begun = await Promise.all(Array.from({ length: 3 }, () => beginPasskey(client)));
    const answers = await Promise.all(
      begun.map(({ asked, cookie }) =>
        client.send(
          'POST',
          '/passkeys',
          { name: 'Raced', ...createPasskey(origin).make(asked) },
          { Cookie: `${client.cookie}; ${cookie}` },
        ),
      ),
    );
    expect(inOrder(answers)).toEqual([201, 409, 409]);
    expect(await own(client)).toHaveLength(20);
    const { answer } = await beginPasskey(client);
    expect([answer.status, answer.problem.type]).toEqual([409, '/problems/too-many-passkeys']);
  });

  test('comes to nothing when the session ends while it is under way', async () => {
    const { client } = await person('overtaken');
    const userId = await idOfUser('overtaken');
    const { asked, cookie } = await beginPasskey(client);
    let answering: Promise<Answer> | undefined;
    await sql.begin(async (tx) => {
      // As a new password does.
      await tx`update users set password_hash = password_hash where id = ${userId}`;
      answering = client.send(
        'POST',
        '/passkeys',
        { name: 'Late', ...createPasskey(origin).make(asked) },
        { Cookie: `${client.cookie}; ${cookie}` },
      );
      await waiting(1);
      await tx`delete from sessions where user_id = ${userId}`;
    });
    expect((await answering)?.status).toBe(401);
    expect(await sql`select name from passkeys where user_id = ${userId}`).toEqual([
      { name: 'Laptop' },
    ]);
  });
});

describe("one's own passkeys", () => {
  test('are renamed and removed, and the trail tells both', async () => {
    const { client, added } = await person('tidy');
    const path = `/passkeys/${added.json.id}`;
    const renamed = await client.send('PATCH', path, { name: '  Küchen-Laptop (blau) ' });
    expect([renamed.status, renamed.json.name]).toEqual([200, 'Küchen-Laptop (blau)']);
    expect((await client.send('PATCH', path, { name: 'Küchen-Laptop (blau)' })).status).toBe(200);
    expect((await client.send('DELETE', path)).status).toBe(204);
    expect((await client.send('DELETE', path)).status).toBe(404);
    expect(await own(client)).toEqual([]);
    expect(await eventsBy('tidy')).toEqual([
      'passkey.added tidy/Laptop',
      'passkey.renamed tidy/Laptop/Küchen-Laptop (blau)',
      'passkey.removed tidy/Küchen-Laptop (blau)',
    ]);
  });

  test('are nobody else’s, not even of who manages access', async () => {
    const { client: victim, added } = await person('owner');
    const { client: neighbour } = await person('neighbour');
    for (const thief of [neighbour, admin]) {
      for (const id of [added.json.id, crypto.randomUUID(), 'not-an-id', '%00']) {
        const path = `/passkeys/${id}`;
        expect((await thief.send('PATCH', path, { name: 'Mine' })).status).toBe(404);
        expect((await thief.send('DELETE', path)).status).toBe(404);
      }
    }
    expect(await own(victim)).toEqual([added.json]);
  });

  test.each([
    ['a slash', 'a/b'],
    ['a line end', 'a\nb'],
    ['a line separator', 'a\u2028b'],
    ['a character that turns the text around', 'a\u202eb'],
    ['a character that cannot be seen', 'a\u200bb'],
    ['half a character', 'a\ud800b'],
    ['nothing but blanks', '   '],
    ['65 characters', 'x'.repeat(65)],
  ])('have no name with %s', async (_, name) => {
    const { status, problem } = await admin.send('PATCH', `/passkeys/${crypto.randomUUID()}`, {
      name,
    });
    expect([status, problem.errors?.map(({ field }) => field)]).toEqual([400, ['name']]);
  });
});

describe('what starts an account afresh removes its passkeys, each with an event', () => {
  /** Two passkeys, the second one added by `name`. */
  async function personOfTwo(name: string) {
    const { client, passkey } = await person(name);
    const second = createPasskey(origin);
    await addPasskey(client, second, { name: 'Phone' });
    return { client, passkeys: [passkey, second] };
  }

  async function expectNone(name: string, passkeys: SoftPasskey[]): Promise<void> {
    for (const passkey of passkeys)
      expect((await signInByPasskey(browser(), passkey)).status).toBe(401);
    expect((await eventsBy(name)).toSorted()).toEqual(
      [
        `passkey.added ${name}/Laptop`,
        `passkey.added ${name}/Phone`,
        `passkey.removed ${name}/Laptop`,
        `passkey.removed ${name}/Phone`,
      ].toSorted(),
    );
  }

  test('the operator sets a password', async () => {
    const { passkeys } = await personOfTwo('reset');
    const operator = await openOperator(env);
    await operator.identity.resetPassword(systemCaller('terminal', 'test'), {
      name: 'reset',
      password: new Redacted(testPassword),
    });
    await operator.close();
    await expectNone('reset', passkeys);
    expect((await browser().signIn('reset', testPassword)).status).toBe(200);
  });

  test('an invitation is accepted, and not when it is made', async () => {
    const { passkeys } = await personOfTwo('invited');
    const id = await idOfUser('invited');
    const { json } = await admin.send('POST', `/users/${id}/invitation`);
    for (const passkey of passkeys)
      expect((await signInByPasskey(browser(), passkey)).status).toBe(200);
    const accepted = await browser().send('POST', '/invitations/accept', {
      token: json.token,
      password: 'three otters under the lamp post',
    });
    expect(accepted.status).toBe(200);
    await expectNone('invited', passkeys);
  });

  test('somebody who manages access removes them all, and sees how many there are', async () => {
    const { client, passkeys } = await personOfTwo('stripped');
    const path = `/users/${await idOfUser('stripped')}`;
    expect((await admin.send('GET', path)).json.passkeys).toBe(2);
    expect((await client.send('DELETE', `${path}/passkeys`)).status).toBe(403);
    expect((await admin.send('DELETE', `${path}/passkeys`)).status).toBe(204);
    expect((await admin.send('GET', path)).json.passkeys).toBe(0);
    expect((await admin.send('GET', '/users?q=stripped')).json.items[0].passkeys).toBe(0);
    await expectNone('stripped', passkeys);
    const [by] = await sql`
      select principal_name from audit_events where action = 'passkey.removed' and subject = 'stripped/Phone'`;
    expect(by).toEqual({ principal_name: 'keeper' });
    // Whoever was signed in stays, and the password is still the password.
    expect((await client.send('GET', '/session')).status).toBe(200);
    expect((await browser().signIn('stripped', testPassword)).status).toBe(200);
  });

  test('a password that one changes oneself leaves them', async () => {
    const { client, passkeys } = await personOfTwo('changer');
    const changed = await client.send('PUT', '/session/password', {
      currentPassword: testPassword,
      newPassword: 'three otters under the lamp post',
    });
    expect(changed.status).toBe(204);
    for (const passkey of passkeys)
      expect((await signInByPasskey(browser(), passkey)).status).toBe(200);
  });
});

/** Waits until so many statements of the nodes wait for a lock. */
async function waiting(count: number): Promise<void> {
  await until('a statement that waits', async () => {
    const [row] = await sql<{ waiting: number }[]>`
      select count(*)::int as waiting from pg_stat_activity
      where datname = current_database() and wait_event_type = 'Lock'`;
    return (row?.waiting ?? 0) >= count || undefined;
  });
}
