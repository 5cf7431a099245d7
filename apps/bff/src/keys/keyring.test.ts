import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { Redacted } from '../base/redacted.ts';
import { makeKeyset, parseKeyset } from './keyring.ts';

const key = (kid: string, fill: number) => ({
  kty: 'oct',
  kid,
  k: Buffer.alloc(32, fill).toString('base64url'),
});
const parse = (content: unknown) =>
  parseKeyset(
    new Redacted(typeof content === 'string' ? content : JSON.stringify(content)),
    'keyset.json',
  );

test('a made keyset is one random key, and primary', () => {
  const [one, other] = [1, 2].map(() => parseKeyset(makeKeyset(new Date('2026-11-24')), 'made'));
  expect(one?.primary.id).toMatch(/^kek-2026-11-24-[0-9a-f]{8}$/);
  expect(one?.byId.size).toBe(1);
  expect(one?.primary.key.export()).toHaveLength(32);
  expect(one?.primary.key.export()).not.toEqual(other?.primary.key.export());
});

test('of several keys the named one is primary', () => {
  const keyring = parse({ primary: 'b', keys: [key('a', 1), key('b', 2)] });
  expect([keyring.primary.id, keyring.primary.key.export()[0], [...keyring.byId.keys()]]).toEqual([
    'b',
    2,
    ['a', 'b'],
  ]);
});

describe('refused, without repeating any of it', () => {
  const canary = newCanary();
  test.each([
    ['no JSON', `{${canary}`],
    ['no object', JSON.stringify(canary)],
    ['no keys', { primary: canary, keys: [] }],
    ['no primary', { keys: [key('a', 1)] }],
    ['a primary that is not there', { primary: canary, keys: [key('a', 1)] }],
    ['a short key', { primary: 'a', keys: [{ kty: 'oct', kid: 'a', k: 'AAAA' }] }],
    [
      'a key in plain base64',
      { primary: 'a', keys: [{ kty: 'oct', kid: 'a', k: `${'A'.repeat(43)}=` }] },
    ],
    ['a key that is text', { primary: 'a', keys: [{ kty: 'oct', kid: 'a', k: canary }] }],
    ['another kind of key', { primary: 'a', keys: [{ kty: 'RSA', kid: 'a', n: canary }] }],
    ['an id twice', { primary: 'a', keys: [key('a', 1), key('a', 2)] }],
  ])('%s', (_, content) => {
    let message = '';
    try {
      parse(content);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^StartError: The keyset in keyset\.json cannot be used/);
    expect(sweep('message', message)).toEqual([]);
  });
});
