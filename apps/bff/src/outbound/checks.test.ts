import { BlockList } from 'node:net';
import { Tainted } from '@dropsafe/contract/expression-evaluation';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { createNames, startUpstream, type Upstream } from '../../testkit/upstream.ts';
import { Redacted } from '../base/redacted.ts';
import { checkConnection, checkNames } from './checks.ts';
import { mayReceive } from './destination.ts';
import { createGuardedFetch, usualLimits, type GuardedFetch } from './guarded-fetch.ts';
import { createHostGuard } from './host-guard.ts';
import { inject } from './inject.ts';

const certificate = selfSigned({ names: ['upstream.test'] });
const canary = newCanary();
const seen: string[] = [];
let upstream: Upstream;
let http: GuardedFetch;

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
  http = createGuardedFetch(createHostGuard({ allowed, lookUp }), {
    ...usualLimits,
    totalMs: 1_000,
  });
});
afterAll(async () => {
  http.close();
  await upstream.stop();
  // The server repeats what it was sent in one of them.
  expect(sweep('checks', seen.join('\n'))).toEqual([]);
  expect(seen.join('\n')).not.toMatch(/\.test|127\.0|10\.1|169\.254/);
});

/** The checks as letters, the explanation of the last that counted, and whether there is one for each. */
async function check(href: string, more: { authorities?: string; key?: string } = {}) {
  const { authorities = certificate.cert, key = canary } = more;
  const { hostname, protocol } = new URL(href);
  const checks = await checkConnection(
    http,
    { host: hostname, isTls: protocol === 'https:' },
    () => {
      const verdict = mayReceive(href, []);
      if (verdict.kind !== 'allowed') throw new Error('The target of a test is not allowed.');
      return inject({
        method: 'GET',
        target: verdict.target,
        authentication: {
          kind: 'query',
          name: 'key',
          content: new Tainted(new Redacted(key)),
        },
        headers: [['X-Key', new Tainted(new Redacted(key.replaceAll(/[^\n\x21-\x7e]/g, '')))]],
        trust: { authorities },
      });
    },
  );
  seen.push(JSON.stringify(checks));
  expect(checks.map(({ name }) => name)).toEqual(checkNames);
  const last = checks.findLast(({ explanation }) => explanation !== 'It did not come to this.');
  return [checks.map(({ status }) => status[0]).join(''), last?.explanation];
}

const at = (host: string) => `https://${host}:${upstream.port}/`;

describe('an answer', () => {
  test.each([
    [200, 'PPPPPP', /^The host answers\. \(200\)$/],
    [204, 'PPPPPP', /\(204\)/],
    [401, 'PPPPPF', /does not accept the credentials/],
    [403, 'PPPPPF', /may not do this/],
    [404, 'PPPPPF', /nothing at this address/],
    [429, 'PPPPPF', /no more requests/],
    [418, 'PPPPPF', /does not accept the request/],
    [503, 'PPPPPF', /a problem of its own/],
    ['redirect', 'PPPPPF', /a redirect\. .*\(307\)$/],
    ['slow body', 'PPPPPF', /did not come within the time/],
    ['huge answer', 'PPPPPF', /too large/],
    ['no HTTP', 'PPPPPF', /not HTTP/],
    ['connection reset', 'PPPPPF', /ended before/],
    ['repeats what was sent', 'PPPPPF', /a problem of its own.*\(500\)$/],
  ] as const)('%s: %s', async (answer, letters, explanation) => {
    upstream.answerWith(answer);
    expect(await check(at('upstream.test'))).toEqual([letters, expect.stringMatching(explanation)]);
    upstream.answerWith(200);
  });
});

describe('what fails before', () => {
  test('the request: a value that cannot be placed', async () => {
    expect(await check(at('upstream.test'), { key: `${canary}\n` })).toEqual([
      'FSSSSS',
      expect.stringContaining('line break'),
    ]);
  });

  test('the name', async () => {
    expect(await check(at('unknown.test'))).toEqual([
      'PFSSSS',
      expect.stringContaining('not found'),
    ]);
  });

  test('the address', async () => {
    expect(await check(at('inside.test'))).toEqual([
      'PPFSSS',
      expect.stringMatching(/^It leads to a private network\. .*DROPSAFE_OUTBOUND_ALLOW/),
    ]);
    expect(await check(at('cloud.test'))).toEqual([
      'PPFSSS',
      expect.stringMatching(/hands out credentials\. No request/),
    ]);
    // Of a literal there is no name to look up.
    expect(await check(at('10.1.2.3'))).toEqual(['PSFSSS', expect.stringContaining('private')]);
  });

  test('the connection', async () => {
    const gone = await startUpstream();
    await gone.stop();
    expect(await check(`https://upstream.test:${gone.port}/`)).toEqual([
      'PPPFSS',
      expect.stringContaining('refuses connections'),
    ]);
  });

  test('TLS', async () => {
    expect(await check(at('wrong.test'))).toEqual([
      'PPPPFS',
      expect.stringContaining('another name'),
    ]);
    expect(await check(at('upstream.test'), { authorities: selfSigned().cert })).toEqual([
      'PPPPFS',
      expect.stringContaining('not from an authority'),
    ]);
  });
});

test('without TLS its check says what that means', async () => {
  const plain = await startUpstream();
  const [letters] = await check(`http://upstream.test:${plain.port}/`);
  expect(letters).toBe('PPPPSP');
  await plain.stop();
});
