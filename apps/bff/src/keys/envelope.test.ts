import { createDecipheriv, createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newCanary } from '../../testkit/canary.ts';
import { Redacted } from '../base/redacted.ts';
import {
  dekContext,
  OpenError,
  openValue,
  opensCheck,
  sealCheck,
  sealValue,
  valueContext,
  type SealContext,
} from './envelope.ts';
import type { Kek } from './keyring.ts';

interface Vector {
  title: string;
  context: SealContext;
  value: string;
  kekId: string;
  kek: string;
  dek: string;
  dekIv: string;
  valueIv: string;
  valueAad: string;
  dekAad: string;
  wrappedDek: string;
  sealedValue: string;
}

const fromHex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));
const toHex = (content: Uint8Array) => Buffer.from(content).toString('hex');
// as: our own file; a wrong shape fails the tests that read it
const vectors = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../../docs/encryption.vectors.json'), 'utf8'),
) as Vector[];

const kek: Kek = { id: 'kek-test', key: createSecretKey(new Uint8Array(32).fill(7)) };
const context: SealContext = {
  secretId: '00000000-0000-4000-8000-000000000001',
  name: 'API_KEY',
  valueVersion: 3,
  destinations: ['https://a.example.com', 'https://b.example.com'],
};
const text = newCanary(2);
const value = () => new Redacted(new Uint8Array(Buffer.from(text)));
const sealed = sealValue(kek, context, value());

describe('the published vectors', () => {
  test('there are some', () => {
    expect(vectors.length).toBeGreaterThanOrEqual(4);
  });

  test.each(vectors)('$title: sealing gives the bytes, opening gives the value', (vector) => {
    const key: Kek = { id: vector.kekId, key: createSecretKey(fromHex(vector.kek)) };
    const randomness = {
      dek: fromHex(vector.dek),
      dekIv: fromHex(vector.dekIv),
      valueIv: fromHex(vector.valueIv),
    };
    const made = sealValue(key, vector.context, new Redacted(fromHex(vector.value)), randomness);
    expect(toHex(made.wrappedDek)).toBe(vector.wrappedDek);
    expect(toHex(made.sealedValue)).toBe(vector.sealedValue);
    expect(toHex(openValue(key, vector.context, made).reveal())).toBe(vector.value);
  });

  test.each(vectors)('$title: the written format is enough to open it', (vector) => {
    expect(toHex(valueContext(vector.context))).toBe(vector.valueAad);
    expect(toHex(dekContext(vector.context.secretId, vector.kekId))).toBe(vector.dekAad);
    const dek = openAsDocumented(vector.kek, vector.dekAad, vector.wrappedDek);
    expect(dek).toBe(vector.dek);
    expect(openAsDocumented(dek, vector.valueAad, vector.sealedValue)).toBe(vector.value);
  });
});

/** docs/encryption.md, read literally; shares no code with the product. */
function openAsDocumented(key: string, aad: string, sealedText: string): string {
  const bytes = Buffer.from(sealedText, 'hex');
  expect(bytes[0]).toBe(1);
  const decipher = createDecipheriv('aes-256-gcm', fromHex(key), bytes.subarray(1, 13), {
    authTagLength: 16,
  });
  decipher.setAAD(fromHex(aad)).setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(13, -16)), decipher.final()]).toString(
    'hex',
  );
}

test('what was sealed opens to the same bytes', () => {
  expect(Buffer.from(openValue(kek, context, sealed).reveal()).toString()).toBe(text);
});

test('the same value sealed twice shares no bytes', () => {
  const again = sealValue(kek, context, value());
  expect(toHex(again.sealedValue).slice(2, 60)).not.toBe(toHex(sealed.sealedValue).slice(2, 60));
  expect(toHex(again.wrappedDek).slice(2)).not.toBe(toHex(sealed.wrappedDek).slice(2));
});

describe('does not open', () => {
  test.each<[string, Partial<SealContext>]>([
    ['in another row', { secretId: '00000000-0000-4000-8000-000000000002' }],
    ['under another name', { name: 'API_KEY2' }],
    ['as another version', { valueVersion: 2 }],
    [
      'with a destination more',
      { destinations: [...context.destinations, 'https://evil.example'] },
    ],
    ['with a destination less', { destinations: ['https://a.example.com'] }],
    [
      'with other destinations',
      { destinations: ['https://a.example.com', 'https://evil.example'] },
    ],
    [
      'with destinations run together',
      { destinations: ['https://a.example.comhttps://b.example.com'] },
    ],
  ])('%s', (_, change) => {
    expect(() => openValue(kek, { ...context, ...change }, sealed)).toThrow(OpenError);
  });

  test('under another key of the same id', () => {
    expect(() =>
      openValue({ ...kek, key: createSecretKey(new Uint8Array(32).fill(8)) }, context, sealed),
    ).toThrow(OpenError);
  });

  test('under the same key by another id', () => {
    expect(() => openValue({ ...kek, id: 'kek-other' }, context, sealed)).toThrow(OpenError);
  });

  test.each(['sealedValue', 'wrappedDek'] as const)('with any one byte of %s changed', (part) => {
    for (let at = 0; at < sealed[part].length; at += 1) {
      const bytes = Uint8Array.from(sealed[part]);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
      expect(() => openValue(kek, context, { ...sealed, [part]: bytes })).toThrow(OpenError);
    }
  });

  test.each(['sealedValue', 'wrappedDek'] as const)('with %s cut to any length', (part) => {
    for (let length = 0; length < sealed[part].length; length += 1) {
      expect(() =>
        openValue(kek, context, { ...sealed, [part]: sealed[part].subarray(0, length) }),
      ).toThrow(OpenError);
    }
  });

  test('with the wrapped DEK of another secret', () => {
    const other = sealValue(
      kek,
      { ...context, secretId: '00000000-0000-4000-8000-000000000009' },
      value(),
    );
    expect(() => openValue(kek, context, { ...sealed, wrappedDek: other.wrappedDek })).toThrow(
      OpenError,
    );
  });
});

test('the check value opens under its own key only', () => {
  const check = sealCheck(kek);
  expect(opensCheck(kek, check)).toBe(true);
  expect(opensCheck({ ...kek, key: createSecretKey(new Uint8Array(32).fill(8)) }, check)).toBe(
    false,
  );
  expect(opensCheck({ ...kek, id: 'kek-other' }, check)).toBe(false);
  expect(opensCheck(kek, check.subarray(0, 20))).toBe(false);
});
