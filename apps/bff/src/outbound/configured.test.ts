import { createHmac } from 'node:crypto';
import { integrationTypes, type IntegrationType } from '@dropsafe/contract/integration-types';
import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import { Redacted } from '../base/redacted.ts';
import { readConfigured, type Configured } from './configured.ts';
import { mayReceive } from './destination.ts';
import { OutboundFailure } from './failure.ts';
import { inject } from './inject.ts';

const canary = newCanary();
const values = new Map([
  ['KEY', new Redacted(canary)],
  ['USER', new Redacted('me')],
]);
const stamp = { id: '0a1b2c3d-0000-4000-8000-000000000000', at: '2026-11-25T12:00:00.000Z' };
const key = "{{ secret('KEY') }}";
const base = { baseUrl: 'https://api.test/v1/' };

function read(type: IntegrationType, fields: object): Configured {
  const configured = readConfigured(type, { ...fields }, stamp);
  if (configured === undefined) throw new Error('It is none that can be saved.');
  return configured;
}

/** The request as it would be sent. */
function sent(type: IntegrationType, fields: object) {
  const configured = read(type, fields);
  if (configured.kind !== 'http') throw new Error('It is no request.');
  const { address, ...rest } = configured.place(values);
  // Before it is placed, nothing of it can be printed.
  expect(sweep('draft', JSON.stringify({ address, ...rest }))).toEqual([]);
  const verdict = mayReceive(configured.target, []);
  if (verdict.kind !== 'allowed') throw new Error('The target of a test is not allowed.');
  const request = inject({
    ...rest,
    target: verdict.target,
    address: address === undefined ? undefined : { content: address, secrets: [] },
  });
  return { ...request, headers: Object.fromEntries(request.headers), url: request.url.href };
}

describe('a configuration says where its test goes, and which secrets it names', () => {
  test.each<[IntegrationType, object, Partial<Configured>]>([
    ['http', base, { target: 'https://api.test/v1/', names: [] }],
    ['http', { ...base, testPath: '/user?a=b' }, { target: 'https://api.test/v1/user?a=b' }],
    [
      'http',
      { ...base, auth: 'basic', username: "{{ secret('USER') }}", password: `${key}${key}` },
      { names: ['USER', 'KEY'] },
    ],
    [
      'webhook',
      { url: "https://hooks.test/{{ secret('USER') | urlencode }}", signingSecret: key },
      { target: 'https://hooks.test/secret', names: ['USER', 'KEY'] },
    ],
    [
      'email',
      { host: 'Mail.test', from: 'a' },
      { kind: 'mail', target: 'smtps://mail.test', names: [] },
    ],
    [
      'email',
      { host: 'mail.test', port: 587, security: 'starttls', from: 'a' },
      { target: 'smtp://mail.test:587' },
    ],
  ])('%s %j', (type, fields, expected) => {
    expect(read(type, fields)).toMatchObject(expected);
  });

  test.each<[string, IntegrationType, object]>([
    ['a secret in a plain field', 'http', { baseUrl: `https://api.test/${key}` }],
    ['a literal that leads back', 'http', { ...base, testPath: "/{{'..'}}/x" }],
    ['a credential in plain text', 'http', { ...base, auth: 'bearer', token: 'x' }],
    ['a header of ours', 'http', { ...base, headers: [{ name: 'Host', value: 'x' }] }],
    ['a field that the type does not have', 'email', { host: 'mail.test', from: 'a', ...base }],
    [
      'a value that nobody encodes',
      'webhook',
      { url: `https://h.test/${key}`, signingSecret: key },
    ],
    ['nothing', 'webhook', {}],
  ])('but not one that could not be saved: %s', (_, type, fields) => {
    expect(readConfigured(type, { ...fields }, stamp)).toBeUndefined();
  });
});

