import { createHash } from 'node:crypto';
import type { Database } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { countFailure, lockAttempts } from './attempts.store.ts';
import { secondsToWait, type GuessingSubject } from './guessing.ts';

/**
 * Makes what counts an attempt as failed before it is made: whoever aborts it in the middle has used it up. Throws
 * `too-many-attempts` when it may not be made yet.
 */
export function createUseUpAttempt(
  database: Database,
): (subject: GuessingSubject, keyHash: Uint8Array) => Promise<void> {
  return async (subject, keyHash) => {
    await database.transaction(async (tx) => {
      const { failures, secondsSinceLast } = await lockAttempts(tx, keyHash);
      const wait = secondsToWait(subject, failures, secondsSinceLast);
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
      await countFailure(
        tx,
        keyHash,
        subject === 'address' && secondsSinceLast > 3600 ? 1 : failures + 1,
      );
    });
  };
}

/** Under what an account, an address or a refused key is counted: a hash, because people type passwords into the name field. */
export function attemptKey(subject: GuessingSubject | 'refused key', text: string): Uint8Array {
  return createHash('sha256').update(`${subject}\0${text}`).digest();
}
