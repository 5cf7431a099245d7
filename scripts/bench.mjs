/**
 * @file `npm run bench`: the product beside a floor without checks or encryption. `-- --quick` for a short run, `-- --large`
 * for the pages of a large installation beside those of a small one.
 */
import { ensureInstalled, runNode } from './install.mjs';

await ensureInstalled();
const options = process.argv.slice(2);
const bench = options.includes('--large') ? 'large.ts' : 'bench.ts';
process.exitCode = await runNode([`apps/bff/bench/${bench}`, ...options]);
