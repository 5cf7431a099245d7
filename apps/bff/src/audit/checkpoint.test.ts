import { createPublicKey, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkpointKeysOf, endOf, parseCheckpoint, signCheckpoint } from './checkpoint.ts';

const keys = checkpointKeysOf(new Uint8Array(32).fill(7));
const end = { id: 42, mac: new Uint8Array(32).fill(1), at: '2026-11-24T12:00:00.000Z' };
const checkpoint = signCheckpoint(keys, end);

test('a checkpoint says where the chain ended, and is known again', () => {
  expect(endOf(checkpoint)).toEqual({ id: 42, mac: Buffer.from(end.mac) });
  expect(parseCheckpoint(keys, JSON.stringify(checkpoint))).toEqual(checkpoint);
});

test('whoever has the public key can check it without any other', () => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: checkpoint.publicKey };
  const signed = JSON.stringify([
    'dropsafe/audit/checkpoint/v1',
    checkpoint.id,
    checkpoint.mac,
    checkpoint.at,
  ]);
  const publicKey = createPublicKey({ key: jwk, format: 'jwk' });
  const signature = Buffer.from(checkpoint.signature, 'base64url');
  expect(verify(null, Buffer.from(signed), publicKey, signature)).toBe(true);
});

test.each([
  ['number', { ...checkpoint, id: 41 }],
  ['MAC', { ...checkpoint, mac: '00'.repeat(32) }],
  ['time', { ...checkpoint, at: '2026-11-24T12:00:00.001Z' }],
  ['signature', { ...checkpoint, signature: 'AAAA' }],
  ['shape', { ...checkpoint, more: 1 }],
  ['key', signCheckpoint(checkpointKeysOf(new Uint8Array(32)), end)],
])('with another %s it is none', (_, changed) => {
  expect(parseCheckpoint(keys, JSON.stringify(changed))).toBeUndefined();
  expect(parseCheckpoint(keys, 'no JSON')).toBeUndefined();
});
