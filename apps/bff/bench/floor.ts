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
import { poolSize } from '../src/base/database.ts';
import type { PostgresConnection } from '../src/base/embedded-postgres.ts';
import { countedUpTo } from '@dropsafe/contract/secrets';

const columns = `name, description, provider, version, destinations, created_at as "createdAt", created_by as "createdBy",
  updated_at as "updatedAt", updated_by as "updatedBy", value_updated_at as "valueUpdatedAt", last_used_at as "lastUsedAt"`;
const matches = 'name ilike $2 or description ilike $2';

interface Row {
  name: string;
}

function createFloor(sql: postgres.Sql): Hono {
  const app = new Hono();

  const list = (condition: string, parameters: string[], prepare: boolean) => {
    const text = `select ${columns} from secrets where ${condition} order by lower(name), name limit $1`;
    return sql.unsafe<Row[]>(text, [101, ...parameters], { prepare });
  };

  const count = async (condition: string, parameters: string[], prepare: boolean) => {
    const text = `select count(*)::int as count from (select 1 from secrets where ${condition} limit $1) as found`;
    const [row] = await sql.unsafe<{ count: number }[]>(text, [countedUpTo + 1, ...parameters], {
      prepare,
    });
    return row === undefined || row.count > countedUpTo ? null : row.count;
  };

  app.get('/secrets', async (c) => {
    const { q, after } = c.req.query();
    // A plan that fits every pattern fits none, so a search is planned anew each time, as the product does it.
    const [condition, parameters] = q === undefined ? ['true', []] : [matches, [`%${q}%`]];
    const [rows, total] =
      after === undefined
        ? await Promise.all([
            list(condition, parameters, q === undefined),
            count(condition, parameters, q === undefined),
          ])
        : [await list('(lower(name), name) > (lower($2), $2)', [after], true), null];
    const items = rows.slice(0, 100);
    const nextCursor = rows.length > 100 ? (items.at(-1)?.name ?? null) : null;
    return c.json({ items, nextCursor, total });
  });

  app.get('/secrets/:name', async (c) => {
    const text = `select ${columns} from secrets where name = $1 and standing = 'used'`;
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
       where name = $2 and standing = 'used' returning ${columns}`,
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