test('what is sent is made of exactly the fields that take part', () => {
  const pem = selfSigned();
  const request = sent('http', {
    ...base,
    auth: 'header',
    headerName: 'X-Key',
    headerValue: `k ${key}`,
    headers: [{ name: 'Accept', value: "a{{ '/' }}b" }],
    caCertificate: pem.cert,
    clientCertificate: pem.cert,
    clientKey: key,
  });
  expect(request).toMatchObject({
    method: 'GET',
    url: 'https://api.test/v1/',
    headers: { 'User-Agent': 'Dropsafe', Accept: 'a/b', 'X-Key': `k ${canary}` },
    trust: {
      authorities: pem.cert,
      clientCertificate: { certificate: pem.cert, key: canary },
    },
  });
  expect(request.body).toBeUndefined();
});

test('a message of a webhook is signed as it is sent', () => {
  const { method, headers, body, url } = sent('webhook', {
    url: 'https://hooks.test/{{ secret("KEY") | urlencode }}',
    signingSecret: key,
  });
  const text = Buffer.from(body ?? []).toString();
  expect([method, JSON.parse(text)]).toEqual(['POST', { event: 'ping', ...stamp }]);
  expect(decodeURIComponent(url)).toBe(`https://hooks.test/${canary}`);
  const mac = createHmac('sha256', canary).update(text).digest('hex');
  expect(headers['X-Dropsafe-Signature-256']).toBe(`sha256=${mac}`);
});

test('a mail server is signed in to only when there is a user name', () => {
  const open = { host: 'mail.test', from: 'a' };
  const placed = (fields: object) => {
    const configured = read('email', fields);
    return configured.kind === 'mail' && configured.place(values).login;
  };
  expect(placed(open)).toBeUndefined();
  const login = placed({ ...open, username: 'me', password: key });
  expect(login && [String(login.userName), String(login.password)]).toEqual([
    '[redacted]',
    '[redacted]',
  ]);
});

test('a name that was not opened throws, and tells nothing', () => {
  const configured = read('http', { ...base, auth: 'bearer', token: key });
  expect(() => configured.place(new Map())).toThrow('secret-unknown');
});

test('every choice of authentication sends something', () => {
  const { auth, hmacAlgorithm } = integrationTypes.http.fields;
  const filled = {
    token: key.replace('KEY', 'USER'),
    username: 'u',
    password: key,
    headerName: 'X-K',
    headerValue: key,
    queryName: 'q',
    queryValue: key,
    hmacHeader: 'X-S',
    hmacSecret: key,
  };
  const { http } = integrationTypes;
  const requests = Object.keys(auth.choices).map((choice) => {
    const own = Object.entries(filled).filter(([name]) => {
      const { onlyWith } = http.fields[name as keyof typeof filled]; // as: entries forget the keys
      return (onlyWith.is as readonly string[]).includes(choice);
    });
    const { headers, url } = sent('http', { ...base, auth: choice, ...Object.fromEntries(own) });
    return JSON.stringify([headers, url]);
  });
  expect(new Set(requests).size).toBe(Object.keys(auth.choices).length);
  for (const hash of Object.keys(hmacAlgorithm.choices)) {
    const { headers } = sent('http', {
      ...base,
      auth: 'hmac',
      hmacHeader: 'X-S',
      hmacAlgorithm: hash,
      hmacPrefix: 'v=',
      hmacSecret: key,
    });
    expect(headers['X-S']).toBe(`v=${createHmac(hash, canary).digest('hex')}`);
  }
});

test('a long value that is encoded again and again does not hold up the node', () => {
  const growing = "{{secret('LONG')|upper|urlencode|urlencode|urlencode}}".repeat(16);
  const headers = Array.from({ length: 32 }, (_, index) => ({
    name: `X-${index}`,
    value: growing,
  }));
  // 64 KiB; in capitals each of its letters is three.
  const long = new Map([['LONG', new Redacted('\u0390'.repeat(32 * 1024))]]);
  const configured = read('http', { ...base, headers });
  const begun = performance.now();
  expect(() => configured.place(long)).toThrow(new OutboundFailure('request-too-large'));
  expect(performance.now() - begun).toBeLessThan(1_000);
});
