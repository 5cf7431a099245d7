/**
 * @file The chain over the audit events ([Note: Audit chain] in docs/architecture.md, format in docs/audit.md). Every
 * event carries a MAC (HMAC-SHA-256, RFC 2104) over itself and the MAC before it, under a key that is not in the
 * database in the clear: an event that was altered, removed, added or moved breaks it. Pure.
 */
import {
  createHmac,
  hkdfSync,
  timingSafeEqual,
  createSecretKey,
  type KeyObject,
} from 'node:crypto';

/** An event as it is chained: all of it but the MAC. */
export interface ChainedEvent {
  /** Counts from 1 without a gap. */
  id: number;
  /** The database's clock, ISO 8601 in UTC with milliseconds. */
  at: string;
  principalKind: string;
  principalId: string | null;
  principalName: string | null;
  /** How a user had signed in; null for others. */
  means: string | null;
  action: string;
  subject: string;
  fields: readonly string[] | null;
  permissions: readonly string[] | null;
  address: string | null;
  requestId: string;
}

/** An event with its MAC. */
export interface StoredEvent extends ChainedEvent {
  mac: Uint8Array;
}

/** Where a chain ends: the number and the MAC of its last event. */
export interface ChainEnd {
  id: number;
  mac: Uint8Array;
}

/** Before the first event: nothing. */
export const emptyChain: ChainEnd = { id: 0, mac: new Uint8Array(32) };

const format = 'dropsafe/audit/v1';

/** The MAC key, derived from the key of the trail (HKDF, RFC 5869). */
export function macKeyOf(trailKey: Uint8Array): KeyObject {
  return createSecretKey(
    Buffer.from(hkdfSync('sha256', trailKey, '', 'dropsafe/audit/mac/v1', 32)),
  );
}

/** The MAC of an event behind `before`: over the JSON array of the format, the MAC before and the fields, in this order. */
export function macOf(key: KeyObject, before: ChainEnd, event: ChainedEvent): Buffer {
  const parts = [
    format,
    Buffer.from(before.mac).toString('hex'),
    event.id,
    event.at,
    event.principalKind,
    event.principalId,
    event.principalName,
    event.means,
    event.action,
    event.subject,
    event.fields,
    event.permissions,
    event.address,
    event.requestId,
  ];
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest();
}

/** What is wrong with an event that stands behind `before`; undefined when it belongs there. */
export function faultOf(
  key: KeyObject,
  before: ChainEnd,
  event: ChainedEvent,
  mac: Uint8Array | null,
): 'missing' | 'moved' | 'altered' | undefined {
  if (event.id > before.id + 1) return 'missing';
  if (event.id <= before.id) return 'moved';
  const expected = macOf(key, before, event);
  return mac !== null && mac.length === expected.length && timingSafeEqual(mac, expected)
    ? undefined
    : 'altered';
}
