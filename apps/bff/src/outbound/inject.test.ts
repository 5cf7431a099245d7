import { createHmac } from 'node:crypto';
import { BlockList } from 'node:net';
import { evaluate, Tainted } from '@dropsafe/contract/expression-evaluation';
import { parseExpression } from '@dropsafe/contract/expressions';
import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { startUpstream } from '../../testkit/upstream.ts';
import { Redacted } from '../base/redacted.ts';
import { mayReceive, type AllowedTarget } from './destination.ts';
import { OutboundFailure } from './failure.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import { createHostGuard } from './host-guard.ts';
import {
  inject,
  loginOf,
  redactedOperations,
  textOf,
  type Authentication,
  type Content,
  type RequestDraft,
} from './inject.ts';

const value = (text: string): Content => new Tainted(new Redacted(text));

function targetOf(href: string): AllowedTarget {
  const verdict = mayReceive(href, []);
  if (verdict.kind !== 'allowed') throw new Error('The target of a test is not allowed.');
  return verdict.target;
}

const placed = (more: Partial<RequestDraft>, href = 'https://a.test/b?c=d') =>
  inject({ method: 'GET', target: targetOf(href), ...more });
const authorization = (authentication: Authentication) =>
  Object.fromEntries(placed({ authentication }).headers)['Authorization'];

/** Why it was refused; nothing of the error holds the canary. */
function reasonOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (!(error instanceof OutboundFailure)) throw error;
    expect(sweep('error', `${error.message}${error.stack ?? ''}${JSON.stringify(error)}`)).toEqual(
      [],
    );
    return error.reason;
  }
  return 'none';
}

test('bytes become text as they are, or not at all, and are gone afterwards', () => {
  const bytes = Buffer.from('\ufeffé\n');
  const text = textOf(new Redacted<Uint8Array>(bytes));
  expect(placed({ body: new Tainted(text) }).body).toEqual(
    new Uint8Array(Buffer.from('\ufeffé\n')),
  );
  const broken = Buffer.from([0x61, 0xff]);
  expect(reasonOf(() => textOf(new Redacted<Uint8Array>(broken)))).toBe('value-not-text');
  expect([...bytes, ...broken].every((byte) => byte === 0)).toBe(true);
});

describe('a value is placed', () => {
  test('as bearer token and as password', () => {
    expect(authorization({ kind: 'bearer', token: value('abc-._~+/=') })).toBe('Bearer abc-._~+/=');
    // The example of RFC 7617, 2, and the one in UTF-8, 2.1.
    expect(
      authorization({ kind: 'basic', userName: 'Aladdin', password: value('open sesame') }),
    ).toBe('Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==');
    expect(authorization({ kind: 'basic', userName: 'test', password: value('123£') })).toBe(
      'Basic dGVzdDoxMjPCow==',
    );
  });

  test('into a header and a query, each encoded as its place needs it', () => {
    const request = placed({
      headers: [['X-Key', value('a b:"é"')]],
      query: [['the key', value('a b&c=d#é/?+%')]],
    });
    expect(request.headers).toContainEqual(['X-Key', 'a b:"é"']);
    expect(request.url.href).toBe(
      'https://a.test/b?c=d&the%20key=a%20b%26c%3Dd%23%C3%A9%2F%3F%2B%25',
    );
    expect(request.url.searchParams.get('the key')).toBe('a b&c=d#é/?+%');
  });

  test('into a signature of just the bytes that are sent', () => {
    const request = placed({
      method: 'POST',
      body: '{"ü":1}',
      authentication: {
        kind: 'signature',
        header: 'X-Hub-Signature-256',
        hash: 'sha256',
        encoding: 'hex',
        prefix: 'sha256=',
        key: value("It's a Secret to Everybody"),
      },
    });
    const mac = createHmac('sha256', "It's a Secret to Everybody").update('{"ü":1}').digest('hex');
    expect(request.headers).toContainEqual(['X-Hub-Signature-256', `sha256=${mac}`]);
    expect(Buffer.from(request.body ?? []).toString()).toBe('{"ü":1}');
  });

  test("into a signature as in the example of GitHub's documentation", () => {
    const request = placed({
      method: 'POST',
      body: 'Hello, World!',
      authentication: {
        kind: 'signature',
        header: 'X-Hub-Signature-256',
        hash: 'sha256',
        encoding: 'hex',
        prefix: 'sha256=',
        key: value("It's a Secret to Everybody"),
      },
    });
    expect(request.headers).toContainEqual([
      'X-Hub-Signature-256',
      'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
    ]);
  });

  test('out of expressions, with their filters', () => {
    const secrets = new Map([['TOKEN', new Redacted(' tök\n')]]);
    const content = evaluate(
      parseExpression('{"a":{{ secret("TOKEN") | trim | json }}}').parts,
      redactedOperations((name) => secrets.get(name)),
    );
    expect(sweep('content', JSON.stringify(content))).toEqual([]);
    const { body } = placed({ method: 'POST', body: content });
    expect(Buffer.from(body ?? []).toString()).toBe('{"a":"tök"}');
  });
});

