import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newCanary } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { createClient, type Answer } from '../../testkit/client.ts';
import { startMailServer } from '../../testkit/mail-server.ts';
import { startTestNode } from '../../testkit/node.ts';
import {
  mention,
  setOutboundStage,
  shownOf,
  type OutboundStage,
} from '../../testkit/outbound-stage.ts';
import { until } from '../../testkit/until.ts';
import { startUpstream, type Arrived } from '../../testkit/upstream.ts';
import { signatureHeader } from './configured.ts';

let stage: OutboundStage;
let caCertificate: string;

beforeAll(async () => {
  stage = await setOutboundStage({ 'wrong.test': [['127.0.0.1']], 'inside.test': [['10.0.0.1']] });
  caCertificate = stage.certificate.cert;
});
beforeEach(() => {
  stage.upstream.answerWith(200);
  stage.upstream.arrived.length = 0;
});
afterAll(async () => {
  expect(await stage.stop()).toEqual([]);
});

const all = 'PPPPPPPPP';
const letters = (answer: Answer) => shownOf(answer)[0];
const bearer = (secret: string, more: object = {}) => ({
  baseUrl: stage.origin,
  auth: 'bearer',
  token: mention(secret),
  caCertificate,
  ...more,
});
/** What arrived last. */
function arrived(): Arrived {
  const last = stage.upstream.arrived.at(-1);
  if (last === undefined) throw new Error('Nothing arrived.');
  return last;
}
const hmac = (hash: string, key: string, body = '') =>
  createHmac(hash, key).update(body).digest('hex');
const setValue = (secret: string, value: string) =>
  stage.manager.send('PATCH', `/secrets/${secret}`, { value });

