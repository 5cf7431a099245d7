/** @file `npm run check`: what can be said without running the product: types, lint, format, fences, unused code. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { environment, ensureInstalled, root, runQuietly } from './install.mjs';

const bin = (name) => join(root, 'node_modules', '.bin', name);

const checks = [
  ...['packages/contract', 'apps/bff', 'apps/web', 'e2e'].map((project) => ({
    title: `types of ${project}`,
    command: [bin('tsc'), '-p', project],
  })),
  { title: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
  { title: 'format', command: [bin('oxfmt'), '--check'] },
  {
    title: 'fences',
    command: [bin('depcruise'), '--config', '.dependency-cruiser.cjs', 'apps', 'packages'],
    // Under TypeScript 7 it can come to cruise no file at all, and then finds nothing.
    isProven: (output) => Number(/(\d+) modules/.exec(output)?.[1] ?? 0) > 100,
  },
  { title: 'unused code', command: [bin('knip'), '--no-progress'] },
];

/** Runs all checks, two at a time; prints each and answers how many passed and failed. */
export async function runChecks() {
  const counts = { passed: 0, failed: 0 };
  const todo = [...checks];
  const worker = async () => {
    for (let check = todo.shift(); check !== undefined; check = todo.shift()) {
      const [command, ...args] = check.command;
      const { code, output } = await runQuietly(command, args, environment({ NO_COLOR: '1' }));
      const isPassed = code === 0 && (check.isProven?.(output) ?? true);
      counts[isPassed ? 'passed' : 'failed'] += 1;
      process.stdout.write(
        isPassed ? `ok    ${check.title}\n` : `FAIL  ${check.title}\n${output}\n`,
      );
    }
  };
  await Promise.all([worker(), worker()]);
  return counts;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await ensureInstalled();
  const { passed, failed } = await runChecks();
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
