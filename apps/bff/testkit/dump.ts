import postgres from 'postgres';
import { findRunningEmbeddedPostgres } from '../src/base/embedded-postgres.ts';

/** Everything that the running embedded database of a data directory holds, as text: each row of each table. */
export async function dumpDatabase(dataDir: string): Promise<string> {
  const connection = await findRunningEmbeddedPostgres(dataDir);
  if (connection === undefined) throw new Error('No database runs there.');
  const sql = postgres({ ...connection, max: 1 });
  try {
    return await dumpTables(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** The same over a connection. */
export async function dumpTables(sql: postgres.Sql): Promise<string> {
  const tables = await sql<{ name: string }[]>`
      select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema')`;
  const parts = [];
  for (const { name } of tables) {
    const rows = await sql.unsafe<{ line: string }[]>(`select t::text as line from ${name} t`);
    parts.push(`-- ${name}`, ...rows.map(({ line }) => line));
  }
  return parts.join('\n');
}
