/**
 * @file `npm run bench -- --only providers`: pages of 50,000 secrets of the database together with 5,000 of a vault and 500 files beside
 * those of the 50,000 alone, in turns. The providers elsewhere answer from memory (catalogue-node.ts).
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import postgres from 'postgres';
import { findRunningEmbeddedPostgres } from '../src/base/embedded-postgres.ts';
import { createClient, type Client } from '../testkit/client.ts';
import type { CatalogueNodeOptions } from './catalogue-node.ts';
import { judge, median, print, startGenerator } from './measuring.ts';
import { adminPassword, startProduct, type Product } from './product.ts';
import { nameOf, seed } from './seed.ts';

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    profile: { type: 'string' },
    'data-dir': { type: 'string' },
  },
});
const count = 50_000;
const outside = {
  vault: Array.from({ length: 5_000 }, (_, n) => nameOf(count + n)),
  files: Array.from({ length: 500 }, (_, n) => nameOf(count + 5_000 + n)),
};
const rounds = options.quick ? 3 : 7;
const sliceMs = options.quick ? 150 : 300;
/** A page may cost so many times the same one of the database's secrets alone. */
const mostCost = 1.3;

/** A running installation: the product holds the database, the node beside it is measured. */
interface Installation {
  product: Product;
  node: ChildProcess;
  port: number;
  client: Client;
}

const work = await mkdtemp(join(tmpdir(), 'dropsafe-bench-'));
const generator = startGenerator();
const stops: (() => Promise<unknown> | boolean)[] = [() => generator.process.kill()];
try {
  const alone = await open('alone', {});
  const together = await open('together', outside);
  print();
  for (const [title, skipped] of [
    ['first', 0],
    ['middle', count / 2],
    ['last', count - 200],
  ] as const)
    // prettier-ignore
    await compare(`all, ${title} page`, '', skipped, alone, together);
  for (const provider of ['database', ...Object.keys(outside)])
    for (const field of ['name', 'createdAt', 'updatedAt', 'lastUsedAt'])
      for (const sort of [field, `-${field}`])
        await compare(`${provider}, sorted by ${sort}`, `&sort=${sort}`, 0, alone, together, `&provider=${provider}`); // prettier-ignore
} finally {
  for (const stop of stops.toReversed()) await stop();
  await rm(work, { recursive: true, force: true });
}

async function open(
  name: string,
  elsewhere: CatalogueNodeOptions['outside'],
): Promise<Installation> {
  const dataDir = join(resolve(options['data-dir'] ?? work), `providers-${name}`);
  const webDir = join(work, 'web');
  await mkdir(dataDir, { recursive: true });
  await mkdir(webDir, { recursive: true });
  await writeFile(join(webDir, 'index.html'), '<!doctype html><title>Dropsafe</title>');
  const product = await startProduct({ dataDir, webDir, profileDir: undefined });
  stops.push(() => product.stop());
  const connection = await findRunningEmbeddedPostgres(dataDir);
  if (connection === undefined) throw new Error('The embedded database is not running.');
  const sql = postgres({ ...connection, max: 1, onnotice: () => {} });
  await seed(sql, dataDir, count);
  const node = fork(join(import.meta.dirname, 'catalogue-node.ts'));
  stops.push(() => node.kill());
  node.send({ connection, dataDir, outside: elsewhere } satisfies CatalogueNodeOptions);
  const [port] = (await once(node, 'message')) as [number]; // as: it sends its port
  await sql`update secrets set created_at = '2024-01-01'::timestamptz + random() * interval '2 years',
      updated_at = case when random() < 0.4 then now() - random() * interval '1 year' end,
      last_used_at = case when random() < 0.5 then now() - random() * interval '1 year' end,
      description = 'for ' || provider || ', runbook ' || name
    where provider <> 'database'`;
  await sql`vacuum analyze secrets`;
  await sql.end();
  const client = createClient(`http://127.0.0.1:${port}`);
  const signedIn = await client.signIn('admin', adminPassword);
  if (signedIn.status !== 200) throw new Error(`Signing in: ${signedIn.text}`);
  return { product, node, port, client };
}

/** The page behind so many secrets. */
async function behind({ client }: Installation, query: string, skipped: number): Promise<string> {
  let cursor = '';
  for (let left = skipped; left > 0; left -= 1_000) {
    const page = cursor === '' ? query : `&cursor=${cursor}`;
    const { json } = await client.send('GET', `/secrets?limit=${Math.min(left, 1_000)}${page}`);
    cursor = json.nextCursor;
  }
  return `/api/v1/secrets?limit=100${cursor === '' ? query : `&cursor=${cursor}`}`;
}

async function compare(
  title: string,
  query: string,
  skipped: number,
  alone: Installation,
  together: Installation,
  filter = '',
): Promise<void> {
  const measured = [
    { ...alone, path: await behind(alone, query, skipped), latenciesMs: [] as number[] },
    { ...together, path: await behind(together, query + filter, skipped), latenciesMs: [] as number[] }, // prettier-ignore
  ];
  for (let round = 0; round <= rounds; round += 1) {
    for (const { port, path, client, latenciesMs } of measured) {
      const result = await generator.run({
        port,
        connections: 1,
        durationMs: sliceMs,
        method: 'GET',
        path,
        headers: { Cookie: client.cookie ?? '' },
        body: undefined,
        names: [],
        status: 200,
      });
      // The first round warms up both.
      if (round > 0) latenciesMs.push(median(result.latenciesMs));
    }
  }
  const [ofAlone, ofTogether] = measured.map(({ latenciesMs }) => median(latenciesMs));
  const cost = (ofTogether ?? Number.NaN) / (ofAlone ?? Number.NaN);
  judge(
    title,
    cost <= mostCost,
    `${ofTogether?.toFixed(2)} ms, ${cost.toFixed(2)} of ${ofAlone?.toFixed(2)} ms for the database alone; target ≤ ${mostCost}`,
  );
}
