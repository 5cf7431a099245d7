/** @file `npm start`: installs what is missing, builds what has changed, runs the BFF, and ends with it. */
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, exitCode, root, spawnNode, whenParentIsGone } from './install.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

await ensureInstalled();
await ensureBuilt();

const followParent = pathToFileURL(join(root, 'scripts', 'follow-parent.mjs')).href;
// A handler of ours takes SIGUSR1 too, but only once everything is loaded; the flag holds from the first moment.
const bff = spawnNode(
  ['--disable-sigusr1', '--import', followParent, join('apps', 'bff', 'src', 'main.ts')],
  {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  },
);
// The terminal sends Ctrl-C to both of us. The BFF takes a second signal for the same, so all are handed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => bff.kill(signal));
whenParentIsGone(() => bff.kill('SIGTERM'));
process.exitCode = await exitCode(bff);
bff.stdio[3].destroy();
