import { once } from 'node:events';
import { createServer, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWTPayload } from 'jose';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Answer, Client } from '../../testkit/client.ts';
import {
  startIdentityProvider,
  type IdentityProvider,
  type Spoiled,
} from '../../testkit/identity-provider.ts';
import { startTestNode, type TestNode } from '../../testkit/node.ts';
import { until } from '../../testkit/until.ts';

let idp: IdentityProvider;
let node: TestNode;
/** Two more on the same database, behind one public address. */
let second: TestNode;
let third: TestNode;
let admin: Client;
let sql: postgres.Sql;

const publicOrigin = 'http://127.0.0.1:4';

beforeAll(async () => {
  idp = await startIdentityProvider();
  const providers = [
    idp.settings('corp'),
    idp.settings('other', { createUsers: false, userNameClaim: 'nickname' }),
    // Nothing listens there.
    idp.settings('absent', { issuer: 'http://127.0.0.1:9' }),
  ];
  const env = { DROPSAFE_OIDC: JSON.stringify(providers) };
  node = await startTestNode(env);
  const { databaseUrl, dataDir } = node;
  const same = { ...env, DATABASE_URL: databaseUrl, DROPSAFE_DATA_DIR: dataDir };
  second = await startTestNode({ ...same, DROPSAFE_PUBLIC_URL: publicOrigin });
  third = await startTestNode({ ...same, DROPSAFE_PUBLIC_URL: publicOrigin });
  sql = postgres(databaseUrl, { onnotice: () => {} });
  admin = await node.as('admin-of-tests', ['ACCESS_MANAGEMENT', 'AUDIT_READ']);
});

afterEach(async () => {
  idp.spoil(undefined);
  // Every test is refused something, and all come from one address.
  await sql`delete from sign_in_attempts`;
});

afterAll(async () => {
  await sql.end();
  await third.stop();
  await second.stop();
  await node.stop();
  await idp.stop();
});

