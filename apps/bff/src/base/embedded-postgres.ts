/**
 * @file The database of a machine that has none: starts a real PostgreSQL in the data directory, keeps it running while
 * this process runs, and leaves none behind. It listens on a local socket only, behind a random password.
 *
 * One process owns a data directory. The proof is a lock inside the database, held by a connection of the owner: it
 * cannot be left behind as a file can. A later start that finds a server without an owner ends it and starts its own.
 */
import { chown, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import {
  diskFull,
  explain,
  openCluster,
  prepareDataDir,
  ranOutOfDisk,
  readPassword,
  removeUnfinished,
} from './embedded-postgres-cluster.ts';
import { canEnter } from './embedded-postgres-programs.ts';
import {
  type Cluster,
  defaultPort,
  endServer,
  findLiveServer,
  type GuardedServer,
  isAlive,
  type LiveServer,
  openServerLog,
  removeRemains,
  removeSocketFolder,
  type ServerLog,
  socketFolderPrefix,
  startGuarded,
} from './embedded-postgres-process.ts';
import { StartError } from './start-error.ts';

/** How to reach the server: the options of the driver. */
export interface PostgresConnection {
  /** Folder of the socket. */
  host: string;
  port: number;
  username: string;
  password: string;
  database: string;
}

/** A running server of our own. */
export interface EmbeddedPostgres {
  connection: PostgresConnection;
  /** Fast shutdown; resolves when the server is gone. */
  stop(): Promise<void>;
}

/** What the server needs from its surroundings. */
export interface EmbeddedPostgresOptions {
  /** `DROPSAFE_DATA_DIR`, absolute. */
  dataDir: string;
  /** Plain facts for the log. */
  onEvent: (event: string, fields?: Record<string, string | number>) => void;
  /** Called once when the data directory has another owner now: this process can serve nothing any more. */
  onLost: (reason: string) => void;
  /** Server settings of a test, over the usual ones. With `fsync: 'off'` the cluster is made without it, too. */
  testSettings?: Record<string, string>;
}

/** Session lock of the owner, in the database `postgres`. The number has no meaning. */
const ownerLock = 7_263_000;

/** Starts the server of this data directory, making what is missing. Throws a `StartError`. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (error) {
    throw explain(error, options.dataDir);
  }
}

/**
 * The server that another process runs in this data directory, for commands beside a running Dropsafe; undefined when
 * none runs. Throws a `StartError` when this user may not read the password.
 */
export async function findRunningEmbeddedPostgres(
  dataDir: string,
): Promise<PostgresConnection | undefined> {
  try {
    const folder = await realpath(join(dataDir, 'postgres')).catch(() => undefined);
    const live = folder === undefined ? undefined : await findLiveServer(folder);
    const password = live === undefined ? undefined : await readPassword(dataDir);
    if (live === undefined || password === undefined) return undefined;
    return connectionTo(live.sockets, live.port, password, 'dropsafe');
  } catch (error) {
    throw explain(error, dataDir);
  }
}

/** What a start works with. */
interface Context {
  options: EmbeddedPostgresOptions;
  cluster: Cluster;
  log: ServerLog;
  /** Folder of the socket: the same as long as this process lives, so that a pool finds a restarted server by itself. */
  sockets: string;
  /** Names the socket's file. */
  port: number;
  /** Aborted by `stop`. */
  stopping: AbortSignal;
}

/** The connection that holds the owner's lock. */
interface Owner {
  sql: postgres.Sql;
  /** Called when the connection has broken, and the lock with it. */
  onBroken: () => void;
}

/** Our running server. */
interface Running {
  server: GuardedServer;
  owner: Owner;
}

/** Why a server that we started did not come up. */
type Failure = 'disk-full' | 'other-server' | 'other-password' | 'unknown';

async function start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const dataDir = await prepareDataDir(options.dataDir);
  const log = await openServerLog(dataDir);
  let sockets: string | undefined;
  const cleanUp = async () => {
    if (sockets !== undefined) await rm(sockets, { recursive: true, force: true });
    log.close();
  };
  try {
    const settings = options.testSettings ?? {};
    const isDurable = settings['fsync'] !== 'off';
    const cluster = await openCluster(dataDir, log, isDurable, options.onEvent);
    sockets = await makeSocketFolder(cluster);
    const stopping = new AbortController();
    const port = Number(settings['port'] ?? defaultPort);
    const context: Context = { options, cluster, log, sockets, port, stopping: stopping.signal };
    const keeper = keepRunning(context, await claim(context));
    await removeUnfinished(cluster);
    const stop = async () => {
      stopping.abort();
      try {
        await keeper.end();
      } finally {
        await cleanUp();
      }
    };
    let stopped: Promise<void> | undefined;
    return {
      connection: connectionTo(sockets, port, cluster.password, 'dropsafe'),
      stop: () => {
        stopped ??= stop();
        return stopped;
      },
    };
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

// --- becoming the owner ---

/** How long somebody else's start or shutdown is waited for. */
const patienceMs = 60_000;

async function claim(context: Context): Promise<Running> {
  const { cluster, log } = context;
  for (const began = Date.now(); ; await wait(100)) {
    const waitedMs = Date.now() - began;
    const live = await findLiveServer(cluster.folder);
    if (live !== undefined) {
      await contend(context, live, waitedMs);
      continue;
    }
    const outcome = await launch(context);
    if (typeof outcome === 'object') return outcome;
    if (outcome === 'disk-full') throw diskFull(cluster.dataDir);
    if (outcome === 'other-password') throw wrongPassword(cluster);
    if (outcome === 'unknown' || waitedMs > patienceMs) {
      throw new StartError(
        `The database server did not start. Its own words are at the end of ${log.path}.`,
      );
    }
  }
}

/**
 * Decides about a server that is there already: has an owner (throws), is about to have one or to end (waits), or was
 * left behind (is ended). Returns when it is time to look again.
 */
async function contend(
  { cluster, options }: Context,
  live: LiveServer,
  waitedMs: number,
): Promise<void> {
  const hasOwnerProcess = live.owner !== undefined && isAlive(live.owner);
  const state = await askForOwner(cluster, live);
  // A killed owner's lock outlives it by a moment, so a lock alone is waited for.
  if (state === 'owned' && (hasOwnerProcess || waitedMs > 10_000)) throw inUse(cluster, live);
  if (state === 'unclear' && hasOwnerProcess && waitedMs > patienceMs) throw inUse(cluster, live);
  // Who has only just started it takes the lock within moments; another process may have got the PID of a former owner.
  const isOrphan =
    state !== 'owned' && (!hasOwnerProcess || (state === 'free' && waitedMs > 5_000));
  if (!isOrphan) return;
  options.onEvent('postgres.orphan-found', { process: live.pid });
  await endServer(cluster.folder, live.pid);
  await removeSocketFolder(live.sockets);
}

async function askForOwner(
  cluster: Cluster,
  live: LiveServer,
): Promise<'owned' | 'free' | 'unclear'> {
  const sql = postgres({
    ...driverOptions,
    ...connectionTo(live.sockets, live.port, cluster.password, 'postgres'),
  });
  try {
    const [row] = await sql<{ owned: boolean }[]>`
      select exists (select from pg_locks where locktype = 'advisory' and objid = ${ownerLock}::bigint::oid) as owned`;
    return row?.owned === true ? 'owned' : 'free';
  } catch (error) {
    if (isWrongPassword(error)) throw wrongPassword(cluster);
    // Starting, shutting down, or out of connections: time will tell.
    return 'unclear';
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** Starts a server and waits until it is ours. A recovery takes as long as it takes; the log says so. */
async function launch(context: Context): Promise<Running | Failure> {
  const { cluster, log, options, port, sockets, stopping } = context;
  await removeRemains(cluster.folder);
  await clearSocketFolder(cluster, sockets);
  const wrote = log.mark();
  const server = startGuarded(cluster, sockets, log, options.testSettings ?? {});
  const owner = openOwner(connectionTo(sockets, port, cluster.password, 'postgres'));
  const began = Date.now();
  let toldAtMs = 0;
  let failure: Failure | undefined;
  while (failure === undefined && !server.hasEnded() && !stopping.aborted) {
    try {
      if (await takeLock(owner.sql)) {
        await makeDatabase(owner.sql);
        return { server, owner };
      }
      failure = 'other-server';
    } catch (error) {
      if (isWrongPassword(error)) failure = 'other-password';
      if (errorCode(error) === '53100') failure = 'disk-full';
    }
    const waitedMs = Date.now() - began;
    if (waitedMs - toldAtMs > 10_000) {
      toldAtMs = waitedMs;
      options.onEvent('postgres.starting', { seconds: Math.round(waitedMs / 1_000) });
    }
    await wait(20);
  }
  await Promise.all([owner.sql.end({ timeout: 0 }), server.end()]);
  if (failure !== undefined) return failure;
  if (await ranOutOfDisk(cluster, wrote)) return 'disk-full';
  return wrote(/"postmaster\.pid" already exists|pre-existing shared memory block/)
    ? 'other-server'
    : 'unknown';
}

async function makeDatabase(sql: postgres.Sql): Promise<void> {
  const found = await sql`select from pg_database where datname = 'dropsafe'`;
  if (found.length === 0) await sql`create database dropsafe`;
}

// --- staying the owner ---

/**
 * Restarts the server whenever it ends without our doing, and takes the lock again when its connection breaks. `end`
 * may be called once `stopping` is aborted; it resolves when no server of ours is left.
 */
function keepRunning(context: Context, first: Running): { end: () => Promise<void> } {
  const { cluster, options, sockets, stopping } = context;
  const asked = new Promise<void>((resolve) => stopping.addEventListener('abort', () => resolve()));
  let isLost = false;
  const isOver = () => isLost || stopping.aborted;
  const lose = () => {
    if (isOver()) return;
    isLost = true;
    options.onLost('Another process has taken over the database of this data directory.');
  };

  const relaunch = async (): Promise<Running | undefined> => {
    for (let attempt = 1; !isOver(); attempt += 1) {
      const live = await findLiveServer(cluster.folder);
      if (live !== undefined && live.sockets !== sockets) lose();
      if (isOver()) break;
      // Ours, without its guard.
      if (live !== undefined) await endServer(cluster.folder, live.pid).catch(() => {});
      const outcome = await launch(context).catch((): Failure => 'unknown');
      if (typeof outcome === 'object') {
        options.onEvent('postgres.back', { attempt });
        return outcome;
      }
      if (!isOver()) options.onEvent('postgres.not-back', { attempt, reason: outcome });
      // However often: a full disk gets room again.
      const pauseMs = Math.min(5_000, 100 * 2 ** Math.min(attempt, 6));
      await wait(pauseMs, undefined, { signal: stopping }).catch(() => {});
    }
    return undefined;
  };

  const supervise = async () => {
    let current = first;
    holdLock(current, isOver, lose);
    for (;;) {
      await Promise.race([current.server.ended, asked]);
      await current.owner.sql.end({ timeout: 0 });
      await current.server.end();
      if (isOver()) break;
      options.onEvent('postgres.gone');
      const next = await relaunch();
      if (next === undefined) break;
      current = next;
      holdLock(current, isOver, lose);
    }
    const live = await findLiveServer(cluster.folder);
    if (live?.sockets === sockets) await endServer(cluster.folder, live.pid);
  };
  const supervised = supervise();
  // Whoever calls `end` sees the failure; nobody may ever call it.
  supervised.catch(() => {});
  return { end: () => supervised };
}

/** Takes the lock again whenever its connection breaks. */
function holdLock(running: Running, isOver: () => boolean, lose: () => void): void {
  let isTaking = false;
  running.owner.onBroken = () => {
    if (isTaking) return;
    isTaking = true;
    void retakeLock(running, isOver, lose).finally(() => {
      isTaking = false;
    });
  };
}

async function retakeLock(
  running: Running,
  isOver: () => boolean,
  lose: () => void,
): Promise<void> {
  for (const began = Date.now(); !isOver() && !running.server.hasEnded(); await wait(100)) {
    const isTaken = await takeLock(running.owner.sql).catch(() => undefined);
    if (isTaken === true) return;
    // Until our broken connection is noticed by the server, it may be ourselves who hold it.
    if (isTaken === false && Date.now() - began > 10_000) return lose();
  }
}

// --- connections ---

/** One connection that lives as long as it is wanted (the driver's default ends it within the hour). */
const driverOptions = {
  max: 1,
  connect_timeout: 5,
  max_lifetime: null,
  backoff: () => 0,
  fetch_types: false,
  onnotice: () => {},
} satisfies postgres.Options<Record<string, never>>;

function openOwner(connection: PostgresConnection): Owner {
  const sql = postgres({
    ...driverOptions,
    ...connection,
    connection: { application_name: 'dropsafe owner' },
    onclose: () => owner.onBroken(),
  });
  const owner: Owner = { sql, onBroken: () => {} };
  return owner;
}

async function takeLock(sql: postgres.Sql): Promise<boolean> {
  const [row] = await sql<
    { taken: boolean }[]
  >`select pg_try_advisory_lock(${ownerLock}::bigint) as taken`;
  return row?.taken === true;
}

function connectionTo(
  host: string,
  portNumber: number,
  password: string,
  database: string,
): PostgresConnection {
  return { host, port: portNumber, username: 'dropsafe', password, database };
}

function errorCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : undefined;
}

const isWrongPassword = (error: unknown) => errorCode(error)?.startsWith('28') === true;

function wrongPassword(cluster: Cluster): StartError {
  return new StartError(
    `The database in ${cluster.folder} does not accept the password in ${join(cluster.dataDir, 'keys', 'postgres-password')}: ` +
      'they do not belong together. Restore both from the same backup.',
  );
}

function inUse(cluster: Cluster, live: LiveServer): StartError {
  const who = live.owner === undefined ? '' : ` (process ${live.owner})`;
  return new StartError(
    `The data directory ${cluster.dataDir} is already in use by another Dropsafe${who}. End that one first, or set DROPSAFE_DATA_DIR to another directory.`,
  );
}

// --- the folder of the socket ---

/** Bytes. The longest path of a socket is 104 on macOS; the rest is the file's name. */
const longestSocketFolder = 104 - '/.s.PGSQL.5432'.length - 1;

/** A short path of our own that the server's user can enter: TMPDIR may be long, or root's private one. */
async function makeSocketFolder(cluster: Cluster): Promise<string> {
  for (const parent of new Set([tmpdir(), '/tmp', '/var/tmp'])) {
    const folder = await mkdtemp(join(parent, socketFolderPrefix)).catch(() => undefined);
    if (folder === undefined) continue;
    if (cluster.user.ids !== undefined)
      await chown(folder, cluster.user.ids.uid, cluster.user.ids.gid);
    if (Buffer.byteLength(folder) <= longestSocketFolder && canEnter(cluster.user, folder))
      return folder;
    await rm(folder, { recursive: true, force: true });
  }
  throw new StartError(
    `There is no temporary folder that the server's user (${cluster.user.name}) can enter. Set TMPDIR to a short path that everybody can enter.`,
  );
}

/** Makes it again when something has cleaned it up, and removes what a killed server left. */
async function clearSocketFolder(cluster: Cluster, folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { mode: 0o700 });
  if (cluster.user.ids !== undefined)
    await chown(folder, cluster.user.ids.uid, cluster.user.ids.gid);
}
