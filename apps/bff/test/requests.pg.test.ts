import { request as httpRequest } from 'node:http';
import { BlockList, connect } from 'node:net';
import { operations, type Operation } from '@dropsafe/contract/operations';
import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { newCanary, sweep } from '../testkit/canary.ts';
import type { Answer, Client } from '../testkit/client.ts';
import { createApp } from '../src/app.ts';
import { openOperator, startTestNode, testPassword, type TestNode } from '../testkit/node.ts';

let node: TestNode;
let admin: Client;
let teamId: string;

beforeAll(async () => {
  const corp = { name: 'corp', label: 'Corp', issuer: 'https://id.example.com', clientId: 'safe' };
  node = await startTestNode({
    DROPSAFE_OIDC: JSON.stringify([corp]),
    DROPSAFE_PROVIDERS: JSON.stringify([{ type: 'database' }, { type: 'env' }]),
  });
  admin = await node.as('manager', ['SECRET_MANAGEMENT']);
  const first = await node.as('first', ['ACCESS_MANAGEMENT']);
  teamId = (await first.send('POST', '/teams', { name: 'of the samples' })).json.id;
});

afterAll(async () => {
  await node.stop();
  expect(sweep('log', node.lines.join(''))).toEqual([]);
});

/** The id of no user and no team. */
const nobody = '0a1b2c3d-0000-4000-8000-000000000000';

/** A request that the operation accepts as far as its shape goes. */
const samples: Record<
  keyof typeof operations,
  { path?: string; body?: (permission?: Permission) => unknown }
> = {
  signIn: { body: () => ({ username: 'x', password: 'x' }) },
  signInMethods: {},
  beginSignInThrough: { path: '/oidc/none/sign-in', body: () => ({}) },
  finishSignInThrough: { path: '/oidc/none/callback', body: () => ({ parameters: 'x' }) },
  logOutByProvider: {
    path: '/oidc/none/backchannel-logout',
    body: () => ({ logout_token: 'x' }),
  },
  logOutInFrame: { path: '/oidc/none/frontchannel-logout?iss=x&sid=x' },
  currentSession: {},
  signOut: {},
  changePassword: {
    body: () => ({ currentPassword: 'x', newPassword: 'three otters under the lamp post' }),
  },
  beginPasskeySignIn: {},
  signInWithPasskey: {
    body: () => ({
      id: 'eA',
      clientDataJSON: 'eA',
      authenticatorData: 'eA',
      signature: 'eA',
      userHandle: null,
    }),
  },
  listPasskeys: {},
  beginPasskey: { body: () => ({ currentPassword: 'x' }) },
  addPasskey: { body: () => ({ name: 'x', clientDataJSON: 'eA', attestationObject: 'eA' }) },
  renamePasskey: { path: `/passkeys/${nobody}`, body: () => ({ name: 'x' }) },
  removePasskey: { path: `/passkeys/${nobody}` },
  removePasskeysOfUser: { path: `/users/${nobody}/passkeys` },
  listSecrets: {},
  createSecret: { body: () => ({ name: `N${crypto.randomUUID()}`, value: newCanary() }) },
  describeSecret: { path: '/secrets/NOT_THERE' },
  updateSecret: { path: '/secrets/NOT_THERE', body: () => ({ description: 'x' }) },
  deleteSecret: { path: '/secrets/NOT_THERE' },
  copySecret: { path: '/secrets/NOT_THERE/copies', body: () => ({ from: 'env', to: 'database' }) },
  listReferences: { path: '/secrets/NOT_THERE/references' },
  describeUses: { path: '/secrets/NOT_THERE/uses' },
  listIntegrations: {},
  createIntegration: {
    body: () => ({
      name: `i-${crypto.randomUUID()}`,
      type: 'http',
      fields: { baseUrl: 'https://api.example.com' },
    }),
  },
  describeIntegration: { path: `/integrations/${nobody}` },
  updateIntegration: { path: `/integrations/${nobody}`, body: () => ({ isDisabled: true }) },
  deleteIntegration: { path: `/integrations/${nobody}` },
  copyIntegration: { path: `/integrations/${nobody}/copies`, body: () => ({ name: 'x' }) },
  testIntegration: { path: `/integrations/${nobody}/tests` },
  testDraft: {
    // Whoever may only change tests a change of one that there is.
    body: (permission) => ({
      ...(permission === 'INTEGRATION_MANAGEMENT_UPDATE' && { id: nobody }),
      type: 'http',
      fields: { baseUrl: 'https://127.0.0.1' },
    }),
  },
  listProviders: {},
  listUsers: {},
  createUser: { body: () => ({ name: `u-${crypto.randomUUID()}` }) },
  describeUser: { path: `/users/${nobody}` },
  updateUser: { path: `/users/${nobody}`, body: () => ({ isDisabled: true }) },
  deleteUser: { path: `/users/${nobody}` },
  inviteUser: { path: `/users/${nobody}/invitation` },
  acceptInvitation: { body: () => ({ token: 'x', password: 'three otters under the lamp post' }) },
  listTeams: {},
  createTeam: { body: () => ({ name: `t-${crypto.randomUUID()}` }) },
  describeTeam: { path: `/teams/${nobody}` },
  updateTeam: { path: `/teams/${nobody}`, body: () => ({ description: 'x' }) },
  deleteTeam: { path: `/teams/${nobody}` },
  listTeamMembers: { path: `/teams/${nobody}/members` },
  listOidcGroups: {},
  createOidcGroup: {
    body: () => ({ provider: 'corp', group: `g-${crypto.randomUUID()}`, teamId }),
  },
  deleteOidcGroup: { path: `/oidc-groups/${nobody}` },
  listAuditEvents: {},
  readAuditState: {},
  exportAuditEvents: { path: '/audit-events/export?format=ndjson' },
  listSessions: {},
  endOtherSessions: {},
  endSession: { path: `/sessions/${crypto.randomUUID()}` },
  listAllSessions: {},
  endAnySession: { path: `/all-sessions/${crypto.randomUUID()}` },
  listApiKeys: {},
  createApiKey: {
    body: () => ({ name: `key ${crypto.randomUUID()}`, permissions: ['SECRET_MANAGEMENT_READ'] }),
  },
  describeApiKey: { path: `/api-keys/${nobody}` },
  updateApiKey: { path: `/api-keys/${nobody}`, body: () => ({ name: 'x' }) },
  revokeApiKey: { path: `/api-keys/${crypto.randomUUID()}` },
};
const all = Object.entries<Operation>(operations).map(([id, operation]) => ({
  id: id as keyof typeof operations,
  operation,
})); // as: entries forget the keys

