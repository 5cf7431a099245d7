/**
 * @file The embedded server as a process: its settings, the guard it runs under, and how to tell a live server of a
 * cluster from a PID file that was left behind (a PID alone proves nothing: after a restart, and in containers always,
 * it may belong to somebody else).
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  fchownSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
} from 'node:fs';
import { readFile, readlink, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { asUser, type Programs, type ServerUser } from './embedded-postgres-programs.ts';
import { StartError } from './start-error.ts';

/** The cluster of a data directory, and what is needed to run it. */
export interface Cluster {
  /** `DROPSAFE_DATA_DIR`, as it really is (no links). */
  dataDir: string;
  /** PostgreSQL's own folder, as it really is. */
  folder: string;
  user: ServerUser;
  programs: Programs;
  password: string;
}

/** Folders of sockets carry this name, so that a later start may remove one that was left behind. */
export const socketFolderPrefix = 'dropsafe-pg-';

/** Part of the socket's file name only: the server listens on no network. */
export const defaultPort = 5432;

/** Sizes fit a small machine: the server with 100 000 secrets stays near 150 MB. Nothing is traded against durability. */
function settings(sockets: string): Record<string, string> {
  return {
    listen_addresses: '',
    port: String(defaultPort),
    unix_socket_directories: sockets,
    unix_socket_permissions: '0700',
    password_encryption: 'scram-sha-256',
    // Whose server this is: a later start reads it from the command line.
    'dropsafe.owner': String(process.pid),

    fsync: 'on',
    full_page_writes: 'on',
    synchronous_commit: 'on',
    // After a kill, at most this much is replayed: a start stays quick.
    max_wal_size: '256MB',

    max_connections: '40',
    shared_buffers: '64MB',
    huge_pages: 'off',
    io_method: 'sync',
    jit: 'off',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    idle_in_transaction_session_timeout: '60s',

    // Errors and statements repeat what they were given, so neither is logged; the client gets the error anyway.
    log_min_messages: 'log',
    log_min_error_statement: 'panic',
    log_error_verbosity: 'terse',
    log_statement: 'none',
    log_min_duration_statement: '-1',
    log_parameter_max_length: '0',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    TimeZone: 'UTC',
    lc_messages: 'C',
  };
}

/**
 * The server's parent. It shares nothing with our terminal, so Ctrl-C does not reach the server, and it reads a pipe
 * that we hold: when we end, however that may be, the pipe closes and the guard shuts the server down (fast, and after
 * ten seconds at once, which costs a recovery and loses nothing). It repeats the signal, as a server that has only just
 * been started ignores it. The folder of the socket goes only when it is empty: we may have started a new server there.
 * `sleep 0.1` is not POSIX, but all systems with programs for us have it.
 */
const guardScript = `
exec 3<&0 </dev/null
umask 077
ulimit -c 0 2>/dev/null
sockets=$1
shift
"$@" 3<&- &
server=$!
ending=
trap 'ending=yes' TERM
(
  trap - TERM
  read -r line <&3
  kill -TERM $$ 2>/dev/null
  times=0
  while kill -0 "$server" 2>/dev/null && [ $times -lt 400 ]; do
    if [ $times -lt 100 ]; then kill -INT "$server"; else kill -QUIT "$server"; fi
    times=$((times + 1))
    sleep 0.1
  done
  rmdir "$sockets"
) 2>/dev/null &
watcher=$!
exec 3<&-
while kill -0 "$server" 2>/dev/null; do
  wait "$server"
  status=$?
done
if [ -n "$ending" ]; then wait "$watcher"; else kill "$watcher" 2>/dev/null; fi
exit "$status"
`;

/** A server that was started under a guard. */
export interface GuardedServer {
  /** Resolves when server and guard are gone. */
  ended: Promise<void>;
  hasEnded(): boolean;
  /** Shuts the server down. */
  end(): Promise<void>;
}

/** Starts the server under a guard of its own. Whether it comes up is the caller's to find out. */
export function startGuarded(
  cluster: Cluster,
  sockets: string,
  log: ServerLog,
  overrides: Record<string, string>,
): GuardedServer {
  const flags = Object.entries({ ...settings(sockets), ...overrides }).flatMap(([name, value]) => [
    '-c',
    `${name}=${value}`,
  ]);
  const guard: ChildProcess = spawn(
    '/bin/sh',
    [
      '-c',
      guardScript,
      'dropsafe-guard',
      sockets,
      cluster.programs.postgres,
      '-D',
      cluster.folder,
      ...flags,
    ],
    { ...asUser(cluster.user), detached: true, stdio: ['pipe', log.fd, log.fd] },
  );
  let over = false;
  const ended = new Promise<void>((resolve) => {
    const finish = () => {
      over = true;
      // When only the guard was killed, its helper still reads the pipe, and ends the server now.
      guard.stdin?.destroy();
      resolve();
    };
    guard.once('exit', finish);
    guard.once('error', finish);
  });
  guard.stdin?.on('error', () => {});
  return {
    ended,
    hasEnded: () => over,
    end: () => {
      guard.stdin?.destroy();
      return ended;
    },
  };
}

// --- what the PID file says ---

/** A live server of a cluster. */
export interface LiveServer {
  pid: number;
  sockets: string;
  port: number;
  /** PID of the Dropsafe that started it. */
  owner: number | undefined;
}

