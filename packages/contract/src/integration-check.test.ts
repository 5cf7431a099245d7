import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { SecretKnowledge } from './expression-check.ts';
import { checkConfiguration, readConfiguration } from './integration-check.ts';
import { integrationPresets } from './integration-presets.ts';
import { integrationTypes, type IntegrationType } from './integration-types.ts';
import type { Fields } from './integrations.ts';

const secret = "{{ secret('TOKEN') }}";
const base = { baseUrl: 'https://api.example.com' };
const bearer = { ...base, auth: 'bearer', token: secret };
const hook = { url: 'https://hooks.example.com/in', signingSecret: secret };
const mail = { host: 'mail.example.com', from: 'safe@example.com' };
const pem = '-----BEGIN CERTIFICATE-----\nMIIB+/=\n-----END CERTIFICATE-----\n';

function problemsOf(type: IntegrationType, fields: Fields, knowledge: SecretKnowledge = 'known') {
  return checkConfiguration(readConfiguration(type, fields), () => knowledge);
}

const headers = (name: string, value = 'x') => ({ ...base, headers: [{ name, value }] });

test.each<[string, IntegrationType, Fields]>([
  ['without authentication', 'http', base],
  ['with a path', 'http', { baseUrl: 'https://api.example.com/v2' }],
  ['a token', 'http', bearer],
  ['a word before the token', 'http', { ...bearer, token: `Key ${secret}` }],
  ['user and password', 'http', { ...base, auth: 'basic', username: 'me', password: secret }],
  ['a secret user', 'http', { ...base, auth: 'basic', username: secret, password: secret }],
  ['a header', 'http', { ...base, auth: 'header', headerName: 'X-Key', headerValue: secret }],
  ['a parameter', 'http', { ...base, auth: 'query', queryName: 'key', queryValue: secret }],
  ['a signature', 'http', { ...base, auth: 'hmac', hmacHeader: 'X-Sig', hmacSecret: secret }],
  ['a path for tests', 'http', { ...base, testPath: '/a/..b/c%2Fd?next=/../e' }],
  ['a plain header', 'http', headers('Accept', 'application/json')],
  ['a header with a secret', 'http', headers('Authorization', secret)],
  ['an authority of its own', 'http', { ...base, caCertificate: pem + pem }],
  ['a client certificate', 'http', { ...base, clientCertificate: pem, clientKey: secret }],
  ['what is empty counts as left out', 'http', { ...base, auth: '', token: '', headers: [] }],
  ['a hook', 'webhook', hook],
  [
    'a hook whose address is secret',
    'webhook',
    { ...hook, url: "https://hooks.slack.com/{{ secret('S') | urlencode }}" },
  ],
  ['mail', 'email', mail],
  ['mail by STARTTLS', 'email', { ...mail, security: 'starttls', port: 587 }],
  ['mail with a password', 'email', { ...mail, username: 'u', password: secret }],
  ['a mail server by its address', 'email', { ...mail, host: '[2001:db8::1]' }],
])('accepted: %s', (_, type, fields) => {
  expect(problemsOf(type, fields)).toEqual([]);
});

