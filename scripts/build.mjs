/** @file Builds the web app when its sources have changed since the last time. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addFiles, exitCode, root, spawnNode, withLock } from './install.mjs';

const app = join(root, 'apps', 'web');
const built = join(app, 'dist');
const stamp = join(built, '.sources');

/** Builds `apps/web/dist`, quietly, if it is not what the sources would give. Ends the process when that fails. */
export async function ensureBuilt() {
  if (isBuilt()) return;
  await withLock('build', async () => {
    const sources = fingerprint();
    if (isBuilt(sources)) return;
    process.stderr.write('Building the web app ...\n');
    // Beside the served folder and then swapped: a running server never serves half a build.
    const fresh = join(app, 'node_modules', '.dist-new');
    const args = [
      join(app, 'node_modules', 'vite', 'bin', 'vite.js'),
      'build',
      '--logLevel',
      'warn',
      '--outDir',
      fresh,
      '--emptyOutDir',
    ];
    const code = await exitCode(spawnNode(args, { cwd: app, stdio: ['ignore', 2, 2] }));
    if (code !== 0) {
      process.stderr.write('The web app could not be built (see above).\n');
      process.exit(1);
    }
    writeFileSync(join(fresh, '.sources'), sources);
    const former = join(app, 'node_modules', '.dist-former');
    rmSync(former, { recursive: true, force: true });
    if (existsSync(built)) renameSync(built, former);
    renameSync(fresh, built);
    rmSync(former, { recursive: true, force: true });
  });
}

function isBuilt(sources = fingerprint()) {
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
}

function fingerprint() {
  const configuration = ['index.html', 'package.json', 'tsconfig.json', 'vite.config.ts'].map(
    (name) => join(app, name),
  );
  const shared = ['pnpm-lock.yaml', 'tsconfig.base.json'].map((name) => join(root, name));
  const folders = [
    join(app, 'src'),
    join(app, 'public'),
    join(root, 'packages', 'contract', 'src'),
  ];
  return addFiles(createHash('sha256'), [
    ...shared,
    ...configuration,
    ...folders.flatMap(listFiles),
  ]).digest('hex');
}

function listFiles(folder) {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name));
  // parentPath is not in Node 20.11 and older, which cannot run this product anyway.
  return files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
}
