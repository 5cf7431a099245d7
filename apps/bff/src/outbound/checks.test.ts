import { BlockList } from 'node:net';
import { Tainted } from '@dropsafe/contract/expression-evaluation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { startMailServer } from '../../testkit/mail-server.ts';
import { createNames, startUpstream, type Upstream } from '../../testkit/upstream.ts';
import { Redacted } from '../base/redacted.ts';
import { createCalls, TargetRefused, type Calls, type HttpCall } from './calls.ts';
import { checkNames, type Check } from './checks.ts';

const certificate = selfSigned({ names: ['upstream.test'] });
const canary = newCanary();
const seen: string[] = [];
let upstream: Upstream;
let calls: Calls;

beforeAll(async () => {
  upstream = await startUpstream({
    tls: certificate,
    elsewhere: `https://attacker.test/${canary}`,
  });
  const allowed = new BlockList();
  allowed.addAddress('127.0.0.1');
  const { lookUp } = createNames({
    'upstream.test': [['127.0.0.1']],
    'wrong.test': [['127.0.0.1']],
    'inside.test': [['10.1.2.3']],
    'cloud.test': [['169.254.169.254']],
  });
  calls = createCalls({ allowed, lookUp, limits: { totalMs: 2_000 } });
});
afterAll(async () => {
  calls.close();
  await upstream.stop();
  // The server repeats what it was sent in one of them.
  expect(sweep('checks', seen.join('\n'))).toEqual([]);
  expect(seen.join('\n')).not.toMatch(/\.test|127\.0|10\.1|169\.254/);
});

/** The checks as letters, and the explanation of the last that counted. */
function shownOf(checks: Check[]) {
  seen.push(JSON.stringify(checks));
  expect(checks.map(({ name }) => name)).toEqual(checkNames);
  const last = checks.findLast(({ explanation }) => explanation !== 'It did not come to this.');
  return [checks.map(({ status }) => status[0]).join(''), last?.explanation];
}

function callTo(target: string, { authorities = certificate.cert, key = canary } = {}): HttpCall {
  return {
    target,
    secrets: [{ name: 'KEY', destinations: [new URL(target).origin] }],
    open: () =>
      Promise.resolve({
        method: 'GET',
        authentication: { kind: 'query', name: 'key', content: new Tainted(new Redacted(key)) },
        headers: [['X-Key', new Tainted(new Redacted(key.replaceAll(/[^\n\x21-\x7e]/g, '')))]],
        trust: { authorities },
      }),
  };
}

async function check(target: string, more: { authorities?: string; key?: string } = {}) {
  return shownOf(await calls.check(callTo(target, more)));
}

const at = (host: string) => `https://${host}:${upstream.port}/`;

describe('an answer', () => {
  test.each([
    [200, 'PPPPPPP', /^The host answers\. \(200\)$/],
    [204, 'PPPPPPP', /\(204\)/],
    [401, 'PPPPPPF', /does not accept the credentials/],
    [403, 'PPPPPPF', /may not do this/],
    [404, 'PPPPPPF', /nothing at this address/],
    [429, 'PPPPPPF', /no more requests/],
    [418, 'PPPPPPF', /does not accept the request/],
    [503, 'PPPPPPF', /a problem of its own/],
    ['redirect', 'PPPPPPF', /a redirect\. .*\(307\)$/],
    ['slow body', 'PPPPPPF', /did not come within the time/],
    ['huge answer', 'PPPPPPF', /too large/],
    ['no HTTP', 'PPPPPPF', /not HTTP/],
    ['connection reset', 'PPPPPPF', /ended before/],
    ['repeats what was sent', 'PPPPPPF', /a problem of its own.*\(500\)$/],
  ] as const)('%s: %s', async (answer, letters, explanation) => {
    upstream.answerWith(answer);
    expect(await check(at('upstream.test'))).toEqual([letters, expect.stringMatching(explanation)]);
    upstream.answerWith(200);
  });
});

