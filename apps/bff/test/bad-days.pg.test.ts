/**
 * @file Bad days, with real nodes as processes of their own: a wrong keyset, a full disk, tables of another version, starts
 * and signals at the wrong moment. Each has a clear answer and loses nothing. Those of the database: bad-database.pg.test.ts.
 */
import { chmod, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseLine } from '../src/audit/export.ts';
import { systemCaller } from '../src/base/caller.ts';
import {
  beginBadDay,
  create,
  problemOf,
  requestsOf,
  statusOf,
  unavailable,
  type BadDay,
  type Values,
} from '../testkit/bad-day.ts';
import { newCanary, type Leak } from '../testkit/canary.ts';
import { createClient } from '../testkit/client.ts';
import { nodeProgram, openOperator, usualEnv } from '../testkit/node.ts';
import { connectBeside, connectTo, readStored } from '../testkit/opened.ts';
import { findFreePort } from '../testkit/postgres.ts';
import { listeningPorts, processesOf, runProgram } from '../testkit/processes.ts';
import { canMount, mountSmallDisk } from '../testkit/small-disk.ts';
import { until } from '../testkit/until.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const leaks: Leak[] = [];
let day: BadDay;

beforeEach(async () => {
  day = await beginBadDay(leaks);
});
afterEach(() => day.end());

// --- helpers ---

/** Reads what is stored past the node that runs on the embedded server. */
async function readValues(): Promise<Values> {
  const sql = await connectBeside(day.dataDir);
  try {
    const { secrets } = await readStored(sql, day.keysetFile);
    return new Map([...secrets.values()].map(({ name, value }) => [name, value]));
  } finally {
    await sql.end();
  }
}

/** Runs one query on a database. */
async function query(url: string, text: string): Promise<object[]> {
  const sql = connectTo(url);
  try {
    return [...(await sql.unsafe(text))];
  } finally {
    await sql.end();
  }
}

/** Keeps everybody from a table; answers what lets them in again. */
async function holdTable(url: string, table: string): Promise<() => Promise<void>> {
  const sql = connectTo(url);
  const held = await sql.reserve();
  await held.unsafe(`begin; lock table ${table}`);
  return () => sql.end({ timeout: 0 });
}

// --- the keyset ---

