import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endOf, isApiKey, printApiKey, readAuthorization } from './api-key.ts';

const docs = join(import.meta.dirname, '../../../../docs');
// as: the vectors are a part of this repository.
const vectors = JSON.parse(readFileSync(join(docs, 'api-keys.vectors.json'), 'utf8')) as {
  keys: { random: string; key: string }[];
  refused: { why: string; key: string }[];
};

describe('a key', () => {
  test.each(vectors.keys)('of the documented vector $random', ({ random, key }) => {
    expect(printApiKey(Buffer.from(random, 'hex'))).toBe(key);
    expect(isApiKey(key)).toBe(true);
  });

  test.each(vectors.refused)('is refused: $why', ({ key }) => {
    expect(isApiKey(key)).toBe(false);
  });

  test('is found in a text by the documented pattern, and nothing else of the text', () => {
    const [pattern = ''] =
      /\\bdsk_.*\\b/.exec(readFileSync(join(docs, 'api-keys.md'), 'utf8')) ?? [];
    const key = printApiKey(randomBytes(32));
    for (const text of [`key: ${key}\n`, `"${key}"`, `https://x.example/?k=${key}&y=1`])
      expect([...text.matchAll(new RegExp(pattern, 'g'))].map(([found]) => found)).toEqual([key]);
    expect(new RegExp(pattern).test(`x${key}`)).toBe(false);
    expect(new RegExp(pattern).test(`${key}x`)).toBe(false);
  });

  test('with any one character replaced, missing or swapped with the next is no key', () => {
    for (let round = 0; round < 20; round += 1) {
      const key = printApiKey(randomBytes(32));
      for (let at = 4; at < key.length; at += 1) {
        const other = key[at] === 'x' ? 'y' : 'x';
        const slips = [
          key.slice(0, at) + other + key.slice(at + 1),
          key.slice(0, at) + key.slice(at + 1),
          key.slice(0, at) + key[at] + key.slice(at),
          key.slice(0, at) + (key[at + 1] ?? '') + (key[at] ?? '') + key.slice(at + 2),
        ];
        expect(slips.filter((slip) => slip !== key && isApiKey(slip))).toEqual([]);
      }
    }
  });

  test('has 256 bits: the largest number fits', () => {
    expect(printApiKey(Buffer.alloc(32, 0xff))).toHaveLength(4 + 43 + 6);
  });

  test('is told from others by characters of its checksum', () => {
    const key = printApiKey(randomBytes(32));
    expect(endOf(key)).toBe(key.slice(-4));
  });
});

describe('the header', () => {
  const key = printApiKey(randomBytes(32));

  test.each(['Bearer ', 'bearer ', 'BEARER  '])('%j and a key is read', (scheme) => {
    expect(readAuthorization(scheme + key)).toEqual({ kind: 'key', key });
  });

  test.each([
    ['nothing', ''],
    ['the scheme alone', 'Bearer'],
    ['the scheme and a blank', 'Bearer '],
    ['no scheme', key],
    ['another scheme', `Basic ${Buffer.from(`x:${key}`).toString('base64')}`],
    ['a tab', `Bearer\t${key}`],
    ['two keys', `Bearer ${key} ${key}`],
    ['two headers made one', `Bearer ${key}, Bearer ${key}`],
    ['quotes', `Bearer "${key}"`],
    ['a line break', `Bearer ${key}\n`],
    ['a session token', `Bearer ${randomBytes(32).toString('base64url')}`],
    ['a mistyped key', `Bearer ${key.slice(0, -1)}${key.endsWith('x') ? 'y' : 'x'}`],
  ])('with %s is malformed, and the reason repeats none of it', (_, header) => {
    const read = readAuthorization(header);
    expect(read.kind).toBe('malformed');
    expect(JSON.stringify(read)).not.toContain(key.slice(4, 12));
  });
});