describe('a value arrives as its place needs it', () => {
  const value = newCanary();

  test.each<[string, (secret: string) => object, (request: Arrived) => unknown, unknown]>([
    [
      'bearer',
      (secret) => ({ auth: 'bearer', token: mention(secret) }),
      ({ headers }) => headers.authorization,
      `Bearer ${value}`,
    ],
    [
      'basic',
      (secret) => ({ auth: 'basic', username: "me{{ '!' }}", password: mention(secret) }),
      ({ headers }) => headers.authorization,
      `Basic ${Buffer.from(`me!:${value}`).toString('base64')}`,
    ],
    [
      'header, with a word before it',
      (secret) => ({
        auth: 'header',
        headerName: 'X-Api-Key',
        headerValue: `key=${mention(secret, '|base64')}`,
      }),
      ({ headers }) => headers['x-api-key'],
      `key=${Buffer.from(value).toString('base64')}`,
    ],
    [
      'query, beside one that stands in the path for tests',
      (secret) => ({
        auth: 'query',
        queryName: "k{{ 'ey' }}",
        queryValue: mention(secret),
        testPath: "/us{{'er'}}?a=b",
      }),
      ({ url }) => url,
      `/user?a=b&key=${encodeURIComponent(value)}`,
    ],
    [
      'signature of nothing, as a GET has no body',
      (secret) => ({
        auth: 'hmac',
        hmacHeader: 'X-Sig',
        hmacAlgorithm: 'sha512',
        hmacPrefix: "{{ 'v1=' }}",
        hmacSecret: mention(secret),
      }),
      ({ headers }) => headers['x-sig'],
      `v1=${hmac('sha512', value)}`,
    ],
    [
      'a further header',
      (secret) => ({ headers: [{ name: 'X-One', value: `a ${mention(secret)}` }] }),
      ({ headers }) => headers['x-one'],
      `a ${value}`,
    ],
  ])('%s', async (_, fieldsOf, read, expected) => {
    const secret = await stage.newSecret({ value });
    const fields = { baseUrl: stage.origin, caCertificate, ...fieldsOf(secret) };
    expect(letters(await stage.testDraft('http', fields))).toBe(all);
    // Latin-1 is how Node reads what the other side sends.
    expect(read(arrived())).toEqual(expected);
    const id = await stage.newIntegration('http', fields);
    expect(letters(await stage.test(id))).toBe(all);
    expect(read(arrived())).toEqual(expected);
    expect(stage.upstream.arrived.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });

  test('a webhook: signed, and parts of its address, each encoded', async () => {
    const key = newCanary();
    const [part, signing] = [
      await stage.newSecret({ value }),
      await stage.newSecret({ value: key }),
    ];
    const url = `${stage.origin}/hooks/${mention(part, '|urlencode')}?t=${mention(part, '|urlencode')}&u=v`;
    const before = Date.now();
    const fields = { url, signingSecret: mention(signing) };
    expect(letters(await stage.testDraft('webhook', fields))).toBe(all);
    const { method, url: path, body, headers } = arrived();
    const encoded = path.split('/')[2]?.split('?')[0] ?? '';
    expect([method, decodeURIComponent(encoded), path]).toEqual([
      'POST',
      value,
      `/hooks/${encoded}?t=${encoded}&u=v`,
    ]);
    expect(headers['content-type']).toBe('application/json');
    expect(headers[signatureHeader.toLowerCase()]).toBe(`sha256=${hmac('sha256', key, body)}`);
    const { event, id, at, ...rest } = JSON.parse(body);
    expect([event, id, rest]).toEqual(['ping', expect.stringMatching(/^[\da-f-]{36}$/), {}]);
    expect(Date.parse(at) - before).toBeGreaterThanOrEqual(-1);
    expect(Date.parse(at) - before).toBeLessThan(12_000);
  });

  test.each(['tls', 'starttls'] as const)('mail, by %s', async (security) => {
    const server = await startMailServer({
      tls: stage.certificate,
      security: security === 'tls' ? 'implicit' : 'starttls',
      user: 'dropsafe',
      password: value,
      isTelltale: true,
    });
    const scheme = security === 'tls' ? 'smtps' : 'smtp';
    const destinations = [`${scheme}://mail.test:${server.port}`];
    const secret = await stage.newSecret({ value, destinations });
    const open = { host: 'mail.test', port: server.port, security, from: 'a@example.com' };
    const fields = { ...open, username: 'dropsafe', password: mention(secret) };
    const id = await stage.newIntegration('email', fields);
    expect(shownOf(await stage.test(id))).toEqual([all, expect.stringContaining('accepts')]);
    await setValue(secret, newCanary());
    expect(shownOf(await stage.test(id))).toEqual([
      'PPPPPPPPF',
      expect.stringContaining('does not accept'),
    ]);
    expect(server.plain.join()).not.toContain('AUTH');
    // Without a user name it greets and goes.
    server.secured.length = 0;
    expect(shownOf(await stage.testDraft('email', open))).toEqual([
      'PSPPPPPPS',
      expect.stringContaining('no credentials'),
    ]);
    expect(server.secured.join()).not.toContain('AUTH');
    await server.stop();
  });

  test('the key of a client certificate', async () => {
    const client = selfSigned();
    const server = await startUpstream({ tls: stage.certificate, clientAuthority: client.cert });
    const baseUrl = `https://upstream.test:${server.port}`;
    const clientKey = mention(
      await stage.newSecret({ value: client.key, destinations: [baseUrl] }),
    );
    const fields = { baseUrl, caCertificate, clientCertificate: client.cert, clientKey };
    expect(letters(await stage.testDraft('http', fields))).toBe(all);
    expect(server.arrived).toHaveLength(1);
    expect(JSON.stringify(server.arrived)).not.toContain('PRIVATE KEY');
    await server.stop();
  });
});

test('a new value is the one that the next test carries, on another node, too, and a disabled integration is tested as well', async () => {
  const values = [newCanary(), newCanary(), newCanary()];
  const secret = await stage.newSecret({ value: values[0] ?? '' });
  const id = await stage.newIntegration('http', bearer(secret));
  await stage.manager.send('PATCH', `/integrations/${id}`, { isDisabled: true });
  const { node } = stage;
  const env = { DATABASE_URL: node.databaseUrl, DROPSAFE_DATA_DIR: node.dataDir };
  const second = await startTestNode(
    { ...env, DROPSAFE_OUTBOUND_ALLOW: '127.0.0.1' },
    stage.names.lookUp,
  );
  const there = createClient(second.url, stage.manager.cookie);
  for (const value of values) {
    if (value !== values[0]) await setValue(secret, value);
    for (const client of [stage.manager, there]) {
      expect(letters(await client.send('POST', `/integrations/${id}/tests`))).toBe(all);
      expect(arrived().headers.authorization).toBe(`Bearer ${value}`);
    }
  }
  await second.stop();
});

describe('a draft', () => {
  test('is refused with what saving it would say', async () => {
    const unbound = await stage.newSecret({ destinations: ['https://api.example.com'] });
    const fields = {
      ...bearer('NOT_THERE'),
      testPath: '/../x',
      headers: [
        { name: 'Host', value: 'x' },
        { name: 'X-One', value: `${mention(unbound)}{{` },
      ],
    };
    const saving = { name: 'never saved', type: 'http', fields };
    const saved = await stage.manager.send('POST', '/integrations', saving);
    const tested = await stage.testDraft('http', fields);
    expect([tested.status, tested.problem.type]).toEqual([400, '/problems/validation-failed']);
    expect(tested.problem.errors).toEqual(saved.problem.errors);
    expect(tested.problem.errors?.length).toBeGreaterThan(3);
    expect(stage.upstream.arrived).toEqual([]);
  });

  test('names a secret only for whoever may see secrets, but where it is saved already', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const editor = await stage.newProgram(['INTEGRATION_MANAGEMENT']);
    const send = (body: object) => editor.send('POST', '/integrations/tests', body);
    const since = await stage.lastEvent();
    for (const draft of [
      { type: 'http', fields: bearer(secret) },
      { id, type: 'http', fields: bearer(secret, { testPath: '/elsewhere' }) },
    ]) {
      const { status, problem } = await send(draft);
      expect([status, problem.errors]).toEqual([
        400,
        [
          expect.objectContaining({
            field: 'fields.token',
            message: expect.stringContaining('may see secrets'),
          }),
        ],
      ]);
    }
    expect(await stage.trailSince(since)).toEqual([
      'permission.denied a configuration that is not saved',
      `permission.denied integration ${id}`,
    ]);
    expect(stage.upstream.arrived).toEqual([]);
    const headers = [{ name: 'X-Free', value: 'to change' }];
    expect(letters(await send({ id, type: 'http', fields: bearer(secret, { headers }) }))).toBe(
      all,
    );
    expect(arrived().headers['x-free']).toBe('to change');
    const other = await send({ id, type: 'webhook', fields: {} });
    expect(other.problem.errors).toMatchObject([{ field: 'type' }]);
    const unknown = crypto.randomUUID();
    expect((await send({ id: unknown, type: 'http', fields: {} })).status).toBe(404);
    expect((await editor.send('POST', `/integrations/${unknown}/tests`)).status).toBe(404);
    expect((await editor.send('POST', '/integrations/no-id/tests')).status).toBe(404);
  });

  test('is tested by whoever may save it: as a new one, or as a change', async () => {
    const fields = { baseUrl: stage.origin, caCertificate };
    const id = await stage.newIntegration('http', fields);
    const status = async (permission: Parameters<typeof stage.newProgram>[0][0], body: object) => {
      const client = await stage.newProgram([permission]);
      return (await client.send('POST', '/integrations/tests', { type: 'http', fields, ...body }))
        .status;
    };
    expect(await status('INTEGRATION_MANAGEMENT_CREATE', {})).toBe(200);
    expect(await status('INTEGRATION_MANAGEMENT_CREATE', { id })).toBe(403);
    expect(await status('INTEGRATION_MANAGEMENT_UPDATE', { id })).toBe(200);
    expect(await status('INTEGRATION_MANAGEMENT_UPDATE', {})).toBe(403);
    expect(await status('INTEGRATION_USE', {})).toBe(403);
    const user = await stage.newProgram(['INTEGRATION_USE']);
    expect((await user.send('POST', `/integrations/${id}/tests`)).status).toBe(200);
  });
});

