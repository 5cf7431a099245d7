/** @file How much the product takes: memory of all its processes, and what a browser loads before it shows anything. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** Memory of a process and of everything that it started. */
export interface Memory {
  processes: number;
  /** Resident pages, shared ones counted once for each process that has them. */
  rssBytes: number;
  /** The same with shared pages divided among those who share them: what would be free without us. */
  pssBytes: number | undefined;
}

/** Memory of `pid` and all its descendants. */
export async function readMemory(pid: number): Promise<Memory> {
  const pids = await descendantsOf(pid);
  const each = await Promise.all(pids.map(memoryOf));
  const alive = each.filter((memory) => memory !== undefined);
  const pss = alive.map(({ pssBytes }) => pssBytes);
  return {
    processes: alive.length,
    rssBytes: alive.reduce((sum, { rssBytes }) => sum + rssBytes, 0),
    pssBytes: pss.every((bytes) => bytes !== undefined)
      ? pss.reduce((sum, bytes) => sum + bytes, 0)
      : undefined,
  };
}

async function descendantsOf(pid: number): Promise<number[]> {
  const children = new Map<number, number[]>();
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    const parent = Number(fieldsOf(stat)[1]);
    children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const found = [pid];
  for (const each of found) found.push(...(children.get(each) ?? []));
  return found;
}

/** The fields of `/proc/PID/stat` behind the name, which stands in brackets and may hold anything. */
function fieldsOf(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

async function memoryOf(pid: number) {
  const read = (file: string) => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '');
  const pssBytes = kilobytes(await read('smaps_rollup'), 'Pss');
  // Read last: a process that has ended in between is not there at all.
  const rssBytes = kilobytes(await read('status'), 'VmRSS');
  return rssBytes === undefined ? undefined : { rssBytes, pssBytes };
}

function kilobytes(text: string, field: string): number | undefined {
  const count = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  return count === undefined ? undefined : Number(count) * 1024;
}

/** Clock ticks of `utime` and `stime`: 100 a second on every Linux that Node runs on. */
const tickMs = 10;

/** Milliseconds of processor time that these processes and their living descendants have used so far. */
export async function readProcessorMs(pids: readonly number[]): Promise<number> {
  let ticks = 0;
  for (const each of (await Promise.all(pids.map(descendantsOf))).flat()) {
    const fields = fieldsOf(await readFile(`/proc/${each}/stat`, 'utf8').catch(() => ''));
    ticks += Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
  }
  return ticks * tickMs;
}

/** Gzipped bytes of all scripts that the page needs at first; undefined when the web app is not built. */
export async function readFirstLoad(
  webDir: string,
): Promise<{ files: number; gzippedBytes: number } | undefined> {
  const page = await readFile(join(webDir, 'index.html'), 'utf8').catch(() => undefined);
  if (page === undefined) return undefined;
  const tags = page.match(/<(?:script|link)\b[^>]*>/g) ?? [];
  const scripts = tags
    .filter((tag) => tag.startsWith('<script') || tag.includes('modulepreload'))
    .flatMap((tag) => /(?:src|href)="\/?([^"]+)"/.exec(tag)?.[1] ?? []);
  const found = new Set(scripts);
  let gzippedBytes = 0;
  // Grows while it is read: each script adds those that it imports before it can run.
  for (const path of found) {
    const source = await readFile(join(webDir, path), 'utf8');
    gzippedBytes += gzipSync(source, { level: 9 }).length;
    for (const [, imported] of source.matchAll(
      /(?:from|\bimport)\s*["'](\.\.?\/[^"']+\.js)["']/g,
    )) {
      found.add(join(dirname(path), imported ?? ''));
    }
  }
  return { files: found.size, gzippedBytes };
}
