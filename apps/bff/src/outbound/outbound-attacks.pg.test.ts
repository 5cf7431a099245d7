/**
 * @file Attacks on values through tests of connections, end to end: the attacker has a server with a valid certificate at an address that
 * this node may reach, so that nothing but the rules under test keeps a value from it. What it was sent is kept as raw bytes and swept.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { startMailServer, type MailServer } from '../../testkit/mail-server.ts';
import {
  mention,
  setOutboundStage,
  shownOf,
  type OutboundStage,
} from '../../testkit/outbound-stage.ts';
import { startUpstream, type Upstream } from '../../testkit/upstream.ts';

let stage: OutboundStage;
let caCertificate: string;
/** The attacker's server: whatever comes, it keeps, and answers that all is well. */
let attacker: { port: number; got: () => Buffer; connections: () => number; stop: () => void };
/** At the address that a name of the attacker's leads to at the second question, and at the port of the upstream. */
let rebound: Upstream;
let theirMail: MailServer;

beforeAll(async () => {
  stage = await setOutboundStage({
    'rebound.test': [['127.0.0.1'], ['127.0.0.2']],
    'two-faced.test': [['127.0.0.1', '10.0.0.1']],
    'evil-upstream.test': [['127.0.0.2']],
    'evil.upstream.test': [['127.0.0.2']],
  });
  caCertificate = stage.certificate.cert;
  attacker = await startAttacker();
  rebound = await startUpstream({
    tls: stage.certificate,
    address: '127.0.0.2',
    port: stage.upstream.port,
  });
  theirMail = await startMailServer({
    tls: stage.certificate,
    security: 'implicit',
    user: 'dropsafe',
    password: 'x',
    address: '127.0.0.2',
  });
});
beforeEach(() => {
  stage.upstream.answerWith(200);
  stage.upstream.arrived.length = 0;
});
afterEach(() => {
  expect([attacker.connections(), rebound.connections(), theirMail.connections()]).toEqual([
    0, 0, 0,
  ]);
});
afterAll(async () => {
  // The servers would have taken it all: what has no value in it arrives there.
  const open = { auth: 'none', caCertificate, baseUrl: at('attacker.test') };
  expect(shownOf(await stage.testDraft('http', open))[0]).toBe('PSPPPPPPS');
  expect(attacker.got().toString()).toContain('Host: attacker.test');
  expect(sweep('what the attacker got', attacker.got())).toEqual([]);
  attacker.stop();
  await rebound.stop();
  await theirMail.stop();
  expect(await stage.stop()).toEqual([]);
});