/** A browser with the cookies of sign-ins that are under way, on a node. */
function browser(on: TestNode = node): Browser {
  const jar = new Map<string, string>();
  const send = async (to: TestNode, client: Client, path: string, body: unknown) => {
    const Cookie = [...jar].map(([name, content]) => `${name}=${content}`).join('; ');
    const answer = await client.send('POST', path, body, {
      ...(to !== node && { Origin: publicOrigin }),
      ...(Cookie !== '' && { Cookie }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', content = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/Max-Age=0/.test(line)) jar.delete(name);
      else if (name.startsWith('dropsafe-oidc-')) jar.set(name, content);
    }
    return answer;
  };
  const client = on.client();
  return {
    client,
    jar,
    async begin(provider = 'corp') {
      const answer = await send(on, client, `/oidc/${provider}/sign-in`, {});
      if (answer.status !== 200) throw new Error(answer.text);
      return answer.json.url;
    },
    finish: (back, provider = 'corp', to = on) =>
      send(to, to === on ? client : to.client(), `/oidc/${provider}/callback`, {
        parameters: back.search.slice(1),
      }),
  };
}

interface Browser {
  client: Client;
  jar: Map<string, string>;
  /** Answers where to go. */
  begin(provider?: string): Promise<string>;
  /** Comes back with an address of the provider's. */
  finish(back: URL, provider?: string, to?: TestNode): Promise<Answer>;
}

/** Signs in to the end. */
async function signIn(account: string, provider = 'corp', on = browser()): Promise<Answer> {
  return on.finish(await idp.signIn(await on.begin(provider), account), provider);
}

/** What the log of a node says of a refusal. */
function reasonOf(answer: Answer, on = node): unknown {
  const id = answer.headers.get('X-Request-Id') ?? 'none';
  const line = on.lines.find(
    (text) => text.includes(id) && text.includes('"identity-provider.refused"'),
  );
  return line === undefined ? undefined : JSON.parse(line).reason;
}

const refusal = (answer: Answer, on = node) => [
  answer.status,
  answer.problem.type,
  reasonOf(answer, on),
];

/** A name that no other test uses. */
const unique = (name: string) => `${name}-${crypto.randomUUID().slice(0, 8)}`;

test('the sign-in page learns which providers there are, and nothing else of them', async () => {
  const { json } = await node.client().send('GET', '/sign-in-methods');
  expect(json).toEqual({
    providers: [
      { name: 'corp', label: 'Example Corp' },
      { name: 'other', label: 'Example Corp' },
      { name: 'absent', label: 'Example Corp' },
    ],
  });
});

test('somebody signs in, is a user from then on, and the same one whatever they are called later', async () => {
  const account = unique('anna');
  const first = await signIn(account);
  expect([first.status, first.json.principal.name]).toEqual([200, account]);
  expect(first.json.permissions).toEqual([]);
  idp.setClaims(account, { preferred_username: unique('renamed') });
  const again = browser();
  const later = await signIn(account, 'corp', again);
  expect(later.json.principal).toEqual(first.json.principal);
  const user = await admin.send('GET', `/users/${first.json.principal.id}`);
  expect(user.json).toMatchObject({
    name: account,
    hasPassword: false,
    invitedUntil: null,
    provider: { name: 'corp', hasSignedIn: true },
  });
  const { items } = (await again.client.send('GET', '/sessions')).json;
  expect(items[0]).toMatchObject({ means: 'oidc:corp', isCurrent: true });
  const events = await sql`select action, subject, means, principal_kind from audit_events
    where subject in (${account}, ${`${account}/oidc:corp`}) order by id`;
  expect(events.map(({ action, means }) => [action, means])).toEqual([
    ['user.created', null],
    ['user.linked', null],
    ['session.started', 'oidc:corp'],
    ['session.started', 'oidc:corp'],
  ]);
});

describe('what comes back', () => {
  test('fits a cookie that only this browser has, and that goes away again', async () => {
    const answer = await node.client().send('POST', '/oidc/corp/sign-in', {});
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^dropsafe-oidc-[\w-]{12}=[\w-]{43}; Max-Age=600; Path=\/; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    const url = new URL(answer.json.url);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      response_type: 'code',
      scope: 'openid profile email',
      redirect_uri: `${node.url}/sign-in/oidc/corp`,
      code_challenge_method: 'S256',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    const tab = browser();
    await signIn(unique('cookie'), 'corp', tab);
    expect([...tab.jar]).toEqual([]);
  });

  test('fits a cookie of this host alone where the page is served over TLS', async () => {
    const secure = await startTestNode({
      DATABASE_URL: node.databaseUrl,
      DROPSAFE_DATA_DIR: node.dataDir,
      DROPSAFE_PUBLIC_URL: 'https://safe.example.com',
      DROPSAFE_OIDC: JSON.stringify([idp.settings('corp')]),
    });
    const headers = { Origin: 'https://safe.example.com' };
    const answer = await secure.client().send('POST', '/oidc/corp/sign-in', {}, headers);
    await secure.stop();
    expect(new URL(answer.json.url).searchParams.get('redirect_uri')).toBe(
      'https://safe.example.com/sign-in/oidc/corp',
    );
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-dropsafe-oidc-[\w-]{12}=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
      ),
    ]);
  });

  test('without a public address is wanted back under the name by which the browser knows this machine', async () => {
    const hosts = ['localhost', '127.0.0.1', '[::1]', 'safe.internal'].map(
      (name) => `${name}:8080`,
    );
    const wanted = await Promise.all(hosts.map((host) => redirectOf(host)));
    expect(wanted).toEqual([
      'http://localhost:8080/sign-in/oidc/corp',
      'http://127.0.0.1:8080/sign-in/oidc/corp',
      'http://[::1]:8080/sign-in/oidc/corp',
      'http://localhost:8080/sign-in/oidc/corp',
    ]);
  });

  /** Begins as a browser that knows the node by this name; fetch would set its own. */
  function redirectOf(host: string): Promise<string | null> {
    return new Promise((resolve, reject) => {
      const headers = {
        Host: host,
        Origin: `http://${host}`,
        'X-Requested-With': 'dropsafe',
        'Content-Type': 'application/json',
      };
      const sent = request(`${node.url}/api/v1/oidc/corp/sign-in`, { method: 'POST', headers });
      sent.on('error', reject).on('response', (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
        answer.on('end', () =>
          resolve(new URL(JSON.parse(text).url).searchParams.get('redirect_uri')),
        );
      });
      sent.end('{}');
    });
  }

  test('in two tabs of one browser signs in both', async () => {
    const tabs = browser();
    const [account, urls] = [unique('tabs'), [await tabs.begin(), await tabs.begin()]];
    const backs = await Promise.all(urls.map((url) => idp.signIn(url, account)));
    const answers = await Promise.all(backs.toReversed().map((back) => tabs.finish(back)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.json.principal).toEqual(answers[1]?.json.principal);
  });

  test('of more sign-ins than a browser can have under way fits the latest', async () => {
    const tabs = browser();
    const urls: string[] = [];
    for (let tab = 0; tab < 12; tab += 1) urls.push(await tabs.begin());
    expect(tabs.jar.size).toBe(8);
    const latest = await tabs.finish(await idp.signIn(urls.at(-1) ?? '', unique('many')));
    const first = await tabs.finish(await idp.signIn(urls[0] ?? '', unique('many')));
    expect([latest.status, refusal(first)]).toEqual([
      200,
      [410, '/problems/sign-in-unknown', 'state-unknown'],
    ]);
  });

  test('can come back to another node', async () => {
    const somebody = browser(second);
    const back = await idp.signIn(await somebody.begin(), unique('moving'));
    expect(back.origin).toBe(publicOrigin);
    expect((await somebody.finish(back, 'corp', third)).status).toBe(200);
  });

  test('is good for once', async () => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('once'));
    const cookies = [...somebody.jar];
    expect((await somebody.finish(back)).status).toBe(200);
    expect(refusal(await somebody.finish(back))[2]).toBe('state-unknown');
    for (const [name, content] of cookies) somebody.jar.set(name, content);
    expect(refusal(await somebody.finish(back))).toEqual([
      410,
      '/problems/sign-in-unknown',
      'state-used-or-expired',
    ]);
  });

  test('is good for once when it is sent many times in the same moment', async () => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('race'));
    const answers = await Promise.all(Array.from({ length: 8 }, () => somebody.finish(back)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  });

  test('is refused to another browser', async () => {
    const back = await idp.signIn(await browser().begin(), unique('stolen'));
    const thief = browser();
    await thief.begin();
    const [[name] = ['']] = [...thief.jar];
    const renamed = `dropsafe-oidc-${back.searchParams.get('state')?.slice(0, 12)}`;
    const ofThief = thief.jar.get(name) ?? '';
    expect(refusal(await thief.finish(back))[2]).toBe('state-unknown');
    thief.jar.set(renamed, ofThief);
    expect(refusal(await thief.finish(back))).toEqual([
      410,
      '/problems/sign-in-unknown',
      'state-unknown',
    ]);
  });

  test('is refused for another provider, and after ten minutes', async () => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('late'));
    expect(refusal(await somebody.finish(back, 'other'))[2]).toBe('state-used-or-expired');
    await sql`update challenges set expires_at = now() - interval '1 second'`;
    expect(refusal(await somebody.finish(back))[2]).toBe('state-used-or-expired');
  });

  test('names the issuer, and only this one (RFC 9207)', async () => {
    for (const change of [
      (query: URLSearchParams) => query.set('iss', 'https://evil.example'),
      (query: URLSearchParams) => query.append('iss', 'https://evil.example'),
      (query: URLSearchParams) => query.delete('iss'),
    ]) {
      const somebody = browser();
      const back = await idp.signIn(await somebody.begin(), unique('mixed-up'));
      change(back.searchParams);
      expect(refusal(await somebody.finish(back))).toEqual([
        403,
        '/problems/identity-issuer-wrong',
        'issuer-wrong',
      ]);
    }
  });

  test('with a code that the provider did not give is refused', async () => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('coded'));
    back.searchParams.set('code', 'made-up');
    expect(refusal(await somebody.finish(back))).toEqual([
      410,
      '/problems/sign-in-unknown',
      'code-refused',
    ]);
  });

  test('when the provider says no is told, but not in words of its own', async () => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), '');
    expect(back.searchParams.get('error_description')).toBe('the person pressed cancel');
    const answer = await somebody.finish(back);
    expect(refusal(answer)).toEqual([
      403,
      '/problems/identity-provider-refused',
      'provider-said-no',
    ]);
    expect(answer.text + node.lines.join('')).not.toContain('pressed cancel');
  });

  test.each(['code=a', 'state=', 'state=%00', '%', 'response=x&state=y', 'a'.repeat(16_384)])(
    'as nonsense is refused: %#',
    async (parameters) => {
      const answer = await node.client().send('POST', '/oidc/corp/callback', { parameters });
      expect(refusal(answer)).toEqual([410, '/problems/sign-in-unknown', 'state-unknown']);
    },
  );

  test('for a provider that there is not is not found', async () => {
    for (const path of ['sign-in', 'callback'])
      expect(
        (
          await node
            .client()
            .send('POST', `/oidc/none/${path}`, path === 'sign-in' ? {} : { parameters: 'x' })
        ).problem.type,
      ).toBe('/problems/not-found');
  });

  test('counts as an attempt from its address, and not when it succeeds', async () => {
    const failures = async () =>
      (await sql`select failures from sign_in_attempts`)[0]?.['failures'];
    const send = () => node.client().send('POST', '/oidc/corp/callback', { parameters: 'x' });
    for (let attempt = 0; attempt < 21; attempt += 1) await send();
    expect((await send()).problem.type).toBe('/problems/too-many-attempts');
    await sql`update sign_in_attempts set failures = 7`;
    expect((await signIn(unique('counted'))).status).toBe(200);
    expect(await failures()).toBe(7);
  });
});

