/**
 * @file Limits on guessing passwords: how long an account or an address must wait after failures in a row. Pure.
 * NIST SP 800-63B-4, 3.2.2: at most 100 failures in a row for one account; waits that grow in between.
 */

/** Failures in a row after which an account stays locked until the operator resets its password. */
export const lockedAfterFailures = 100;

const freeFailures = { account: 4, address: 20 } as const;
const longestWaitSeconds = { account: 15 * 60, address: 60 } as const;

/** What is limited. */
export type GuessingSubject = keyof typeof freeFailures;

/**
 * Seconds until the next attempt may be made; 0 for now; infinite for a locked account. Addresses wait for a minute at
 * most and forget after a quiet hour: behind one address there may be a whole company.
 */
export function secondsToWait(
  subject: GuessingSubject,
  failures: number,
  secondsSinceLast: number,
): number {
  if (subject === 'account' && failures >= lockedAfterFailures) return Number.POSITIVE_INFINITY;
  if (subject === 'address' && secondsSinceLast > 3600) return 0;
  const beyond = failures - freeFailures[subject];
  if (beyond <= 0) return 0;
  const wait = Math.min(2 ** Math.min(beyond, 20), longestWaitSeconds[subject]);
  return Math.max(0, wait - secondsSinceLast);
}
