import { BlockList } from 'node:net';
import { Tainted } from '@dropsafe/contract/expression-evaluation';
import { checkNames, type Check } from '@dropsafe/contract/outbound';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { startMailServer } from '../../testkit/mail-server.ts';
import { createNames, startUpstream, type Upstream } from '../../testkit/upstream.ts';
import { until } from '../../testkit/until.ts';
import { Redacted } from '../base/redacted.ts';
import { createCalls, TargetRefused, WithoutValues, type Calls, type HttpCall } from './calls.ts';

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
function shownOf({ checks }: { checks: Check[] }) {
  seen.push(JSON.stringify(checks));
  expect(checks.map(({ name }) => name)).toEqual(checkNames);
  const last = checks.findLast(({ explanation }) => explanation !== 'It did not come to this.');
  return [checks.map(({ status }) => status[0]).join(''), last?.explanation];
}

function callTo(target: string, { authorities = certificate.cert, key = canary } = {}): HttpCall {
  return {
    target,
    secrets: [{ name: 'KEY', destinations: [new URL(target).origin] }],
    shownName: String,
    hasCredentials: true,
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
    [200, 'PPPPPPPPP', /^The host raised no objection/],
    [204, 'PPPPPPPPP', /no objection/],
    [304, 'PPPPPPPPP', /no objection/],
    [401, 'PPPPPPPPF', /does not accept the credentials/],
    [403, 'PPPPPPPPF', /may not do this/],
    [407, 'PPPPPPPPF', /A proxy before the host/],
    [404, 'PPPPPPPFS', /nothing at this address/],
    [429, 'PPPPPPPFS', /no more requests/],
    [418, 'PPPPPPPFS', /does not accept the request/],
    [503, 'PPPPPPPFS', /a problem of its own/],
    ['redirect', 'PPPPPPPFS', /a redirect\. .*\(307\)$/],
    ['slow body', 'PPPPPPPFS', /did not come within the time/],
    ['huge answer', 'PPPPPPPFS', /too large/],
    ['no HTTP', 'PPPPPPPFS', /not HTTP/],
    ['connection reset', 'PPPPPPPFS', /ended before/],
    ['repeats what was sent', 'PPPPPPPFS', /a problem of its own.*\(500\)$/],
  ] as const)('%s: %s', async (answer, letters, explanation) => {
    upstream.answerWith(answer);
    expect(await check(at('upstream.test'))).toEqual([letters, expect.stringMatching(explanation)]);
    upstream.answerWith(200);
  });
});

test('without credentials nothing is said of them, but when the host wants some', async () => {
  const anonymous = {
    ...callTo(at('upstream.test')),
    secrets: [],
    shownName: String,
    hasCredentials: false,
  };
  const open: HttpCall['open'] = () =>
    Promise.resolve({ method: 'GET', trust: { authorities: certificate.cert } });
  const shown = async () => shownOf(await calls.check({ ...anonymous, open }));
  expect(await shown()).toEqual(['PSPPPPPPS', expect.stringContaining('no credentials in it')]);
  upstream.answerWith(401);
  expect(await shown()).toEqual(['PSPPPPPPF', expect.stringContaining('wants credentials')]);
  upstream.answerWith(200);
});

test('what of it has succeeded', async () => {
  const hasSucceeded = async (answer: Parameters<Upstream['answerWith']>[0]) => {
    upstream.answerWith(answer);
    return (await calls.check(callTo(at('upstream.test')))).hasSucceeded;
  };
  expect([await hasSucceeded(200), await hasSucceeded(304)]).toEqual([true, true]);
  for (const answer of [401, 404, 500, 'redirect', 'connection reset'] as const)
    expect([answer, await hasSucceeded(answer)]).toEqual([answer, false]);
  upstream.answerWith(200);
});