describe('what a test tells', () => {
  test('of answers, of names and addresses, and of certificates', async () => {
    const gone = await startUpstream();
    await gone.stop();
    const at = (baseUrl: string, more = {}) => {
      const destinations = [baseUrl];
      return async () => {
        const secret = await stage.newSecret({ destinations });
        return shownOf(await stage.testDraft('http', bearer(secret, { baseUrl, ...more })));
      };
    };
    const answered = at(stage.origin);
    for (const [answer, letter, words] of [
      [401, 'PPPPPPPPF', 'does not accept the credentials'],
      [403, 'PPPPPPPPF', 'may not do this'],
      [404, 'PPPPPPPFS', 'nothing at this address'],
      [500, 'PPPPPPPFS', 'problem of its own'],
      ['redirect', 'PPPPPPPFS', 'redirect'],
      ['repeats what was sent', 'PPPPPPPFS', 'problem of its own'],
    ] as const) {
      stage.upstream.answerWith(answer);
      expect(await answered()).toEqual([letter, expect.stringContaining(words)]);
    }
    const { port } = stage.upstream;
    const other = selfSigned().cert;
    for (const [tested, letter, words] of [
      [at(`https://unknown.test:${port}`), 'PPPFSSSSS', 'not found'],
      [at('https://inside.test'), 'PPPPFSSSS', 'a private network'],
      [at(`https://upstream.test:${gone.port}`), 'PPPPPFSSS', 'refuses connections'],
      [at(`https://wrong.test:${port}`), 'PPPPPPFSS', 'another name'],
      [at(stage.origin, { caCertificate: other }), 'PPPPPPFSS', 'not from an authority'],
    ] as const)
      expect(await tested()).toEqual([letter, expect.stringContaining(words)]);
  });

  test('of secrets: those that are not there, and what cannot be placed', async () => {
    const [gone, other] = [await stage.newSecret(), await stage.newSecret()];
    const headers = [{ name: 'X-One', value: mention(other) }];
    const id = await stage.newIntegration('http', bearer(gone, { headers }));
    await stage.manager.send('DELETE', `/secrets/${gone}?force=true`);
    expect(shownOf(await stage.test(id))).toEqual([
      'PFSSSSSSS',
      `${gone}: There is no secret of this name.`,
    ]);
    await setValue(other, `${newCanary()}\n`);
    const broken = await stage.newIntegration('http', { ...bearer(other), headers: [] });
    expect(shownOf(await stage.test(broken))).toEqual([
      'PPFSSSSSS',
      expect.stringContaining('line break'),
    ]);
    // Who may only use integrations sees no configuration, and so no name of a secret.
    const user = await stage.newProgram(['INTEGRATION_USE']);
    const unseen = async () => shownOf(await user.send('POST', `/integrations/${id}/tests`));
    expect(await unseen()).toEqual([
      'PFSSSSSSS',
      'A secret in it: There is no secret of this name.',
    ]);
    await stage.sql`update secrets set state = 'not-text' where name = ${other}`;
    expect((await unseen())[1]).toBe(
      'A secret in it: There is no secret of this name. A secret in it: This secret cannot be read at the moment. Its page says why.',
    );
    await stage.sql`update secrets set state = 'ready', destinations = '{}' where name = ${other}`;
    expect(await unseen()).toEqual([
      'FSSSSSSSS',
      'A secret in it: It has no destinations, so it cannot be sent anywhere.',
    ]);
    expect(stage.upstream.arrived).toEqual([]);
  });
});

