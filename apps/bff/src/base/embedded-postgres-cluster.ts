/**
 * @file The folders of a data directory: `keys/` (for the user who runs Dropsafe), `postgres/` (the cluster, for the
 * server's user) and how a cluster comes to be. A cluster that should be there and is not is an error with words, never
 * a new and empty one.
 *
 * What a kill leaves behind is told apart by the order of steps: (1) `<cluster>.new-…`, (2) the password, (3) initdb
 * into (1), (4) rename. So a password without a cluster is an interrupted first start while (1) is there, and a lost
 * cluster when it is not.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  chown,
  link,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  statfs,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import {
  asUser,
  canEnter,
  chooseServerUser,
  providePrograms,
  type ServerUser,
  sharedRoot,
} from './embedded-postgres-programs.ts';
import type { Cluster, ServerLog } from './embedded-postgres-process.ts';
import { StartError } from './start-error.ts';

/** The version of PostgreSQL that the programs have: clusters of another one need a migration of their own. */
const majorVersion = '18';

/** In a cluster outside of its data directory: the path of that data directory. */
const markerName = 'dropsafe-data-directory';

type OnEvent = (event: string, fields?: Record<string, string>) => void;

/** Makes the data directory and its `keys` folder, and gives its real path. */
export async function prepareDataDir(dataDir: string): Promise<string> {
  const isRoot = process.getuid?.() === 0;
  const made = await mkdir(dataDir, { recursive: true });
  const real = await realpath(dataDir);
  if (made !== undefined || (await readdir(real)).length === 0) {
    // The server's user must pass through, and nobody needs to list it. A folder that is in use keeps its mode.
    await chmod(real, isRoot ? 0o711 : 0o700);
  }
  await mkdir(join(real, 'keys'), { recursive: true, mode: 0o700 });
  await chmod(join(real, 'keys'), 0o700);
  return real;
}

/** Finds the cluster of a data directory, or makes it. Throws a `StartError`. */
export async function openCluster(
  dataDir: string,
  log: ServerLog,
  isDurable: boolean,
  onEvent: OnEvent,
): Promise<Cluster> {
  const place = await locate(dataDir);
  const user = await userOf(place.folder);
  // First the password, last the cluster: see the order above.
  const hadPassword = (await readPassword(dataDir)) !== undefined;
  const programs = await providePrograms(user, onEvent);
  const folder = place.isNew && !canEnter(user, dataDir) ? outsideFolder(dataDir) : place.folder;
  const wasInterrupted = (await unfinishedClusters(folder)).length > 0;

  if (!(await hasCluster(folder))) {
    if (hadPassword && !wasInterrupted) {
      throw new StartError(
        `The database of ${dataDir} is missing: there is none in ${folder}. Bring it back (a mount, a backup). ` +
          `To begin with an empty one and lose all secrets, move ${dataDir} away.`,
      );
    }
    await makeCluster({ dataDir, folder, user, programs, password: '' }, log, isDurable);
    if (folder !== join(dataDir, 'postgres')) onEvent('postgres.placed-outside', { path: folder });
  } else if (place.isNew && folder !== place.folder && !(await exists(place.folder))) {
    throw new StartError(
      `${folder} holds the database of a data directory that was here before (${dataDir}). ` +
        `Bring that directory back, or, if nothing of it is needed, delete ${folder}.`,
    );
  }
  return checkCluster(dataDir, await realpath(folder), user, programs);
}

/** Removes what interrupted first starts left. For the owner of the cluster only. */
export async function removeUnfinished(cluster: Cluster): Promise<void> {
  for (const path of await unfinishedClusters(cluster.folder))
    await rm(path, { recursive: true, force: true });
}

/** The password of the database of this data directory, if it has one. */
export async function readPassword(dataDir: string): Promise<string | undefined> {
  const text = await readFile(passwordFile(dataDir), 'utf8').catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  return text?.trim();
}

const passwordFile = (dataDir: string) => join(dataDir, 'keys', 'postgres-password');

/** Where the cluster of a data directory is or will be. `isNew` when the data directory holds no sign of one. */
async function locate(dataDir: string): Promise<{ folder: string; isNew: boolean }> {
  const inside = join(dataDir, 'postgres');
  const found = await lstat(inside).catch(() => undefined);
  if (found === undefined) return { folder: inside, isNew: true };
  if (found.isSymbolicLink())
    return { folder: resolve(dataDir, await readlink(inside)), isNew: false };
  if (found.isDirectory()) return { folder: inside, isNew: false };
  throw new StartError(
    `${inside} must be a folder for the database, and is something else. Move it away.`,
  );
}