function send(
  client: Client,
  id: keyof typeof operations,
  headers?: Record<string, string>,
  permission?: Permission,
): Promise<Answer> {
  const { path = operations[id].path, body } = samples[id];
  return client.send(operations[id].method, path, body?.(permission), headers);
}

test('the routes that there are are those that the contract declares, and these few', async () => {
  const { close, ...rooms } = await openOperator({
    DATABASE_URL: node.databaseUrl,
    DROPSAFE_DATA_DIR: node.dataDir,
  });
  const app = createApp(rooms, {
    version: '0',
    publicOrigin: undefined,
    trustedProxies: new BlockList(),
    webApp: { page: '', files: new Map() },
  });
  await close();
  const declared = all.map(({ operation: { method, path } }) => ({
    method,
    path: `/api/v1${path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
  }));
  const expected = [
    ...declared.map(({ method, path }) => `${method} ${path}`),
    // Any other method of a path is answered with 405.
    ...[...new Set(declared.map(({ path }) => path))].map((path) => `ALL ${path}`),
    // Anybody may ask whether a node is well, how the API is described, and for the page.
    'GET /healthz',
    'GET /readyz',
    'GET /api/v1/openapi.json',
    'GET /*',
    // What every request goes through; the limit on bodies; what is not there.
    'ALL /*',
    'ALL /api/*',
    'ALL /api/*',
  ];
  const served = app.routes.map(({ method, path }) => `${method} ${path}`);
  expect(served.toSorted()).toEqual(expected.toSorted());
});

describe('every route, for every permission', () => {
  test.each(
    permissionNames.flatMap((permission) => [
      { permission, who: 'a person' },
      { permission, who: 'a program' },
    ]),
  )('$permission of $who opens exactly the routes that name it', async ({ permission, who }) => {
    const client =
      who === 'a person'
        ? await node.as(`only-${permission.toLowerCase()}`, [permission])
        : await node.asProgram(`only ${permission}`, [permission]);
    for (const { id, operation } of all) {
      if (typeof operation.access === 'string') continue;
      const { status, problem } = await send(client, id, undefined, permission);
      const isOpen = operation.access.includes(permission);
      expect([id, isOpen ? status < 400 || status === 404 : status === 403]).toEqual([id, true]);
      if (!isOpen)
        expect(problem).toMatchObject({
          type: '/problems/permission-required',
          permissions: operation.access,
        });
    }
  });

  test("without a permission nothing but one's own session is open, and every refusal is recorded", async () => {
    const client = await node.as('without', []);
    for (const { id, operation } of all) {
      if (typeof operation.access === 'string') continue;
      const { status, problem } = await send(client, id);
      expect([id, status, operation.access.every((name) => problem.detail.includes(name))]).toEqual(
        [id, 403, true],
      );
    }
    expect((await client.send('GET', '/session')).status).toBe(200);
  });

  test('a program gets everywhere but where there must be a person', async () => {
    const program = await node.asProgram('everything', permissionNames);
    for (const { id, operation } of all) {
      if (operation.access === 'anybody') continue;
      const { status, problem } = await send(program, id);
      if (operation.access === 'person')
        expect([id, status, problem.type]).toEqual([id, 403, '/problems/person-required']);
      else expect([id, status < 400 || status === 404]).toEqual([id, true]);
    }
  });

  test.each(all.filter(({ operation }) => operation.access !== 'anybody'))(
    '$id needs somebody signed in',
    async ({ id }) => {
      for (const client of [
        node.client(),
        node.client('dropsafe=made-up'),
        node.client('dropsafe='),
      ]) {
        const { status, problem, headers } = await send(client, id);
        expect([status, problem.type, headers.get('WWW-Authenticate')]).toEqual([
          401,
          '/problems/unauthenticated',
          'Bearer',
        ]);
      }
    },
  );
});

describe('a request from another site', () => {
  // What the server of a provider sends has no page that it comes from, and proves itself.
  const changing = all.filter(
    ({ operation }) => operation.method !== 'GET' && operation.isSentByProvider !== true,
  );
  const ours = { 'X-Requested-With': 'dropsafe' };
  test.each([
    ['a foreign origin', { ...ours, Origin: 'https://evil.example' }],
    ['the origin null', { ...ours, Origin: 'null' }],
    ['our host on another port', { ...ours, Origin: 'http://127.0.0.1:1' }],
    ['our host by another scheme', { ...ours, Origin: 'https://HOST' }],
    [
      'a foreign origin that claims to be same-origin',
      { ...ours, Origin: 'https://evil.example', 'Sec-Fetch-Site': 'same-origin' },
    ],
    ['no origin', { ...ours }],
    ['no origin, same-site only', { ...ours, 'Sec-Fetch-Site': 'same-site' }],
    ['no header of ours', { Origin: 'http://HOST' }],
    ['another header of ours', { Origin: 'http://HOST', 'X-Requested-With': 'XMLHttpRequest' }],
  ])('with %s is refused, whatever it asks for', async (_, headers) => {
    const host = new URL(node.url).host;
    for (const { id } of changing) {
      for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded']) {
        const answer = await rawSend(id, {
          ...Object.fromEntries(
            Object.entries(headers).map(([name, content]) => [name, content.replace('HOST', host)]),
          ),
          'Content-Type': type,
        });
        expect([id, answer.status, answer.type]).toEqual([id, 403, '/problems/cross-site-request']);
      }
    }
  });

  test('from our own page is let in by Sec-Fetch-Site alone', async () => {
    const answer = await rawSend('signIn', {
      ...ours,
      'Sec-Fetch-Site': 'same-origin',
      'Content-Type': 'application/json',
    });
    expect(answer.status).toBe(401);
  });

  /** Sends exactly these headers: fetch adds some of its own. */
  function rawSend(
    id: keyof typeof operations,
    headers: Record<string, string>,
  ): Promise<{ status: number; type: string }> {
    const { path = operations[id].path, body } = samples[id];
    return new Promise((resolve, reject) => {
      const sent = httpRequest(
        `${node.url}/api/v1${path}`,
        { method: operations[id].method, headers: { ...headers, Cookie: admin.cookie ?? '' } },
        (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, type: JSON.parse(text).type }),
          );
        },
      );
      sent.on('error', reject);
      sent.end(body && JSON.stringify(body()));
    });
  }
});

describe('bad input gets a clear refusal that repeats nothing of it', () => {
  const canary = newCanary();
  const quoted = JSON.stringify(canary);
  const deep = '['.repeat(100_000);
  /** As many as fit into a body. */
  const many = (item: unknown) => Array.from({ length: 120_000 }, () => item);
  test.each<[string, string, string, unknown, number, string]>([
    ['no JSON', 'POST', '/secrets', `{"value": ${quoted}`, 400, '/problems/malformed-request'],
    ['no object', 'POST', '/secrets', quoted, 400, '/problems/validation-failed'],
    ['an array', 'POST', '/secrets', `[${quoted}]`, 400, '/problems/validation-failed'],
    ['null', 'POST', '/secrets', 'null', 400, '/problems/validation-failed'],
    ['an empty body', 'POST', '/secrets', '', 400, '/problems/malformed-request'],
    [
      'an unknown field named like a value',
      'POST',
      '/secrets',
      { name: 'A', value: 'v', [canary]: canary },
      400,
      '/problems/validation-failed',
    ],
    [
      '__proto__',
      'POST',
      '/secrets',
      `{"name":"A","value":"v","__proto__":{"permissions":["SECRET_MANAGEMENT"]}}`,
      400,
      '/problems/validation-failed',
    ],
    [
      'constructor',
      'POST',
      '/secrets',
      `{"name":"A","value":"v","constructor":{"prototype":{}}}`,
      400,
      '/problems/validation-failed',
    ],
    [
      'a value as number',
      'POST',
      '/secrets',
      { name: 'A', value: 7 },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value as list',
      'POST',
      '/secrets',
      { name: 'A', value: [canary] },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value as object',
      'POST',
      '/secrets',
      { name: 'A', value: { canary } },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value in the name',
      'POST',
      '/secrets',
      { name: canary, value: canary },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value in the description',
      'POST',
      '/secrets',
      { name: 'A', value: canary, description: `${canary}\n` },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value in the destinations',
      'POST',
      '/secrets',
      { name: 'A', value: canary, destinations: [canary, `https://${canary}@x.example`] },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value in the provider',
      'POST',
      '/secrets',
      { name: 'A', value: canary, provider: canary },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value that is too long',
      'POST',
      '/secrets',
      { name: 'A', value: canary.repeat(2000) },
      400,
      '/problems/validation-failed',
    ],
    [
      'half a surrogate pair',
      'POST',
      '/secrets',
      String.raw`{"name":"A","value":"\ud800"}`,
      400,
      '/problems/validation-failed',
    ],
    [
      'invalid UTF-8',
      'POST',
      '/secrets',
      new Uint8Array([...Buffer.from('{"name":"A","value":"'), 0xff, 0xfe, ...Buffer.from('"}')]),
      400,
      '/problems/malformed-request',
    ],
    [
      'very deep JSON',
      'POST',
      '/secrets',
      `{"name":"A","value":${deep}`,
      400,
      '/problems/malformed-request',
    ],
    [
      'very deep JSON that is closed',
      'POST',
      '/secrets',
      `{"name":"A","value":${deep}${']'.repeat(100_000)}}`,
      400,
      '/problems/validation-failed',
    ],
    [
      'an unknown field in an update',
      'PATCH',
      '/secrets/A',
      { name: 'B' },
      400,
      '/problems/validation-failed',
    ],
    [
      'a value in the path',
      'GET',
      `/secrets/${encodeURIComponent(canary)}`,
      undefined,
      404,
      '/problems/not-found',
    ],
    [
      'a broken percent-escape in the path',
      'GET',
      '/secrets/%E0%A4%A',
      undefined,
      404,
      '/problems/not-found',
    ],
    ['a NUL in the path', 'GET', '/secrets/A%00', undefined, 404, '/problems/not-found'],
    [
      'an unknown query parameter',
      'GET',
      `/secrets?filter=${encodeURIComponent(canary)}`,
      undefined,
      400,
      '/problems/validation-failed',
    ],
    [
      'a query parameter where there is none',
      'GET',
      `/session?${encodeURIComponent(canary)}=1`,
      undefined,
      400,
      '/problems/validation-failed',
    ],
    [
      'a query parameter twice',
      'GET',
      '/secrets?q=a&q=b',
      undefined,
      400,
      '/problems/validation-failed',
    ],
    [
      'a sort order that is none',
      'GET',
      '/secrets?sort=sealedValue',
      undefined,
      400,
      '/problems/validation-failed',
    ],
    ['a limit of 0', 'GET', '/secrets?limit=0', undefined, 400, '/problems/validation-failed'],
    [
      'a limit of 1001',
      'GET',
      '/secrets?limit=1001',
      undefined,
      400,
      '/problems/validation-failed',
    ],
    [
      'a limit that is no number',
      'GET',
      '/secrets?limit=ten',
      undefined,
      400,
      '/problems/validation-failed',
    ],
    ...['1e2', '0x10', '%20', '%2B5', '5.0', ''].map(
      (limit): [string, string, string, undefined, number, string] => [
        `a limit in other than digits, '${limit}'`,
        'GET',
        `/secrets?limit=${limit}`,
        undefined,
        400,
        '/problems/validation-failed',
      ],
    ),
    [
      'a moment of more digits than there are',
      'GET',
      `/audit-events?from=2026-01-31T12:00:00.${'0'.repeat(200)}Z`,
      undefined,
      400,
      '/problems/validation-failed',
    ],
    [
      'a search that is too long',
      'GET',
      `/secrets?q=${'a'.repeat(256)}`,
      undefined,
      400,
      '/problems/validation-failed',
    ],
    ['a NUL in the search', 'GET', '/secrets?q=%00', undefined, 400, '/problems/validation-failed'],
    [
      'a made-up cursor',
      'GET',
      `/secrets?cursor=${encodeURIComponent(canary)}`,
      undefined,
      400,
      '/problems/validation-failed',
    ],
    ['an unknown path', 'GET', '/sekrets', undefined, 404, '/problems/not-found'],
    ['another method', 'PUT', '/secrets/A', undefined, 405, '/problems/method-not-allowed'],
  ])('%s', async (_, method, path, body, status, type) => {
    const answer = await admin.send(method, path, body);
    expect([answer.status, answer.problem.type, answer.headers.get('Content-Type')]).toEqual([
      status,
      type,
      'application/problem+json',
    ]);
    expect(answer.problem.requestId).toBe(answer.headers.get('X-Request-Id'));
    expect(sweep('answer', answer.text)).toEqual([]);
  });

  test('validation names every field that is wrong', async () => {
    const { problem } = await admin.send('POST', '/secrets', {
      name: '',
      value: '',
      description: 7,
      destinations: ['x', 'https://a.example', 'y'],
    });
    expect(problem.errors?.map(({ field }) => field)).toEqual([
      'name',
      'value',
      'description',
      'destinations.0',
      'destinations.2',
    ]);
  });

  test.each<[string, string, object]>([
    ['POST', '/secrets', { name: 'A', value: 'v', destinations: many('') }],
    ['PATCH', '/secrets/A', { destinations: many({}) }],
    ['POST', '/users', { name: 'x', permissions: many('') }],
    ['POST', '/users', { name: 'x', teams: many('') }],
    ['PATCH', `/teams/${nobody}`, { addMembers: many(1) }],
    ['POST', '/api-keys', { name: 'x', permissions: many('') }],
    ['POST', '/integrations', { name: 'x', type: 'http', fields: { headers: many({}) } }],
    [
      'POST',
      '/passkeys',
      { name: 'x', clientDataJSON: 'eA', attestationObject: 'eA', transports: many('') },
    ],
  ])('%s %s with a list of very many is refused for its length alone', async (...request) => {
    const { status, problem, text } = await admin.send(...request);
    expect([status, problem.errors?.length, text.length < 1_000]).toEqual([400, 1, true]);
  });

  test('of very many faults the first ones are named, and that there are more', async () => {
    const teams = Array.from({ length: 1_000 }, () => canary);
    const { problem, text } = await admin.send('POST', '/users', { name: 'x', teams });
    expect(problem.errors?.map(({ field }) => field)).toEqual([
      ...Array.from({ length: 50 }, (_, index) => `teams.${index}`),
      '',
    ]);
    expect(problem.errors?.at(-1)?.message).toBe('There are 950 more faults like these.');
    expect(sweep('answer', text)).toEqual([]);
  });

  test.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/json; charset=utf-16',
    '',
  ])('the content type %j is refused', async (type) => {
    const answer = await admin.send(
      'POST',
      '/secrets',
      { name: 'A', value: 'v' },
      { 'Content-Type': type },
    );
    expect([answer.status, answer.problem.type]).toEqual([415, '/problems/unsupported-media-type']);
  });

  test('no secret came of any of it', async () => {
    expect(
      (await admin.send('GET', '/secrets?q=A')).json.items.filter(
        ({ name }: { name: string }) => name.length < 3,
      ),
    ).toEqual([]);
  });
});