describe('a token', () => {
  const now = () => Math.floor(Date.now() / 1000);
  const at = (seconds: number) => (claims: JWTPayload) => ({
    claims: { ...claims, iat: now() + seconds, exp: now() + seconds + 3600 },
  });

  test.each<[string, (claims: JWTPayload) => Spoiled]>([
    ['signed anew as it was', (claims) => ({ claims })],
    ['of a clock that is two minutes behind', at(-120)],
    ['of a clock that is two minutes ahead', at(120)],
    ['that ended a minute ago', (claims) => ({ claims: { ...claims, exp: now() - 60 } })],
    [
      'for us among those whom we are authorised by',
      (claims) => ({ claims: { ...claims, azp: 'dropsafe' } }),
    ],
  ])('%s is taken', async (_, spoiler) => {
    idp.spoil(spoiler);
    expect((await signIn(unique('taken'))).status).toBe(200);
  });

  test.each<[string, string, string, (claims: JWTPayload) => Spoiled]>([
    [
      'for another client',
      'identity-audience-wrong',
      'audience-wrong',
      (claims) => ({ claims: { ...claims, aud: 'another' } }),
    ],
    [
      'for us and for another',
      'identity-audience-wrong',
      'audience-wrong',
      (claims) => ({ claims: { ...claims, aud: ['dropsafe', 'another'] } }),
    ],
    [
      'that another client asked for',
      'identity-audience-wrong',
      'audience-wrong',
      (claims) => ({ claims: { ...claims, aud: ['dropsafe'], azp: 'another' } }),
    ],
    [
      'of another issuer',
      'identity-issuer-wrong',
      'issuer-wrong',
      (claims) => ({ claims: { ...claims, iss: 'https://evil.example' } }),
    ],
    [
      'of an issuer with a slash',
      'identity-issuer-wrong',
      'issuer-wrong',
      (claims) => ({ claims: { ...claims, iss: `${claims.iss}/` } }),
    ],
    [
      'that ended five minutes ago',
      'identity-token-expired',
      'token-expired',
      (claims) => ({ claims: { ...claims, exp: now() - 300 } }),
    ],
    [
      'of a clock that is five minutes behind',
      'identity-token-expired',
      'token-of-another-time',
      at(-300),
    ],
    [
      'of a clock that is five minutes ahead',
      'identity-token-expired',
      'token-of-another-time',
      at(300),
    ],
    [
      'that is not good yet',
      'identity-token-expired',
      'token-of-another-time',
      (claims) => ({ claims: { ...claims, nbf: now() + 300 } }),
    ],
    [
      'of another key with the same name',
      'identity-signature-wrong',
      'signature-wrong',
      () => ({ signature: 'foreign' }),
    ],
    [
      'of an unknown key',
      'identity-signature-wrong',
      'key-unknown',
      () => ({ signature: 'unknown key' }),
    ],
    [
      'that is not signed',
      'identity-signature-wrong',
      'algorithm-refused',
      () => ({ signature: 'none' }),
    ],
    [
      'signed with the secret of the client',
      'identity-signature-wrong',
      'algorithm-refused',
      () => ({ signature: 'client secret' }),
    ],
    [
      'signed with the public key as a secret',
      'identity-signature-wrong',
      'algorithm-refused',
      () => ({ signature: 'public key as secret' }),
    ],
    [
      'for another sign-in',
      'sign-in-unknown',
      'nonce-wrong',
      (claims) => ({ claims: { ...claims, nonce: 'another' } }),
    ],
    [
      'for no sign-in',
      'identity-answer-invalid',
      'answer-invalid',
      ({ nonce: _nonce, ...claims }) => ({ claims }),
    ],
    [
      'about nobody',
      'identity-answer-invalid',
      'answer-invalid',
      ({ sub: _sub, ...claims }) => ({ claims }),
    ],
    [
      'of no time',
      'identity-answer-invalid',
      'answer-invalid',
      ({ iat: _iat, ...claims }) => ({ claims }),
    ],
  ])('%s is refused', async (_, code, reason, spoiler) => {
    idp.spoil(spoiler);
    const account = unique('refused');
    const answer = await signIn(account);
    expect(refusal(answer)).toEqual([
      code === 'sign-in-unknown' ? 410 : 403,
      `/problems/${code}`,
      reason,
    ]);
    expect(answer.headers.getSetCookie().filter((line) => line.startsWith('dropsafe='))).toEqual(
      [],
    );
    const id = answer.headers.get('X-Request-Id');
    const events =
      await sql`select action, subject, fields from audit_events where request_id = ${id}`;
    expect(events).toMatchObject([
      { action: 'session.refused', subject: 'oidc:corp', fields: [reason] },
    ]);
    expect(await sql`select id from users where name = ${account}`).toHaveLength(0);
  });

  test('of an algorithm that the provider itself allows is refused when it is one with a shared secret', async () => {
    // Were it taken from what the provider says of itself, a provider that is careless would be believed.
    idp.setAlgorithms(['RS256', 'HS256', 'none']);
    for (const signature of ['client secret', 'public key as secret', 'none'] as const) {
      idp.spoil(() => ({ signature }));
      const fresh = await freshNode();
      try {
        const answer = await signIn(unique('careless'), 'corp', browser(fresh));
        expect([answer.status, answer.problem.type]).toEqual([
          403,
          '/problems/identity-signature-wrong',
        ]);
      } finally {
        await fresh.stop();
      }
    }
    idp.setAlgorithms(['RS256']);
  });

  test('of new keys is taken from the moment that the provider has them, and one of the old is not', async () => {
    expect((await signIn(unique('before'))).status).toBe(200);
    await idp.rotateKeys();
    expect((await signIn(unique('after'))).status).toBe(200);
    await idp.rotateKeys();
    expect((await signIn(unique('again'))).status).toBe(200);
    idp.spoil(() => ({ signature: 'former' }));
    expect(refusal(await signIn(unique('former')))[2]).toBe('key-unknown');
  });
});

