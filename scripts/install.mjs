/**
 * @file Makes a fresh checkout runnable: installs the dependencies (the pinned Node 24 is one of them) when they are
 * missing or no longer those of the lock file. Runs on the machine's own Node, so it uses nothing but Node.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { delimiter, dirname, join, relative } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

/** The checkout. */
export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The pinned Node. There once `ensureInstalled` has resolved. */
export const node24 = join(root, 'node_modules', '.bin', 'node');

const stamp = join(root, 'node_modules', '.dropsafe-installed');

/** Our environment with the pinned Node and the tools of the checkout first on the PATH. */
export function environment(extra = {}) {
  const path = join(root, 'node_modules', '.bin') + delimiter + (process.env.PATH ?? '');
  return { ...process.env, PATH: path, ...extra };
}

/** Starts the pinned Node in the checkout. Options as for `spawn`; `env` is added to ours. Gives the child process. */
export function spawnNode(args, options = {}) {
  return spawn(node24, args, {
    cwd: root,
    stdio: 'inherit',
    ...options,
    env: environment(options.env),
  });
}

/** Runs the pinned Node and resolves with its exit code, or 128 and the signal's number as a shell would tell. */
export function runNode(args, options = {}) {
  return exitCode(spawnNode(args, options));
}

/** Resolves with the exit code of a child process. */
export function exitCode(child) {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });
}

/**
 * Calls `end` when the npm that started us is gone: npm hands a signal on to its shell, and the shell dies of it without
 * handing it on to us. Without npm nothing is watched, so that a launcher can be left running in the background.
 */
export function whenParentIsGone(end) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 250).unref();
}

/** Installs what is missing; does nothing when nothing is. Ends the process with a message when it fails. */
export async function ensureInstalled() {
  if (isInstalled()) return;
  await withLock('install', async () => {
    // Another process may have done it while we waited.
    if (isInstalled()) return;
    process.stderr.write('Installing dependencies (first start, or they have changed) ...\n');
    rmSync(stamp, { force: true });
    const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const result = await runQuietly(
      'npx',
      ['--yes', packageManager, 'install', '--frozen-lockfile'],
      pnpmEnvironment,
    );
    if (result.code !== 0 || !hasNode24()) {
      process.stderr.write(
        `${result.output}\nThe dependencies could not be installed (see above). Is the package registry reachable?\n`,
      );
      process.exit(1);
    }
    writeFileSync(stamp, fingerprint());
  });
}

/**
 * CI: pnpm asks nothing, which it otherwise does before it replaces a node_modules of another tool. pm_on_fail: npx has
 * fetched the pinned pnpm already, and looking after its own version too it would want a lock file that names it.
 */
const pnpmEnvironment = { CI: 'true', pnpm_config_pm_on_fail: 'ignore' };

function isInstalled() {
  return existsSync(node24) && existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint();
}

function hasNode24() {
  // There is no output at all when there is no such program.
  const { status, stdout } = spawnSync(node24, ['--version'], { encoding: 'utf8' });
  return status === 0 && stdout.startsWith('v24.');
}

/** Changes when an install is due: other dependencies, or another machine that shares the folder. */
function fingerprint() {
  const members = ['apps', 'packages'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((name) => join(folder, name)),
  );
  const manifests = ['.', 'e2e', ...members].map((folder) => join(root, folder, 'package.json'));
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  return addFiles(hash, [
    join(root, 'pnpm-lock.yaml'),
    join(root, 'pnpm-workspace.yaml'),
    ...manifests,
  ]).digest('hex');
}

/** Adds names and content of those files that exist. */
export function addFiles(hash, paths) {
  for (const path of paths) {
    if (!existsSync(path)) continue;
    const content = readFileSync(path);
    hash.update(`${relative(root, path)} ${content.length}\n`).update(content);
  }
  return hash;
}

/** Runs a command and keeps its output back, to be shown when it fails. */
export function runQuietly(command, args, env = {}, timeoutMs = 0) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (error) => resolve({ code: 1, output: `${command}: ${error.message}` }));
    child.once('close', (code) => resolve({ code: code ?? 1, output }));
  });
}

/**
 * Runs `work` while no other process of this checkout runs work of the same name. The lock is a file with the owner's
 * PID; one whose owner is gone does not count, nor one that is older than any work takes.
 */
export async function withLock(name, work) {
  const path = join(root, 'node_modules', `.dropsafe-${name}.lock`);
  mkdirSync(dirname(path), { recursive: true });
  for (let round = 0; !(await takeLock(path)); round += 1) {
    if (round === 5)
      process.stderr.write(
        `Waiting for process ${readOwner(path)}, which does the same (${name}) ...\n`,
      );
    await wait(200);
  }
  const release = () => {
    if (readOwner(path) === process.pid) rmSync(path, { force: true });
  };
  process.once('exit', release);
  try {
    return await work();
  } finally {
    process.removeListener('exit', release);
    release();
  }
}

/** Milliseconds. Longer than an install on a slow line. */
const oldestLockMs = 20 * 60_000;

async function takeLock(path) {
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, String(process.pid));
  try {
    // A link appears with its content, or not at all.
    linkSync(draft, path);
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (!isHeld(path)) rmSync(path, { force: true });
    return false;
  } finally {
    rmSync(draft, { force: true });
  }
  // Another process that has just found the former lock stale may have removed ours in its place.
  await wait(50);
  return readOwner(path) === process.pid;
}

function isHeld(path) {
  try {
    const owner = readOwner(path);
    return (
      owner !== undefined && Date.now() - statSync(path).mtimeMs < oldestLockMs && isAlive(owner)
    );
  } catch {
    return false;
  }
}

function readOwner(path) {
  try {
    return Number(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
