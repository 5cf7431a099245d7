/** Chance that can be repeated: the same seed gives the same row of numbers. */
export interface Random {
  /** From 0 up to, not including, 1. */
  next(): number;
  /** A whole number from 0 up to, not including, `end`. */
  below(end: number): number;
  pick<T>(list: readonly T[]): T;
  shuffle<T>(list: readonly T[]): T[];
  /** Another row of numbers, for somebody who draws at the same time. */
  fork(): Random;
}

/** The seed of this run: `DROPSAFE_SEED`, to repeat a run, or a fresh one. */
export function chooseSeed(): number {
  const given = Number(process.env['DROPSAFE_SEED']);
  return Number.isSafeInteger(given) && given > 0 ? given : Math.ceil(Math.random() * 2 ** 31);
}

/** Mulberry32: short, and random enough for choosing what a test does next. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    pick<T>(list: readonly T[]): T {
      const picked = list[below(list.length)];
      if (picked === undefined) throw new Error('There is nothing to pick from.');
      return picked;
    },
    shuffle: <T>(list: readonly T[]) =>
      list
        .map((entry) => ({ entry, key: next() }))
        .toSorted((one, other) => one.key - other.key)
        .map(({ entry }) => entry),
    fork: () => createRandom(below(2 ** 31)),
  };
}