test.each<[string, IntegrationType, Fields, [field: string, message: string][]]>([
  ['nothing', 'http', {}, [['baseUrl', 'Fill this in.']]],
  ['a number as text', 'http', { baseUrl: 7 }, [['baseUrl', 'Must be text.']]],
  ['another protocol', 'http', { baseUrl: 'ftp://x.example' }, [['baseUrl', 'Start with']]],
  ['a user in the address', 'http', { baseUrl: 'https://a:b@x.example' }, [['baseUrl', 'Use the']]],
  ['a fragment', 'http', { baseUrl: 'https://x.example/#a' }, [['baseUrl', 'Use the form']]],
  ['a query', 'http', { baseUrl: 'https://x.example/?a=1' }, [['baseUrl', 'Leave out the query']]],
  [
    'a secret in the base address',
    'http',
    { baseUrl: `https://x.example/${secret}` },
    [['baseUrl', 'This field takes no secrets']],
  ],
  ...[
    'user',
    '//evil.example',
    '/../admin',
    '/a/%2e%2e/%2E./admin',
    '/.%2e',
    '/..;x=1/admin',
    "/{{ '..' }}/admin",
    '/a b',
  ].map((testPath): [string, 'http', Fields, [string, string][]] => [
    `a path for tests that leads away: ${testPath}`,
    'http',
    { baseUrl: "https://api.example.com/{{ 'v1' }}", testPath },
    [['testPath', 'Start with "/"']],
  ]),
  ['an unknown choice', 'http', { ...base, auth: 'oauth' }, [['auth', 'Must be one of']]],
  [
    'a choice out of the language',
    'http',
    { ...base, auth: 'toString' },
    [['auth', 'Must be one']],
  ],
  ['no token', 'http', { ...base, auth: 'bearer' }, [['token', 'Fill this in.']]],
  ['a token without its choice', 'http', { ...base, token: secret }, [['token', 'This belongs']]],
  [
    'a credential as text',
    'http',
    { ...bearer, token: 'canary' },
    [['token', 'Put the credential into a secret']],
  ],
  [
    'a credential as text in an expression',
    'http',
    { ...bearer, token: "{{ 'canary' | base64 }}" },
    [['token', 'Put the credential into a secret']],
  ],
  [
    'a credential as text in a header',
    'http',
    headers('AUTHORIZATION', 'Bearer canary'),
    [['headers.0.value', 'Put the credential into a secret']],
  ],
  ['a header of ours', 'http', headers('Host'), [['headers.0.name', 'This header is set by']]],
  ['a header of connections', 'http', headers('proxy-x'), [['headers.0.name', 'This header is']]],
  ...['X-Original-URL', 'x_rewrite_url', 'X-HTTP-Method-Override', 'X-Forwarded-Host'].map(
    (name): [string, 'http', Fields, [string, string][]] => [
      `a header that makes it another request: ${name}`,
      'http',
      headers(name, '/admin'),
      [['headers.0.name', 'This header would make it another request']],
    ],
  ),
  ['a header with a line break', 'http', headers('X\r\nY'), [['headers.0.name', 'The name of a']]],
  ['a line break in a header', 'http', headers('X', 'a\r\nb'), [['headers.0.value', 'This field']]],
  ['a header without content', 'http', headers('X', ''), [['headers.0.value', 'Fill this in.']]],
  [
    'a header twice',
    'http',
    {
      ...base,
      headers: [
        { name: 'X', value: '1' },
        { name: 'x', value: '2' },
      ],
    },
    [['headers.1.name', 'This header is there twice.']],
  ],
  [
    'a header that the authentication sends',
    'http',
    { ...bearer, ...headers('authorization', secret) },
    [['headers.0.name', 'The authentication sends']],
  ],
  [
    'a header of ours for the authentication',
    'http',
    { ...base, auth: 'header', headerName: 'Host', headerValue: secret },
    [['headerName', 'This header is set by']],
  ],
  [
    'a key in place of a certificate',
    'http',
    { ...base, caCertificate: pem.replaceAll('CERTIFICATE', 'PRIVATE KEY') },
    [['caCertificate', 'Must be certificates']],
  ],
  [
    'a key without a certificate',
    'http',
    { ...base, clientKey: secret },
    [['clientCertificate', 'A client certificate and its key']],
  ],
  ['a field of another type', 'webhook', { ...hook, port: 5 }, [['port', 'Integrations of this']]],
  [
    'a secret that decides about the host',
    'webhook',
    { ...hook, url: "https://{{ secret('S') | urlencode }}.example.com/" },
    [['url', 'An address may have']],
  ],
  [
    'a mail server with a port',
    'email',
    { ...mail, host: 'x.example:25' },
    [['host', 'Must be the']],
  ],
  [
    'a mail server with a path',
    'email',
    { ...mail, host: 'x.example/' },
    [['host', 'Must be the']],
  ],
  ['a mail server as pattern', 'email', { ...mail, host: '*.example.com' }, [['host', 'Must be']]],
  ['a port that is none', 'email', { ...mail, port: 70_000 }, [['port', 'Must be a whole number']]],
  ['a user without password', 'email', { ...mail, username: 'u' }, [['password', 'User name and']]],
])('refused: %s', (_, type, fields, expected) => {
  const found = problemsOf(type, fields);
  expect(found.map(({ field }) => field)).toEqual(expected.map(([key]) => `fields.${key}`));
  for (const [index, [, message]] of expected.entries())
    expect(found[index]?.message).toContain(message);
  expect(JSON.stringify(found)).not.toContain('canary');
});