describe('a forged cursor', () => {
  const moment = '2026-01-31T12:00:00.000Z';
  const byName = { q: 'x', sort: 'name', key: 'a', id: nobody };
  const byMoment = { ...byName, sort: '-createdAt', key: moment };
  /** What genuine cursors of each list carry: in an order by name, and in one by moments. */
  const lists: Partial<Record<keyof typeof operations, () => [path: string, content: object][]>> = {
    listSecrets: () => [
      ['/secrets', { q: 'x', sort: 'name', key: 'a', name: 'A', total: 1 }],
      ['/secrets', { q: 'x', sort: '-createdAt', key: 0, name: 'A', total: 1 }],
    ],
    listReferences: () => [['/secrets/LISTED/references', { secret: 'LISTED', after: 'a' }]],
    listIntegrations: () =>
      [byName, byMoment].map((content) => ['/integrations', { ...content, total: 1 }]),
    listUsers: () => [byName, byMoment].map((content) => ['/users', { ...content, list: 'users' }]),
    listTeams: () => [byName, byMoment].map((content) => ['/teams', { ...content, list: 'teams' }]),
    listTeamMembers: () => [[`/teams/${teamId}/members`, { ...byName, list: teamId }]],
    listOidcGroups: () =>
      [byName, byMoment].map((content) => ['/oidc-groups', { ...content, list: 'groups' }]),
    listApiKeys: () => [byName, byMoment].map((content) => ['/api-keys', content]),
    listAllSessions: () => [['/all-sessions', byMoment]],
    listAuditEvents: () => [
      [
        '/audit-events',
        { id: 1, filter: { principal: 'x', subject: 'x', from: moment, to: moment } },
      ],
    ],
  };

  test('is thought of for every list', () => {
    const paged = all.filter(
      ({ operation: { query } }) => query instanceof z.ZodObject && 'cursor' in query.shape,
    );
    expect(Object.keys(lists).toSorted()).toEqual(paged.map(({ id }) => id).toSorted());
  });

  test.each(Object.entries(lists))(
    'of %s is refused before the database sees it',
    async (_, of) => {
      await admin.send('POST', '/secrets', { name: 'LISTED', value: newCanary() });
      const program = await node.asProgram(`forger ${crypto.randomUUID()}`, permissionNames);
      const ask = async (path: string, content: object) => {
        const cursor = Buffer.from(JSON.stringify(content)).toString('base64url');
        const { status } = await program.send('GET', `${path}?cursor=${cursor}`);
        return [JSON.stringify(content), status];
      };
      for (const [path, content] of of()) {
        expect(await ask(path, content)).toEqual([JSON.stringify(content), 200]);
        for (const forged of forgeriesOf(content))
          expect(await ask(path, forged)).toEqual([JSON.stringify(forged), 400]);
      }
    },
  );

  /** The content with one part after another replaced by what the database does not take. */
  function forgeriesOf(content: object): object[] {
    return Object.entries(content).flatMap(([name, part]) => {
      const others =
        typeof part === 'object'
          ? forgeriesOf(part)
          : part === moment
            ? moments
            : part === 0
              ? [...numbers, Date.UTC(10_000)]
              : typeof part === 'number'
                ? numbers
                : texts;
      return others.map((other) => ({ ...content, [name]: other }));
    });
  }

  const texts = ['a\0', '\ud800', 'x'.repeat(2_100), 7, null];
  const numbers = [-1, 0.5, 2 ** 60, '1'];
  const moments = [
    '0000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
    `2026-01-31T12:00:00.${'0'.repeat(200)}Z`,
    '+10000-01-01T00:00:00.000Z',
    'infinity',
    'a\0',
  ];
});