describe('with a keyset that', () => {
  /** A key of 32 bytes that is not the right one. */
  const otherKey = Buffer.alloc(32, 7).toString('base64url');
  const keysetOf = (id: string) =>
    JSON.stringify({ primary: id, keys: [{ kty: 'oct', kid: id, k: otherKey }] });

  test('is not the right one, the start is refused with its name, and nothing is changed', async () => {
    const url = await day.newDatabase();
    const env = { DATABASE_URL: url };
    const node = await day.start(env);
    expect((await create(await day.signIn(node), 'kept')).status).toBe(201);
    await node.end();
    const right = await readFile(day.keysetFile, 'utf8');
    const id: string = JSON.parse(right).primary;

    const cases: [what: string, text: string | undefined, mode: number, message: string][] = [
      [
        'another key of the same id',
        keysetOf(id),
        0o600,
        `The key ${id} in the keyset is not the one that this database was written with.`,
      ],
      [
        'no such key',
        keysetOf('other'),
        0o600,
        `The keyset has no key ${id}, which this database needs.`,
      ],
      [
        'no file',
        undefined,
        0o600,
        `The keyset file ${day.keysetFile} is missing, but this database needs the key ${id}.`,
      ],
      [
        'a file that others can read',
        right,
        0o644,
        `The keyset file ${day.keysetFile} can be read by others. Run: chmod 600 ${day.keysetFile}`,
      ],
      [
        'half a file',
        right.slice(0, right.length / 2) + newCanary(),
        0o600,
        `The keyset in ${day.keysetFile} cannot be used: it is not JSON.`,
      ],
      [
        'an empty file',
        '',
        0o600,
        `The keyset in ${day.keysetFile} cannot be used: it is not JSON.`,
      ],
      [
        'a short key',
        right.replace(/"k": ".{6}/, '"k": "'),
        0o600,
        `The keyset in ${day.keysetFile} cannot be used: it must be`,
      ],
    ];
    const before = await everything(url);
    for (const [what, text, mode, message] of cases) {
      await rm(day.keysetFile);
      if (text !== undefined) {
        await writeFile(day.keysetFile, text);
        await chmod(day.keysetFile, mode);
      }
      const files = await contentOf(dirname(day.keysetFile));
      const { stderr } = await day.startInVain(env);
      expect(`${what}: ${stderr}`).toContain(message);
      const after = {
        tables: await everything(url),
        files: await contentOf(dirname(day.keysetFile)),
      };
      expect({ what, ...after }).toEqual({ what, tables: before, files });
      await writeFile(day.keysetFile, right, { mode: 0o600 });
      await chmod(day.keysetFile, 0o600);
    }

    const again = await day.signIn(await day.start(env));
    expect((await again.send('PATCH', '/secrets/kept', { destinations: [] })).status).toBe(200);
  });

  test('is wrong beside the embedded database, no server is left running', async () => {
    const node = await day.start();
    await node.end();
    await rename(day.keysetFile, `${day.keysetFile}.away`);
    expect((await day.startInVain()).stderr).toContain(
      `The keyset file ${day.keysetFile} is missing`,
    );
    expect(processesOf(day.dataDir)).toEqual([]);
    expect(await readdir(dirname(day.keysetFile))).not.toContain('keyset.json');
  });

  test('comes from the environment and is wrong, the start is refused without repeating it', async () => {
    const url = await day.newDatabase();
    const node = await day.start({ DATABASE_URL: url });
    await node.end();
    const { stderr } = await day.startInVain({
      DATABASE_URL: url,
      DROPSAFE_KEYSET: `{"primary": "${newCanary()}"`,
    });
    expect(stderr).toContain('The keyset in DROPSAFE_KEYSET cannot be used: it is not JSON.');
    const other = await day.startInVain({ DATABASE_URL: url, DROPSAFE_KEYSET: keysetOf('other') });
    expect(other.stderr).toMatch(/The keyset has no key kek-[\w-]+, which this database needs\./);
    expect(other.output).not.toContain(otherKey);
  });

  /** All rows that a start could touch. */
  async function everything(url: string): Promise<object> {
    return {
      keks: await query(url, 'select * from keks order by id'),
      secrets: await query(url, 'select * from secrets order by id'),
      users: await query(url, 'select * from users order by id'),
      events: await query(url, 'select count(*) from audit_events'),
      migrations: await query(url, 'select * from drizzle.__drizzle_migrations'),
    };
  }

  async function contentOf(folder: string): Promise<object> {
    const names = (await readdir(folder)).toSorted();
    return Object.fromEntries(
      await Promise.all(
        names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')]),
      ),
    );
  }
});

// --- starts ---

describe('a start', () => {
  test('on a data directory that is in use is refused, and the first node is not disturbed', async () => {
    const node = await day.start();
    const client = await day.signIn(node);
    const { stderr } = await day.startInVain();
    expect(stderr).toContain(
      `The data directory ${day.dataDir} is already in use by another Dropsafe (process ${node.process.pid}).`,
    );
    expect((await create(client, 'still-works')).status).toBe(201);
  });

  test('on tables of a newer version is refused', async () => {
    const url = await day.newDatabase();
    await (await day.start({ DATABASE_URL: url })).end();
    await query(
      url,
      `insert into drizzle.__drizzle_migrations (hash, created_at) values ('newer', ${Date.now()})`,
    );
    const { stderr } = await day.startInVain({ DATABASE_URL: url });
    expect(stderr).toContain('The tables are of a newer version of Dropsafe.');
  });

  test('of three nodes at once on an empty database makes one safe', async () => {
    const url = await day.newDatabase();
    const nodes = await Promise.all([1, 2, 3].map(() => day.start({ DATABASE_URL: url })));
    const clients = await Promise.all(nodes.map((node) => day.signIn(node)));
    for (const [index, client] of clients.entries()) {
      expect((await create(client, `from-${index}`)).status).toBe(201);
      // Narrowing opens what was sealed elsewhere.
      const other = clients[(index + 1) % clients.length] ?? client;
      expect(
        (
          await other.send('PATCH', `/secrets/from-${index}`, {
            value: newCanary(),
            destinations: ['https://a.example'],
          })
        ).status,
      ).toBe(200);
      expect(
        (await client.send('PATCH', `/secrets/from-${index}`, { destinations: [] })).status,
      ).toBe(200);
    }
    expect(
      await query(
        url,
        'select (select count(*)::int from keks) as keks, (select count(*)::int from users) as users',
      ),
    ).toEqual([{ keks: 1, users: 1 }]);
    expect(await readdir(dirname(day.keysetFile))).toEqual(['keyset.json']);
  });

  test('on a port that is in use says so and stops the embedded server again', async () => {
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    day.atEnd(() => occupant.close());
    const { port } = occupant.address() as AddressInfo; // as: a TCP server
    const { stderr } = await day.startInVain({ PORT: String(port) });
    expect(stderr).toContain(
      `The address 127.0.0.1:${port} is already in use; set PORT to another.`,
    );
    expect(processesOf(day.dataDir)).toEqual([]);
  });

  test('that fails, or that nobody read, uses no password up: the next one tells how to sign in', async () => {
    const env = { DATABASE_URL: await day.newDatabase(), DROPSAFE_ADMIN_PASSWORD: '' };
    const hint = 'Nobody has signed in yet.';
    const occupant = createServer();
    await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve));
    day.atEnd(() => occupant.close());
    const { port } = occupant.address() as AddressInfo; // as: a TCP server
    await day.startInVain({ ...env, PORT: String(port) });

    // Nobody is answered before there is a first user: whoever came through an identity provider would be it.
    const url = `http://127.0.0.1:${await findFreePort()}`;
    const release = await holdTable(env.DATABASE_URL, 'users');
    const starting = day.start({ ...env, PORT: new URL(url).port });
    const status = (path: string) => statusOf({ url }, path);
    const ready = await until('it listens', () => status('/readyz').catch(() => undefined));
    expect([ready, await status('/api/v1/session')]).toEqual([503, 503]);
    await release();
    const first = await starting;
    const password = await until(
      'the first password',
      () => /^ {2}Password {2}(\S+)$/m.exec(first.output())?.[1],
    );
    expect(first.output()).not.toContain(hint);
    await first.end('SIGKILL');
    const second = await day.start(env);
    await until('it is ready', () => second.output().includes('Dropsafe is ready'));
    expect(second.output()).toContain(
      `${hint} If the first password was lost, run:\n\n    npx pnpm dropsafe users reset-password admin\n`,
    );
    expect((await createClient(second.url).signIn('admin', password)).status).toBe(200);
    const third = await day.start(env);
    await until('it is ready', () => third.output().includes('Dropsafe is ready'));
    expect(third.output()).not.toContain(hint);

    // A sign-in that was dropped from the trail has been one all the same.
    const operator = await openOperator({ ...env, DROPSAFE_DATA_DIR: day.dataDir });
    const caller = systemCaller('terminal', 'test');
    const pieces = await operator.trail.exportEvents(caller, 'ndjson', {}, async () => {});
    const lines = (await textOf(Readable.from(pieces))).trimEnd().split('\n');
    const exported = Readable.from(lines.map(parseLine));
    expect(await operator.trail.drop(caller, { before: '9999', exported })).toBeGreaterThan(1);
    await operator.close();
    const signIns = await query(
      env.DATABASE_URL,
      "select from audit_events where action = 'session.started'",
    );
    expect(signIns).toEqual([]);
    const fourth = await day.start(env);
    await until('it is ready', () => fourth.output().includes('Dropsafe is ready'));
    expect(fourth.output()).not.toContain(hint);
  });

  test('that is interrupted ends in good order and leaves no server', async () => {
    const program = runProgram(nodeProgram, {
      env: { ...usualEnv(), DROPSAFE_DATA_DIR: day.dataDir },
    });
    day.atEnd(() => program.process.kill('SIGKILL'));
    await until('the server is being started', () => processesOf(day.dataDir).length > 0);
    program.process.kill('SIGTERM');
    const { code, signal, output } = await program.ended;
    expect([code, signal]).toEqual([0, null]);
    expect(output).toContain('node.stopped');
    expect(processesOf(day.dataDir)).toEqual([]);
  });
});