test('every problem is told at once, each with its place', () => {
  const fields = {
    baseUrl: 'https://api.example.com',
    auth: 'basic',
    username: "{{ secret('A' }}",
    password: "{{ secret('B') | rot13 }}",
    headers: [{ name: 'bad name', value: "{{ secret('C') }}" }],
  };
  expect(problemsOf('http', fields, 'other-destination')).toEqual([
    { field: 'fields.headers.0.name', message: expect.any(String) },
    {
      field: 'fields.username',
      message: expect.stringContaining('may not be sent'),
      start: 3,
      end: 13,
    },
    { field: 'fields.username', message: expect.stringContaining('bracket'), start: 10, end: 13 },
    {
      field: 'fields.password',
      message: expect.stringContaining('may not be sent'),
      start: 3,
      end: 14,
    },
    { field: 'fields.password', message: expect.stringContaining('no filter'), start: 17, end: 22 },
    {
      field: 'fields.headers.0.value',
      message: expect.stringContaining('may not be sent'),
      start: 3,
      end: 14,
    },
  ]);
});

describe('a mention of a secret is the same mention', () => {
  const settings = (fields: Fields) =>
    readConfiguration('http', fields).references.map(({ setting }) => setting);
  const before = {
    ...bearer,
    headers: [
      { name: 'X-A', value: secret },
      { name: 'X-B', value: 'plain' },
    ],
  };
  test('when other headers change, or change their order', () => {
    const { headers: list } = before;
    const after = { ...before, headers: [...list.toReversed(), { name: 'X-C', value: 'new' }] };
    expect(settings(after).toSorted()).toEqual(settings(before).toSorted());
  });

  test.each<[string, Fields]>([
    ['the base address', { ...before, baseUrl: 'https://evil.example' }],
    ['the path', { ...before, baseUrl: 'https://api.example.com/log' }],
    ['the authority', { ...before, caCertificate: pem }],
    ['the authentication', { ...base, auth: 'query', queryName: 'q', queryValue: secret }],
  ])('never when %s changes', (_, after) => {
    const known = new Set(settings(before));
    expect(settings(after).filter((setting) => known.has(setting))).toEqual([]);
  });

  test.each([
    ['another name', { name: 'X-Log', value: secret }],
    ['other text', { name: 'X-A', value: `x ${secret}` }],
  ])('never when its header has %s', (_, header) => {
    const known = new Set(settings(before));
    const moved = { ...before, headers: [header] };
    expect(settings(moved).filter((setting) => !known.has(setting))).toHaveLength(1);
  });
});

test.each(Object.entries(integrationPresets))(
  'the preset %s is accepted once its examples are filled in',
  (_, { type, fields, placeholders, documentation }) => {
    expect(problemsOf(type, { ...fields, ...placeholders })).toEqual([]);
    expect(documentation).toMatch(/^https:\/\//);
    for (const key of Object.keys({ ...fields, ...placeholders }))
      expect(Object.keys(integrationTypes[type].fields)).toContain(key);
  },
);

test('whatever is sent is read without a throw, and what is accepted is accepted again as it is stored', () => {
  const host = 'https://api.example.com';
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc.constantFrom(secret, '{{', '}}', "'", '|', 'https://', '/', '@', '?', '#', '..', 'Q1w2'),
  );
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''));
  const content = fc.oneof(
    text,
    fc.double(),
    fc.boolean(),
    fc.array(fc.record({ name: text, value: text }), { maxLength: 4 }),
    fc.constantFrom(
      host,
      `${host}/a`,
      'basic',
      'bearer',
      'header',
      'starttls',
      secret,
      'X-A',
      'x.example',
    ),
  );
  const keys = Object.values(integrationTypes).flatMap(({ fields }) => Object.keys(fields));
  const fields = fc.dictionary(fc.constantFrom(...keys), content, { maxKeys: 6 });
  const valid = { http: bearer, webhook: hook, email: mail };
  const ours = new Set<string>();
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom('http', 'webhook', 'email'),
      fields,
      fc.boolean(),
      (type, some, isNear) => {
        const sent = isNear ? { ...valid[type], ...some } : some;
        const read = readConfiguration(type, sent);
        const found = checkConfiguration(read, () => 'known');
        for (const { field, message, start, end } of found) {
          ours.add(message);
          expect(field).toMatch(/^fields\.\w+(\.\d+\.(name|value))?$/);
          if (start !== undefined && end !== undefined) expect(start).toBeLessThan(end);
        }
        // What is accepted is accepted again as it is stored, and its values go to a place that can be judged.
        if (found.length > 0) return;
        accepted += 1;
        expect(problemsOf(type, read.fields)).toEqual([]);
        expect(read.target).toBeDefined();
      },
    ),
    { numRuns: 5_000 },
  );
  expect(accepted).toBeGreaterThan(50);
  // A closed list: the sentences of both checks, and no more.
  expect(ours.size).toBeLessThan(60);
});