/** A node that has not asked the provider anything yet. It is behind the public address. */
function freshNode(): Promise<TestNode> {
  return startTestNode({
    DATABASE_URL: node.databaseUrl,
    DROPSAFE_DATA_DIR: node.dataDir,
    DROPSAFE_PUBLIC_URL: publicOrigin,
    DROPSAFE_OIDC: JSON.stringify([idp.settings('corp')]),
  });
}

describe('a provider', () => {
  test('that was never reached is told at the beginning', async () => {
    const answer = await node.client().send('POST', '/oidc/absent/sign-in', {});
    expect(refusal(answer)).toEqual([
      503,
      '/problems/identity-provider-unavailable',
      'provider-unreachable',
    ]);
  });

  test('that goes down meanwhile is told, does not count as an attempt, and works again once it is back', async () => {
    const account = unique('down');
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), account);
    await idp.setDown(true);
    const answer = await somebody.finish(back);
    await idp.setDown(false);
    expect(refusal(answer)).toEqual([
      503,
      '/problems/identity-provider-unavailable',
      'provider-unreachable',
    ]);
    expect((await sql`select failures from sign_in_attempts`)[0]).toEqual({ failures: 0 });
    expect((await signIn(account)).status).toBe(200);
  });

  test('that is silent is given up in time, wherever it is: at the beginning, at the token, its keys and userinfo', async () => {
    const fresh = await freshNode();
    const begun = Date.now();
    const inTime = async (answering: Promise<Answer>, on = node) => [
      ...refusal(await answering, on),
      Date.now() - begun < 8_000,
    ];
    const refused: Promise<unknown[]>[] = [];
    // One after the other until each of them waits, and then all at once.
    for (const path of ['/me', '/jwks', '/token']) {
      const somebody = browser();
      const back = await idp.signIn(await somebody.begin(), unique('slow'));
      const isAsked = idp.silence(path);
      refused.push(inTime(somebody.finish(back)));
      await isAsked;
    }
    const isAsked = idp.silence('/.well-known/');
    const ofPublic = { Origin: publicOrigin };
    refused.push(inTime(fresh.client().send('POST', '/oidc/corp/sign-in', {}, ofPublic), fresh));
    await isAsked;
    const unavailable = [503, '/problems/identity-provider-unavailable', 'provider-slow', true];
    expect(await Promise.all(refused)).toEqual(Array.from({ length: 4 }, () => unavailable));
    // Nothing is kept of that.
    expect(await browser(fresh).begin()).toContain(idp.issuer);
    await fresh.stop();
  }, 20_000);

  test.each<[string, string, string, (res: ServerResponse) => void]>([
    [
      'sends an error',
      'identity-provider-unavailable',
      'provider-failed',
      (res) => res.writeHead(502).end('bad'),
    ],
    ['sends no JSON', 'identity-answer-invalid', 'answer-invalid', (res) => res.end('<html>')],
    ['breaks off', 'identity-provider-unavailable', 'provider-unreachable', (res) => res.destroy()],
    [
      'refuses the client',
      'identity-answer-invalid',
      'client-refused',
      (res) =>
        res
          .writeHead(401, { 'Content-Type': 'application/json' })
          .end('{"error":"invalid_client"}'),
    ],
    [
      'never ends',
      'identity-answer-invalid',
      'answer-too-large',
      (res) => {
        res.writeHead(200, { 'Content-Type': 'application/json' });
        const more = () => {
          while (!res.destroyed && res.write(Buffer.alloc(65_536, ' ')));
        };
        res.on('drain', more);
        more();
      },
    ],
  ])('that %s is refused', async (_, code, reason, answer) => {
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('broken'));
    idp.answer('/token', answer);
    const refused = await somebody.finish(back);
    idp.answer('/token', undefined);
    expect(refusal(refused).slice(1)).toEqual([`/problems/${code}`, reason]);
  });

  test('that sends us elsewhere is not followed', async () => {
    let visits = 0;
    const elsewhere = createServer((_, res) => {
      visits += 1;
      res.end('{}');
    });
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    const { port } = elsewhere.address() as AddressInfo; // as: a TCP server
    const somebody = browser();
    const back = await idp.signIn(await somebody.begin(), unique('elsewhere'));
    idp.answer('/token', (res) =>
      res.writeHead(307, { Location: `http://127.0.0.1:${port}/` }).end(),
    );
    const refused = await somebody.finish(back);
    idp.answer('/token', undefined);
    elsewhere.close();
    expect([refusal(refused)[2], visits]).toEqual(['answer-invalid', 0]);
  });
});

