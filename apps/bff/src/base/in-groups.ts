import { inTime } from './in-time.ts';

/** How to make groups. */
export interface GroupOptions {
  /** How many calls may be under way at once. */
  mostUnderWay: number;
  /** A call that takes longer is given up: a connection that went silent must not hold up what comes after. */
  longestMs: number;
  /** How many things one call may be about. */
  mostInGroup: number;
}

/**
 * Makes one call of the things that are asked for while earlier calls are under way: the busier it is, the larger the
 * groups. What comes alone goes alone, at once. Nothing is remembered: an answer is that of the call it was part of.
 */
export function inGroups<I, O>(
  work: (inputs: readonly I[]) => Promise<readonly O[]>,
  { mostUnderWay, longestMs, mostInGroup }: GroupOptions,
): (input: I) => Promise<O> {
  interface Asked {
    input: I;
    resolve: (output: O) => void;
    reject: (error: unknown) => void;
  }
  const waiting: Asked[] = [];
  let underWay = 0;
  let isDue = false;

  async function run(): Promise<void> {
    const group = waiting.splice(0, mostInGroup);
    underWay += 1;
    let settle: () => void;
    try {
      const outputs = await inTime(work(group.map(({ input }) => input)), longestMs);
      settle = () => {
        // as: one answer for each, in the same order, is what `work` promises.
        for (const [index, { resolve }] of group.entries()) resolve(outputs[index] as O);
      };
    } catch (error) {
      settle = () => {
        for (const { reject } of group) reject(error);
      };
    }
    underWay -= 1;
    if (!isDue && mayBegin()) {
      // Off with the next group first: whoever waits for it must not wait for what becomes of these answers as well.
      void run();
      setImmediate(settle);
    } else settle();
  }

  const mayBegin = () => underWay < mostUnderWay && waiting.length > 0;

  function next(): void {
    if (isDue || !mayBegin()) return;
    isDue = true;
    // What else arrives in this turn of the event loop goes along.
    setImmediate(() => {
      isDue = false;
      if (mayBegin()) void run();
      next();
    });
  }

  return (input) =>
    new Promise((resolve, reject) => {
      waiting.push({ input, resolve, reject });
      next();
    });
}

/**
 * Lets one change of the same thing be under way at a time. Whoever asks for another one waits, and is answered by
 * undefined when the one before came to something: what they have decided on is another by then.
 */
export function oneAtATime<I, O>(
  change: (input: I) => Promise<O | undefined>,
  keyOf: (input: I) => unknown,
): (input: I) => Promise<O | undefined> {
  const underWay = new Map<unknown, Promise<O | undefined>>();
  return async (input) => {
    const key = keyOf(input);
    for (let before = underWay.get(key); before !== undefined; before = underWay.get(key)) {
      if ((await before.catch(() => undefined)) !== undefined) return undefined;
    }
    const changing = change(input).finally(() => underWay.delete(key));
    underWay.set(key, changing);
    return changing;
  };
}
