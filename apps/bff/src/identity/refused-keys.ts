/**
 * @file Programs that were refused, in the trail: with a key that is revoked or has expired, or with one that nobody has. A program that
 * goes on trying must not fill it, nor a flood (docs/audit.md): there is one event a minute for a key, and for keys that nobody has
 * for an address, on all nodes together. Whatever a node has seen told within the minute does not even ask the database.
 */
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { FoundApiKey } from './api-keys.store.ts';
import { takeTurn } from './attempts.store.ts';
import { attemptKey } from './attempts.ts';

const minuteMs = 60_000;
/** From how many addresses keys that nobody has are told within a minute, on each node. Addresses cost nothing in IPv6. */
const mostAddresses = 100;

/** Tells the trail of a refused key; undefined for one that nobody has. */
export type TellRefusedKey = (
  key: FoundApiKey | undefined,
  origin: { requestId: string; address: string | null },
) => Promise<void>;

/** The one place that tells of refused keys. */
export function createTellRefusedKey(audit: Audit): TellRefusedKey {
  const lateKeys = createLately(Number.POSITIVE_INFINITY);
  const lateAddresses = createLately(mostAddresses);

  return async (key, origin) => {
    const [lately, name] =
      key === undefined ? [lateAddresses, `from ${origin.address ?? ''}`] : [lateKeys, key.id];
    if (!lately.add(name)) return;
    const [caller, event] = tellingOf(key, origin);
    try {
      await audit.change(caller, async (tx, tell) => {
        if (await takeTurn(tx, attemptKey('refused key', name))) tell(event);
      });
    } catch (error) {
      lately.remove(name);
      throw error;
    }
  };
}

/** Who was refused, and what the trail says of it. */
function tellingOf(
  key: FoundApiKey | undefined,
  origin: { requestId: string; address: string | null },
): [Caller, AuditEvent] {
  if (key === undefined) {
    return [
      { kind: 'anonymous', id: null, name: null, ...origin },
      { action: 'api-key.unknown-used', subject: 'unknown API key' },
    ];
  }
  const { id, name, state } = key;
  return [
    { kind: 'api-key', id, name, permissions: [], ...origin },
    {
      action: state === 'revoked' ? 'api-key.revoked-used' : 'api-key.expired-used',
      subject: name,
    },
  ];
}

/** What was added within the last minute; so many at most. */
export function createLately(most: number, now = () => performance.now()) {
  /** The one that was added first comes first. */
  const moments = new Map<string, number>();
  return {
    /** False when it is there already, or there are too many. */
    add(name: string): boolean {
      const at = now();
      for (const [old, moment] of moments) {
        if (moment > at - minuteMs) break;
        moments.delete(old);
      }
      if (moments.has(name) || moments.size >= most) return false;
      moments.set(name, at);
      return true;
    },
    remove(name: string): void {
      moments.delete(name);
    },
  };
}
