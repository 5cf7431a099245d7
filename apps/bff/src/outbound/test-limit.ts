/**
 * @file How often somebody may test connections: so many in any minute, on one node. A test makes a request to a host of their choice, and
 * tells them what became of it. What is counted is kept for a minute, and in memory only.
 */
import type { Caller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';

/** How many tests one principal may make within a minute, on each node. */
export const testsPerMinute = 20;
const windowMs = 60_000;
/** More principals than this are not at work in one minute; who was quiet for longest is forgotten first. */
const maxPrincipals = 10_000;

/** Counts a test before it is made. Throws `too-many-attempts`. */
export function createTestLimit(now = () => performance.now()): (caller: Caller) => void {
  /** Moments of the last minute, oldest first; by principal, the one that was quiet for longest first. */
  const moments = new Map<string, number[]>();

  return (caller) => {
    const principal = `${caller.kind} ${caller.id}`;
    const at = now();
    const recent = (moments.get(principal) ?? []).filter((moment) => moment > at - windowMs);
    const [oldest = at] = recent;
    if (recent.length >= testsPerMinute) {
      const seconds = Math.max(1, Math.ceil((oldest + windowMs - at) / 1_000));
      throw new Problem('too-many-attempts', {
        retryAfterSeconds: seconds,
        detail: `There may be ${testsPerMinute} tests within a minute. Wait ${seconds} seconds before the next one.`,
      });
    }
    moments.delete(principal);
    moments.set(principal, [...recent, at]);
    for (const [name, times] of moments) {
      const isQuiet = (times.at(-1) ?? 0) <= at - windowMs;
      if (!isQuiet && moments.size <= maxPrincipals) break;
      moments.delete(name);
    }
  };
}
