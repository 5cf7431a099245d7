import { once } from 'node:events';
import { BlockList, createServer, type AddressInfo } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { createNames, startUpstream, type Upstream } from '../../testkit/upstream.ts';
import { until } from '../../testkit/until.ts';
import { OutboundFailure } from './failure.ts';
import { createGuardedFetch, usualLimits, type OutboundLimits } from './guarded-fetch.ts';
import { createHostGuard } from './host-guard.ts';
import type { OutboundRequest, Trust } from './request.ts';

const certificate = selfSigned({ names: ['upstream.test'] });
const trust: Trust = { authorities: certificate.cert };
/** Goes into a header of every request, and must arrive at the upstream only. */
const canary = newCanary().replaceAll(/[^\x21-\x7e]/g, '');

let upstream: Upstream;
let plain: Upstream;
let attacker: Upstream;
beforeAll(async () => {
  upstream = await startUpstream({ tls: certificate });
  plain = await startUpstream();
  // On the address that rebinding would lead to, at the same port, with the same certificate.
  attacker = await startUpstream({ tls: certificate, address: '127.0.0.2', port: upstream.port });
});
afterEach(() => {
  upstream.answerWith(200);
  plain.answerWith(200);
  for (const server of [upstream, plain]) server.arrived.length = 0;
});
afterAll(async () => {
  await Promise.all([upstream, plain, attacker].map((server) => server.stop()));
  expect(attacker.connections()).toBe(0);
  expect(sweep('what the attacker got', JSON.stringify(attacker.arrived))).toEqual([]);
});

/** This machine, but not all of its addresses. */
const allowed = new BlockList();
allowed.addAddress('127.0.0.1');
const names = () =>
  createNames({
    'upstream.test': [['127.0.0.1']],
    'rebound.test': [['127.0.0.1'], ['127.0.0.2']],
    'two-faced.test': [['127.0.0.1', '127.0.0.2']],
    'inside.test': [['10.0.0.1']],
    'cloud.test': [['169.254.169.254']],
    'nowhere.test': [[]],
  });

function fetchWith(limits: Partial<OutboundLimits> = {}, known = names()) {
  const guard = createHostGuard({ allowed, lookUp: known.lookUp });
  return createGuardedFetch(guard, { ...usualLimits, ...limits });
}

function get(url: string, more: Partial<OutboundRequest> = {}): OutboundRequest {
  return { method: 'GET', url: new URL(url), headers: [['X-Api-Key', canary]], trust, ...more };
}

const at = (host: string, path = '/') => `https://${host}:${upstream.port}${path}`;

/** Why it failed; nothing of the error holds the canary or the address. */
async function failureOf(work: Promise<unknown>): Promise<OutboundFailure> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OutboundFailure)) throw new Error('It did not fail as it should.');
  expect(error.cause).toBeUndefined();
  const all = JSON.stringify({ ...error, message: error.message, stack: error.stack });
  expect(sweep('error', all)).toEqual([]);
  expect(all).not.toMatch(/\.test\b(?!\.ts)|127\.0\.0/);
  return error;
}
const reasonOf = async (work: Promise<unknown>) => (await failureOf(work)).reason;