describe('what fails before', () => {
  test('the request: a value that cannot be placed', async () => {
    expect(await check(at('upstream.test'), { key: `${canary}\n` })).toEqual([
      'PFSSSSS',
      expect.stringContaining('line break'),
    ]);
  });

  test('the name', async () => {
    expect(await check(at('unknown.test'))).toEqual([
      'PPFSSSS',
      expect.stringContaining('not found'),
    ]);
  });

  test('the address', async () => {
    expect(await check(at('inside.test'))).toEqual([
      'PPPFSSS',
      expect.stringMatching(/^It leads to a private network\. .*DROPSAFE_OUTBOUND_ALLOW/),
    ]);
    expect(await check(at('cloud.test'))).toEqual([
      'PPPFSSS',
      expect.stringMatching(/hands out credentials\. No request/),
    ]);
    // Of a literal there is no name to look up.
    expect(await check(at('10.1.2.3'))).toEqual(['PPSFSSS', expect.stringContaining('private')]);
  });

  test('the connection', async () => {
    const gone = await startUpstream();
    await gone.stop();
    expect(await check(`https://upstream.test:${gone.port}/`)).toEqual([
      'PPPPFSS',
      expect.stringContaining('refuses connections'),
    ]);
  });

  test('TLS', async () => {
    expect(await check(at('wrong.test'))).toEqual([
      'PPPPPFS',
      expect.stringContaining('another name'),
    ]);
    expect(await check(at('upstream.test'), { authorities: selfSigned().cert })).toEqual([
      'PPPPPFS',
      expect.stringContaining('not from an authority'),
    ]);
  });
});

test('without TLS its check says what that means', async () => {
  const plain = await startUpstream();
  const [letters] = await check(`http://upstream.test:${plain.port}/`);
  expect(letters).toBe('PPPPPSP');
  await plain.stop();
});

describe('the destination comes before the value', () => {
  /** A call for which opening the value would be a fault. */
  const refusedCall = (target: string, destinations: string[]): HttpCall => ({
    target,
    secrets: [{ name: 'KEY', destinations }],
    open: () => Promise.reject(new Error('A value was opened.')),
  });

  // Two steps of one attack: the address of a configuration is changed, the stored value is kept, and Test is pressed.
  test.each([
    ['another host', ['https://api.example.com'], /^KEY: Its destinations do not name this host/],
    ['another port', ['https://upstream.test'], /another port/],
    ['another path', ['https://upstream.test:PORT/mine'], /other paths/],
    ['none', [], /^KEY: It has no destinations/],
  ])('%s', async (_, destinations, explanation) => {
    const own = destinations.map((one) => one.replace('PORT', String(upstream.port)));
    const before = upstream.connections();
    const call = refusedCall(at('upstream.test'), own);
    expect(shownOf(await calls.check(call))).toEqual([
      'FSSSSSS',
      expect.stringMatching(explanation),
    ]);
    await expect(calls.send(call)).rejects.toThrow(TargetRefused);
    expect(
      shownOf(await calls.checkMail({ ...call, open: () => Promise.reject(new Error()) })),
    ).toEqual(['FSSSSSS', expect.anything()]);
    expect(upstream.connections()).toBe(before);
  });

  test('an address that cannot be read', async () => {
    const call = refusedCall(`https://upstream.test\\@attacker.test/${canary}`, [
      'https://upstream.test',
    ]);
    expect(shownOf(await calls.check(call))).toEqual([
      'FSSSSSS',
      expect.stringContaining('without doubt'),
    ]);
  });

  test('what is no failure of the call is thrown on', async () => {
    const target = at('upstream.test');
    await expect(calls.check(refusedCall(target, [new URL(target).origin]))).rejects.toThrow(
      'A value was opened.',
    );
  });
});

test('a mail server', async () => {
  const server = await startMailServer({
    tls: certificate,
    security: 'starttls',
    user: 'dropsafe',
    password: canary,
    isTelltale: true,
  });
  const signIn = async (password: string) => {
    const target = `smtp://upstream.test:${server.port}`;
    const login = { userName: 'dropsafe', password: new Tainted(new Redacted(password)) };
    return shownOf(
      await calls.checkMail({
        target,
        secrets: [{ name: 'KEY', destinations: [target] }],
        open: () => Promise.resolve({ login, authorities: certificate.cert }),
      }),
    );
  };
  expect(await signIn(canary)).toEqual(['PPPPPPP', expect.stringContaining('accepts')]);
  expect(await signIn(newCanary())).toEqual([
    'PPPPPPF',
    expect.stringContaining('does not accept'),
  ]);
  await server.stop();
});
