/**
 * @file A process of its own that uses a secret over and over, to be killed: `node using-program.ts NAME`, with the environment of a node.
 * After each use it prints the moment, in milliseconds, and how many there were so far.
 */
import { pathToFileURL } from 'node:url';
import { systemCaller } from '../src/base/caller.ts';
import { openOperator } from './node.ts';

/** How many uses there were at that moment, by what it printed. */
export function usesAt(printed: string, moment: number): number {
  const lines = printed.trim().split('\n');
  const [, uses] =
    lines.map((line) => line.split(' ').map(Number)).findLast(([at = 0]) => at <= moment) ?? [];
  return uses ?? 0;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { secretUses } = await openOperator({ ...process.env } as Record<string, string>); // as: nothing in it is undefined
  const found = await secretUses.find(systemCaller('terminal', 'test'), [process.argv[2] ?? '']);
  let uses = 0;
  setInterval(() => {
    secretUses.count(found, null, true);
    uses += 1;
    process.stdout.write(`${Date.now()} ${uses}\n`);
  }, 20);
}
