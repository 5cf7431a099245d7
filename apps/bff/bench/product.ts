/**
 * @file The product as it ships, for measuring: `apps/bff/src/main.ts` as a process of its own on the embedded
 * PostgreSQL with its real settings, fsync included. Its log goes to a file, as an operator's would.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** The password of the first user; good enough for the product's own rule. */
export const adminPassword = 'four unrelated words: otter lamp';

/** How to start the product. */
export interface ProductOptions {
  dataDir: string;
  webDir: string;
  /** Folder for a CPU profile of the whole run, written when the product ends. */
  profileDir: string | undefined;
}

/** A running product. */
export interface Product {
  url: string;
  port: number;
  pid: number;
  /** From the start of the process to the first 200 on `/readyz`. */
  startMs: number;
  stop(): Promise<void>;
}

const main = join(import.meta.dirname, '../src/main.ts');

/** Compiled code is kept, as `scripts/start.mjs` does it: without, the compiler itself stays in memory. */
const compileCache = join(import.meta.dirname, '../../../node_modules/.cache/node');

/**
 * As `scripts/start.mjs` starts it. Without the limit, the part of the heap for young objects grows with the memory of
 * the machine, to 134 MB on one of 24 GB, while the modules are loaded; it is never given back.
 */
const nodeFlags = ['--disable-sigusr1', '--max-semi-space-size=16'];

/** Starts the product and waits until it is ready. Throws when it ends instead. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { dataDir, webDir, profileDir } = options;
  const port = await findFreePort();
  const log = openSync(`${dataDir}.log`, 'a');
  const profiling = profileDir === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDir}`];
  const began = performance.now();
  const child = spawn(process.execPath, [...nodeFlags, ...profiling, main], {
    env: {
      PATH: process.env['PATH'],
      NODE_COMPILE_CACHE: compileCache,
      PORT: String(port),
      DROPSAFE_DATA_DIR: dataDir,
      DROPSAFE_WEB_DIR: webDir,
      DROPSAFE_ADMIN_PASSWORD: adminPassword,
    },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const ended = once(child, 'exit');
  while (!(await isReady(port))) {
    if (hasEnded(child)) {
      throw new Error(`The product ended before it was ready; see ${dataDir}.log`);
    }
    await wait(5);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid ?? 0,
    startMs: performance.now() - began,
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

function isReady(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asking = request({ port, host: '127.0.0.1', path: '/readyz', agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asking.once('error', () => resolve(false));
    asking.end();
  });
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('No free port.');
  return address.port;
}