test('tests are limited for each principal', async () => {
  const id = await stage.newIntegration('http', { baseUrl: stage.origin, caCertificate });
  const [one, other] = [
    await stage.newProgram(['INTEGRATION_USE']),
    await stage.newProgram(['INTEGRATION_USE']),
  ];
  const send = (client = one) => client.send('POST', `/integrations/${id}/tests`);
  for (let tests = 0; tests < 20; tests += 1) expect((await send()).status).toBe(200);
  const since = await stage.lastEvent();
  const { status, problem, headers } = await send();
  expect([status, problem.type]).toEqual([429, '/problems/too-many-attempts']);
  expect(problem.retryAfterSeconds).toBeGreaterThan(40);
  expect(problem.retryAfterSeconds).toBeLessThanOrEqual(60);
  expect(headers.get('Retry-After')).toBe(String(problem.retryAfterSeconds));
  // Nothing was done.
  expect([stage.upstream.arrived.length, await stage.trailSince(since)]).toEqual([20, []]);
  expect((await send(other)).status).toBe(200);
});

describe('the trail', () => {
  test('is told before anything is sent; without it nothing is', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const { name } = (await stage.manager.send('GET', `/integrations/${id}`)).json;
    const since = await stage.lastEvent();
    await stage.test(id);
    const testPath = `/${newCanary().slice(0, 10)}`;
    await stage.testDraft('http', bearer(secret, { testPath }));
    expect(await stage.trailSince(since)).toEqual([
      `integration.tested ${name}`,
      `integration.draft-tested ${stage.origin}`,
    ]);
    stage.upstream.arrived.length = 0;
    await stage.sql`alter table audit_events add constraint no_tests check (action not like 'integration.%tested') not valid`;
    expect((await stage.test(id)).status).toBe(500);
    expect((await stage.testDraft('http', bearer(secret))).status).toBe(500);
    await stage.sql`alter table audit_events drop constraint no_tests`;
    expect(stage.upstream.arrived).toEqual([]);
  });

  test('and the counts of uses: one for a request, whatever came of it', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    await stage.test(id);
    stage.upstream.answerWith(401);
    await stage.test(id);
    await stage.testDraft('http', bearer(secret));
    const counted = await until('the counts are written', async () => {
      const { days } = (await stage.manager.send('GET', `/secrets/${secret}/uses`)).json;
      const { uses, failures } = days.at(-1);
      return uses >= 3 && { uses, failures };
    });
    expect(counted).toEqual({ uses: 3, failures: 2 });
    const references = await stage.manager.send('GET', `/secrets/${secret}/references`);
    expect(references.json.items).toMatchObject([{ lastUsedAt: expect.stringContaining('T') }]);
  });
});