/** Where a cluster goes whose server's user cannot enter the data directory. */
function outsideFolder(dataDir: string): string {
  const name =
    basename(dataDir)
      .replaceAll(/[^\w-]+/g, '')
      .slice(0, 40) || 'data';
  return join(
    sharedRoot,
    `${name}-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`,
  );
}

/** The user of a cluster is its owner: who starts Dropsafe as root for once changes nothing. */
async function userOf(folder: string): Promise<ServerUser> {
  const chosen = chooseServerUser();
  const owner = await stat(folder).catch(() => undefined);
  if (owner === undefined) return chosen;
  const uid = process.getuid?.();
  if (uid === 0 && owner.uid !== 0)
    return { name: `uid ${owner.uid}`, ids: { uid: owner.uid, gid: owner.gid } };
  if (uid !== 0 && owner.uid !== uid) {
    throw new StartError(
      `The database in ${folder} belongs to another user (uid ${owner.uid}). Start Dropsafe as the user who started it first.`,
    );
  }
  return chosen;
}

async function checkCluster(
  dataDir: string,
  folder: string,
  user: ServerUser,
  programs: Cluster['programs'],
): Promise<Cluster> {
  const version = (await readFile(join(folder, 'PG_VERSION'), 'utf8')).trim();
  if (version !== majorVersion) {
    throw new StartError(
      `The database in ${folder} was made by PostgreSQL ${version.slice(0, 10)}, and this Dropsafe brings PostgreSQL ${majorVersion}. ` +
        'Use the Dropsafe that made it, or move the data with pg_dump.',
    );
  }
  if (process.getuid?.() === 0 && (await stat(folder)).uid === 0) {
    throw new StartError(
      `The database in ${folder} belongs to root, and PostgreSQL does not run as root. Give it to "${user.name}" (chown -R).`,
    );
  }
  // A restored backup often comes with a wider mode, which PostgreSQL refuses.
  await chmod(folder, 0o700);
  if (!canEnter(user, folder)) {
    throw new StartError(
      `The server's user (${user.name}) cannot enter ${folder}. Let it pass through the folders above (chmod o+x).`,
    );
  }
  const password = await readPassword(dataDir);
  if (password === undefined || password === '') {
    throw new StartError(
      `${passwordFile(dataDir)} is missing or empty, and the database cannot be opened without it. Restore it from the backup of the database.`,
    );
  }
  await checkMarker(dataDir, folder);
  return { dataDir, folder, user, programs, password };
}

/** A data directory may be moved and takes its cluster along; a copy of one may not share it. */
async function checkMarker(dataDir: string, folder: string): Promise<void> {
  const marker = join(folder, markerName);
  const named = (await readFile(marker, 'utf8').catch(() => dataDir)).trim();
  if (named === dataDir) return;
  if ((await realpath(join(named, 'postgres')).catch(() => undefined)) === folder) {
    throw new StartError(
      `The database in ${folder} belongs to the data directory ${named}, not to ${dataDir}. Use one of the two data directories, and move the other away.`,
    );
  }
  await writeDurably(marker, `${dataDir}\n`, await stat(folder));
}

async function makeCluster(cluster: Cluster, log: ServerLog, isDurable: boolean): Promise<void> {
  const { dataDir, folder, user } = cluster;
  const isOutside = folder === outsideFolder(dataDir);
  if (isOutside) {
    await mkdir(sharedRoot, { recursive: true });
    await chmod(sharedRoot, 0o755);
  }
  if ((await readdir(folder).catch(() => [])).length > 0) {
    throw new StartError(`${folder} is not empty and holds no database. Move its content away.`);
  }
  const unfinished = await mkdtemp(`${folder}.new-`);
  try {
    if (user.ids !== undefined) await chown(unfinished, user.ids.uid, user.ids.gid);
    await syncFolder(dirname(folder));
    if (isOutside) {
      await symlink(folder, join(dataDir, 'postgres')).catch(unless('EEXIST'));
      await syncFolder(dataDir);
    }
    const password = await makePassword(dataDir);
    if (!(await runInitdb({ ...cluster, password }, unfinished, log, isDurable))) {
      // Unless another start was quicker, and removed ours.
      if (await hasCluster(folder)) return;
      throw new StartError(
        `The database could not be made in ${folder}. PostgreSQL's own words are at the end of ${log.path}.`,
      );
    }
    if (isOutside) {
      await writeDurably(join(unfinished, markerName), `${dataDir}\n`, await stat(unfinished));
    }
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another start was quicker, and may have removed ours.
      if (!(await hasCluster(folder))) throw error;
    });
    await syncFolder(dirname(folder));
  } finally {
    // The folder itself stays as a sign that the first start was interrupted; the owner of the cluster removes it.
    for (const name of await readdir(unfinished).catch(() => [])) {
      await rm(join(unfinished, name), { recursive: true, force: true });
    }
  }
}