describe('a request', () => {
  test('goes to the judged address, under the name of the URL', async () => {
    const known = names();
    const http = fetchWith({}, known);
    const answer = await http.send(
      get(at('upstream.test', '/a?b=c'), { method: 'POST', body: Buffer.from('{"d":1}') }),
    );
    expect([answer.status, Buffer.from(answer.body).toString()]).toEqual([200, '{"ok":true}']);
    expect(upstream.arrived).toMatchObject([
      {
        method: 'POST',
        url: '/a?b=c',
        body: '{"d":1}',
        serverName: 'upstream.test',
        headers: {
          host: `upstream.test:${upstream.port}`,
          'x-api-key': canary,
          'content-length': '7',
        },
      },
    ]);
    expect(known.asked).toEqual(['upstream.test']);
    http.close();
  });

  test('overwrites the body that it was given', async () => {
    const http = fetchWith();
    const body = Buffer.from(canary);
    await http.send(get(at('upstream.test'), { method: 'POST', body }));
    expect(body.every((byte) => byte === 0)).toBe(true);
    http.close();
  });

  test('sends nothing but what it was given, and what HTTP needs', async () => {
    const http = fetchWith();
    await http.send(get(`http://upstream.test:${plain.port}/`));
    expect(plain.arrived[0]?.rawHeaders.filter((_, index) => index % 2 === 0)).toEqual([
      'X-Api-Key',
      'Host',
      'Connection',
    ]);
    http.close();
  });

  test('takes the next address when the first takes no connection', async () => {
    const list = new BlockList();
    list.addSubnet('127.0.0.0', 8);
    const { lookUp } = createNames({ 'upstream.test': [['127.0.0.3', '127.0.0.1']] });
    const http = createGuardedFetch(createHostGuard({ allowed: list, lookUp }));
    expect((await http.send(get(at('upstream.test')))).status).toBe(200);
    http.close();
  });
});

describe('an address', () => {
  test('that the name has at the second question only gets no connection', async () => {
    const known = names();
    const http = fetchWith({}, known);
    const rebound = selfSigned({ names: ['rebound.test'] });
    const server = await startUpstream({ tls: rebound });
    const trap = await startUpstream({ tls: rebound, address: '127.0.0.2', port: server.port });
    const request = () =>
      get(`https://rebound.test:${server.port}/`, { trust: { authorities: rebound.cert } });
    await http.send(request());
    expect([server.arrived.length, trap.connections(), known.asked]).toEqual([
      1,
      0,
      ['rebound.test'],
    ]);
    // And at the next request, which asks anew, it is judged: a kept connection is no way around it.
    expect(await failureOf(http.send(request()))).toMatchObject({
      reason: 'address-refused',
      address: 'loopback',
    });
    expect(trap.connections()).toBe(0);
    http.close();
    await Promise.all([server.stop(), trap.stop()]);
  });

  test('that is refused makes the whole name refused', async () => {
    const http = fetchWith();
    expect(await reasonOf(http.send(get(at('two-faced.test'))))).toBe('address-refused');
    expect(upstream.arrived).toEqual([]);
    http.close();
  });

  // Every spelling of 127.0.0.2, where somebody listens, and other places.
  test.each([
    '127.0.0.2',
    '127.2',
    '0177.0.0.2',
    '0x7f.0.0.2',
    '0x7f000002',
    '2130706434',
    '017700000002',
    '127.0.0.2.',
    '１２７.0.0.2',
    '127。0。0。2',
    '%31%32%37.0.0.2',
    '[::ffff:127.0.0.2]',
    '[::ffff:7f00:2]',
    '[0:0:0:0:0:ffff:7f00:2]',
    '[::127.0.0.2]',
    '[64:ff9b::7f00:2]',
    '[2002:7f00:2::]',
    '0.0.0.0',
    '0',
    '[::]',
    '[::1]',
    '169.254.169.254',
    '0xa9fea9fe',
    '[::ffff:a9fe:a9fe]',
    '[fd00:ec2::254]',
    'inside.test',
    'cloud.test',
  ])('%s gets no connection, however it is spelled', async (host) => {
    const http = fetchWith();
    expect(await reasonOf(http.send(get(at(host))))).toBe('address-refused');
    expect(attacker.connections()).toBe(0);
    http.close();
  });

  test('of nobody: the name is not found', async () => {
    const http = fetchWith();
    expect(await reasonOf(http.send(get(at('nowhere.test'))))).toBe('name-not-found');
    expect(await reasonOf(http.send(get(at('unknown.test'))))).toBe('name-not-found');
    http.close();
  });
});