describe('groups', () => {
  /** A team for a group, and the name of a user in the claims of whom it can be. */
  async function teamOf(group: string): Promise<string> {
    const made = await admin.send('POST', '/teams', {
      name: unique('team'),
      permissions: ['SECRET_MANAGEMENT_READ'],
    });
    await admin.send('POST', '/oidc-groups', { provider: 'corp', group, teamId: made.json.id });
    return made.json.id;
  }

  test('as a list, as one text, as two thousand and beyond five thousand put somebody into teams', async () => {
    const group = unique('readers');
    await teamOf(group);
    const long = Array.from({ length: 1999 }, (_, index) => `${index}`.padStart(255, 'g'));
    for (const [groups, isMember] of [
      [[group, 'others'], true],
      [group, true],
      [[...long, group], true],
      [[...Array.from({ length: 5_000 }, (_, index) => `g${index}`), group], false],
      [[group, 7, null, '', 'x'.repeat(256), { group }], true],
      [[], false],
      [{ [group]: true }, false],
      [undefined, false],
    ] as const) {
      const account = unique('grouped');
      idp.setClaims(account, { groups });
      const { status, json } = await signIn(account);
      expect([status, json.permissions]).toEqual([200, isMember ? ['SECRET_MANAGEMENT_READ'] : []]);
    }
  });

  test('that are not told any more take their teams away', async () => {
    const [group, account] = [unique('leaving'), unique('leaver')];
    await teamOf(group);
    const permissions: unknown[] = [];
    for (const groups of [[group], undefined, [group], 7]) {
      idp.setClaims(account, { groups });
      permissions.push((await signIn(account)).json.permissions);
    }
    expect(permissions).toEqual([['SECRET_MANAGEMENT_READ'], [], ['SECRET_MANAGEMENT_READ'], []]);
  });

  test('that are missing or not all taken are told to the operator once, by number only', async () => {
    const logged = async (groups: unknown) => {
      const account = unique('logged');
      idp.setClaims(account, { groups });
      const id = (await signIn(account)).headers.get('X-Request-Id') ?? 'none';
      return node.lines
        .filter((line) => line.includes(id) && line.includes('sign-in.groups'))
        .map((line) => JSON.parse(line))
        .map(({ groups: state, taken, ignored }) => [state, taken, ignored]);
    };
    expect(await logged(undefined)).toEqual([['missing', 0, 0]]);
    expect(await logged({})).toEqual([['unreadable', 0, 0]]);
    expect(await logged(['a', 7, 'x'.repeat(256)])).toEqual([['partly ignored', 1, 2]]);
    expect(await logged(['a'])).toEqual([]);
  });

  test('and the name are asked for where the token does not tell them', async () => {
    const [group, account] = [unique('asked'), unique('asker')];
    await teamOf(group);
    idp.setClaims(account, { groups: [group], preferred_username: `${account}-told` });
    await idp.setClaimsAtUserInfo(true);
    const { json } = await signIn(account);
    await idp.setClaimsAtUserInfo(false);
    expect([json.principal.name, json.permissions]).toEqual([
      `${account}-told`,
      ['SECRET_MANAGEMENT_READ'],
    ]);
  });
});

