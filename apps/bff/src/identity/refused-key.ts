/** @file Programs that were refused, in the trail: with a key that is revoked or has expired, or with one that nobody has. */
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { FoundApiKey } from './api-keys.store.ts';

/** Who was refused, and what the trail says of it; undefined is a key that nobody has. */
export function refusalOf(
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
