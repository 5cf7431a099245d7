/**
 * @file What is not written each time that it happens: once a minute, on each node, so that nobody makes the trail grow as
 * fast as they can send. What was written is remembered in memory only.
 */
const windowMs = 60_000;

/** Remembers what was written within the last minute. */
export interface Seldom {
  /** True for what was not there of `who` within the last minute, when there is not too much of them; from now on it is there. */
  take(who: string, what: string): boolean;
  /** Forgets what could not be written after all. */
  giveBack(who: string, what: string): void;
}

/** Remembers nothing yet, and `most` things of each within a minute. */
export function createSeldom(most: number, now = () => performance.now()): Seldom {
  /** Oldest first. */
  const moments = new Map<string, { who: string; at: number }>();
  const counts = new Map<string, number>();

  function forget(key: string, who: string): void {
    if (!moments.delete(key)) return;
    const left = (counts.get(who) ?? 0) - 1;
    if (left > 0) counts.set(who, left);
    else counts.delete(who);
  }

  return {
    take(who, what) {
      const at = now();
      for (const [old, moment] of moments) {
        if (moment.at > at - windowMs) break;
        forget(old, moment.who);
      }
      const key = keyOf(who, what);
      const count = counts.get(who) ?? 0;
      if (moments.has(key) || count >= most) return false;
      moments.set(key, { who, at });
      counts.set(who, count + 1);
      return true;
    },
    giveBack: (who, what) => forget(keyOf(who, what), who),
  };
}

const keyOf = (who: string, what: string) => JSON.stringify([who, what]);