describe('what fails before', () => {
  test('the values: they are not there', async () => {
    const before = upstream.arrived.length;
    const open = () => Promise.reject(new WithoutValues('KEY: There is no secret of this name.'));
    expect(shownOf(await calls.check({ ...callTo(at('upstream.test')), open }))).toEqual([
      'PFSSSSSSS',
      'KEY: There is no secret of this name.',
    ]);
    expect(upstream.arrived.length).toBe(before);
  });

  test('the request: a value that cannot be placed', async () => {
    expect(await check(at('upstream.test'), { key: `${canary}\n` })).toEqual([
      'PPFSSSSSS',
      expect.stringContaining('line break'),
    ]);
  });

  test('the name', async () => {
    expect(await check(at('unknown.test'))).toEqual([
      'PPPFSSSSS',
      expect.stringContaining('not found'),
    ]);
  });

  test('the address', async () => {
    expect(await check(at('inside.test'))).toEqual([
      'PPPPFSSSS',
      expect.stringMatching(/^It leads to a private network\. .*DROPSAFE_OUTBOUND_ALLOW/),
    ]);
    expect(await check(at('cloud.test'))).toEqual([
      'PPPPFSSSS',
      expect.stringMatching(/hands out credentials\. No request/),
    ]);
    // Of a literal there is no name to look up.
    expect(await check(at('10.1.2.3'))).toEqual(['PPPSFSSSS', expect.stringContaining('private')]);
  });

  test('the connection', async () => {
    const gone = await startUpstream();
    await gone.stop();
    expect(await check(`https://upstream.test:${gone.port}/`)).toEqual([
      'PPPPPFSSS',
      expect.stringContaining('refuses connections'),
    ]);
  });

  test('TLS', async () => {
    expect(await check(at('wrong.test'))).toEqual([
      'PPPPPPFSS',
      expect.stringContaining('another name'),
    ]);
    expect(await check(at('upstream.test'), { authorities: selfSigned().cert })).toEqual([
      'PPPPPPFSS',
      expect.stringContaining('not from an authority'),
    ]);
  });
});

test('without TLS its check says what that means', async () => {
  const plain = await startUpstream();
  const [letters] = await check(`http://upstream.test:${plain.port}/`);
  expect(letters).toBe('PPPPPPSPP');
  await plain.stop();
});

describe('the destination comes before the value', () => {
  /** A call for which opening the value would be a fault. */
  const refusedCall = (target: string, destinations: string[]): HttpCall => ({
    target,
    secrets: [{ name: 'KEY', destinations }],
    shownName: String,
    hasCredentials: true,
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
      'FSSSSSSSS',
      expect.stringMatching(explanation),
    ]);
    await expect(calls.send(call)).rejects.toThrow(TargetRefused);
    expect(
      shownOf(await calls.checkMail({ ...call, open: () => Promise.reject(new Error()) })),
    ).toEqual(['FSSSSSSSS', expect.anything()]);
    expect(upstream.connections()).toBe(before);
  });

  test('an address that cannot be read', async () => {
    const call = refusedCall(`https://upstream.test\\@attacker.test/${canary}`, [
      'https://upstream.test',
    ]);
    expect(shownOf(await calls.check(call))).toEqual([
      'FSSSSSSSS',
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
        shownName: String,
        hasCredentials: true,
        open: () => Promise.resolve({ login, authorities: certificate.cert }),
      }),
    );
  };
  expect(await signIn(canary)).toEqual(['PPPPPPPPP', expect.stringContaining('accepts')]);
  expect(await signIn(newCanary())).toEqual([
    'PPPPPPPPF',
    expect.stringContaining('does not accept'),
  ]);
  // Nothing to sign in with: it connects, secures, greets and goes.
  server.secured.length = 0;
  const target = `smtp://upstream.test:${server.port}`;
  const open = () => Promise.resolve({ authorities: certificate.cert });
  const greeted = await calls.checkMail({
    target,
    secrets: [],
    shownName: String,
    hasCredentials: false,
    open,
  });
  expect(greeted.hasSucceeded).toBe(true);
  expect(shownOf(greeted)).toEqual(['PSPPPPPPS', expect.stringContaining('no credentials')]);
  expect(server.secured[0]).toBe('EHLO [127.0.0.1]');
  expect(server.secured.join()).not.toContain('AUTH');
  await server.stop();
});

test('what is under way ends with all of it: a mail server that says nothing, a name that is not found yet', async () => {
  const allowed = new BlockList();
  allowed.addAddress('127.0.0.1');
  const mute = await startMailServer({
    tls: certificate,
    security: 'implicit',
    user: '',
    password: '',
    greeting: '',
  });
  let found = () => {};
  const lookUp = (name: string) =>
    name === 'slow.test'
      ? new Promise<string[]>((resolve) => (found = () => resolve(['127.0.0.1'])))
      : Promise.resolve(['127.0.0.1']);
  const ours = createCalls({ allowed, lookUp });
  const mail = ours.checkMail({
    target: `smtps://upstream.test:${mute.port}`,
    secrets: [],
    shownName: String,
    hasCredentials: false,
    open: () => Promise.resolve({ authorities: certificate.cert }),
  });
  const http = ours.check(callTo(`https://slow.test:${upstream.port}/`));
  const before = upstream.connections();
  await until('the mail server is asked', () => mute.connections() > 0);
  ours.close();
  found();
  const begun = performance.now();
  expect([shownOf(await mail)[0], shownOf(await http)[0]]).toEqual(['PSPPPPPFS', 'PPPFSSSSS']);
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(upstream.connections()).toBe(before);
  await mute.stop();
});
