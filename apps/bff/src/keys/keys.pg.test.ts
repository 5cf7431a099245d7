import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { newDataDir } from '../../testkit/node.ts';
import { connectTo } from '../../testkit/opened.ts';
import { createTestDatabase, type TestDatabase } from '../../testkit/postgres.ts';
import { migrateDatabase, openDatabase, type Database } from '../base/database.ts';
import { createLog } from '../base/log.ts';
import { Redacted } from '../base/redacted.ts';
import { migrationsFolder } from '../config.ts';
import { openKeys, type Keys } from './keys.ts';

/** As often as one key may be used (NIST SP 800-38D, 8.3), and how many uses a node sets aside at once. */
const [most, block] = [2 ** 32, 4096];

let stored: TestDatabase;
let database: Database;
let place: Awaited<ReturnType<typeof newDataDir>>;
let sql: ReturnType<typeof connectTo>;

beforeEach(async () => {
  stored = await createTestDatabase();
  database = await openDatabase(stored.url);
  place = await newDataDir();
  sql = connectTo(stored.url);
});

afterEach(async () => {
  await sql.end();
  await database.close();
  await stored.drop();
  await place.remove();
});

/** The keys as a start opens them. */
const open = (): Promise<Keys> =>
  migrateDatabase(stored.url, migrationsFolder, () =>
    openKeys(
      database,
      { text: undefined, file: join(place.dataDir, 'keyset.json') },
      createLog(() => {}),
    ),
  );

test('a key seals as often as it may and not once more, however many ask at the same moment', async () => {
  const keys = await open();
  await sql`update keks set reserved_wraps = ${most - block}`;
  const context = { secretId: 'x', name: 'X', valueVersion: 1, destinations: [] };
  const value = new Redacted(Buffer.from('v'));
  const sealAtOnce = async (count: number) => {
    const asked = Array.from({ length: count }, () => keys.seal(context, value));
    const done = await Promise.allSettled(asked);
    return done.filter(({ status }) => status === 'fulfilled').length;
  };
  // The block of the start, and the last one that there is.
  expect(await sealAtOnce(3 * block)).toBe(2 * block);
  expect(await sealAtOnce(10)).toBe(0);
  expect(await sql`select reserved_wraps::float8 as wraps from keks`).toEqual([{ wraps: most }]);
});

test('a start with a key that is used up says what to do', async () => {
  await open();
  await sql`update keks set reserved_wraps = ${most - block + 1}`;
  await expect(open()).rejects.toThrow(
    /^The key kek-[\w-]+ has been used as often as it may be\. Add a new key to the keyset and make it "primary"; keep the old one, which opens what it has sealed\. Nothing was changed\.$/,
  );
  expect(await sql`select reserved_wraps::float8 as wraps from keks`).toEqual([
    { wraps: most - block + 1 },
  ]);
});
