/**
 * @file `npm run bench`: the product beside a floor without checks or encryption, on the same machine, database and
 * data, in alternating slices (what else the machine does then hits both). Prints figures and whether the targets are
 * met; never fails because of them.
 *
 * `--quick` for fewer secrets and short slices, `--only TEXT` for the cases that contain it, `--data-dir FOLDER` to keep
 * the data for the next run, `--profile FOLDER` for a CPU profile of the product.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { SecretPage } from '@dropsafe/contract/secrets';
import postgres from 'postgres';
import {
  findRunningEmbeddedPostgres,
  type PostgresConnection,
} from '../src/base/embedded-postgres.ts';
import { createClient, type Client } from '../testkit/client.ts';
import { readFirstLoad, readMemory, readProcessorMs } from './footprint.ts';
import { judge, median, print, quantile, startGenerator } from './measuring.ts';
import type { LoadResult } from './load-generator.ts';
import { adminPassword, startProduct, type Product } from './product.ts';
import { nameOf, seed, terms } from './seed.ts';
import type { UncheckedOptions } from './unchecked.ts';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    'data-dir': { type: 'string' },
    profile: { type: 'string' },
  },
});
const scale = options.quick
  ? { secrets: 10_000, rounds: 3, sliceMs: 500, starts: 1 }
  : { secrets: 100_000, rounds: 7, sliceMs: 1_500, starts: 3 };
const connections = 16;
/** A page at the end may cost so many times the first one. */
const mostDepthCost = 1.3;
/** What the product must reach of the floor's requests per second. */
const leastRatio = 0.6;
/** What permission check and audit write may cost together, of the throughput without them. */
const mostCheckCost = 0.25;
const mostMemoryBytes = 350e6;
const mostScriptBytes = 250e3;

/** One thing that is measured. */
interface Case {
  title: string;
  method: string;
  ours: string;
  floor: string;
  body?: string;
  names: string[];
  status: number;
  /** Measured without permission check and audit write, too. */
  isTried?: true;
}

/** What was measured, as printed. */
interface Figures {
  title: string;
  ours: number;
  floor: number;
  ratio: number;
  p50: number;
  p99: number;
  floorP50: number;
  /** Processor milliseconds of server and database for one request: hardly depends on what else the machine does. */
  processor: number;
  floorProcessor: number;
  bytes: number;
  /** What permission check and audit write take of the throughput without them. */
  checkCost: number | undefined;
}

const work = await mkdtemp(join(tmpdir(), 'dropsafe-bench-'));
const dataDir = resolve(options['data-dir'] ?? join(work, 'data'));
const children: ChildProcess[] = [];
let product: Product | undefined;
try {
  await main();
} finally {
  for (const child of children) child.kill();
  await product?.stop();
  await rm(work, { recursive: true, force: true });
}

async function main(): Promise<void> {
  const webDir = await findWebDir();
  print(
    `${cpus()[0]?.model ?? 'unknown processor'}, ${availableParallelism()} cores, Node ${process.versions.node}; ` +
      `${scale.secrets} secrets, ${connections} connections, ${scale.rounds} × ${scale.sliceMs} ms each in turns`,
  );
  if (options.quick)
    print('Short slices: the compiler is not done with the product yet, so its ratios are low.');
  const firstStart = await measureFirstStart(webDir);
  await mkdir(dataDir, { recursive: true });
  product = await startProduct({ dataDir, webDir, profileDir: undefined });
  await fill();
  await product.stop();
  const starts: number[] = [];
  while (starts.length < scale.starts) {
    product = await startProduct({ dataDir, webDir, profileDir: undefined });
    starts.push(product.startMs);
    await product.stop();
  }
  product = await startProduct({ dataDir, webDir, profileDir: options.profile });
  const idle = await readMemory(product.pid);

  const client = createClient(product.url);
  const signedIn = await client.signIn('admin', adminPassword);
  if (signedIn.status !== 200) throw new Error(`Signing in: ${signedIn.text}`);
  const floor = await startChild('floor.ts', await connection());
  const unchecked = await startChild('unchecked.ts', { connection: await connection(), dataDir });
  const figures = await measureAll(client, product, floor, unchecked);
  await floor.stop();
  await unchecked.stop();
  const busy = await readMemory(product.pid);

  printFigures(figures);
  const firstLoad = await readFirstLoad(webDir);
  print();
  judgeThroughput(figures);
  judgeDepth(figures);
  judgeChecks(figures);
  const isPss = busy.pssBytes !== undefined;
  const memoryBytes = busy.pssBytes ?? busy.rssBytes;
  judge(
    'memory',
    memoryBytes < mostMemoryBytes,
    `${megabytes(memoryBytes)} ${isPss ? 'PSS' : 'RSS (PSS cannot be read)'} of ${busy.processes} processes after the load, ` +
      `${megabytes(idle.pssBytes ?? idle.rssBytes)} after the start (RSS ${megabytes(busy.rssBytes)}, ${megabytes(idle.rssBytes)}); target < ${megabytes(mostMemoryBytes)}`,
  );
  if (firstLoad === undefined || webDir.startsWith(work))
    print('----  first load: the web app is not built');
  else {
    judge(
      'first load',
      firstLoad.gzippedBytes < mostScriptBytes,
      `${(firstLoad.gzippedBytes / 1e3).toFixed(0)} kB gzipped JavaScript in ${firstLoad.files} files; target < ${mostScriptBytes / 1e3} kB`,
    );
  }
  const startMs = median(starts);
  judge(
    'start',
    startMs < 5_000,
    `${startMs.toFixed(0)} ms with ${scale.secrets} secrets; target < 5000 ms`,
  );
  print(
    `----  very first start: ${firstStart.toFixed(0)} ms, making the database and its first user`,
  );
}