/** The live server of this cluster, if there is one. [Format of postmaster.pid](https://www.postgresql.org/docs/18/storage-file-layout.html) */
export async function findLiveServer(folder: string): Promise<LiveServer | undefined> {
  const [pid, , , portText, sockets] = await readPidFile(folder);
  const id = Number(pid);
  if (!(Number.isSafeInteger(id) && id > 1)) return undefined;
  const command = await commandOf(id);
  if (command === undefined || !(await isServerOf(id, command, folder))) return undefined;
  const owner = / dropsafe\.owner=(\d+) /.exec(`${command} `)?.[1];
  return {
    pid: id,
    sockets: sockets ?? '',
    port: Number(portText),
    owner: owner === undefined ? undefined : Number(owner),
  };
}

/**
 * Removes what a killed server left: a PID file whose PID now belongs to somebody else (PostgreSQL would believe it;
 * it handles those of nobody itself), and its folder of sockets. Does
 * nothing while a server of this cluster lives.
 */
export async function removeRemains(folder: string): Promise<void> {
  const lines = await readPidFile(folder);
  if ((await findLiveServer(folder)) !== undefined) return;
  // Read again: another start may just have written its own.
  if (isAlive(Number(lines[0])) && (await readPidFile(folder)).join() === lines.join()) {
    await rm(join(folder, 'postmaster.pid'), { force: true });
  }
  await removeSocketFolder(lines[4] ?? '');
}

/** Removes a folder of sockets, if it is one by its name. */
export async function removeSocketFolder(path: string): Promise<void> {
  if (!basename(path).startsWith(socketFolderPrefix)) return;
  await rm(path, { recursive: true, force: true });
}

async function readPidFile(folder: string): Promise<string[]> {
  const text = await readFile(join(folder, 'postmaster.pid'), 'utf8').catch(() => '');
  return text.split('\n').map((line) => line.trim());
}

async function commandOf(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined))?.replaceAll(
      '\0',
      ' ',
    );
  }
  const shown = await promisify(execFile)('ps', ['-ww', '-o', 'command=', '-p', String(pid)]).catch(
    () => undefined,
  );
  return shown?.stdout;
}

async function isServerOf(pid: number, command: string, folder: string): Promise<boolean> {
  // The guard's command line ends with the same words.
  if (command.startsWith('/bin/sh ')) return false;
  if (command.includes(`postgres -D ${folder} `)) return true;
  // Started by hand in another manner, it works inside its folder all the same. Its children are called "postgres: …".
  const where = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  return where === folder && /postgres(?!:)/.test(command);
}

/** True when a process of this PID exists and is not just waiting to be buried. */
export function isAlive(pid: number): boolean {
  if (!(Number.isSafeInteger(pid) && pid > 0)) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return !isZombie(pid);
}

function isZombie(pid: number): boolean {
  try {
    const fd = openSync(`/proc/${pid}/stat`, 'r');
    try {
      const bytes = Buffer.alloc(512);
      // The state follows the name, which is in parentheses and may hold anything.
      return bytes
        .toString('latin1', 0, readSync(fd, bytes))
        .replace(/^.*\)/s, '')
        .startsWith(' Z');
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}

/** Ends a server that has no guard: fast, after 30 s at once. Throws a `StartError` when it does not end. */
export async function endServer(folder: string, pid: number): Promise<void> {
  for (const [signal, seconds] of [
    ['SIGINT', 30],
    ['SIGQUIT', 15],
  ] as const) {
    for (const end = Date.now() + seconds * 1_000; Date.now() < end; await wait(50)) {
      if ((await findLiveServer(folder))?.pid !== pid) return;
      try {
        process.kill(pid, signal);
      } catch {
        return;
      }
    }
  }
  throw new StartError(
    `The database server of a former run (process ${pid}) does not end. End it, then start again.`,
  );
}

// --- what the server writes ---

/** The server's own log: a file beside the cluster, for people; nothing of it reaches our log. */
export interface ServerLog {
  path: string;
  fd: number;
  /** Marks this moment; the function tells whether the server has since written something that matches. */
  mark(): (pattern: RegExp) => boolean;
  close(): void;
}

/** Bytes. The log and its predecessor together take twice this much at most, and a minute's worth. */
const logLimit = 5 * 1024 * 1024;

/** Opens the server's log, making room when it has grown large, now and once a minute. */
export async function openServerLog(dataDir: string): Promise<ServerLog> {
  const path = join(dataDir, 'postgres.log');
  const fd = openSync(path, 'a+', 0o600);
  if (process.getuid?.() === 0) {
    // Root may run the data directory of an ordinary user for once; that user must be able to go on.
    const owner = await stat(dataDir);
    fchownSync(fd, owner.uid, owner.gid);
  }
  const trim = () => {
    if (fstatSync(fd).size <= logLimit) return;
    try {
      copyFileSync(path, `${path}.1`);
    } catch {
      // A full disk, perhaps: then all the more.
    }
    // The server appends, so it goes on at the new end.
    ftruncateSync(fd);
  };
  trim();
  const timer = setInterval(trim, 60_000).unref();
  return {
    path,
    fd,
    mark: () => {
      const from = fstatSync(fd).size;
      return (pattern) => {
        const bytes = Buffer.alloc(64 * 1024);
        return pattern.test(bytes.toString('utf8', 0, readSync(fd, bytes, 0, bytes.length, from)));
      };
    },
    close: () => {
      clearInterval(timer);
      closeSync(fd);
    },
  };
}