describe('a value wins', () => {
  test('over a header of the same name, in any case', () => {
    const { headers } = placed({
      headers: [
        ['authorization', 'Bearer of-the-caller'],
        ['USER-AGENT', 'x'],
      ],
      authentication: { kind: 'bearer', token: value('ours') },
    });
    expect(headers).toEqual([
      ['USER-AGENT', 'x'],
      ['Authorization', 'Bearer ours'],
    ]);
  });

  test('over a parameter of the same name, however that is written, and the others stay as they are', () => {
    const { url } = placed(
      {
        query: [['api_key', 'of-the-caller']],
        authentication: { kind: 'query', name: 'api_key', content: value('ours') },
      },
      'https://a.test/?api_key=1&x=a+b%20c&%61pi_key=2&api%5fkey&y',
    );
    expect(url.href).toBe('https://a.test/?x=a+b%20c&y&api_key=ours');
  });
});

describe('what cannot be sent is refused, and nothing of it is told', () => {
  const canary = newCanary();
  test.each<[string, string, string]>([
    ['a line feed at the end', `${canary}\n`, 'value-has-line-break'],
    ['a second header', `${canary}\r\nX-Injected: yes`, 'value-has-line-break'],
    ['NUL', `${canary}\0`, 'value-has-control-character'],
    ['DEL', `${canary}\x7f`, 'value-has-control-character'],
    ['a letter beyond Latin-1', `${canary}€`, 'value-beyond-latin-1'],
    ['letters whose low byte is a line break', `${canary}\u010d\u010a`, 'value-beyond-latin-1'],
    ['half of a pair', `${canary}\ud800`, 'value-not-text'],
  ])('%s, in a header', (_, text, reason) => {
    const content = value(text);
    expect(reasonOf(() => placed({ headers: [['X-Key', content]] }))).toBe(reason);
    const proof = { kind: 'header', name: 'X-Key', content } as const;
    expect(reasonOf(() => placed({ authentication: proof }))).toBe(reason);
    expect(reasonOf(() => placed({ authentication: { kind: 'bearer', token: content } }))).toBe(
      reason,
    );
  });

  test.each<[string, () => unknown, string]>([
    [
      'a bearer token with a blank',
      () => placed({ authentication: { kind: 'bearer', token: value(`${canary} x`) } }),
      'value-has-blank',
    ],
    [
      'a user name with a colon',
      () =>
        placed({
          authentication: { kind: 'basic', userName: value(`${canary}:x`), password: 'y' },
        }),
      'user-name-has-colon',
    ],
    [
      'a password with a line break',
      () =>
        placed({
          authentication: { kind: 'basic', userName: 'x', password: value(`${canary}\n`) },
        }),
      'value-has-line-break',
    ],
    [
      'half of a pair in a query',
      () => placed({ query: [['a', value(`${canary}\udc00`)]] }),
      'value-not-text',
    ],
    [
      'half of a pair in a body',
      () => placed({ method: 'POST', body: value(`${canary}\ud800`) }),
      'value-not-text',
    ],
    [
      'NUL in a login, which ends a part of it',
      () =>
        loginOf(targetOf('smtps://mail.test'), {
          userName: value(`${canary}\0x`),
          password: 'y',
        }),
      'value-has-control-character',
    ],
  ])('%s', (_, work, reason) => {
    expect(reasonOf(work)).toBe(reason);
  });

  // Without the filter urlencode, as nobody could have saved it; with it, none of these has a delimiter left but the dots.
  test.each([
    ['a step more', 'a/b'],
    ['a step back', '..'],
    ['the same, encoded', '%2e%2E'],
    ['no step', '.'],
    ['a query', 'a?b'],
    ['a fragment', 'a#b'],
    ['a backslash', 'a\\b'],
    ['a tab', 'a\tb'],
    ['a line break', 'a\r\nHost: attacker.test'],
    ['a parameter of a step', '..;a'],
  ])('a value in an address that is %s leads nowhere', (_, text) => {
    const secrets = [{ name: 'KEY', destinations: ['https://a.test'] }];
    const target = 'https://a.test/x/secret/y?k=v';
    const content = value(`https://a.test/x/${text}/y?k=v`);
    expect(reasonOf(() => placed({ address: { content, secrets } }, target))).toBe(
      'value-leads-elsewhere',
    );
    expect(
      placed(
        { address: { content: value(`https://a.test/x/${canary.length}/y?k=v`), secrets } },
        target,
      ).url.href,
    ).toBe(`https://a.test/x/${canary.length}/y?k=v`);
  });

  test.each([
    ['a parameter more', 'v&admin=1'],
    ['another host', ''],
  ])('a value in the query of an address that is %s leads nowhere', (_, text) => {
    const secrets = [{ name: 'KEY', destinations: ['https://a.test', 'https://b.test'] }];
    const address = text === '' ? 'https://b.test/?k=v' : `https://a.test/?k=${text}`;
    const content = value(address);
    expect(reasonOf(() => placed({ address: { content, secrets } }, 'https://a.test/?k=v'))).toBe(
      'value-leads-elsewhere',
    );
  });

  test('an address with its values is judged once more, by the paths that a secret is bound to', () => {
    const secrets = [{ name: 'KEY', destinations: ['https://a.test/secret'] }];
    const content = value('https://a.test/other/y');
    expect(
      reasonOf(() => placed({ address: { content, secrets } }, 'https://a.test/secret/y')),
    ).toBe('value-leads-elsewhere');
  });

  test('a value in a query changes neither host nor path', () => {
    const { url } = placed({ query: [['a', value('#@attacker.test/../..\\?')]] });
    expect([url.origin, url.pathname, url.hash]).toEqual(['https://a.test', '/b', '']);
  });
});

test('all of it arrives as it was placed', async () => {
  const allowed = new BlockList();
  allowed.addAddress('127.0.0.1');
  const http = createGuardedFetch(createHostGuard({ allowed }));
  const server = await startUpstream();
  const secret = 'a"é&+';
  const target = targetOf(`http://127.0.0.1:${server.port}/a?b=c`);
  await http.send(
    inject({
      method: 'POST',
      target,
      headers: [['X-Key', value(secret)]],
      query: [['key', value(secret)]],
      authentication: { kind: 'basic', userName: value('u'), password: value(secret) },
      body: value(`{"a":${JSON.stringify(secret)}}`),
    }),
  );
  const [arrived] = server.arrived;
  expect(arrived).toMatchObject({
    url: `/a?b=c&key=${encodeURIComponent(secret)}`,
    headers: {
      'x-key': secret,
      'user-agent': 'Dropsafe',
      authorization: `Basic ${Buffer.from(`u:${secret}`).toString('base64')}`,
    },
    body: `{"a":${JSON.stringify(secret)}}`,
  });
  http.close();
  await server.stop();
});