describe('somebody who is not known yet', () => {
  test.each<[string, string, unknown]>([
    ['letters of two scripts', 'name-refused', 'аdmin'],
    ['a blank', 'name-refused', 'anna smith'],
    ['too many letters', 'name-refused', 'a'.repeat(65)],
    ['an invisible letter', 'name-refused', 'adm\u200bin'],
    ['nothing in it', 'name-refused', ''],
    ['no text', 'name-missing', ['admin']],
  ])('with a name of %s is refused', async (_, reason, name) => {
    const account = unique('named');
    idp.setClaims(account, { preferred_username: name });
    expect(refusal(await signIn(account))).toEqual([
      403,
      '/problems/identity-name-refused',
      reason,
    ]);
  });

  test.each(['admin', 'ADMIN', 'ａｄｍｉｎ', ' admin '])(
    'is never taken for a user of the same name: %s',
    async (name) => {
      const account = unique('taker');
      idp.setClaims(account, { preferred_username: name });
      expect(refusal(await signIn(account))).toEqual([
        409,
        '/problems/identity-name-taken',
        'name-taken',
      ]);
    },
  );

  test('is never taken for somebody of the same provider either, whose name they have now', async () => {
    const [account, other] = [unique('first'), unique('second')];
    const first = await signIn(account);
    idp.setClaims(other, { preferred_username: account });
    expect(refusal(await signIn(other))[2]).toBe('name-taken');
    expect((await signIn(account)).json.principal).toEqual(first.json.principal);
  });

  test('is refused where nobody becomes a user by signing in, until they are created for the provider', async () => {
    const [account, name] = [unique('subject'), unique('Awaited')];
    idp.setClaims(account, { nickname: name.toLowerCase() });
    expect(refusal(await signIn(account, 'other'))).toEqual([
      403,
      '/problems/identity-user-unknown',
      'user-unknown',
    ]);
    const permissions = ['SECRET_MANAGEMENT_READ'];
    const made = await admin.send('POST', '/users', { name, permissions, provider: 'other' });
    expect([made.status, made.json.invitation, made.json.user.provider]).toEqual([
      201,
      null,
      { name: 'other', hasSignedIn: false },
    ]);
    const { status, json } = await signIn(account, 'other');
    expect([status, json.principal.id, json.permissions]).toEqual([
      200,
      made.json.user.id,
      permissions,
    ]);
    // From now on it is the subject that counts: whoever else has the name is refused.
    const thief = unique('thief');
    idp.setClaims(thief, { nickname: name });
    expect(refusal(await signIn(thief, 'other'))[2]).toBe('user-unknown');
  });

  test('is not taken for a user who awaits another provider, or has a password meanwhile', async () => {
    const [account, name] = [unique('subject'), unique('awaited')];
    await admin.send('POST', '/users', { name, provider: 'other' });
    idp.setClaims(account, { preferred_username: name, nickname: name });
    expect(refusal(await signIn(account, 'corp'))[2]).toBe('name-taken');
    await sql`update users set password_hash = 'x' where name = ${name}`;
    expect(refusal(await signIn(account, 'other'))[2]).toBe('user-unknown');
  });

  test('cannot be created for a provider that there is not', async () => {
    const { status, problem } = await admin.send('POST', '/users', {
      name: unique('x'),
      provider: 'none',
    });
    expect([status, problem.errors?.[0]?.field]).toEqual([400, 'provider']);
  });
});