async function runInitdb(
  cluster: Cluster,
  folder: string,
  log: ServerLog,
  isDurable: boolean,
): Promise<boolean> {
  const wrote = log.mark();
  const flags = [
    '--username=dropsafe',
    '--auth=scram-sha-256',
    '--pwfile=/dev/stdin',
    '--encoding=UTF8',
    '--locale=C',
    // Letters of all languages have lower and upper case, the same on every system.
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--data-checksums',
    '--no-instructions',
    ...(isDurable ? [] : ['--no-sync']),
  ];
  // Through `cat`, because what Node gives as standard input is a socket, which cannot be opened by the name /dev/stdin.
  const child = spawn(
    '/bin/sh',
    ['-c', 'umask 077; cat | "$@"', 'sh', cluster.programs.initdb, '-D', folder, ...flags],
    {
      ...asUser(cluster.user),
      stdio: ['pipe', log.fd, log.fd],
    },
  );
  child.stdin?.on('error', () => {});
  child.stdin?.end(`${cluster.password}\n`);
  const [code] = await once(child, 'exit');
  if (code !== 0 && (await ranOutOfDisk(cluster, wrote))) throw diskFull(cluster.dataDir);
  return code === 0;
}

/**
 * Whether a server or its making failed for want of room: it wrote so, or there is not even room for these words (its
 * log stands on the same disk).
 */
export async function ranOutOfDisk(
  { dataDir }: Cluster,
  wrote: (pattern: RegExp) => boolean,
): Promise<boolean> {
  if (wrote(/No space left on device|Disk quota exceeded/)) return true;
  const { bavail, bsize } = await statfs(dataDir);
  return bavail * bsize < 64 * 1024;
}

/** For the operator: there is no room. */
export function diskFull(path: string): StartError {
  return new StartError(
    `The disk is full: the database in ${path} cannot start. Make room, then start again. What was stored is safe.`,
  );
}

/** Two first starts at the same time get the same password: the one that was there first. */
async function makePassword(dataDir: string): Promise<string> {
  const path = passwordFile(dataDir);
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    await writeDurably(draft, `${randomBytes(32).toString('base64url')}\n`);
    await link(draft, path).catch(unless('EEXIST'));
    await syncFolder(dirname(path));
  } finally {
    await rm(draft, { force: true });
  }
  return (await readPassword(dataDir)) ?? '';
}

async function writeDurably(
  path: string,
  content: string,
  owner?: { uid: number; gid: number },
): Promise<void> {
  const file = await open(path, 'w', 0o600);
  try {
    await file.writeFile(content);
    if (owner !== undefined && process.getuid?.() === 0) await file.chown(owner.uid, owner.gid);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function unfinishedClusters(folder: string): Promise<string[]> {
  const names = await readdir(dirname(folder)).catch(() => []);
  return names
    .filter((name) => name.startsWith(`${basename(folder)}.new-`))
    .map((name) => join(dirname(folder), name));
}

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );
const hasCluster = (folder: string) => exists(join(folder, 'PG_VERSION'));

function unless(...codes: string[]): (error: unknown) => void {
  return (error) => {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
  };
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

/** Turns what the file system says into the operator's words. */
export function explain(error: unknown, dataDir: string): unknown {
  const code = codeOf(error);
  if (error instanceof StartError || code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return diskFull(dataDir);
  if (['EACCES', 'EPERM', 'EROFS'].includes(code)) {
    return new StartError(
      `The data directory ${dataDir} is not writable for this user. Change its owner or mode, or set DROPSAFE_DATA_DIR to another one.`,
      { cause: error },
    );
  }
  if (['ENOTDIR', 'EEXIST', 'ELOOP'].includes(code)) {
    return new StartError(
      `The data directory ${dataDir} cannot be made: a file is in its place. Move it away, or set DROPSAFE_DATA_DIR to another path.`,
      { cause: error },
    );
  }
  return error;
}