describe('TLS', () => {
  const withCertificate = async (cert: ReturnType<typeof selfSigned>, authority = cert.cert) => {
    const server = await startUpstream({ tls: cert });
    const http = fetchWith();
    const url = `https://upstream.test:${server.port}/`;
    const reason = await reasonOf(http.send(get(url, { trust: { authorities: authority } })));
    expect(server.arrived).toEqual([]);
    http.close();
    await server.stop();
    return reason;
  };

  test('of an authority that is not trusted is refused', async () => {
    const http = fetchWith();
    expect(await reasonOf(http.send(get(at('upstream.test'), { trust: {} })))).toBe(
      'tls-untrusted',
    );
    expect(await withCertificate(certificate, selfSigned().cert)).toBe('tls-untrusted');
    http.close();
  });

  test('is refused even when the environment says that nothing is to be verified', async () => {
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    const http = fetchWith();
    try {
      expect(await reasonOf(http.send(get(at('upstream.test'), { trust: {} })))).toBe(
        'tls-untrusted',
      );
    } finally {
      delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      http.close();
    }
  });

  test('for another name is refused, and for another address', async () => {
    expect(await withCertificate(selfSigned({ names: ['other.test'] }))).toBe('tls-name');
    // The name is what counts, not the address that was connected to.
    expect(await withCertificate(selfSigned())).toBe('tls-name');
    const http = fetchWith();
    expect(await reasonOf(http.send(get(at('127.0.0.1'))))).toBe('tls-name');
    http.close();
  });

  test('that has ended is refused', async () => {
    const old = selfSigned({ names: ['upstream.test'], endsInHours: -1 });
    expect(await withCertificate(old)).toBe('tls-expired');
  });

  test('for an address is taken, without a server name', async () => {
    const own = selfSigned();
    const server = await startUpstream({ tls: own });
    const http = fetchWith();
    const url = `https://127.0.0.1:${server.port}/`;
    await http.send(get(url, { trust: { authorities: own.cert } }));
    expect(server.arrived).toMatchObject([{ serverName: false }]);
    http.close();
    await server.stop();
  });

  test('where there is none is told', async () => {
    const http = fetchWith();
    const url = `https://upstream.test:${plain.port}/`;
    expect(await reasonOf(http.send(get(url)))).toBe('tls-failed');
    http.close();
  });

  test('with a client certificate proves who we are, and nobody else can use the connection', async () => {
    const mine = selfSigned({ names: ['client.test'] });
    const server = await startUpstream({ tls: certificate, clientAuthority: mine.cert });
    const http = fetchWith();
    const url = `https://upstream.test:${server.port}/`;
    const send = (pair?: typeof mine) =>
      http.send(
        get(url, {
          trust: {
            ...trust,
            ...(pair && { clientCertificate: { certificate: pair.cert, key: pair.key } }),
          },
        }),
      );
    await send(mine);
    await send(mine);
    expect(server.arrived.map(({ connection }) => connection)).toEqual([1, 1]);
    expect(await reasonOf(send())).toBe('tls-client-certificate');
    // Node as a server says nothing of a certificate that it does not know.
    expect(await reasonOf(send(selfSigned()))).toBe('connection-lost');
    expect(server.arrived).toHaveLength(2);
    http.close();
    await server.stop();
  });

  test('with a client certificate leaves no key behind, once nothing comes over its connection any more', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void; // as: what the flag gives
    const mine = selfSigned({ names: ['client.test'] });
    const server = await startUpstream({ tls: certificate, clientAuthority: mine.cert });
    const http = fetchWith({ idleMs: 500 });
    const sent = async () => {
      const clientCertificate = { certificate: mine.cert, key: mine.key };
      const url = `https://upstream.test:${server.port}/`;
      await http.send(get(url, { trust: { ...trust, clientCertificate } }));
      return new WeakRef(clientCertificate);
    };
    const [first] = [await sent(), await sent()];
    await until('the key is gone', () => {
      collect();
      return first.deref() === undefined;
    });
    await sent();
    expect(server.arrived.map(({ connection }) => connection)).toEqual([1, 1, 2]);
    http.close();
    await server.stop();
  });

  test('with a key or an authority that cannot be read fails before anything is sent, and repeats nothing', async () => {
    const mine = selfSigned();
    const http = fetchWith();
    const send = (certificatePem: string, key: string) =>
      http.send(
        get(at('upstream.test'), {
          trust: { ...trust, clientCertificate: { certificate: certificatePem, key } },
        }),
      );
    const wrong = 'client-certificate-unusable';
    expect(await reasonOf(send(mine.cert, canary))).toBe(wrong);
    expect(await reasonOf(send(canary, mine.key))).toBe(wrong);
    expect(await reasonOf(send(mine.cert, selfSigned().key))).toBe(wrong);
    const authorities = { authorities: canary };
    expect(await reasonOf(http.send(get(at('upstream.test'), { trust: authorities })))).toBe(
      'authorities-unusable',
    );
    expect(upstream.arrived).toEqual([]);
    http.close();
  });
});

