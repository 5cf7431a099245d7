/**
 * @file Work on a folder that may hang, as one on a network does when its server is gone: Node cannot take such an operation
 * back, and it holds one of the few threads (4, unless `UV_THREADPOOL_SIZE` says more) that also serve everybody else.
 */
import { ProviderFailure } from './outside-provider.ts';

/** One operation of the file system. Throws `timeout` in its place when the time of the whole work is over. */
export type Step = <T>(operation: () => Promise<T>) => Promise<T>;

/** Takes work on one folder: a few operations at a time, none while one hangs, and everything answered in time. */
export interface FolderSteps {
  /**
   * Does the work; throws `timeout` when it takes longer than so many milliseconds. `burst` lets more operations run at a
   * time: for when the folder has just answered. What the work opens it closes itself, and without a step.
   */
  within<T>(longestMs: number, work: (step: Step, burst: Step) => Promise<T>): Promise<T>;
}

/** Half of the threads, so that a folder that hangs leaves the others. */
const usualWidth = 2;
/** More than there are threads, so that none waits for the next operation. */
const burstWidth = 8;

/** Milliseconds. An operation that takes so long counts as hanging. */
const hangsAfter = 1_000;

/** The steps on one folder. */
export function createFolderSteps(): FolderSteps {
  const usual = createLane(usualWidth);
  const burst = createLane(burstWidth);

  return {
    async within(longestMs, work) {
      if (usual.isHanging() || burst.isHanging()) throw new ProviderFailure('timeout');
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => {
          isOver = true;
          reject(new ProviderFailure('timeout'));
        }, longestMs);
      });
      const stepOn =
        (lane: Lane): Step =>
        (operation) =>
          lane.take(() => {
            if (isOver) throw new ProviderFailure('timeout');
            return operation();
          });
      const done = work(stepOn(usual), stepOn(burst));
      return Promise.race([done, late]).finally(() => clearTimeout(timer));
    },
  };
}

interface Lane {
  take<T>(operation: () => Promise<T>): Promise<T>;
  isHanging(): boolean;
}

function createLane(width: number): Lane {
  const running = new Set<{ since: number }>();
  const waiting: (() => void)[] = [];
  return {
    isHanging: () => [...running].some(({ since }) => performance.now() - since > hangsAfter),
    async take(operation) {
      while (running.size >= width) await new Promise<void>((go) => waiting.push(go));
      const turn = { since: performance.now() };
      running.add(turn);
      try {
        return await operation();
      } finally {
        running.delete(turn);
        waiting.shift()?.();
      }
    },
  };
}
