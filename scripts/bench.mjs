/**
 * @file `npm run bench`: the product beside a floor without checks or encryption. `-- --quick` for a short run, `-- --large`
 * for the pages of a large installation beside those of a small one, `-- --only providers` for those of several providers of
 * secrets beside those of the database alone, `-- --only resolve` and `-- --only references` for the use of secrets.
 */
import { ensureInstalled, runNode } from './install.mjs';

await ensureInstalled();
const options = process.argv.slice(2);
const only = options[options.indexOf('--only') + 1];
const others = { providers: 'providers.ts', resolve: 'uses.ts', references: 'uses.ts' };
const benches = options.includes('--large')
  ? ['large.ts']
  : !options.includes('--only')
    ? ['bench.ts', 'providers.ts', 'uses.ts']
    : [others[only] ?? 'bench.ts'];
for (const bench of benches)
  process.exitCode ||= await runNode([`apps/bff/bench/${bench}`, ...options]);
