/**
 * @file The floor: what Hono and postgres.js do on this machine when nothing else is asked of them. The same tables,
 * statements and answers as the product, without sessions, permission checks, audit, encryption and schemas. A process
 * of its own that gets its connection as a message and answers with its port.
 */
import { randomUUID } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import postgres from 'postgres';
import type { PostgresConnection } from '../src/base/embedded-postgres.ts';
import { countedUpTo } from '@dropsafe/contract/secrets';

/** As many as the product has (base/database.ts). */
const poolSize = 10;

const columns = `name, description, provider, version, destinations, created_at as "createdAt", created_by as "createdBy",
  updated_at as "updatedAt", updated_by as "updatedBy", value_updated_at as "valueUpdatedAt", last_used_at as "lastUsedAt"`;
const matches = '(name ilike $1 or description ilike $1)';
const ordered = 'order by lower(name), name limit 101';

interface Row {
  name: string;
}

function createFloor(sql: postgres.Sql): Hono {
  const app = new Hono();

  const page = (rows: Row[], total: number | null) => {
    const items = rows.slice(0, 100);
    return { items, nextCursor: rows.length > 100 ? (items.at(-1)?.name ?? null) : null, total };
  };

  const count = async (where: string, parameters: string[]) => {
    const [row] = await sql.unsafe<{ count: number }[]>(
      `select count(*)::int as count from (select 1 from secrets ${where} limit ${countedUpTo + 1}) as some`,
      parameters,
      // A plan that fits every pattern fits none, so a search is planned anew each time, as the product does it.
      { prepare: parameters.length === 0 },
    );
    return row === undefined || row.count > countedUpTo ? null : row.count;
  };

  app.get('/secrets', async (c) => {
    const { q, after } = c.req.query();
    if (after !== undefined) {
      const text = `select ${columns} from secrets where (lower(name), name) > (lower($1), $1) ${ordered}`;
      return c.json(page(await sql.unsafe<Row[]>(text, [after], { prepare: true }), null));
    }
    if (q !== undefined) {
      const pattern = [`%${q}%`];
      const text = `select ${columns} from secrets where ${matches} ${ordered}`;
      const [rows, total] = await Promise.all([
        sql.unsafe<Row[]>(text, pattern),
        count(`where ${matches}`, pattern),
      ]);
      return c.json(page(rows, total));
    }
    const [rows, total] = await Promise.all([
      sql.unsafe<Row[]>(`select ${columns} from secrets ${ordered}`, [], { prepare: true }),
      count('', []),
    ]);
    return c.json(page(rows, total));
  });

  app.get('/secrets/:name', async (c) => {
    const text = `select ${columns} from secrets where name = $1`;
    const [row] = await sql.unsafe<Row[]>(text, [c.req.param('name')], { prepare: true });
    return row === undefined ? c.notFound() : c.json(row);
  });

  app.post('/secrets', async (c) => {
    const { name, value, description, destinations } = await c.req.json();
    const stored = Buffer.from(value);
    const [row] = await sql.unsafe<Row[]>(
      `insert into secrets (id, name, description, provider, version, destinations, value_version, kek_id, wrapped_dek,
         sealed_value, created_at, created_by, value_updated_at)
       values ($1, $2, $3, 'database', 1, $4, 1, 'none', $5, $6, now(), 'floor', now()) returning ${columns}`,
      [randomUUID(), name, description, destinations, stored, stored],
      { prepare: true },
    );
    return c.json(row, 201);
  });

  app.patch('/secrets/:name', async (c) => {
    const { value } = await c.req.json();
    const [row] = await sql.unsafe<Row[]>(
      `update secrets set version = version + 1, updated_at = now(), updated_by = 'floor', value_updated_at = now(),
         value_version = value_version + 1, wrapped_dek = $1, sealed_value = $1
       where name = $2 returning ${columns}`,
      [Buffer.from(value), c.req.param('name')],
      { prepare: true },
    );
    return row === undefined ? c.notFound() : c.json(row);
  });

  return app;
}

process.once('message', (connection: PostgresConnection) => {
  const sql = postgres({ ...connection, max: poolSize, connection: { application_name: 'floor' } });
  const server = serve({ fetch: createFloor(sql).fetch, port: 0, hostname: '127.0.0.1' }, () => {
    process.send?.((server.address() as AddressInfo).port); // as: a TCP server
  });
});
