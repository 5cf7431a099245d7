import postgres from 'postgres';
import { expect, test } from 'vitest';
import { newCanary } from '../../testkit/canary.ts';
import { startTestNode } from '../../testkit/node.ts';
import { createTestDatabase } from '../../testkit/postgres.ts';
import { sql } from 'drizzle-orm';
import { openDatabase } from './database.ts';

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
