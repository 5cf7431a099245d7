/**
 * @file `npm run bench -- --only resolve`: finding and opening one secret beside the bare query of its row, in turns. `--only
 * references`: what the page of a secret with 10,000 references costs beside that of one with 100.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { systemCaller } from '../src/base/caller.ts';
import { poolSize, type Database } from '../src/base/database.ts';
import {
  findRunningEmbeddedPostgres,
  type PostgresConnection,
} from '../src/base/embedded-postgres.ts';
import { createClient, type Client } from '../testkit/client.ts';
import { openOperator } from '../testkit/node.ts';
import { judge, median, print, quantile, startGenerator } from './measuring.ts';
import { adminPassword, startProduct } from './product.ts';
import { nameOf, seed } from './seed.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    'data-dir': { type: 'string' },
  },
});
const count = options.quick ? 10_000 : 100_000;
const rounds = options.quick ? 3 : 7;
const sliceMs = options.quick ? 300 : 1_500;
const underWay = 16;
/** What resolving must reach of the bare query's throughput. */
const leastRatio = 0.7;
const references = { few: 100, many: 10_000 };
/** A page of many references may cost so many times one of few. */
const mostCost = 1.3;
const caller = systemCaller('terminal', 'bench');

const work = await mkdtemp(join(tmpdir(), 'dropsafe-bench-'));
const dataDir = resolve(options['data-dir'] ?? join(work, 'data'));
const generator = startGenerator();
const stops: (() => unknown)[] = [() => generator.process.kill()];
try {
  await mkdir(dataDir, { recursive: true });
  await writeFile(join(work, 'index.html'), '<!doctype html><title>Dropsafe</title>');
  const product = await startProduct({ dataDir, webDir: work, profileDir: options.profile });
  stops.push(() => product.stop());
  const connection = await findRunningEmbeddedPostgres(dataDir);
  if (connection === undefined) throw new Error('The embedded database is not running.');
  const sql = postgres({ ...connection, max: 1, onnotice: () => {} });
  stops.push(() => sql.end());
  await seed(sql, dataDir, count);
  print();
  if ('resolve'.includes(options.only)) await measureResolving(connection);
  if ('references'.includes(options.only)) {
    const client = createClient(product.url);
    const signedIn = await client.signIn('admin', adminPassword);
    if (signedIn.status !== 200) throw new Error(`Signing in: ${signedIn.text}`);
    await measureReferences(sql, client, product.port);
  }
} finally {
  for (const stop of stops.toReversed()) await stop();
  await rm(work, { recursive: true, force: true });
}

// --- resolving ---

async function measureResolving(connection: PostgresConnection): Promise<void> {
  const rooms = await openOperator({ DROPSAFE_DATA_DIR: dataDir });
  stops.push(() => rooms.close());
  // Those with values of 64 bytes (seed.ts).
  const names = Array.from({ length: 1_000 }, (_, n) => nameOf((n * 80 + 24) % count));
  // The quickest way that the driver has: a prepared statement, answered as plain arrays.
  const text = `
    select id, name, provider, state, destinations, value_version, kek_id, wrapped_dek, sealed_value
    from secrets where name = $1 and standing = 'used'`;
  const bareOn = (connections: number) => {
    const sql = postgres({ ...connection, max: connections, fetch_types: false });
    stops.push(() => sql.end());
    return async (name: string) => {
      const [row] = await sql.unsafe(text, [name], { prepare: true }).values();
      if (row === undefined) throw new Error('A secret was not found.');
    };
  };
  const resolveOne = async (name: string) => {
    const [secret] = await rooms.secretUses.find(caller, [name]);
    const value = await secret?.open();
    if (value === undefined) throw new Error('A secret was not found.');
    value.wipe();
  };
  const pooled = bareOn(poolSize);
  for (const { title, lanes, bare, isTarget } of [
    { title: `${underWay} under way`, lanes: underWay, bare: pooled, isTarget: true },
    // All in one pipeline: less work for both sides, but one slow query holds up all others.
    { title: 'bare on one connection', lanes: underWay, bare: bareOn(1), isTarget: false },
    { title: 'one after the other', lanes: 1, bare: pooled, isTarget: false },
  ]) {
    const ours: Slice[] = [];
    const theirs: Slice[] = [];
    for (let round = 0; round <= rounds; round += 1) {
      ours.push(await runSlice(resolveOne, names, lanes));
      theirs.push(await runSlice(bare, names, lanes));
    }
    // The first round warms up both.
    const ratio = median(
      ours.slice(1).map(({ rate }, at) => rate / (theirs[at + 1]?.rate ?? Number.NaN)),
    );
    const [our, their] = [sum(ours.slice(1)), sum(theirs.slice(1))];
    const figures = `${our.rate.toFixed(0)}/s, ${ratio.toFixed(2)} of the bare query's ${their.rate.toFixed(0)}/s; p50 ${our.p50.toFixed(2)} ms, bare ${their.p50.toFixed(2)}`;
    if (isTarget)
      judge(`resolve, ${title}`, ratio >= leastRatio, `${figures}; target ≥ ${leastRatio}`);
    else print(`----  resolve, ${title}: ${figures}`);
  }
  const counted = await countStatements(rooms.database);
  const inOne = async (lanes: number) => {
    const before = counted();
    let left = 2_000;
    const lane = async () => {
      for (; left > 0;) await resolveOne(names[left-- % names.length] ?? '');
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return (counted() - before) / 2_000;
  };
  const [alone, together] = [await inOne(1), await inOne(underWay)];
  judge(
    'resolve, queries',
    alone === 1 && together <= 1,
    `${alone.toFixed(2)} for one alone, ${together.toFixed(2)} each with ${underWay} under way; target ≤ 1`,
  );
}

/** What a slice gave. */
interface Slice {
  rate: number;
  latenciesMs: number[];
}

async function runSlice(
  doOne: (name: string) => Promise<void>,
  names: readonly string[],
  lanes: number,
): Promise<Slice> {
  const latenciesMs: number[] = [];
  const began = performance.now();
  const lane = async (at: number) => {
    for (let n = at; performance.now() < began + sliceMs; n += 7) {
      const start = performance.now();
      await doOne(names[n % names.length] ?? '');
      latenciesMs.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: lanes }, (_, at) => lane(at * 61)));
  return { rate: (latenciesMs.length * 1_000) / (performance.now() - began), latenciesMs };
}