describe('a user of a provider', () => {
  test('who is disabled is refused', async () => {
    const account = unique('disabled');
    const { json } = await signIn(account);
    await admin.send('PATCH', `/users/${json.principal.id}`, { isDisabled: true });
    expect(refusal(await signIn(account))).toEqual([
      403,
      '/problems/identity-user-disabled',
      'user-disabled',
    ]);
  });

  test('is nobody to another issuer under the same name of a provider', async () => {
    const account = unique('moved');
    const { json } = await signIn(account);
    await sql`update oidc_identities set issuer = 'https://former.example' where user_id = ${json.principal.id}`;
    expect(refusal(await signIn(account))).toEqual([
      403,
      '/problems/identity-issuer-wrong',
      'issuer-changed',
    ]);
  });

  test('counts as somebody who can sign in and manage access', async () => {
    const account = unique('manager');
    const { json } = await signIn(account);
    const manage = { permissions: ['ACCESS_MANAGEMENT'] };
    await admin.send('PATCH', `/users/${json.principal.id}`, manage);
    const manager = browser();
    await signIn(account, 'corp', manager);
    const { items } = (await manager.client.send('GET', '/users?limit=1000')).json;
    const others = items.filter(
      ({ id, permissions }: { id: string; permissions: string[] }) =>
        id !== json.principal.id && permissions.includes('ACCESS_MANAGEMENT'),
    );
    expect(others.length).toBeGreaterThan(1);
    for (const { id } of others)
      expect((await manager.client.send('PATCH', `/users/${id}`, { permissions: [] })).status).toBe(
        200,
      );
    const last = await manager.client.send('PATCH', `/users/${json.principal.id}`, {
      permissions: [],
    });
    expect(last.problem.type).toBe('/problems/last-access-manager');
    for (const { id, permissions } of others)
      await manager.client.send('PATCH', `/users/${id}`, { permissions });
  });
});