describe('an answer', () => {
  test.each([301, 302, 303, 307, 308, 300])(
    'of %i to another host is told as a redirect, and not followed',
    async (status) => {
      const lure = await startUpstream({
        tls: certificate,
        elsewhere: `https://upstream.test:${attacker.port}`,
      });
      lure.answerWith(status === 307 ? 'redirect' : status);
      const http = fetchWith();
      const url = `https://upstream.test:${lure.port}/`;
      const body = Buffer.from(canary);
      expect(await failureOf(http.send(get(url, { method: 'POST', body })))).toMatchObject({
        reason: 'redirect',
        status,
      });
      expect([lure.arrived.length, attacker.connections(), upstream.arrived.length]).toEqual([
        1, 0, 0,
      ]);
      http.close();
      await lure.stop();
    },
  );

  test.each([200, 204, 304, 400, 401, 403, 404, 429, 500, 503])(
    'of %i is an answer',
    async (status) => {
      const http = fetchWith();
      upstream.answerWith(status);
      expect((await http.send(get(at('upstream.test')))).status).toBe(status);
      http.close();
    },
  );

  test.each([
    ['no headers', 'timeout'],
    ['slow body', 'timeout'],
    ['huge answer', 'too-large'],
    ['huge headers', 'too-large'],
    ['cut answer', 'connection-lost'],
    ['connection reset', 'connection-lost'],
    ['another protocol', 'connection-lost'],
    ['no HTTP', 'not-http'],
    ['no status', 'not-http'],
  ] as const)('with %s: %s', async (fault, reason) => {
    const http = fetchWith({ totalMs: reason === 'timeout' ? 1_500 : 10_000 });
    upstream.answerWith(fault);
    expect(await reasonOf(http.send(get(at('upstream.test'))))).toBe(reason);
    upstream.answerWith(200);
    expect((await http.send(get(at('upstream.test')))).status).toBe(200);
    http.close();
  });

  test('is not waited for when nobody listens, and not when the caller gives up', async () => {
    const gone = await startUpstream();
    await gone.stop();
    const http = fetchWith();
    expect(await reasonOf(http.send(get(`http://upstream.test:${gone.port}/`)))).toBe(
      'connection-refused',
    );
    upstream.answerWith('no headers');
    const given = AbortSignal.timeout(1_500);
    expect(await reasonOf(http.send(get(at('upstream.test')), given))).toBe('timeout');
    http.close();
  });

  test('of the name service is not waited for either', async () => {
    const never = () => new Promise<string[]>(() => {});
    const http = createGuardedFetch(createHostGuard({ allowed, lookUp: never }), {
      ...usualLimits,
      totalMs: 200,
    });
    expect(await reasonOf(http.send(get(at('upstream.test'))))).toBe('name-timeout');
    http.close();
  });

  test('of the name service is waited for by two at once only, for as long as it lasts', async () => {
    const asked: string[] = [];
    const never = (name: string) => {
      asked.push(name);
      return new Promise<string[]>(() => {});
    };
    const http = createGuardedFetch(createHostGuard({ allowed, lookUp: never }), {
      ...usualLimits,
      totalMs: 200,
    });
    const ask = (host: string) => reasonOf(http.send(get(at(host))));
    expect(await Promise.all(['a.test', 'b.test', 'c.test'].map(ask))).toEqual([
      'name-timeout',
      'name-timeout',
      'busy',
    ]);
    expect(await ask('d.test')).toBe('busy');
    expect(asked).toEqual(['a.test', 'b.test']);
    http.close();
  });

  test('of a host that takes a connection and then says nothing is not waited for', async () => {
    const mute = createServer(() => {});
    await once(mute.listen(0, '127.0.0.1'), 'listening');
    const { port } = mute.address() as AddressInfo; // as: a TCP server
    const http = fetchWith({ connectMs: 1_000 });
    expect(await reasonOf(http.send(get(`https://upstream.test:${port}/`)))).toBe('tls-timeout');
    http.close();
    mute.close();
  });
});

