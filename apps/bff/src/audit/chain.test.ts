import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyChain, faultOf, macKeyOf, macOf, type ChainEnd, type ChainedEvent } from './chain.ts';

const key = macKeyOf(new Uint8Array(32).fill(7));
const eventOf = (id: number, change: Partial<ChainedEvent> = {}): ChainedEvent => ({
  id,
  at: '2026-11-24T12:00:00.000Z',
  principalKind: 'user',
  principalId: '00000000-0000-4000-8000-000000000001',
  principalName: 'anna',
  means: 'password',
  action: 'secret.updated',
  subject: 'NAME',
  fields: ['value'],
  permissions: null,
  address: '192.0.2.1',
  requestId: 'request',
  ...change,
});
const before: ChainEnd = { id: 4, mac: new Uint8Array(32).fill(1) };

test('an event that stands where it was written has no fault', () => {
  expect(faultOf(key, before, eventOf(5), macOf(key, before, eventOf(5)))).toBeUndefined();
  expect(faultOf(key, emptyChain, eventOf(1), macOf(key, emptyChain, eventOf(1)))).toBeUndefined();
});

test.each<[string, Partial<ChainedEvent>]>([
  ['time', { at: '2026-11-24T12:00:00.001Z' }],
  ['kind of principal', { principalKind: 'system' }],
  ['principal', { principalId: null }],
  ['name of the principal', { principalName: 'Anna' }],
  ['means', { means: null }],
  ['action', { action: 'secret.deleted' }],
  ['subject', { subject: 'OTHER' }],
  ['fields', { fields: ['value', 'description'] }],
  ['fields that are none', { fields: [] }],
  ['permissions', { permissions: ['SECRET_MANAGEMENT'] }],
  ['address', { address: '192.0.2.10' }],
  ['request', { requestId: 'other' }],
])('another %s is an altered event', (_, change) => {
  expect(faultOf(key, before, eventOf(5, change), macOf(key, before, eventOf(5)))).toBe('altered');
});

test('a text that moves from one field to the next is an altered event', () => {
  const [one, other] = [
    eventOf(5, { action: 'a', subject: 'bc' }),
    eventOf(5, { action: 'ab', subject: 'c' }),
  ];
  expect(faultOf(key, before, other, macOf(key, before, one))).toBe('altered');
});

test('behind another event, under another key, or without a MAC it is altered', () => {
  const mac = macOf(key, before, eventOf(5));
  expect(faultOf(key, { ...before, mac: new Uint8Array(32) }, eventOf(5), mac)).toBe('altered');
  expect(faultOf(macKeyOf(new Uint8Array(32)), before, eventOf(5), mac)).toBe('altered');
  expect(faultOf(key, before, eventOf(5), null)).toBe('altered');
  expect(faultOf(key, before, eventOf(5), mac.subarray(0, 4))).toBe('altered');
});

test('a gap is a missing event, and a number that was there is a moved one', () => {
  const mac = macOf(key, before, eventOf(6));
  expect(faultOf(key, before, eventOf(6), mac)).toBe('missing');
  expect(faultOf(key, before, eventOf(4), mac)).toBe('moved');
});

test('the vectors of docs/audit.md hold', () => {
  const { trailKey, vectors } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../../../docs/audit.vectors.json'), 'utf8'),
  );
  let end: ChainEnd = emptyChain;
  for (const { mac, ...event } of vectors) {
    const made = macOf(macKeyOf(Buffer.from(trailKey, 'hex')), end, event);
    expect(made.toString('hex')).toBe(mac);
    end = { id: event.id, mac: made };
  }
  expect(vectors.length).toBeGreaterThan(1);
});