describe('a body that is too large', () => {
  test('is refused by its announced length, before anything is read', async () => {
    const answer = await sendRaw(
      `POST /api/v1/secrets HTTP/1.1\r\nHost: ${new URL(node.url).host}\r\nContent-Type: application/json\r\nContent-Length: 52428800\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain('/problems/payload-too-large');
  });

  test('is refused while it comes in chunks without end', async () => {
    const chunk = `10000\r\n${'a'.repeat(0x10000)}\r\n`;
    const answer = await sendRaw(
      `POST /api/v1/session HTTP/1.1\r\nHost: ${new URL(node.url).host}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunk.repeat(40)}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
  });

  /** Writes bytes as they are and reads what comes first. */
  function sendRaw(text: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(node.url).port), '127.0.0.1', () => socket.write(text));
      let answer = '';
      socket.setEncoding('utf8').on('data', (part) => {
        answer += part;
        if (answer.includes('"requestId"')) socket.destroy();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', (error) => (answer === '' ? reject(error) : resolve(answer)));
    });
  }
});

describe('headers', () => {
  test('an API answer may be kept, framed, sniffed or loaded by nobody', async () => {
    for (const answer of [
      await admin.send('GET', '/secrets'),
      await admin.send('GET', '/nothing'),
      await node.client().send('GET', '/session'),
    ]) {
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'cache-control': 'no-store',
        'content-security-policy':
          "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'x-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      });
      expect(answer.headers.has('Strict-Transport-Security')).toBe(false);
      expect(answer.headers.has('Access-Control-Allow-Origin')).toBe(false);
    }
  });

  test('the page allows scripts and styles by a fresh nonce only', async () => {
    const [one, other] = [await page(), await page()];
    const policy = one.headers.get('Content-Security-Policy') ?? '';
    expect(policy).not.toContain('unsafe');
    expect(policy).toMatch(
      /default-src 'none'.*script-src 'self' 'nonce-[\w-]{24}'.*frame-ancestors 'none'.*base-uri 'none'.*require-trusted-types-for 'script'/,
    );
    const nonce = /'nonce-([\w-]+)'/.exec(policy)?.[1] ?? 'none';
    expect(one.text).toContain(`nonce="${nonce}"`);
    expect(other.text).not.toContain(nonce);
    expect([one.headers.get('Cache-Control'), one.text.includes('__CSP_NONCE__')]).toEqual([
      'no-store',
      false,
    ]);
  });

  test("a request id of the client's is not taken over", async () => {
    expect(
      (await admin.send('GET', '/session', undefined, { 'X-Request-Id': 'mine' })).headers.get(
        'X-Request-Id',
      ),
    ).not.toBe('mine');
  });

  async function page(): Promise<{ headers: Headers; text: string }> {
    // oxlint-disable-next-line no-restricted-globals -- a test is a caller, not the product
    const answer = await fetch(`${node.url}/secrets`);
    return { headers: answer.headers, text: await answer.text() };
  }
});