function sum(slices: readonly Slice[]): { rate: number; p50: number } {
  const rate = median(slices.map((slice) => slice.rate));
  return {
    rate,
    p50: quantile(
      slices.flatMap(({ latenciesMs }) => latenciesMs),
      0.5,
    ),
  };
}

/** Counts the statements that a node gives to the driver from now on. */
async function countStatements(database: Database): Promise<() => number> {
  let calls = 0;
  const countOf = async (on: unknown) => {
    // as: drizzle keeps the driver in this field, and every statement goes through its `unsafe`.
    const { $client: driver } = on as { $client: postgres.Sql };
    const original = driver.unsafe.bind(driver);
    driver.unsafe = ((...parameters: Parameters<typeof original>) => {
      calls += 1;
      return original(...parameters);
    }) as typeof original; // as: the same in all but the counting
  };
  await countOf(database.queries);
  await database.lookUp(countOf);
  return () => calls;
}

// --- references ---

async function measureReferences(sql: postgres.Sql, client: Client, port: number): Promise<void> {
  const [many, few] = [nameOf(0), nameOf(1)];
  await fillReferences(sql, many, references.many);
  await fillReferences(sql, few, references.few);
  const pageOf = (name: string, rest = '') => `/secrets/${name}/references?limit=100${rest}`;
  let cursor = '';
  for (let left = references.many - 100; left > 0; left -= 100) {
    const { json } = await client.send('GET', pageOf(many, cursor));
    cursor = `&cursor=${json.nextCursor}`;
  }
  const pages = {
    'few, only page': pageOf(few),
    'first page': pageOf(many),
    'last page': pageOf(many, cursor),
    'few, uses by day': `/secrets/${few}/uses`,
    'uses by day': `/secrets/${many}/uses`,
  };
  const latencies = new Map(Object.keys(pages).map((title) => [title, [] as number[]]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const [title, path] of Object.entries(pages)) {
      const result = await generator.run({
        port,
        connections: 1,
        durationMs: sliceMs / 3,
        method: 'GET',
        path: `/api/v1${path}`,
        headers: { Cookie: client.cookie ?? '' },
        body: undefined,
        names: [],
        status: 200,
      });
      // The first round warms up.
      if (round > 0) latencies.get(title)?.push(median(result.latenciesMs));
    }
  }
  const msOf = (title: string) => median(latencies.get(title) ?? []);
  for (const [title, beside] of [
    ['first page', 'few, only page'],
    ['last page', 'few, only page'],
    ['uses by day', 'few, uses by day'],
  ] as const) {
    const cost = msOf(title) / msOf(beside);
    judge(
      `references, ${title}`,
      cost <= mostCost,
      `${msOf(title).toFixed(2)} ms with ${references.many}, ${cost.toFixed(2)} of ${msOf(beside).toFixed(2)} ms with ${references.few}; target ≤ ${mostCost}`,
    );
  }
}

/** Integrations that mention a secret, each of which used it in every one of the last 48 hours. */
async function fillReferences(sql: postgres.Sql, name: string, wanted: number): Promise<void> {
  await sql`delete from secret_references where secret_name = ${name}`;
  await sql`delete from secret_uses where secret_id = (select id from secrets where name = ${name})`;
  await sql`
    insert into secret_references (secret_name, integration_id, integration_name, canonical_name, fields, target)
    select ${name}, gen_random_uuid(), 'Integration ' || n, 'integration ' || n, '{token}', 'https://api.example.com'
    from generate_series(1, ${wanted}::int) n`;
  await sql`
    insert into secret_uses (secret_id, integration_id, hour, uses, failures, last_used_at)
    select (select id from secrets where name = ${name}), user_id, hour, 5, 1, hour
    from (select integration_id as user_id from secret_references where secret_name = ${name}
        union all select '00000000-0000-0000-0000-000000000000') users,
      generate_series(date_trunc('hour', now()) - interval '47 hours', now(), interval '1 hour') hour`;
  await sql`vacuum analyze secret_references`;
  await sql`vacuum analyze secret_uses`;
}
