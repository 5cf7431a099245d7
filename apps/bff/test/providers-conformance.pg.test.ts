/** @file Every kind of provider, held to the same promises (provider.suite.ts). */
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { policyFor } from '../testkit/vault-policy.ts';
import type { Fault } from '../testkit/vault-faults.ts';
import { startVaultServer } from '../testkit/vault-server.ts';
import { describeProvider } from './provider.suite.ts';

describeProvider('database', {
  capabilities: { create: true, update: true, delete: true },
  isSeededByDropsafe: true,
  start: async () => ({ entry: { type: 'database' } }),
});

describeProvider('env', {
  capabilities: { create: false, update: false, delete: false },
  start: async (initial) => ({
    entry: { type: 'env' },
    env: Object.fromEntries(
      [...initial].map(([name, value]) => [`DROPSAFE_SECRET_${name}`, value]),
    ),
  }),
});

describeProvider('file', {
  capabilities: { create: false, update: false, delete: false },
  failures: ['misconfigured'],
  async start(initial) {
    const base = await mkdtemp(join(tmpdir(), 'dropsafe-files-'));
    const folder = join(base, 'secrets');
    const away = join(base, 'away');
    await mkdir(folder);
    // Written beside it and moved there, as whoever mounts files does it.
    const seed = async (name: string, value: string) => {
      await writeFile(join(base, name), value);
      await rename(join(base, name), join(folder, name));
    };
    for (const [name, value] of initial) await seed(name, value);
    return {
      entry: { type: 'file', name: 'mounted', folder },
      seed,
      remove: (name) => rm(join(folder, name)),
      break: () => rename(folder, away),
      mend: () => rename(away, folder),
      stop: () => rm(base, { recursive: true }),
    };
  },
});

const faults: Record<string, Fault> = {
  unreachable: 'connection reset',
  timeout: 'no headers',
  sealed: 'sealed',
  denied: 'denied',
  'rate-limited': 'rate limited',
  failing: 'error 500',
};

describeProvider('vault', {
  capabilities: { create: true, update: true, delete: true },
  failures: ['unreachable', 'timeout', 'sealed', 'denied', 'rate-limited', 'failing'],
  async start(initial) {
    const server = await startVaultServer();
    server.mount('kv');
    server.policy('dropsafe', policyFor('kv', 'apps'));
    const seed = async (name: string, value: string) => {
      server.asRoot('POST', `kv/data/apps/${name}`, { data: { value, note: 'of somebody else' } });
    };
    for (const [name, value] of initial) await seed(name, value);
    return {
      entry: {
        type: 'vault',
        address: server.address,
        mount: 'kv',
        folder: 'apps',
        timeoutMs: 1_000,
        auth: { method: 'token', token: server.issue({ policies: ['dropsafe'] }) },
      },
      seed,
      remove: async (name) => {
        server.asRoot('DELETE', `kv/metadata/apps/${name}`);
      },
      break: async (reason) => server.fail(faults[reason]),
      mend: async () => server.fail(undefined),
      stop: () => server.stop(),
    };
  },
});
