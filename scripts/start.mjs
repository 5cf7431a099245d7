/** @file `npm start`: installs what is missing, builds what has changed, runs the BFF, and ends with it. */
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, exitCode, root, spawnNode, whenParentIsGone } from './install.mjs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

await ensureInstalled();
await ensureBuilt();

const followParent = pathToFileURL(join(root, 'scripts', 'follow-parent.mjs')).href;
const bff = spawnNode(
  [
    // A handler of ours takes SIGUSR1 too, but only once everything is loaded; the flag holds from the first moment.
    '--disable-sigusr1',
    // Megabytes. V8 lets its young space grow to eight times that under load, for next to no gain here.
    '--max-semi-space-size=16',
    '--import',
    followParent,
    join('apps', 'bff', 'src', 'main.ts'),
  ],
  {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
    // Compiled code is kept, which makes the next start quicker and smaller.
    env: { NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node') },
  },
);
// The terminal sends Ctrl-C to both of us. The BFF takes a second signal for the same, so all are handed on.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => bff.kill(signal));
whenParentIsGone(() => bff.kill('SIGTERM'));
process.exitCode = await exitCode(bff);
bff.stdio[3].destroy();