describe('a header', () => {
  const line = '\r\nX-Injected: yes';
  test.each<[string, string, string, OutboundFailure['reason']]>([
    ['a line break in a content', 'X-A', `${canary}${line}`, 'header-unusable'],
    ['a line feed at the end', 'X-A', `${canary}\n`, 'header-unusable'],
    ['a carriage return', 'X-A', `${canary}\r`, 'header-unusable'],
    ['NUL', 'X-A', `${canary}\0`, 'header-unusable'],
    ['a letter beyond Latin-1', 'X-A', `${canary}€`, 'header-unusable'],
    // Cut to a byte this is a line break (CVE-2016-5699 and its kind).
    [
      'letters whose low byte is a line break',
      'X-A',
      `${canary}\u010d\u010aX: y`,
      'header-unusable',
    ],
    ['a line break in a name', `X-A${line}`, canary, 'header-unusable'],
    ['a name with a blank', 'X A', canary, 'header-unusable'],
    ['a name with a colon', 'X-A:', canary, 'header-unusable'],
    ['no name', '', canary, 'header-unusable'],
    ['Host', 'Host', 'attacker.test', 'header-reserved'],
    ['hOsT', 'hOsT', 'attacker.test', 'header-reserved'],
    ['Content-Length', 'Content-Length', '0', 'header-reserved'],
    ['Transfer-Encoding', 'Transfer-Encoding', 'chunked', 'header-reserved'],
    ['Connection', 'Connection', 'X-Api-Key', 'header-reserved'],
    ['Upgrade', 'Upgrade', 'h2c', 'header-reserved'],
    ['Expect', 'Expect', '100-continue', 'header-reserved'],
    ['Proxy-Authorization', 'Proxy-Authorization', canary, 'header-reserved'],
    ['our cookie', 'Cookie', `a=b; __Host-dropsafe=${canary}`, 'header-reserved'],
    ['our cookie of a step', 'cookie', `dropsafe-passkey=${canary}`, 'header-reserved'],
    ['the same name again', 'x-api-key', canary, 'header-repeated'],
  ])('%s is refused before anything is sent', async (_, name, content, reason) => {
    const http = fetchWith();
    const headers = [['X-Api-Key', 'a'] as const, [name, content] as const];
    const known = upstream.connections();
    expect(await reasonOf(http.send(get(at('upstream.test'), { headers })))).toBe(reason);
    expect(upstream.connections()).toBe(known);
    http.close();
  });

  test('with an odd name that is allowed goes as it is', async () => {
    const http = fetchWith();
    await http.send(
      get(at('upstream.test'), {
        headers: [
          ['__proto__', 'a'],
          ['X-Ä'.slice(0, 2), 'é'],
        ],
      }),
    );
    expect(upstream.arrived[0]?.rawHeaders.slice(0, 4)).toEqual(['__proto__', 'a', 'X-', 'é']);
    http.close();
  });
});

test.each([
  'ftp://upstream.test/',
  'file:///etc/passwd',
  'https://user@upstream.test/',
  'https://upstream.test/#a',
  'https://upstream.test./',
  'https://a,b.test/',
  'https://upstream.test:0/',
])('an address of another kind is refused: %s', async (url) => {
  const http = fetchWith();
  expect(await reasonOf(http.send(get(url)))).toBe('target-unusable');
  http.close();
});