describe('a logout', () => {
  /** Somebody signed in, with the id of their session at the provider. */
  async function session(account = unique('leaving')) {
    const somebody = browser();
    const { json } = await signIn(account, 'corp', somebody);
    const [row] = await sql`select provider_sid from sessions where user_id = ${json.principal.id}
      order by created_at desc limit 1`;
    const sid: string = row?.['provider_sid'];
    return { account, client: somebody.client, sid, userId: json.principal.id };
  }

  const isAlive = async ({ client }: { client: Client }) =>
    (await client.send('GET', '/session')).status === 200;

  /** As the server of a provider sends it: a form, and none of a page's headers. */
  async function send(
    token: string,
    to = node,
    provider = 'corp',
  ): Promise<[number, string | null, string]> {
    // oxlint-disable-next-line no-restricted-globals -- a test is a provider, not the product
    const answer = await fetch(`${to.url}/api/v1/oidc/${provider}/backchannel-logout`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: token, more: 'is passed over' }),
    });
    return [answer.status, answer.headers.get('Cache-Control'), await answer.text()];
  }

  beforeAll(() => idp.setLogoutAddress(`${second.url}/api/v1/oidc/corp/backchannel-logout`));

  test('that the provider sends by itself, to another node, ends that session and no other', async () => {
    const account = unique('leaving');
    const [one, other] = [await session(account), await session(account)];
    expect(one.sid).not.toBe(other.sid);
    await idp.sendLogout(account, one.sid);
    expect([await isAlive(one), await isAlive(other)]).toEqual([false, true]);
    const events = await sql`select principal_kind, principal_name, address from audit_events
      where action = 'session.ended' and subject = ${account}`;
    expect(events).toEqual([
      { principal_kind: 'identity-provider', principal_name: 'oidc:corp', address: '127.0.0.1' },
    ]);
  });

  test('of a subject ends all of their sessions through this provider', async () => {
    const account = unique('leaving');
    const [one, other, somebody] = [
      await session(account),
      await session(account),
      await session(),
    ];
    expect(await send(await idp.logoutToken({ sub: account }))).toEqual([200, 'no-store', '']);
    expect([await isAlive(one), await isAlive(other), await isAlive(somebody)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  test('is good for once, on any node', async () => {
    const { account } = await session();
    const token = await idp.logoutToken({ sub: account });
    expect((await send(token))[0]).toBe(200);
    const again = await session(account);
    expect([(await send(token))[0], (await send(token, second))[0], await isAlive(again)]).toEqual([
      400,
      400,
      true,
    ]);
  });

  const now = Math.floor(Date.now() / 1000);
  test.each<[string, Record<string, unknown>, Spoiled['signature']?]>([
    ['of another key', {}, 'foreign'],
    ['without a signature', {}, 'none'],
    ['signed with the secret of the client', {}, 'client secret'],
    ['signed with the public key as a secret', {}, 'public key as secret'],
    ['of another issuer', { iss: 'https://evil.example' }],
    ['for another client', { aud: 'another' }],
    ['with a nonce, as an ID token has', { nonce: 'n' }],
    ['without the event', { events: undefined }],
    ['with another event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    [
      'with an event that is no object',
      { events: { 'http://schemas.openid.net/event/backchannel-logout': true } },
    ],
    ['without an id', { jti: undefined }],
    ['without a time', { iat: undefined }],
    ['without an end', { exp: undefined }],
    ['of a clock that is five minutes behind', { iat: now - 300, exp: now - 180 }],
    ['of a clock that is five minutes ahead', { iat: now + 300, exp: now + 420 }],
    ['of half an hour ago', { iat: now - 1800, exp: now + 1800 }],
    ['about nobody', { sub: undefined, sid: undefined }],
    ['about a subject that is no text', { sub: 7 }],
  ])('%s is refused and ends nothing', async (_, claims, signature) => {
    const one = await session();
    const token = await idp.logoutToken({ sub: one.account, ...claims }, signature);
    const [status, , text] = await send(token);
    expect([status, JSON.parse(text).type, await isAlive(one)]).toEqual([
      400,
      '/problems/logout-refused',
      true,
    ]);
  });

  test('of a clock that is two minutes behind or ahead is taken', async () => {
    for (const seconds of [-120, 120]) {
      const one = await session();
      const iat = Math.floor(Date.now() / 1000) + seconds;
      const token = await idp.logoutToken({ sub: one.account, iat, exp: iat + 120 });
      expect([seconds, (await send(token))[0], await isAlive(one)]).toEqual([seconds, 200, false]);
    }
  });

  test.each(['', 'nonsense', 'a.b.c', '{}'])('%j is refused', async (token) => {
    expect((await send(token))[0]).toBe(400);
  });

  test('of one provider ends nothing of another', async () => {
    const one = await session();
    expect((await send(await idp.logoutToken({ sub: one.account }), node, 'other'))[0]).toBe(200);
    expect(await isAlive(one)).toBe(true);
    expect((await send(await idp.logoutToken({ sub: one.account }), node, 'none'))[0]).toBe(404);
  });

  test('is taken as a form only, and in one piece', async () => {
    const token = await idp.logoutToken({ sub: 'x' });
    const path = '/oidc/corp/backchannel-logout';
    const asJson = await node.client().send('POST', path, { logout_token: token });
    const form = (body: string) =>
      node
        .client()
        .send('POST', path, body, { 'Content-Type': 'application/x-www-form-urlencoded' });
    expect([
      asJson.status,
      (await form(`logout_token=${token}&logout_token=${token}`)).status,
      (await form('')).status,
    ]).toEqual([415, 400, 400]);
  });

  test('signed with new keys is taken', async () => {
    const one = await session();
    expect((await send(await idp.logoutToken({ sub: 'warm-up' })))[0]).toBe(200);
    await idp.rotateKeys();
    const other = await session();
    // Keys are looked for again after five seconds at the latest; providers send again as well.
    await until(
      'the new key',
      async () => (await send(await idp.logoutToken({ sub: other.account })))[0] === 200,
      10,
    );
    expect([await isAlive(one), await isAlive(other)]).toEqual([true, false]);
  }, 20_000);

  test('in a frame of the provider ends the session that it names, without a cookie', async () => {
    const [one, other] = [await session(), await session()];
    const leave = (iss: string, sid: string) =>
      node
        .client()
        .send(
          'GET',
          `/oidc/corp/frontchannel-logout?${new URLSearchParams({ iss, sid, more: 'is passed over' }).toString()}`,
        );
    expect((await leave('https://evil.example', one.sid)).problem.type).toBe(
      '/problems/logout-refused',
    );
    expect(await isAlive(one)).toBe(true);
    const answer = await leave(idp.issuer, one.sid);
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([204, 'no-store']);
    expect([await isAlive(one), await isAlive(other)]).toEqual([false, true]);
    expect((await leave(idp.issuer, 'unknown')).status).toBe(204);
  });
});

test('nothing that identifies a sign-in, and no secret, is in the log, the answers or the database', async () => {
  const somebody = browser();
  const url = new URL(await somebody.begin());
  const back = await idp.signIn(url.href, unique('quiet'));
  const cookies = [...somebody.jar.values()];
  await somebody.finish(back);
  const secrets = [
    ...cookies,
    ...['state', 'nonce', 'code_challenge'].map((name) => url.searchParams.get(name)),
    back.searchParams.get('code'),
    'a-client-secret-of-the-tests-alone',
  ];
  const tables =
    await sql`select table_name from information_schema.tables where table_schema = 'public'`;
  let kept = node.lines.join('') + second.lines.join('');
  for (const { table_name } of tables)
    kept += JSON.stringify(await sql`select * from ${sql(table_name)}`);
  expect(secrets.filter((secret) => secret === null || kept.includes(secret))).toEqual([]);
});
