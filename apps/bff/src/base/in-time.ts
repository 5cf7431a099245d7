import { Problem } from './problem.ts';

/** What `work` comes to. Throws `database-unavailable` when it takes longer; what becomes of it is not known then. */
export async function inTime<T>(work: Promise<T>, longestMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Problem('database-unavailable')), longestMs);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Waits for `work`, and goes on without it when it takes longer. Throws what it throws until then. */
export async function waitAtMost(longestMs: number, work: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, longestMs);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** What `work` comes to. Throws what `late` makes when the signal comes first; what becomes of the work, nobody waits for any more. */
export async function unlessAborted<T>(
  work: Promise<T>,
  signal: AbortSignal,
  late: () => Error,
): Promise<T> {
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(late());
  });
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
