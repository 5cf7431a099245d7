/**
 * @file `npm run dev`: the web app with hot reload on PORT (8080), the BFF behind it on DROPSAFE_DEV_BFF_PORT (8081),
 * started anew when one of its files changes. When one ends, so does the other.
 */
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { ensureBuilt } from './build.mjs';
import { ensureInstalled, exitCode, root, spawnNode, whenParentIsGone } from './install.mjs';

await ensureInstalled();
// The BFF serves the built app as well, and does not start without one.
await ensureBuilt();

const webPort = process.env.PORT ?? '8080';
const bffPort = process.env.DROPSAFE_DEV_BFF_PORT ?? '8081';
const web = join(root, 'apps', 'web');

// Each in a group of its own, so that a terminal's Ctrl-C reaches them once, through us, and whatever they started ends
// with them.
const children = [
  spawnNode(
    [
      '--disable-sigusr1',
      '--watch',
      '--watch-preserve-output',
      join('apps', 'bff', 'src', 'main.ts'),
    ],
    {
      detached: true,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { PORT: bffPort, HOST: '127.0.0.1' },
    },
  ),
  spawnNode(
    [
      join(web, 'node_modules', 'vite', 'bin', 'vite.js'),
      '--port',
      webPort,
      '--clearScreen',
      'false',
    ],
    {
      detached: true,
      cwd: web,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { DROPSAFE_DEV_BFF: `http://localhost:${bffPort}` },
    },
  ),
];

const ended = children.map((child) => exitCode(child));
let isEnding = false;

/** Ends both: gently, and after 15 s whatever is left. */
async function end() {
  if (isEnding) return;
  isEnding = true;
  signal('SIGTERM');
  await Promise.race([Promise.all(ended), wait(15_000, undefined, { ref: false })]);
  signal('SIGKILL');
}

function signal(name) {
  for (const { pid } of children) {
    // Never started: 0 would be our own group.
    if (pid === undefined) continue;
    try {
      process.kill(-pid, name);
    } catch {
      // Gone already.
    }
  }
}

for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(name, () => void end());
whenParentIsGone(() => void end());
const code = await Promise.race(ended);
process.exitCode = isEnding ? 0 : code;
await end();
await Promise.all(ended);
