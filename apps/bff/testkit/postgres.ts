/**
 * @file Real PostgreSQL for tests: one server for a whole run, a database for each test file. The server is the
 * embedded one without its durability (a test run survives no power failure), and ends with the process that started
 * it, however that ends. It listens on a port of the loopback, as a `postgres://` URL with a socket means different
 * things to different programs.
 */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import postgres from 'postgres';
import { type PostgresConnection, startEmbeddedPostgres } from '../src/base/embedded-postgres.ts';

/** Name of the environment variable that hands the server's connection to the test workers, as JSON. */
export const testPostgresVariable = 'DROPSAFE_TEST_POSTGRES';

/** A server for tests. */
export interface TestPostgres {
  connection: PostgresConnection;
  stop: () => Promise<void>;
}

/** A database for one test file. */
export interface TestDatabase {
  /** For the driver and for `DATABASE_URL`. */
  url: string;
  name: string;
  drop: () => Promise<void>;
}

/** Starts a throw-away server for a whole test run. */
export async function startTestPostgres(): Promise<TestPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dropsafe-test-'));
  for (let attempt = 1; ; attempt += 1) {
    const port = await findFreePort();
    try {
      const server = await startEmbeddedPostgres({
        dataDir,
        onEvent: () => {},
        onLost: (reason) => {
          throw new Error(reason);
        },
        testSettings: {
          fsync: 'off',
          full_page_writes: 'off',
          synchronous_commit: 'off',
          max_connections: '200',
          listen_addresses: '127.0.0.1',
          port: String(port),
        },
      });
      return {
        connection: { ...server.connection, host: '127.0.0.1', port },
        stop: async () => {
          await server.stop();
          await rm(dataDir, { recursive: true, force: true });
        },
      };
    } catch (error) {
      // The free port may have been taken in the meantime.
      if (attempt < 3) continue;
      await rm(dataDir, { recursive: true, force: true });
      throw error;
    }
  }
}

/** Makes an empty database on the server of this test run, or a copy of `template`. */
export async function createTestDatabase(
  options: { template?: string } = {},
): Promise<TestDatabase> {
  const server = readTestConnection();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administrate(server, async (sql) => {
    const template = sql(options.template ?? 'template1');
    // Files are copied without a word in the log of changes: with fsync off that is quickest.
    await sql`create database ${sql(name)} template ${template} strategy file_copy`;
  });
  return {
    url: urlOf({ ...server, database: name }),
    name,
    drop: () =>
      administrate(server, async (sql) => {
        await sql`drop database if exists ${sql(name)} with (force)`;
      }),
  };
}

/** A connection as a URL. */
export function urlOf(connection: PostgresConnection): string {
  const { host, port, username, password, database } = connection;
  return `postgres://${encodeURIComponent(username)}:${encodeURIComponent(password)}@${host}:${port}/${database}`;
}

function readTestConnection(): PostgresConnection {
  const text = process.env[testPostgresVariable];
  if (text === undefined) {
    throw new Error(
      `${testPostgresVariable} is not set: run tests by their project, which starts a server.`,
    );
  }
  return JSON.parse(text);
}

async function administrate(
  server: PostgresConnection,
  work: (sql: postgres.Sql) => Promise<void>,
): Promise<void> {
  const sql = postgres({ ...server, database: 'postgres', max: 1, onnotice: () => {} });
  try {
    for (const deadline = Date.now() + 10_000; ; await wait(50)) {
      try {
        return await work(sql);
      } catch (error) {
        // 55006: another test file copies the same template, or its last connection is just closing.
        const isBusy = error instanceof postgres.PostgresError && error.code === '55006';
        if (!isBusy || Date.now() > deadline) throw error;
      }
    }
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** A TCP port of the loopback that nobody listens on at this moment. */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