// --- signals ---

describe('a signal', () => {
  test('ends a node that is at work in good order: what was begun is answered, what was answered is there', async () => {
    const values: Values = new Map();
    const halfMade: number[] = [];
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      const node = await day.start();
      const client = await day.signIn(node);
      const work = [1, 2, 3, 4].map(async (lane) => {
        for (let index = 0; ; index += 1) {
          const answer = await create(client, `${name}-${lane}-${index}`, values).catch(
            () => undefined,
          );
          // Refused connections are fine, half-made answers are not.
          if (answer === undefined) return;
          if (answer.status !== 201) halfMade.push(answer.status);
        }
      });
      const before = values.size;
      await until('the clients are at work', () => values.size > before + 20);
      await node.end(name);
      await Promise.all(work);
      expect(node.process.exitCode).toBe(0);
      expect(processesOf(day.dataDir)).toEqual([]);
      expect(halfMade).toEqual([]);
    }
    await day.start();
    const stored = await readValues();
    expect([...values].filter(([name, value]) => stored.get(name) !== value)).toEqual([]);
  });

  test('that opens an inspector elsewhere opens none here', async () => {
    const node = await day.start({ DATABASE_URL: await day.newDatabase() });
    const pid = node.process.pid ?? 0;
    const before = process.platform === 'linux' ? listeningPorts(pid) : [];
    node.process.kill('SIGUSR1');
    await until('the signal has arrived', () => node.output().includes('signal.ignored'));
    expect(node.output()).not.toContain('Debugger listening');
    expect(await statusOf(node, '/readyz')).toBe(200);
    if (process.platform !== 'linux') return;
    expect(before).toEqual([Number(new URL(node.url).port)]);
    expect(listeningPorts(pid)).toEqual(before);
  });
});

