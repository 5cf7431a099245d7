/**
 * @file The connections to PostgreSQL, with a limit on every wait (the defaults are "none"), and the one place that
 * tells what a driver error means. Every read goes to the primary: a standby would answer with the past (P4).
 */
import { DrizzleQueryError, sql as sqlOf, type SQLWrapper } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import type { ProblemCode } from '@dropsafe/contract/problems';
import postgres from 'postgres';
import { Problem } from './problem.ts';
import { StartError } from './start-error.ts';

/** How to reach a database: a `postgres://` URL, or the socket of the embedded server. */
export type DatabaseTarget =
  | string
  | { host: string; port: number; username: string; password: string; database: string };

/** What stores run their queries on: the pool, a transaction, or a connection where everything is in line. */
export type Queries = Pick<
  PostgresJsDatabase,
  'select' | 'insert' | 'update' | 'delete' | 'execute' | '$count'
>;
/** A running transaction. */
export type Transaction = Parameters<Parameters<PostgresJsDatabase['transaction']>[0]>[0];

/** An open database. */
export interface Database {
  /** For stores only (fence F5). */
  queries: PostgresJsDatabase;
  /** Runs `work` in one transaction: all of it is committed, or nothing. */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` on the one connection for changes, where everything is done in the order in which it is asked for: the next
   * statement is sent before the last one is answered. When `work` takes longer than `longestInLineMs`, that connection is given
   * up for a new one, and all that was under way on it throws `database-unavailable`: what became of it is not known.
   */
  inLine<T>(work: (line: PostgresJsDatabase) => Promise<T>): Promise<T>;
  /**
   * The same on another connection, for what nearly every request looks up by a unique index: a session, a key, a secret. They wait for
   * nothing but each other, and are planned once. Nothing slow goes here, as all requests would stand behind it.
   */
  lookUp<T>(work: (line: PostgresJsDatabase) => Promise<T>): Promise<T>;
  /** True when the primary answers within two seconds. */
  isReady(): Promise<boolean>;
  /** Statements under way get a moment, and a shorter one when the server was found not to answer. */
  close(isAnswering?: boolean): Promise<void>;
}

/** Seconds. A request that waits longer is answered 503 (app.ts), so nothing here may outlast that. */
const connectTimeout = 5;

/** Longer than any statement may take, so that a connection on which nothing comes back by then has gone silent. */
const longestInLineMs = 11_000;

/**
 * Connections of a node: those of the pool, and those of `inLine` and `lookUp`. More than two cores can use at once; each costs the
 * server some 10 MB once it has planned all statements, and what comes often shares statements anyway (base/in-groups.ts).
 */
export const poolSize = 7;

/** The oldest PostgreSQL that the queries were tried on. */
const oldestVersion = 15;

/** Taken while migrating, so that nodes which start together do not migrate together. The number has no meaning. */
const migrationLock = 7_263_001;

/** Settings of a session on the server. */
type Settings = Record<string, string>;

function connect(target: DatabaseTarget, max: number, settings: Settings = {}): postgres.Sql {
  const options: postgres.Options<Record<string, never>> = {
    max,
    connect_timeout: connectTimeout,
    // The default waits up to 20 s between attempts, and a database that came back would look gone for as long.
    backoff: () => 0.2 + Math.random() * 0.2,
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: 'dropsafe',
      TimeZone: 'UTC',
      statement_timeout: 10_000,
      lock_timeout: 8_000,
      idle_in_transaction_session_timeout: 15_000,
      ...settings,
    },
  };
  return typeof target === 'string'
    ? postgres(target, options)
    : postgres({ ...options, ...target });
}

/** Opens the pool and proves the other side: a primary, of a supported version. Throws a `StartError`. */
export async function openDatabase(target: DatabaseTarget): Promise<Database> {
  const sql = connect(target, poolSize - 2);
  try {
    await proveServer(sql);
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
  const queries = queriesOn(sql);
  const changes = openLine(target, {});
  // Left to itself, the server plans a look-up by an array anew each time, which takes longer than the look-up.
  const lookUps = openLine(target, { plan_cache_mode: 'force_generic_plan' });
  return {
    queries,
    transaction: (work) => queries.transaction(work),
    inLine: (work) => changes.run(work),
    lookUp: (work) => lookUps.run(work),
    isReady: () => answers(sql),
    async close(isAnswering = true) {
      const timeout = isAnswering ? 5 : 0.5;
      await Promise.all([changes.close(timeout), lookUps.close(timeout), sql.end({ timeout })]);
    },
  };
}

const queriesOn = (sql: postgres.Sql) => drizzle({ client: sql, casing: 'snake_case' });

/** A connection on which everything is in line. It is made when it is first needed. */
function openLine(target: DatabaseTarget, settings: Settings) {
  const open = () => {
    const sql = connect(target, 1, settings);
    return { sql, queries: queriesOn(sql), underWay: new Set<(reason: Problem) => void>() };
  };
  let current = open();

  function giveUp(silent: typeof current): void {
    if (silent === current) current = open();
    // Not left to the driver, which would let a transaction wait for the answer to its rollback.
    for (const reject of silent.underWay) reject(new Problem('database-unavailable'));
    void silent.sql.end({ timeout: 0 });
  }

  return {
    run: async <T>(work: (line: PostgresJsDatabase) => Promise<T>): Promise<T> => {
      const line = current;
      const lost = Promise.withResolvers<never>();
      line.underWay.add(lost.reject);
      const timer = setTimeout(giveUp, longestInLineMs, line);
      try {
        return await Promise.race([work(line.queries), lost.promise]);
      } finally {
        clearTimeout(timer);
        line.underWay.delete(lost.reject);
      }
    },
    close: (timeout: number) => current.sql.end({ timeout }),
  };
}

/**
 * A statement that was prepared on the pool, to be run in a transaction or in line: drizzle then builds its text once and
 * not for every transaction, and the server plans it once for each connection.
 */
export function within<S extends object>(on: Queries, statement: S): S {
  // as: drizzle keeps the connection that a statement runs on in this field, and offers no way to name another.
  const { client } = (on as unknown as { session: { client: object } }).session;
  // as: the same statement in all but that field.
  return Object.create(statement, { client: { value: client } }) as S;
}

async function proveServer(sql: postgres.Sql): Promise<void> {
  const rows = await sql<{ version: number; standby: boolean }[]>`
    select current_setting('server_version_num')::int as version, pg_is_in_recovery() as standby`.catch(
    (error: unknown) => {
      throw new StartError(
        `The database cannot be reached (${codeOf(error) ?? 'unknown reason'}). Check DATABASE_URL and that PostgreSQL is running.`,
        { cause: error },
      );
    },
  );
  const [server] = rows;
  if (server === undefined || server.version < oldestVersion * 10_000) {
    throw new StartError(`PostgreSQL ${oldestVersion} or newer is needed.`);
  }
  if (server.standby) {
    throw new StartError(
      'The database is a standby, which may be behind. Point DATABASE_URL at the primary.',
    );
  }
}

async function answers(sql: postgres.Sql): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, 2_000, false).unref());
  const asked = sql<{ standby: boolean }[]>`select pg_is_in_recovery() as standby`.then(
    ([row]) => row?.standby === false,
    () => false,
  );
  return Promise.race([asked, late]);
}

/**
 * Brings the tables to this version, one node at a time, then runs `afterwards` under the same lock (the keyset is
 * proven there, so that of two first nodes only one makes a keyset). Throws a `StartError`.
 */
export async function migrateDatabase<T>(
  target: DatabaseTarget,
  folder: string,
  afterwards: () => Promise<T>,
): Promise<T> {
  const sql = connect(target, 1);
  try {
    // Waiting for another node's migration is no fault; the wait ends with that node's connection.
    await sql`set lock_timeout = 0`;
    await sql`set statement_timeout = 0`;
    await sql`select pg_advisory_lock(${migrationLock})`;
    await migrate(queriesOn(sql), { migrationsFolder: folder });
    await refuseNewerTables(sql, folder);
    return await afterwards();
  } catch (error) {
    if (error instanceof StartError) throw error;
    throw new StartError(
      `The tables could not be brought to this version (${codeOf(error) ?? 'unknown reason'}). Nothing was changed.`,
      { cause: error },
    );
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** An older version on newer tables would write rows that the newer one does not understand. */
async function refuseNewerTables(sql: postgres.Sql, folder: string): Promise<void> {
  const [row] = await sql<
    { applied: number }[]
  >`select count(*)::int as applied from drizzle.__drizzle_migrations`;
  if ((row?.applied ?? 0) > readMigrationFiles({ migrationsFolder: folder }).length) {
    throw new StartError(
      'The tables are of a newer version of Dropsafe. Start that version, or a newer one. Nothing was changed.',
    );
  }
}

/** The SQLSTATE or the driver's own code of an error, wherever it is wrapped. */
export function codeOf(error: unknown): string | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof DrizzleQueryError) continue;
    if ('code' in current && typeof current.code === 'string') return current.code;
  }
  return undefined;
}

/** True for a violated unique constraint; stores turn it into a problem with a name. */
export function isUniqueViolation(error: unknown): boolean {
  return codeOf(error) === '23505';
}

/** How many rows there are, or null for more than `most`: the count stops there, as counting costs more than a page. */
export async function countUpTo(
  queries: Queries,
  most: number,
  rows: { limit(count: number): SQLWrapper },
): Promise<number | null> {
  const [row] = await queries.execute<{ count: number }>(
    sqlOf`select count(*)::int as count from ${rows.limit(most + 1)} as counted`,
  );
  return row === undefined || row.count > most ? null : row.count;
}

/** Writes what has a name that must be unique. Throws `code`, at the field `name`, when somebody else has it. */
export async function refuseTakenName<T>(
  writing: PromiseLike<T>,
  code: ProblemCode,
  message: string,
): Promise<T> {
  try {
    return await writing;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Problem(code, { errors: [{ field: 'name', message }] });
  }
}

/**
 * What an error of the driver means to a caller; undefined when it is not the database's state but our mistake.
 * [PostgreSQL error codes](https://www.postgresql.org/docs/18/errcodes-appendix.html), and postgres.js' own.
 */
export function problemOfDatabase(error: unknown): ProblemCode | undefined {
  const code = codeOf(error);
  if (code === undefined) return undefined;
  // disk_full, and what the server says when its log of changes cannot be written.
  if (code === '53100') return 'storage-full';
  const unavailable =
    /^(08|53|57P0|58)/.test(code) || // connection, resources, shutdown, system errors
    ['57014', '55P03', '25006', '25P03', '40001', '40P01'].includes(code) || // timeouts, standby, deadlock
    /^(CONNECT|CONNECTION_|ECONN|ENOENT$|EPIPE$|ETIMEDOUT$|EHOSTUNREACH$|ENOTFOUND$|EAI_)/.test(
      code,
    );
  return unavailable ? 'database-unavailable' : undefined;
}
