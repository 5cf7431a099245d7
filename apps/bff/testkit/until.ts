import { setTimeout as wait } from 'node:timers/promises';

/** Looks again and again until `find` gives something; throws after `seconds`. What a test does instead of sleeping. */
export async function until<T>(
  what: string,
  find: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 20,
): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; ; await wait(20)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`Not within ${seconds} s: ${what}`);
  }
}