// --- a full disk ---

describe.skipIf(!canMount)('a full disk (skipped for ordinary users: mounts a small one)', () => {
  test('refuses changes in clear words, loses nothing, and is forgotten when there is room', async () => {
    const disk = await mountSmallDisk(day.dataDir, 200 * 1024);
    day.atEnd(disk.unmount);
    const node = await day.start();
    const client = await day.signIn(node);
    const keyset = await readFile(day.keysetFile, 'utf8');
    const values: Values = new Map();
    await create(client, 'first', values);
    // What the requests below are about: when the database still reads, its answer is no problem.
    await create(client, 'kept');
    await disk.fill(20 * 1024);
    const refused = await until(
      'a change is refused',
      async () => {
        const answer = await create(client, `secret-${values.size}`, values, 1_000);
        return answer.status !== 201 && answer;
      },
      60,
    );
    const words = [[503, '/problems/storage-full'], unavailable];
    expect(words).toContainEqual(problemOf(refused));
    for (const request of requestsOf(client)) {
      const answer = await request();
      if (answer.status >= 300) expect(words).toContainEqual(problemOf(answer));
    }
    expect(values.size).toBeGreaterThan(5);

    await disk.clear();
    await until(
      'there is room again',
      async () => (await create(client, `after-${Date.now()}`, values)).status === 201,
      60,
    );
    const stored = await readValues();
    expect([...values].filter(([name, value]) => stored.get(name) !== value)).toEqual([]);
    expect(await readFile(day.keysetFile, 'utf8')).toBe(keyset);
    await node.end();
    expect(node.process.exitCode).toBe(0);
  });

  test('on which the first keyset does not fit keeps no half of it, and the next start makes it', async () => {
    const folder = join(day.dataDir, 'small');
    const disk = await mountSmallDisk(folder, 64);
    day.atEnd(disk.unmount);
    await mkdir(join(folder, 'keys'), { mode: 0o700 });
    await disk.fill(0);
    const env = {
      DATABASE_URL: await day.newDatabase(),
      DROPSAFE_KEYSET_FILE: join(folder, 'keys', 'keyset.json'),
    };
    const { stderr } = await day.startInVain(env);
    expect(stderr).toContain(
      `The keyset file ${env.DROPSAFE_KEYSET_FILE} cannot be written: the disk is full.`,
    );
    expect(await readdir(join(folder, 'keys'))).toEqual([]);
    expect(await query(env.DATABASE_URL, 'select * from keks')).toEqual([]);
    await disk.clear();
    await day.start(env);
    expect(await readdir(join(folder, 'keys'))).toEqual(['keyset.json']);
  });
});

test('no value was in an answer, in a log or on a terminal on any of these days', () => {
  expect(leaks).toEqual([]);
});
