/**
 * @file What is not written each time that it happens: once a minute, on each node, so that nobody makes the trail grow as
 * fast as they can send. What was written is remembered in memory only.
 */
const windowMs = 60_000;

/** Remembers what was written within the last minute. */
export interface Seldom {
  /** True for what was not there within the last minute, when there are not too many; from now on it is there. */
  take(what: string): boolean;
  /** Forgets what could not be written after all. */
  giveBack(what: string): void;
}

/** Remembers nothing yet, and `most` things within a minute. */
export function createSeldom(most: number, now = () => performance.now()): Seldom {
  /** Oldest first. */
  const moments = new Map<string, number>();
  return {
    take(what) {
      const at = now();
      for (const [old, moment] of moments) {
        if (moment > at - windowMs) break;
        moments.delete(old);
      }
      if (moments.has(what) || moments.size >= most) return false;
      moments.set(what, at);
      return true;
    },
    giveBack: (what) => void moments.delete(what),
  };
}