async function startAttacker(): Promise<typeof attacker> {
  const chunks: Buffer[] = [];
  let connections = 0;
  const open = new Set<TLSSocket>();
  const server = createTlsServer(stage.certificate, (socket) => {
    open.add(socket);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
    });
  });
  server.on('connection', () => (connections += 1));
  await once(server.listen(0, '127.0.0.2'), 'listening');
  return {
    port: (server.address() as AddressInfo).port, // as: a TCP server
    got: () => Buffer.concat(chunks),
    connections: () => connections,
    stop: () => {
      open.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

const at = (host: string) => `https://${host}:${attacker.port}`;
const bearer = (secret: string, more: object = {}) => ({
  baseUrl: stage.origin,
  auth: 'bearer',
  token: mention(secret),
  caCertificate,
  ...more,
});
const patch = (id: string, fields: object, client = stage.manager) =>
  client.send('PATCH', `/integrations/${id}`, { fields });
/** What somebody does who can write to the database: some fields, or all of them. */
const edit = (id: string, fields: object) =>
  stage.sql`update integrations set fields = fields || ${json(fields)} where id = ${id}`;
const write = (id: string, fields: object) =>
  stage.sql`update integrations set fields = ${json(fields)} where id = ${id}`;
const json = (fields: object) => stage.sql.json(fields as never); // as: what is undefined in it goes

/** The test of a saved integration goes nowhere, for the destination or for what else the letters say. */
async function expectRefused(id: string, letters: string, explanation: string): Promise<void> {
  const before = stage.upstream.connections();
  expect(shownOf(await stage.test(id))).toEqual([letters, expect.stringContaining(explanation)]);
  expect(stage.upstream.connections()).toBe(before);
}
const refusedDestination = 'FSSSSSSSS';

describe('another host', () => {
  test('by a redirect', async () => {
    const elsewhere = `${at('attacker.test')}/${newCanary()}`;
    const { certificate: tls } = stage;
    const redirecting = await startUpstream({ tls, elsewhere });
    redirecting.answerWith('redirect');
    const baseUrl = `https://upstream.test:${redirecting.port}`;
    const id = await stage.newIntegration(
      'http',
      bearer(await stage.newSecret({ destinations: [baseUrl, at('attacker.test')] }), { baseUrl }),
    );
    expect(shownOf(await stage.test(id))).toEqual([
      'PPPPPPPFS',
      expect.stringContaining('redirect'),
    ]);
    expect(redirecting.arrived).toHaveLength(1);
    await redirecting.stop();
  });

  test('by a name that leads elsewhere between the check and the connection, or inside as well', async () => {
    const origin = (host: string) => `https://${host}:${stage.upstream.port}`;
    const testOf = async (baseUrl: string) => {
      const secret = await stage.newSecret({ destinations: [baseUrl] });
      return shownOf(await stage.testDraft('http', bearer(secret, { baseUrl })));
    };
    expect((await testOf(origin('rebound.test')))[0]).toBe('PPPPPPPPP');
    expect(stage.upstream.arrived).toHaveLength(1);
    expect(stage.names.asked.filter((name) => name === 'rebound.test')).toHaveLength(1);
    expect(await testOf(origin('two-faced.test'))).toEqual([
      'PPPPFSSSS',
      expect.stringContaining('private network'),
    ]);
  });

  test('by a base URL that is changed afterwards, through the API or past it', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const changed = await patch(id, bearer(secret, { baseUrl: at('attacker.test') }));
    expect([changed.status, changed.problem.errors?.[0]?.message]).toEqual([
      400,
      expect.stringContaining('may not be sent to this address'),
    ]);
    for (const host of ['attacker.test', '127.0.0.2', '[::ffff:127.0.0.2]', '0177.0.0.2']) {
      await edit(id, { baseUrl: at(host) });
      const since = await stage.lastEvent();
      await expectRefused(id, refusedDestination, `${secret}: Its destinations do not name`);
      expect((await stage.trailSince(since)).slice(1)).toEqual([
        expect.stringMatching(`^secret.use-refused ${secret}/https://[^/]+:${attacker.port}$`),
      ]);
    }
    await edit(id, { baseUrl: stage.origin, testPath: `/@attacker.test:${attacker.port}/../..` });
    await expectRefused(id, refusedDestination, 'none that can be saved');
  });

  test('in two steps, by somebody who may not see secrets', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const editor = await stage.newProgram(['INTEGRATION_MANAGEMENT']);
    const theirs = bearer(secret, { baseUrl: at('attacker.test') });
    const draft = (fields: object) =>
      editor.send('POST', '/integrations/tests', { id, type: 'http', fields });
    expect((await draft(theirs)).status).toBe(400);
    expect((await patch(id, theirs, editor)).status).toBe(400);
    // At the same host: into a log of it, or a page that shows what it was sent.
    const shown = { auth: 'query', token: undefined, queryName: 'q', queryValue: mention(secret) };
    for (const more of [{ testPath: '/echo' }, shown])
      expect((await draft(bearer(secret, more))).status).toBe(400);
    // The secret is taken out, the address is changed, and the secret is put in again.
    const empty = { baseUrl: at('attacker.test'), auth: 'none', caCertificate };
    expect((await patch(id, empty, editor)).status).toBe(200);
    expect((await draft(theirs)).status).toBe(400);
    expect((await patch(id, theirs, editor)).status).toBe(400);
    const copy = await editor.send('POST', `/integrations/${id}/copies`, { name: 'a copy' });
    expect((await patch(copy.json.id, theirs, editor)).status).toBe(400);
    // Whom the connection trusts is a part of where it goes.
    const other = await stage.newIntegration('http', bearer(secret));
    const untrusting = { ...bearer(secret), caCertificate: undefined };
    expect((await patch(other, untrusting, editor)).status).toBe(400);
  });

  test('of mail and of webhooks', async () => {
    const [signing, password] = [
      await stage.newSecret(),
      await stage.newSecret({ destinations: ['smtps://mail.test:465'] }),
    ];
    const hook = { url: `${stage.origin}/hook`, signingSecret: mention(signing) };
    const mail = {
      host: 'mail.test',
      username: 'dropsafe',
      password: mention(password),
      from: 'a@example.com',
    };
    const [hookId, mailId] = [
      await stage.newIntegration('webhook', hook),
      await stage.newIntegration('email', mail),
    ];
    const url = `${at('attacker.test')}/hook`;
    const elsewhere = { host: 'attacker.test', port: theirMail.port };
    expect((await patch(hookId, { ...hook, url })).status).toBe(400);
    expect((await patch(mailId, { ...mail, ...elsewhere })).status).toBe(400);
    expect((await stage.testDraft('webhook', { ...hook, url })).status).toBe(400);
    expect((await stage.testDraft('email', { ...mail, ...elsewhere })).status).toBe(400);
    await edit(hookId, { url });
    await expectRefused(hookId, refusedDestination, 'do not name this host');
    await edit(mailId, elsewhere);
    await expectRefused(mailId, refusedDestination, 'do not name this host');
    await edit(mailId, { host: '127.0.0.2', port: theirMail.port });
    await expectRefused(mailId, refusedDestination, 'do not name this host');
  });
});

