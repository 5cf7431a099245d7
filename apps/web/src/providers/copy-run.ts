import { ApiProblem } from '../api/client.ts';
import type { NotCopied } from './copy-plan.ts';

/** @file Copies many secrets, a few at a time, and goes on when single ones fail. */

/** So many requests are under way at most: others use the same server. */
export const atOnce = 4;

/** How far it is. */
export interface CopyRun {
  total: number;
  copied: number;
  /** Somebody else put one of the name there meanwhile. */
  already: number;
  failures: NotCopied[];
  isRunning: boolean;
  /** Why it ended by itself: the session or the permission is gone, and no other would be copied either. */
  problem: Error | null;
}

/** Before the first. */
export const beginRun = (total: number): CopyRun => ({
  total,
  copied: 0,
  already: 0,
  failures: [],
  isRunning: true,
  problem: null,
});

/** How many are done with, whatever came of it. */
export const doneOf = ({ copied, already, failures }: CopyRun): number =>
  copied + already + failures.length;

/**
 * Copies all of `names`, `atOnce` of them at a time, until `isStopped`. What is under way then is waited for: it cannot be
 * taken back. Never throws; `onChange` hears of every single one.
 */
export async function copyEach(
  names: readonly string[],
  copy: (name: string) => Promise<unknown>,
  isStopped: () => boolean,
  onChange: (run: CopyRun) => void,
): Promise<void> {
  const waiting = names.values();
  let run = beginRun(names.length);
  const change = (part: Partial<CopyRun>) => onChange((run = { ...run, ...part }));

  const work = async (): Promise<void> => {
    while (!isStopped() && run.problem === null) {
      const { value: name, done } = waiting.next();
      if (done === true) return;
      try {
        await copy(name);
        change({ copied: run.copied + 1 });
      } catch (error) {
        if (isEnd(error)) change({ problem: error });
        else if (codeOf(error) === 'secret-name-taken') change({ already: run.already + 1 });
        else change({ failures: [...run.failures, { name, why: reasonOf(error) }] });
      }
    }
  };
  onChange(run);
  await Promise.all(Array.from({ length: atOnce }, work));
  change({ isRunning: false });
}

const codeOf = (error: unknown) => (error instanceof ApiProblem ? error.code : undefined);

/** It would be the same with every other one. */
function isEnd(error: unknown): error is ApiProblem {
  return codeOf(error) === 'unauthenticated' || codeOf(error) === 'permission-required';
}

function reasonOf(error: unknown): string {
  // Anything else is a defect of ours, and its message could hold anything.
  if (!(error instanceof ApiProblem)) return 'Something went wrong here.';
  return `${error.title}. ${error.detail}`;
}
