/** @file What stands in place of dropped events: the last of them, sealed by a MAC under the key of the trail. Pure. */
import { createHmac, timingSafeEqual, type KeyObject } from 'node:crypto';
import type { ChainEnd } from './chain.ts';

/** The last event that was dropped, and the MAC that vouches for it. */
export interface Anchor extends ChainEnd {
  seal: Uint8Array;
}

// The first part differs from that of an event, so that no MAC of one passes for one of the other.
const format = 'dropsafe/audit/anchor/v1';

/** Seals an anchor. */
export function sealAnchor(key: KeyObject, { id, mac }: ChainEnd): Anchor {
  const parts = [format, id, Buffer.from(mac).toString('hex')];
  return { id, mac, seal: createHmac('sha256', key).update(JSON.stringify(parts)).digest() };
}

/** True when this key sealed the anchor. */
export function isGenuineAnchor(key: KeyObject, anchor: Anchor): boolean {
  const { seal } = sealAnchor(key, anchor);
  return anchor.seal.length === seal.length && timingSafeEqual(anchor.seal, seal);
}