test('served over TLS the cookie is bound to the host and HSTS is sent', async () => {
  const secure = await startTestNode({
    DROPSAFE_PUBLIC_URL: 'https://safe.example.com',
    DATABASE_URL: node.databaseUrl,
    DROPSAFE_DATA_DIR: node.dataDir,
  });
  try {
    const client = secure.client();
    const foreign = await client.signIn('manager', testPassword);
    const own = await client.send(
      'POST',
      '/session',
      { username: 'manager', password: testPassword },
      { Origin: 'https://safe.example.com' },
    );
    expect([foreign.status, own.status]).toEqual([403, 200]);
    expect(own.headers.getSetCookie()[0]).toMatch(
      /^__Host-dropsafe=.*; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(own.headers.get('Strict-Transport-Security')).toBe(
      'max-age=31536000; includeSubDomains',
    );
    expect((await client.send('GET', '/session')).status).toBe(200);
  } finally {
    await secure.stop();
  }
});

test('the OpenAPI document names every operation, and every reference in it leads somewhere', async () => {
  const { json } = await node.client().send('GET', '/openapi.json');
  const ids = Object.values<Record<string, { operationId: string }>>(json.paths).flatMap((path) =>
    Object.values(path).map(({ operationId }) => operationId),
  );
  expect([json.openapi, ids.toSorted()]).toEqual(['3.1.0', Object.keys(operations).toSorted()]);
  const references = [
    ...JSON.stringify(json).matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g),
  ].map(([, name]) => name);
  expect(Object.keys(json.components.schemas)).toEqual(expect.arrayContaining(references));
  expect(Object.keys(json.components.schemas.SecretMetadata.properties)).not.toContain('value');
  expect(json.paths['/secrets'].get.parameters).toContainEqual({
    name: 'limit',
    in: 'query',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: 1000, default: 100 },
  });
});