describe('a row of a secret that was edited', () => {
  test('does not widen where its value goes, nor does the API without a new value', async () => {
    const secret = await stage.newSecret();
    const theirs = [stage.origin, at('attacker.test')];
    const widened = await stage.manager.send('PATCH', `/secrets/${secret}`, {
      destinations: theirs,
    });
    expect([widened.status, widened.problem.type]).toEqual([409, '/problems/destinations-widened']);
    const id = await stage.newIntegration('http', bearer(secret));
    await stage.sql`update secrets set destinations = ${theirs} where name = ${secret}`;
    const since = await stage.lastEvent();
    await edit(id, { baseUrl: at('attacker.test') });
    await expectRefused(id, 'PFSSSSSSS', `${secret}: The stored value does not open.`);
    expect(await stage.trailSince(since)).toEqual([
      expect.stringMatching(/^integration\.tested /),
      `secret.unreadable ${secret}`,
    ]);
  });

  test('does not open under another name, nor with the ciphertext of another', async () => {
    // Each of these may go to the attacker, so that only what is sealed keeps the value of the victim from it.
    const destinations = [at('attacker.test')];
    const [mine, victim] = [
      await stage.newSecret({ destinations }),
      await stage.newSecret({ destinations }),
    ];
    const id = await stage.newIntegration('http', bearer(mine, { baseUrl: at('attacker.test') }));
    const sealed = await stage.sql<{ name: string }[]>`
      select column_name as name from information_schema.columns where table_name = 'secrets' and data_type = 'bytea'`;
    expect(sealed.length).toBeGreaterThan(1);
    for (const { name } of [...sealed, { name: 'kek_id' }])
      await stage.sql`
        update secrets set ${stage.sql(name)} = (select ${stage.sql(name)} from secrets where name = ${victim})
        where name = ${mine}`;
    await expectRefused(id, 'PFSSSSSSS', 'does not open');
    await stage.sql`delete from secrets where name = ${mine}`;
    await stage.sql`update secrets set name = ${mine} where name = ${victim}`;
    await expectRefused(id, 'PFSSSSSSS', 'does not open');
  });
});

