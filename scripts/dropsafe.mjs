/** @file `npx pnpm dropsafe`: the operator's command, on the pinned Node whatever the machine's own is. */
import { join } from 'node:path';
import { ensureInstalled, runNode } from './install.mjs';

await ensureInstalled();
process.exitCode = await runNode([
  '--disable-sigusr1',
  join('apps', 'bff', 'src', 'cli', 'cli.ts'),
  ...process.argv.slice(2),
]);
