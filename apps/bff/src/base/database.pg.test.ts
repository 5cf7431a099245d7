import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { SecretNameSchema } from '@dropsafe/contract/secrets';
import { sql } from 'drizzle-orm';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { newCanary } from '../../testkit/canary.ts';
import { readChain } from '../../testkit/chain.ts';
import { startMortalPostgres } from '../../testkit/mortal-postgres.ts';
import { newDataDir, openOperator, startTestNode } from '../../testkit/node.ts';
import { createTestDatabase } from '../../testkit/postgres.ts';
import { isAlive, signal } from '../../testkit/processes.ts';
import { until } from '../../testkit/until.ts';
import { systemCaller } from './caller.ts';
import { openDatabase, type Database } from './database.ts';
import { Problem } from './problem.ts';
import { Redacted } from './redacted.ts';
import { StartError } from './start-error.ts';

test('connections that die under requests and transactions cost those, and nothing after them', async () => {
  const node = await startTestNode();
  const killer = postgres(node.databaseUrl, { max: 1 });
  const kill = () =>
    killer`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
  try {
    const admin = await node.as('writer', ['SECRET_MANAGEMENT']);
    for (let round = 0; round < 5; round += 1) {
      const underWay = Array.from({ length: 20 }, (_, n) =>
        // Wrong passwords run through the transactions that count attempts.
        n % 2 === 0
          ? node.client().signIn(`nobody-${round}-${n}`, 'wrong')
          : admin.send('POST', '/secrets', { name: `DYING_${round}_${n}`, value: newCanary() }),
      );
      await kill();
      const statuses = (await Promise.all(underWay)).map(({ status }) => status);
      expect(statuses.filter((status) => ![201, 401, 429, 503].includes(status))).toEqual([]);
      // Idle connections that were killed may cost one request each; after that everything works.
      await Promise.all(Array.from({ length: 20 }, () => admin.send('GET', '/session')));
      const after = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          admin.send('POST', '/secrets', { name: `AFTER_${round}_${n}`, value: newCanary() }),
        ),
      );
      expect(after.map(({ status }) => status)).toEqual(after.map(() => 201));
    }
  } finally {
    await killer.end();
    await node.stop();
  }
});

test('a transaction whose connection dies fails, and the pool goes on', async () => {
  const database = await createTestDatabase();
  const opened = await openDatabase(database.url);
  const killer = postgres(database.url, { max: 1 });
  try {
    for (let round = 0; round < 20; round += 1) {
      const dying = opened.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        await killer`select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`;
        await tx.execute(sql`select 2`);
      });
      await expect(dying).rejects.toThrow();
    }
    expect(await opened.isReady()).toBe(true);
  } finally {
    await killer.end();
    await opened.close();
    await database.drop();
  }
});

test.each(['inLine', 'lookUp'] as const)(
  '%s does what is asked for in that order, the next thing sent before the last is answered',
  async (line) => {
    const database = await createTestDatabase();
    const opened = await openDatabase(database.url);
    try {
      const done: number[] = [];
      const ask = (n: number, seconds: number) =>
        opened[line]((on) =>
          on.execute(sql`select pg_backend_pid() as pid, pg_sleep(${seconds})`).then((rows) => {
            done.push(n);
            return rows[0]?.['pid'];
          }),
        );
      const pids = await Promise.all([ask(1, 0.3), ask(2, 0), ask(3, 0)]);
      expect(done).toEqual([1, 2, 3]);
      expect(new Set(pids).size).toBe(1);
    } finally {
      await opened.close();
      await database.drop();
    }
  },
);

test('look-ups are planned once, and not anew for each array that is asked for', async () => {
  const database = await createTestDatabase();
  const { dataDir, remove } = await newDataDir();
  const rooms = await openOperator({ DATABASE_URL: database.url, DROPSAFE_DATA_DIR: dataDir });
  try {
    const caller = systemCaller('terminal', 'test');
    for (const name of ['A', 'B', 'C']) await rooms.secretUses.find(caller, [name]);
    const [planned] = await rooms.database.lookUp((line) =>
      line.execute(sql`select generic_plans::int as once, custom_plans::int as anew
        from pg_prepared_statements where statement like '%from "secrets"%'`),
    );
    // What is not there is looked for twice.
    expect(planned).toEqual({ once: 6, anew: 0 });
  } finally {
    await rooms.close();
    await database.drop();
    await remove();
  }
});

test('changes on a line that went silent are given up in time, and the next ones go on over another', async () => {
  const server = await startMortalPostgres();
  const { dataDir, remove } = await newDataDir();
  const rooms = await openOperator({ DATABASE_URL: server.url, DROPSAFE_DATA_DIR: dataDir });
  const beside = postgres(server.url, { max: 1, onnotice: () => {} });
  const silenced: number[] = [];
  const create = (name: string) =>
    rooms.secrets
      .create(systemCaller('terminal', 'test'), {
        name: SecretNameSchema.parse(name),
        provider: 'database',
        description: null,
        destinations: [],
        value: new Redacted(Buffer.from(newCanary())),
      })
      .then(
        () => 'created',
        (error: unknown) => (error instanceof Problem ? error.code : String(error)),
      );
  const pidOfLine = async () => {
    const [line] = await beside<{ pid: number }[]>`select pid from pg_stat_activity
      where query like 'with "chain"%'`;
    if (line === undefined) throw new Error('No connection has made a change.');
    return line.pid;
  };
  try {
    // The second one knows where the chain ends, and is the statement alone.
    expect([await create('first'), await create('second')]).toEqual(['created', 'created']);
    silenced.push(await pidOfLine());
    signal(silenced[0], 'SIGSTOP');
    const began = Date.now();
    const asked: Promise<string>[] = [];
    for (const names of [
      ['a1', 'a2', 'a3'],
      ['b1', 'b2'],
      ['c1', 'c2'],
    ]) {
      asked.push(...names.map(create));
      for (let turns = 0; turns < 5; turns += 1) await turn();
    }
    // Two groups were under way, the third one waited.
    expect(await Promise.all(asked)).toEqual([
      ...Array.from({ length: 5 }, () => 'database-unavailable'),
      'created',
      'created',
    ]);
    expect(Date.now() - began).toBeLessThan(11_900);
    signal(silenced.pop(), 'SIGCONT');
    expect(await create('after')).toBe('created');

    const pid = await pidOfLine();
    await beside`select pg_terminate_backend(${pid})`;
    await until('the line is dead', () => !isAlive(pid));
    // One change may still find it dead, as with any connection.
    await until('changes go on', async () => (await create('after-death')) === 'created');

    const { events, faults } = await readChain(beside, join(dataDir, 'keys/keyset.json'));
    expect(faults).toEqual([]);
    const stored = await beside<{ name: string }[]>`select name from secrets order by name`;
    const created = events.filter(({ action }) => action === 'secret.created');
    expect(created.map(({ subject }) => subject).toSorted()).toEqual(
      stored.map(({ name }) => name),
    );
    expect(stored.map(({ name }) => name)).toEqual([
      'after',
      'after-death',
      'c1',
      'c2',
      'first',
      'second',
    ]);
  } finally {
    for (const pid of silenced) signal(pid, 'SIGCONT');
    await rooms.close();
    await beside.end();
    await server.remove();
    await remove();
  }
});

test('a server of before PostgreSQL 15 is refused', async () => {
  const database = await createTestDatabase();
  const beside = postgres(database.url, { max: 1, onnotice: () => {} });
  try {
    // It only says that it is older: a real one is not at hand everywhere.
    await beside.unsafe(`create schema older;
      create function older.current_setting(text) returns text language sql return '140022';
      alter database ${database.name} set search_path = older, pg_catalog`);
    await expect(openDatabase(database.url)).rejects.toThrow(
      new StartError('PostgreSQL 15 or newer is needed.'),
    );
  } finally {
    await beside.end();
    await database.drop();
  }
});

test('a standby is refused, and a primary that became one is not ready', async () => {
  const server = await startMortalPostgres();
  let opened: Database | undefined;
  try {
    opened = await openDatabase(server.url);
    expect(await opened.isReady()).toBe(true);
    await server.stop();
    await writeFile(join(server.folder, 'standby.signal'), '');
    await server.start();
    await expect(openDatabase(server.url)).rejects.toThrow(
      new StartError(
        'The database is a standby, which may be behind. Point DATABASE_URL at the primary.',
      ),
    );
    expect(await opened.isReady()).toBe(false);
  } finally {
    await opened?.close();
    await server.remove();
  }
});
