/**
 * @file What is not written each time that it happens: once a minute, on each node, so that nobody makes the trail grow as
 * fast as they can send. What was written is remembered in memory only.
 */
const windowMs = 60_000;
/** What was written longest ago is forgotten first; then it is written once more. */
const mostRemembered = 10_000;

/** Remembers what was written within the last minute. */
export interface Seldom {
  /** True for what was not there within the last minute; from now on it is. */
  take(what: string): boolean;
  /** Forgets what could not be written after all. */
  giveBack(what: string): void;
}

/** Remembers nothing yet. */
export function createSeldom(now = () => performance.now()): Seldom {
  /** Oldest first. */
  const moments = new Map<string, number>();
  return {
    take(what) {
      const at = now();
      for (const [old, moment] of moments) {
        if (moment > at - windowMs && moments.size < mostRemembered) break;
        moments.delete(old);
      }
      if (moments.has(what)) return false;
      moments.set(what, at);
      return true;
    },
    giveBack: (what) => void moments.delete(what),
  };
}