// --- preparation ---

/** The built web app, or a page in its place: the API answers the same. */
async function findWebDir(): Promise<string> {
  const built = resolve(import.meta.dirname, '../../web/dist');
  if (existsSync(join(built, 'index.html'))) return built;
  const placeholder = join(work, 'web');
  await mkdir(placeholder);
  await writeFile(join(placeholder, 'index.html'), '<!doctype html><title>Dropsafe</title>');
  return placeholder;
}

async function measureFirstStart(webDir: string): Promise<number> {
  const folder = join(work, 'first');
  await mkdir(folder);
  const first = await startProduct({ dataDir: folder, webDir, profileDir: undefined });
  await first.stop();
  return first.startMs;
}

async function connection() {
  const found = await findRunningEmbeddedPostgres(dataDir);
  if (found === undefined) throw new Error('The embedded database is not running.');
  return found;
}

async function fill(): Promise<void> {
  const sql = postgres({ ...(await connection()), max: 1, onnotice: () => {} });
  const began = performance.now();
  await seed(sql, dataDir, scale.secrets);
  await sql.end();
  print(`filled in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
}

/** A server that can be measured. */
type Server = Pick<Product, 'port' | 'pid' | 'stop'>;

async function startChild(
  file: string,
  message: PostgresConnection | UncheckedOptions,
): Promise<Server> {
  const child = start(file);
  child.send(message);
  const [port] = (await once(child, 'message')) as [number]; // as: both send their port
  return {
    port,
    pid: child.pid ?? 0,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

function start(file: string): ChildProcess {
  const child = fork(join(import.meta.dirname, file));
  children.push(child);
  return child;
}

// --- measuring ---

async function listCases(client: Client): Promise<Case[]> {
  const depths: [string, number][] = [
    ['middle', scale.secrets / 2],
    ['last', scale.secrets - 100],
  ];
  const names = Array.from({ length: 1_000 }, (_, n) =>
    nameOf(n * Math.floor(scale.secrets / 1_000)),
  );
  const read = { method: 'GET', status: 200, names };
  const secret = { description: 'made by the bench', destinations: ['https://api.example.com'] };
  const value = 'bench '.repeat(10);
  const all: Case[] = [
    { ...read, title: 'page of 100, first', ours: '/secrets', floor: '/secrets' },
  ];
  for (const [depth, skipped] of depths) {
    const { cursor, name } = await findCursor(client, skipped);
    const title = `page of 100, ${depth}`;
    all.push({
      ...read,
      title,
      ours: `/secrets?cursor=${cursor}`,
      floor: `/secrets?after=${name}`,
    });
  }
  for (const [kind, term] of Object.entries(terms)) {
    const path = `/secrets?q=${term}`;
    all.push({ ...read, title: `page of 100, ${kind} search`, ours: path, floor: path });
  }
  const one = { ours: '/secrets/{name}', floor: '/secrets/{name}' };
  all.push({ ...read, ...one, title: 'metadata of one', isTried: true });
  all.push({
    title: 'create',
    method: 'POST',
    ours: '/secrets',
    floor: '/secrets',
    body: JSON.stringify({ name: '{name}', value, ...secret }),
    names: [],
    status: 201,
    isTried: true,
  });
  all.push({
    ...one,
    title: 'update',
    method: 'PATCH',
    body: JSON.stringify({ value }),
    names,
    status: 200,
    isTried: true,
  });
  return all.filter(({ title }) => title.includes(options.only));
}

/** A cursor behind the first `skipped` secrets by name, as the product hands it out. */
async function findCursor(
  client: Client,
  skipped: number,
): Promise<{ cursor: string; name: string }> {
  let cursor = '';
  let name = '';
  for (let left = skipped; left > 0; left -= 1_000) {
    const from = cursor === '' ? '' : `&cursor=${cursor}`;
    const { status, text, json } = await client.send(
      'GET',
      `/secrets?limit=${Math.min(left, 1_000)}${from}`,
    );
    if (status !== 200) throw new Error(`Paging: ${text}`);
    const page = json as SecretPage; // as: the product checks its own answers
    cursor = page.nextCursor ?? '';
    name = page.items.at(-1)?.name ?? '';
  }
  return { cursor, name };
}

async function measureAll(
  client: Client,
  ours: Server,
  floor: Server,
  unchecked: Server,
): Promise<Figures[]> {
  const generator = startGenerator();
  children.push(generator.process);
  const figures: Figures[] = [];
  for (const each of await listCases(client)) {
    const { method, names, status, body } = each;
    const load = { connections, durationMs: scale.sliceMs, method, names, status, body };
    const headersFor = ({ port }: Server) => ({
      Cookie: client.cookie ?? '',
      Origin: `http://127.0.0.1:${port}`,
      'X-Requested-With': 'dropsafe',
    });
    const ofOurs: Slice[] = [];
    const ofFloor: Slice[] = [];
    const ofUnchecked: Slice[] = [];
    const measureSlice = async (server: Server, path: string, heads: Record<string, string>) => {
      const before = await readProcessorMs([ours.pid, floor.pid]);
      const result = await generator.run({
        ...load,
        port: server.port,
        path,
        headers: heads,
      });
      const used = (await readProcessorMs([ours.pid, floor.pid])) - before;
      return { ...result, processorMs: used / result.latenciesMs.length };
    };
    // The first round warms up both: connections, statements, the compiler.
    for (let round = 0; round <= scale.rounds; round += 1) {
      const path = `/api/v1${each.ours}`;
      ofOurs.push(await measureSlice(ours, path, headersFor(ours)));
      ofFloor.push(await measureSlice(floor, each.floor, {}));
      if (each.isTried)
        ofUnchecked.push(await measureSlice(unchecked, path, headersFor(unchecked)));
    }
    figures.push(compare(each.title, ofOurs.slice(1), ofFloor.slice(1), ofUnchecked.slice(1)));
    process.stderr.write('.');
  }
  process.stderr.write('\n');
  return figures;
}

