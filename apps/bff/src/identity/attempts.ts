import { createHash } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import { networkOf } from '../base/client-address.ts';
import type { Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { countFailure, lockAttempts, noteRefusalTold } from './attempts.store.ts';
import { lockedAfterFailures, secondsToWait, type GuessingSubject } from './guessing.ts';

/** Which limit refused an attempt. */
export type LimitReason = 'address-limited' | 'account-limited' | 'account-locked';

/** What an attempt is counted under. */
export interface AttemptKey {
  subject: GuessingSubject;
  keyHash: Uint8Array;
}

/**
 * Counts an attempt as failed before it is made: whoever aborts it in the middle has used it up. Throws `too-many-attempts`
 * when it may not be made yet. The trail is told of the first that is refused after a failure and not of those behind it: as
 * many as anybody likes to send would be as many events. `eventOf` says what it is told. It is also told of the attempt that
 * locks the account of the user whom `findUserName` finds, whatever comes of it.
 */
export type UseUpAttempt = (
  caller: Caller,
  key: AttemptKey,
  eventOf: (reason: LimitReason, tx: Transaction) => Promise<AuditEvent>,
  findUserName?: (tx: Transaction) => Promise<string | undefined>,
) => Promise<void>;

/** The one way to make what counts as an attempt. */
export function createUseUpAttempt(audit: Audit): UseUpAttempt {
  return async (caller, { subject, keyHash }, eventOf, findUserName) => {
    const wait = await audit.change(caller, async (tx, tell) => {
      const known = await lockAttempts(tx, keyHash);
      const seconds = secondsToWait(subject, known.failures, known.secondsSinceLast);
      if (seconds > 0) {
        if (!known.isRefusalTold) {
          await noteRefusalTold(tx, keyHash);
          tell(await eventOf(reasonOf(subject, seconds), tx));
        }
        return seconds;
      }
      const isForgotten = subject === 'address' && known.secondsSinceLast > 3600;
      const failures = isForgotten ? 1 : known.failures + 1;
      await countFailure(tx, keyHash, failures);
      const isLast = subject === 'account' && failures === lockedAfterFailures;
      const locked = isLast ? await findUserName?.(tx) : undefined;
      if (locked !== undefined) tell({ action: 'user.locked', subject: locked });
      return 0;
    });
    if (wait === Number.POSITIVE_INFINITY) {
      throw new Problem('too-many-attempts', {
        detail:
          'This account is locked after too many failures. The operator unlocks it with "dropsafe users reset-password".',
      });
    }
    if (wait > 0) {
      const seconds = Math.ceil(wait);
      throw new Problem('too-many-attempts', {
        retryAfterSeconds: seconds,
        detail: `Too many failed attempts. Wait ${seconds} seconds before the next one.`,
      });
    }
  };
}

function reasonOf(subject: GuessingSubject, wait: number): LimitReason {
  if (subject === 'address') return 'address-limited';
  return wait === Number.POSITIVE_INFINITY ? 'account-locked' : 'account-limited';
}

/** What failures for an account are counted under, whoever makes them. */
export function accountKey(canonicalName: string): AttemptKey {
  return { subject: 'account', keyHash: hashOf('account', canonicalName) };
}

/** What failures from an address are counted under, whatever the name. */
export function addressKey(address: string | null): AttemptKey {
  return { subject: 'address', keyHash: hashOf('address', networkOf(address ?? '')) };
}

/** A hash, because people type passwords into the name field. */
function hashOf(subject: GuessingSubject, text: string): Uint8Array {
  return createHash('sha256').update(`${subject}\0${text}`).digest();
}