describe('an address that is spelled so that it could pass as another', () => {
  const spellings = (): string[] => {
    const [good, bad] = [stage.origin.slice('https://'.length), `attacker.test:${attacker.port}`];
    const { port } = attacker;
    return [
      `https://${good}@${bad}/`,
      `https://${bad}\\@${good}/`,
      `https://${bad}#@${good}/`,
      `https://${bad}?@${good}/`,
      `https://${bad}/@${good}/`,
      `https://${good}.${bad}/`,
      `https://evil-upstream.test:${stage.upstream.port}/`,
      `https://evil.upstream.test:${stage.upstream.port}/`,
      `https://upstream.test%40${bad}/`,
      `https://upstream.test%2f@${bad}/`,
      `https://upstream.test%00.${bad}/`,
      `https://upstream.test\t.${bad}/`,
      `https://upstream.test\n@${bad}/`,
      `https:\\\\${bad}\\`,
      `https:/${bad}/`,
      `https:${bad}/`,
      `//${bad}/`,
      `HTTPS://ATTACKER.TEST:${port}/`,
      `https://attacker.test.:${port}/`,
      `https://\uff41ttacker.test:${port}/`,
      `https://attacker\u3002test:${port}/`,
      `https://%61ttacker.test:${port}/`,
      `https://atta\u00adcker.test:${port}/`,
      `https://0177.0.0.2:${port}/`,
      `https://2130706434:${port}/`,
      `https://0x7f.2:${port}/`,
      `https://127.2:${port}/`,
      `https://\u2460\u2461\u2466.0.0.2:${port}/`,
      `https://[::ffff:127.0.0.2]:${port}/`,
      `https://[::ffff:7f00:2]:${port}/`,
      `https://[::127.0.0.2]:${port}/`,
      `https://[64:ff9b::7f00:2]:${port}/`,
      `http://upstream.test:${stage.upstream.port}/`,
      `https://upstream.test/`,
      `https://upstream.test:443/`,
      `https://upstream.test:${port}/`,
    ];
  };

  test('is another place as base URL, and for a webhook', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const hookId = await stage.newIntegration('webhook', {
      url: `${stage.origin}/`,
      signingSecret: mention(secret),
    });
    for (const address of spellings()) {
      const drafts = [
        await stage.testDraft('http', bearer(secret, { baseUrl: address })),
        await stage.testDraft('webhook', { url: address, signingSecret: mention(secret) }),
      ];
      expect([address, ...drafts.map(({ status }) => status)]).toEqual([address, 400, 400]);
      // Past the check that saving makes.
      await edit(id, { baseUrl: address });
      await edit(hookId, { url: address });
      for (const one of [id, hookId])
        expect([address, shownOf(await stage.test(one))[0]]).toEqual([address, refusedDestination]);
    }
    expect(stage.upstream.arrived).toEqual([]);
  });

  test('is another place as destination', async () => {
    for (const address of spellings()) {
      const name = `SPELLED_${crypto.randomUUID().slice(0, 8)}`;
      const destinations = [address.replace(/\/$/, '')];
      const made = await stage.manager.send('POST', '/secrets', {
        name,
        value: newCanary(),
        destinations,
      });
      if (made.status === 400) continue;
      // It is what it says, and no more: not the upstream, nor the attacker by another name.
      const other = await stage.testDraft('http', bearer(name));
      expect([address, other.status]).toEqual([address, 400]);
    }
    expect(stage.upstream.arrived).toEqual([]);
  });

  test('is the same place when it is nothing but another spelling', async () => {
    const { port } = stage.upstream;
    const secret = await stage.newSecret();
    for (const address of [`HTTPS://UPSTREAM.test:${port}/`, `https://upstream.test.:${port}`]) {
      const tested = await stage.testDraft('http', bearer(secret, { baseUrl: address }));
      expect([address, shownOf(tested)[0]]).toEqual([address, 'PPPPPPPPP']);
    }
    expect(stage.upstream.arrived.map(({ headers }) => headers.host)).toEqual(
      Array.from({ length: 2 }, () => `upstream.test:${port}`),
    );
  });
});