/** What a slice gave. */
type Slice = LoadResult & { processorMs: number };

function compare(
  title: string,
  ours: readonly Slice[],
  floor: readonly Slice[],
  unchecked: readonly Slice[],
): Figures {
  const rates = (slices: readonly Slice[]) => slices.map((slice) => slice.requestsPerSecond);
  const latencies = (slices: readonly Slice[]) => slices.flatMap((slice) => slice.latenciesMs);
  const processor = (slices: readonly Slice[]) => median(slices.map((slice) => slice.processorMs));
  const floorRates = rates(floor);
  const ratioTo = (other: readonly number[]) =>
    median(rates(ours).map((rate, round) => rate / (other[round] ?? Number.NaN)));
  return {
    title,
    ours: median(rates(ours)),
    floor: median(floorRates),
    ratio: ratioTo(floorRates),
    p50: median(latencies(ours)),
    p99: quantile(latencies(ours), 0.99),
    floorP50: median(latencies(floor)),
    processor: processor(ours),
    floorProcessor: processor(floor),
    bytes: ours[0]?.bytesPerAnswer ?? 0,
    checkCost: unchecked.length === 0 ? undefined : 1 - ratioTo(rates(unchecked)),
  };
}

// --- printing ---

function printFigures(figures: readonly Figures[]): void {
  const header = [
    '',
    'ours/s',
    'floor/s',
    'ratio',
    'p50 ms',
    'p99 ms',
    'floor p50',
    'cpu ms',
    'floor cpu',
    'bytes',
  ];
  const rows = figures.map((each) => [
    each.title,
    each.ours.toFixed(0),
    each.floor.toFixed(0),
    each.ratio.toFixed(2),
    each.p50.toFixed(2),
    each.p99.toFixed(2),
    each.floorP50.toFixed(2),
    each.processor.toFixed(2),
    each.floorProcessor.toFixed(2),
    each.bytes.toFixed(0),
  ]);
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  print();
  for (const row of [header, ...rows]) {
    print(
      row
        .map((cell, column) =>
          column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0),
        )
        .join('  '),
    );
  }
}

function judgeThroughput(figures: readonly Figures[]): void {
  for (const { title, ratio } of figures) {
    judge(title, ratio >= leastRatio, `${ratio.toFixed(2)} of the floor; target ≥ ${leastRatio}`);
  }
}

/** Neither page counts anything, so it is the middle page that the last one is compared with, as well as the first. */
function judgeDepth(figures: readonly Figures[]): void {
  const costOf = (depth: string) =>
    figures.find(({ title }) => title === `page of 100, ${depth}`)?.p50;
  const [first, middle, last] = [costOf('first'), costOf('middle'), costOf('last')];
  if (first === undefined || middle === undefined || last === undefined) return;
  const worst = Math.max(last / first, last / middle);
  judge(
    'depth',
    worst <= mostDepthCost,
    `the last page takes ${(last / first).toFixed(2)} of the first, ${(last / middle).toFixed(2)} of the middle; target ≤ ${mostDepthCost}`,
  );
}

function judgeChecks(figures: readonly Figures[]): void {
  for (const { title, checkCost } of figures) {
    if (checkCost === undefined) continue;
    judge(
      `${title}, checks`,
      checkCost <= mostCheckCost,
      `permission check and audit write take ${(checkCost * 100).toFixed(0)} % of the throughput without them; target ≤ ${mostCheckCost * 100} %`,
    );
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
