/** @file `npm run bench`: the product beside a floor without checks or encryption. `-- --quick` for a short run. */
import { ensureInstalled, runNode } from './install.mjs';

await ensureInstalled();
process.exitCode = await runNode(['apps/bff/bench/bench.ts', ...process.argv.slice(2)]);