describe('a header or an address that holds more than it says', () => {
  const smuggled = 'x\r\nHost: attacker.test\r\nX-Smuggled: 1';

  test('in names and in text is refused before it is tested, and past that check as well', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    for (const [name, value] of [
      ['Host', 'attacker.test'],
      ['hOsT', 'attacker.test'],
      ['Host ', 'attacker.test'],
      [`X-One: 1\r\nHost`, 'attacker.test'],
      ['X-One:', 'x'],
      ['Content-Length', '0'],
      ['Transfer-Encoding', 'chunked'],
      ['Connection', 'X-One'],
      ['Proxy-Authorization', 'x'],
      ['Authorization', mention(secret)],
      ['X-One', smuggled],
      ['X-One', `{{ "${String.raw`x\r\nHost: attacker.test`}" }}`],
      ['X-One', 'a\0b'],
    ] as const) {
      const fields = bearer(secret, { headers: [{ name, value }] });
      expect([name, (await stage.testDraft('http', fields)).status]).toEqual([name, 400]);
      if (value.includes('\0')) continue; // PostgreSQL takes none.
      await edit(id, { headers: [{ name, value }] });
      expect([name, shownOf(await stage.test(id))[0]]).toEqual([name, refusedDestination]);
    }
    await write(id, {
      ...bearer(secret, { token: undefined }),
      auth: 'header',
      headerName: 'Host',
      headerValue: mention(secret),
    });
    expect(shownOf(await stage.test(id))[0]).toBe(refusedDestination);
    expect(stage.upstream.arrived).toEqual([]);
  });

  test('in a value is refused where it would begin something new, and encoded elsewhere', async () => {
    const value = `${newCanary()}${smuggled}&admin=1#`;
    const secret = await stage.newSecret({ value });
    const token = mention(secret);
    const base = { baseUrl: stage.origin, caCertificate };
    for (const fields of [
      { auth: 'bearer', token },
      { auth: 'basic', username: 'me', password: token },
      { auth: 'header', headerName: 'X-Key', headerValue: token },
      { headers: [{ name: 'X-One', value: token }] },
    ])
      expect(shownOf(await stage.testDraft('http', { ...base, ...fields }))).toEqual([
        'PPFSSSSSS',
        expect.stringContaining('line break'),
      ]);
    expect(stage.upstream.arrived).toEqual([]);
    const query = { ...base, auth: 'query', queryName: 'k', queryValue: token };
    const hook = {
      url: `${stage.origin}/a/${mention(secret, '|urlencode')}/b`,
      signingSecret: token,
    };
    expect(shownOf(await stage.testDraft('http', query))[0]).toBe('PPPPPPPPP');
    expect(shownOf(await stage.testDraft('webhook', hook))[0]).toBe('PPPPPPPPP');
    const { search, hash } = new URL(stage.upstream.arrived[0]?.url ?? '', stage.origin);
    expect([[...new URLSearchParams(search)], hash]).toEqual([[['k', value]], '']);
    for (const { rawHeaders } of stage.upstream.arrived) {
      expect(rawHeaders.filter((name) => name.toLowerCase() === 'host')).toHaveLength(1);
      expect(rawHeaders).not.toContain('X-Smuggled');
    }
  });

  test('in a value within an address leads nowhere else', async () => {
    const url = (filter: string, secret: string) =>
      `${stage.origin}/a/${mention(secret, filter)}/b?c=${mention(secret, filter)}`;
    for (const value of ['..', '.', '%2e%2e', '../..', `@attacker.test`, '?x', '#x', '\\', ';x']) {
      const secret = await stage.newSecret({ value });
      const signingSecret = mention(await stage.newSecret());
      const tested = await stage.testDraft('webhook', {
        url: url('|urlencode', secret),
        signingSecret,
      });
      const [letters, explanation] = shownOf(tested);
      // Nothing encodes a dot.
      if (/^\.+$/.test(value))
        expect([letters, explanation]).toEqual([
          'PPFSSSSSS',
          expect.stringContaining('would lead elsewhere'),
        ]);
      else expect([value, letters]).toEqual([value, 'PPPPPPPPP']);
    }
    for (const { url: path } of stage.upstream.arrived)
      expect(path).toMatch(/^\/a\/[^/?#;\\@]+\/b\?c=[^/?#;&\\@]+$/);
    const secret = await stage.newSecret();
    const raw = { url: url('', secret), signingSecret: mention(secret) };
    expect((await stage.testDraft('webhook', raw)).status).toBe(400);
  });
});

describe('a way into a log', () => {
  test('through fields that are shown, told or written down', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', bearer(secret));
    const before = stage.upstream.connections();
    const query = { auth: 'query', queryValue: mention(secret), token: undefined };
    for (const [field, more] of [
      ['testPath', { testPath: `/${mention(secret)}` }],
      ['testPath', { testPath: `/?a=${mention(secret, '|urlencode')}` }],
      ['baseUrl', { baseUrl: `${stage.origin}/${mention(secret, '|urlencode')}` }],
      ['baseUrl', { baseUrl: `https://${mention(secret, '|urlencode')}.attacker.test` }],
      [
        'headerName',
        {
          auth: 'header',
          token: undefined,
          headerName: mention(secret),
          headerValue: mention(secret),
        },
      ],
      ['queryName', { ...query, queryName: mention(secret) }],
      ['headers.0.name', { headers: [{ name: mention(secret), value: 'x' }] }],
    ] as const) {
      const { status, problem } = await stage.testDraft('http', bearer(secret, more));
      expect([field, status, problem.errors?.map((error) => error.field)]).toEqual([
        field,
        400,
        expect.arrayContaining([`fields.${field}`]),
      ]);
      await write(id, bearer(secret, more));
      await expectRefused(id, refusedDestination, 'none that can be saved');
    }
    // What somebody pastes into the wrong field comes back in no answer, no log and no event: the end of this file sweeps.
    for (const more of [
      { testPath: `/${newCanary()}` },
      { headers: [{ name: newCanary(), value: newCanary() }] },
      { baseUrl: `https://${newCanary()}` },
    ])
      expect((await stage.testDraft('http', bearer(secret, more))).status).toBe(400);
    expect(stage.upstream.connections()).toBe(before);
    // This one can be asked for; the trail has the origin only.
    const testPath = `/${newCanary().slice(0, 10)}?a=${newCanary().slice(0, 10)}`;
    expect(shownOf(await stage.testDraft('http', bearer(secret, { testPath })))[0]).toBe(
      'PPPPPPPPP',
    );
  });

  test('through whatever the other side answers, or does not', async () => {
    const secret = await stage.newSecret();
    const id = await stage.newIntegration('http', {
      ...bearer(secret),
      auth: 'query',
      token: undefined,
      queryName: 'key',
      queryValue: mention(secret),
    });
    for (const answer of [
      'repeats what was sent',
      'cut answer',
      'connection reset',
      'huge headers',
      'no HTTP',
      'redirect',
      'huge answer',
    ] as const) {
      stage.upstream.answerWith(answer);
      const [letters, explanation] = shownOf(await stage.test(id));
      expect([answer, letters]).toEqual([answer, 'PPPPPPPFS']);
      expect(explanation).not.toMatch(/upstream|127\.0|key=/);
    }
    expect(stage.upstream.arrived.length).toBeGreaterThan(5);
  });
});
