/** @file What both benches measure with and print by. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Load, LoadResult } from './load-generator.ts';

/** The process that makes the load. */
export interface Generator {
  process: ChildProcess;
  /** Throws when an answer is not the expected one. */
  run(load: Load): Promise<LoadResult>;
}

/** Starts it; whoever starts it ends it. */
export function startGenerator(): Generator {
  const child = fork(join(import.meta.dirname, 'load-generator.ts'));
  return {
    process: child,
    async run(load) {
      child.send(load);
      const [result] = (await once(child, 'message')) as [LoadResult | { failed: string }]; // as: load-generator.ts sends these
      if ('failed' in result) throw new Error(result.failed);
      return result;
    },
  };
}

/** The number below which this part of them lies. */
export function quantile(numbers: readonly number[], part: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

/** The number in the middle. */
export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** Prints a line. */
export const print = (line = '') => process.stdout.write(`${line}\n`);

/** Prints whether a target was met. */
export function judge(what: string, isMet: boolean, how: string): void {
  print(`${isMet ? 'PASS' : 'MISS'}  ${what}: ${how}`);
}