test('what is too large to be sent is refused', async () => {
  const http = fetchWith();
  const url = at('upstream.test');
  const requests: Partial<OutboundRequest>[] = [
    { headers: [['X-A', 'a'.repeat(33 * 1024)]] },
    { headers: Array.from({ length: 65 }, (_, index) => [`X-${index}`, 'a'] as const) },
    { method: 'POST', body: Buffer.alloc(1024 * 1024 + 1) },
    { url: new URL(`${url}?${'a'.repeat(17_000)}`) },
  ];
  for (const request of requests)
    expect(await reasonOf(http.send(get(url, request)))).toBe('request-too-large');
  expect(upstream.arrived).toEqual([]);
  http.close();
});

describe('connections', () => {
  test('are used again, but not for another name, authority or address', async () => {
    const { lookUp } = createNames({
      'upstream.test': [['127.0.0.1']],
      'other.test': [['127.0.0.1']],
    });
    const both = selfSigned({ names: ['upstream.test', 'other.test'] });
    const server = await startUpstream({ tls: both });
    const http = createGuardedFetch(createHostGuard({ allowed, lookUp }));
    const send = (host: string, authorities: string) =>
      http.send(get(`https://${host}:${server.port}/`, { trust: { authorities } }));
    await send('upstream.test', both.cert);
    await send('upstream.test', both.cert);
    await send('other.test', both.cert);
    await send('upstream.test', `${both.cert}${certificate.cert}`);
    await send('upstream.test', both.cert);
    expect(server.arrived.map(({ connection }) => connection)).toEqual([1, 1, 2, 3, 1]);
    expect(server.arrived.map(({ serverName }) => serverName)[2]).toBe('other.test');
    http.close();
    await server.stop();
  });

  test('without TLS are not shared by two names of one address either', async () => {
    const { lookUp } = createNames({
      'upstream.test': [['127.0.0.1']],
      'other.test': [['127.0.0.1']],
    });
    const server = await startUpstream();
    const http = createGuardedFetch(createHostGuard({ allowed, lookUp }));
    for (const host of ['upstream.test', 'other.test', 'upstream.test'])
      await http.send(get(`http://${host}:${server.port}/`));
    expect(server.arrived.map(({ connection }) => connection)).toEqual([1, 2, 1]);
    http.close();
    await server.stop();
  });

  test('that the other side has given up are opened anew', async () => {
    const http = fetchWith();
    await http.send(get(at('upstream.test')));
    upstream.hangUp();
    expect((await http.send(get(at('upstream.test')))).status).toBe(200);
    http.close();
  });

  test('are so many to a host at once, and others wait; too many are told', async () => {
    const server = await startUpstream();
    server.answerWith('no headers');
    const http = fetchWith({ perHost: 2, waitingPerHost: 1, totalMs: 2_000 });
    const url = `http://upstream.test:${server.port}/`;
    const ends = [undefined, undefined, AbortSignal.timeout(500), undefined];
    const reasons = await Promise.all(ends.map((end) => reasonOf(http.send(get(url), end))));
    // The last finds no room to wait; the third waited until its time was over.
    expect(reasons).toEqual(['timeout', 'timeout', 'busy', 'busy']);
    expect(server.connections()).toBe(2);
    http.close();
    await server.stop();
  });

  test('to one host leave room for another, and a turn that is over is given on', async () => {
    const slow = await startUpstream();
    slow.answerWith('no headers');
    const http = fetchWith({ perHost: 1, perNode: 2, totalMs: 3_000 });
    const stuck = reasonOf(http.send(get(`http://upstream.test:${slow.port}/`)));
    const answers = await Promise.all(
      [1, 2, 3].map(() => http.send(get(`http://upstream.test:${plain.port}/`))),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    await slow.stop();
    expect(await stuck).toBe('connection-lost');
    http.close();
  });
});
