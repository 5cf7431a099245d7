/**
 * @file Binds the destinations of a secret whose value lives elsewhere to that secret (P2): they stand in this database
 * beside no ciphertext that they could be sealed with, so they carry a MAC (HMAC-SHA-256, RFC 2104), and a list that was
 * edited in the database is refused. Pure.
 */
import {
  createHmac,
  createSecretKey,
  hkdfSync,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import type { Redacted } from '../base/redacted.ts';

/** What destinations are bound to. */
export interface Bound {
  secretId: string;
  provider: string;
  name: string;
  /** Canonical and sorted, as they are stored. */
  destinations: readonly string[];
}

const format = 'dropsafe/destinations/v1';

/** The MAC key, derived from the key that the database keeps sealed (HKDF, RFC 5869). */
export function destinationsKeyOf(key: Redacted<Uint8Array>): KeyObject {
  return createSecretKey(Buffer.from(hkdfSync('sha256', key.reveal(), '', format, 32)));
}

/** The MAC: over the JSON array of the format and the fields, in this order. */
export function destinationsMacOf(
  key: KeyObject,
  { secretId, provider, name, destinations }: Bound,
): Buffer {
  return createHmac('sha256', key)
    .update(JSON.stringify([format, secretId, provider, name, destinations]))
    .digest();
}

/** True when these are the destinations that were bound. Without a MAC nobody ever bound any, so there may be none. */
export function areBound(key: KeyObject, bound: Bound, mac: Uint8Array | null): boolean {
  if (mac === null) return bound.destinations.length === 0;
  const expected = destinationsMacOf(key, bound);
  return mac.length === expected.length && timingSafeEqual(mac, expected);
}
