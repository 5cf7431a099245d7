/** @file The stack under test: the product as it ships, a process of its own with its own embedded PostgreSQL, beside providers to sign in through. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startIdentityProvider } from '@dropsafe/bff/testkit/identity-provider';
import { spawnNode } from '@dropsafe/bff/testkit/node';
import { until } from '@dropsafe/bff/testkit/until';
import { recordDir, recordMore } from './record.ts';
import { startSpoiledProvider } from './spoiled-provider.ts';

/** What the tests know of the stack. */
export interface Stack {
  url: string;
  dataDir: string;
  /** The password that the first start printed. */
  firstPassword: string;
  /** Where a `Spoiling` of the provider `other` is posted to. */
  spoilUrl: string;
}

const variable = 'DROPSAFE_E2E_STACK';

/** The running stack. */
export function stack(): Stack {
  // as: written below
  return JSON.parse(process.env[variable] ?? '') as Stack;
}

/** Starts the stack; the function that it answers ends it and clears up. */
export default async function setup(): Promise<() => Promise<void>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'dropsafe-e2e-data-'));
  const identityProvider = await startIdentityProvider();
  const spoiled = await startSpoiledProvider();
  const providers = [
    identityProvider.settings('corp', { label: 'Corp' }),
    spoiled.settings('other', { label: 'Other', createUsers: false }),
    // Nothing listens there.
    identityProvider.settings('absent', { label: 'Absent', issuer: 'http://127.0.0.1:9' }),
  ];
  const node = await spawnNode({
    DROPSAFE_DATA_DIR: dataDir,
    DROPSAFE_ADMIN_PASSWORD: '',
    DROPSAFE_OIDC: JSON.stringify(providers),
    // The systems that integrations are tested against.
    DROPSAFE_OUTBOUND_ALLOW: '127.0.0.1',
    // Who is refused often says to be somewhere else: all tests together have the attempts of one address.
    DROPSAFE_TRUSTED_PROXIES: '127.0.0.1',
  });
  const api = `${node.url}/api/v1`;
  await identityProvider.setLogoutAddress(`${api}/oidc/corp/backchannel-logout`);
  await spoiled.setLogoutFrame(`${api}/oidc/other/frontchannel-logout`);
  recordMore('node.log', node.output());
  node.process.stdout?.on('data', (chunk: Buffer) => recordMore('node.log', chunk));
  node.process.stderr?.on('data', (chunk: Buffer) => recordMore('node.log', chunk));
  // Printed right after the line by which a node is known to serve.
  const firstPassword = await until(
    'the first password',
    () => /Password {2}(\S+)/.exec(node.output())?.[1],
  );
  const { controlUrl: spoilUrl } = spoiled;
  process.env[variable] = JSON.stringify({
    url: node.url,
    dataDir,
    firstPassword,
    spoilUrl,
  } satisfies Stack);
  return async () => {
    await node.end();
    await identityProvider.stop();
    await spoiled.stop();
    await rm(dataDir, { recursive: true, force: true });
    await rm(recordDir, { recursive: true, force: true });
  };
}
