/** @file A server of a test's own that can be stopped, frozen and started again, at the same address and with its data. */
import { join } from 'node:path';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/base/embedded-postgres.ts';
import { newDataDir } from './node.ts';
import { findFreePort, urlOf } from './postgres.ts';
import { childrenOf, postmasterOf, signal } from './processes.ts';

/** A server that a test may do anything to. */
export interface MortalPostgres {
  /** For `DATABASE_URL`. */
  url: string;
  /** Where its files are. */
  folder: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Stops every process of it where it stands: connections stay, and nothing answers. */
  freeze: () => void;
  thaw: () => void;
  remove: () => Promise<void>;
}

/** Starts a server on the loopback. */
export async function startMortalPostgres(): Promise<MortalPostgres> {
  const { dataDir, remove } = await newDataDir();
  const port = await findFreePort();
  let server: EmbeddedPostgres | undefined;
  let frozen: number[] = [];
  const start = async () => {
    server = await startEmbeddedPostgres({
      dataDir,
      onEvent: () => {},
      onLost: () => {},
      testSettings: { fsync: 'off', listen_addresses: '127.0.0.1', port: String(port) },
    });
  };
  const stop = async () => {
    await server?.stop();
    server = undefined;
  };
  const thaw = () => {
    for (const pid of frozen.splice(0)) signal(pid, 'SIGCONT');
  };
  await start();
  return {
    url: urlOf({ ...(server as EmbeddedPostgres).connection, host: '127.0.0.1', port }), // as: start() has set it
    folder: join(dataDir, 'postgres'),
    start,
    stop,
    freeze() {
      const postmaster = postmasterOf(dataDir) ?? 0;
      frozen = [postmaster, ...childrenOf(postmaster)];
      for (const pid of frozen) signal(pid, 'SIGSTOP');
    },
    thaw,
    async remove() {
      thaw();
      await stop();
      await remove();
    },
  };
}
