/**
 * @file `npm test`: everything that must hold. Checks, tests without and with PostgreSQL, the built app in a browser.
 * `--long` runs the longer campaigns instead. The last line is `N passed, N failed`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBrowser } from './browser.mjs';
import { ensureBuilt } from './build.mjs';
import { runChecks } from './check.mjs';
import { ensureInstalled, root, runNode } from './install.mjs';

const isLong = process.argv.includes('--long');
const total = { passed: 0, failed: 0, skipped: 0 };
const reports = mkdtempSync(join(tmpdir(), 'dropsafe-reports-'));

await ensureInstalled();
await ensureBuilt();
if (isLong) {
  await runVitest(
    ['--project', 'pg', 'apps/bff/test/kill.pg.test.ts', 'apps/bff/test/two-nodes.pg.test.ts'],
    {
      DROPSAFE_KILL_ROUNDS: '200',
    },
  );
  await runVitest(['--project', 'unit', 'packages/contract/src/expressions.property.test.ts'], {
    DROPSAFE_EXPRESSION_RUNS: '1000000',
  });
} else {
  add(await runChecks());
  await runVitest([]);
  await runPlaywright();
}
rmSync(reports, { recursive: true, force: true });
if (total.skipped > 0) process.stdout.write(`\n${total.skipped} skipped (see above)\n`);
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed === 0 ? 0 : 1;

async function runVitest(args, env = {}) {
  const report = join(reports, 'vitest.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const code = await runNode(
    [
      vitest,
      'run',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
      ...args,
    ],
    { env },
  );
  const result = readReport(report);
  addRun(code, {
    passed: result.numPassedTests ?? 0,
    failed: result.numFailedTests ?? 0,
    skipped: result.numPendingTests ?? 0,
  });
}

async function runPlaywright() {
  const report = join(reports, 'playwright.json');
  let browser;
  try {
    browser = await findBrowser();
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    return add({ passed: 0, failed: 1 });
  }
  const cli = join(root, 'e2e', 'node_modules', '@playwright', 'test', 'cli.js');
  const code = await runNode([cli, 'test', '--reporter=list,json'], {
    cwd: join(root, 'e2e'),
    env: { DROPSAFE_TEST_BROWSER: browser.executablePath, PLAYWRIGHT_JSON_OUTPUT_NAME: report },
  });
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = readReport(report).stats ?? {};
  return addRun(code, { passed: expected, failed: unexpected + flaky, skipped });
}

/** A run that fails without a failed test (a file that does not load, a server that does not start) counts as one. */
function addRun(code, counts) {
  add(code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts);
}

function add({ passed, failed, skipped = 0 }) {
  total.passed += passed;
  total.failed += failed;
  total.skipped += skipped;
}

function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}
