/**
 * @file Nodes with other providers than the stack has: read only, several of them, and some that do not work. Each has a
 * database of its own. A new kind of provider is added to the lists here.
 */
import { newCanary } from '@dropsafe/bff/testkit/canary';
import { dumpDatabase } from '@dropsafe/bff/testkit/dump';
import { newDataDir, spawnNode } from '@dropsafe/bff/testkit/node';
import { policyFor } from '@dropsafe/bff/testkit/vault-policy';
import { startVaultServer, type VaultServer } from '@dropsafe/bff/testkit/vault-server';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type Site } from './fixtures.ts';
import { record, recordMore } from './record.ts';

/** What a node is started with. */
interface Configuration {
  providers: readonly ({ type: string } & Record<string, unknown>)[];
  /** Names of secrets in variables of the environment, each with a canary as its value. */
  variables?: readonly string[];
  /** Further variables, such as those that cannot be used. */
  env?: Record<string, string>;
}

/** Starts a node of this configuration. */
export async function startSite({
  providers,
  variables = [],
  env = {},
}: Configuration): Promise<Site & { stop: () => Promise<void> }> {
  const { dataDir, remove } = await newDataDir();
  const values = variables.map((name) => [`DROPSAFE_SECRET_${name}`, newCanary()]);
  const node = await spawnNode({
    DROPSAFE_DATA_DIR: dataDir,
    DROPSAFE_PROVIDERS: JSON.stringify(providers),
    ...Object.fromEntries(values),
    ...env,
  });
  return {
    url: node.url,
    dataDir,
    async stop() {
      // For the sweep: what this node kept and printed.
      record(`site-${randomBytes(4).toString('hex')}-dump.txt`, await dumpDatabase(dataDir));
      await node.end();
      recordMore('node.log', node.output());
      await remove();
    },
  };
}

/** Tests on a node of this configuration; it runs for as long as the worker does. */
function testOn(configuration: Configuration) {
  return test.extend<object, { site: Site }>({
    site: [
      // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
      async ({}, use) => {
        const site = await startSite(configuration);
        await use(site);
        await site.stop();
      },
      { scope: 'worker', timeout: 60_000 },
    ],
  });
}

/** Read only: everything comes from the environment. */
export const envOnly = testOn({
  providers: [{ type: 'env' }],
  variables: ['ENV_ALPHA', 'ENV_BETA'],
});

/** A vault of the tests, and a folder of files, beside the database. */
export const several = test.extend<object, { site: Site; vault: VaultServer; folder: string }>({
  vault: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
    async ({}, use) => {
      const vault = await startVaultServer();
      vault.mount('kv');
      vault.policy('dropsafe', policyFor('kv', 'apps'));
      await use(vault);
      await vault.stop();
    },
    { scope: 'worker' },
  ],
  folder: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
    async ({}, use) => {
      const folder = await mkdtemp(join(tmpdir(), 'dropsafe-e2e-files-'));
      await writeFile(join(folder, 'MOUNTED_KEY'), newCanary());
      await mkdir(join(folder, 'MOUNTED_FOLDER'));
      await use(folder);
      await rm(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
  site: [
    async ({ vault, folder }, use) => {
      const token = vault.issue({ policies: ['dropsafe'] });
      const site = await startSite({
        providers: [
          { type: 'database' },
          {
            type: 'vault',
            address: vault.address,
            mount: 'kv',
            folder: 'apps',
            auth: { method: 'token', token },
          },
          { type: 'file', name: 'mounted', folder },
        ],
      });
      await use(site);
      await site.stop();
    },
    { scope: 'worker', timeout: 60_000 },
  ],
});

/** How many variables `mixed` has for copying all of them. */
export const manyVariables = 24;

/** The database first, and what the operator put beside it. */
export const mixed = testOn({
  providers: [{ type: 'database' }, { type: 'env' }],
  variables: [
    'ENV_ALPHA',
    'ENV_BETA',
    'ENV_GAMMA',
    ...Array.from({ length: manyVariables }, (_, index) => `MANY_${10 + index}`),
  ],
  env: { DROPSAFE_SECRET_EMPTY: '' },
});

/** Providers that are down, with the sentence that says why: `{ type: 'file', … }` of a folder that is missing, a vault that refuses connections. */
export const downProviders: readonly {
  settings: { type: string; name: string } & Record<string, unknown>;
  why: string;
}[] = [
  {
    settings: { type: 'file', name: 'mounted', folder: '/nowhere/at/all' },
    why: 'What is configured is not there, or is something else.',
  },
  {
    settings: {
      type: 'vault',
      name: 'vault',
      address: 'http://127.0.0.1:9',
      auth: { method: 'token', token: 'of nobody' },
    },
    why: 'It cannot be reached.',
  },
];

/** The database beside variables that cannot be used and providers that are down. */
export const broken = testOn({
  providers: [
    { type: 'database' },
    { type: 'env' },
    ...downProviders.map(({ settings }) => settings),
  ],
  variables: ['ENV_ALPHA'],
  env: {
    DROPSAFE_SECRET_EMPTY: '',
    DROPSAFE_SECRET_TWICE: newCanary(),
    dropsafe_secret_TWICE: newCanary(),
    DROPSAFE_SECRET_LARGE: newCanary(2_000),
    'DROPSAFE_SECRET_NOT.A.NAME': newCanary(),
  },
});
