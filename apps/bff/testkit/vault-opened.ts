import { SecretNameSchema } from '@dropsafe/contract/secrets';
import { onTestFinished } from 'vitest';
import { Redacted } from '../src/base/redacted.ts';
import { ProviderFailure, type OutsideProvider } from '../src/secrets/outside-provider.ts';
import { createVaultProvider } from '../src/secrets/vault-provider.ts';
import { parseVaultSettings } from '../src/secrets/vault-settings.ts';
import { selfSigned } from './certificate.ts';
import { policyFor } from './vault-policy.ts';
import { startVaultServer, type VaultServer } from './vault-server.ts';

/** A vault of the tests with a mount `secret` and the policy `dropsafe` for it; it ends with its test. */
export async function openVault(...how: Parameters<typeof startVaultServer>): Promise<VaultServer> {
  const server = await startVaultServer(...how);
  onTestFinished(() => server.stop());
  server.mount('secret');
  server.policy('dropsafe', policyFor('secret', ''));
  return server;
}

/** A provider of it by its configuration; `pass` puts its clock forward, and that of the vault. It ends with its test. */
export function openProvider(server: VaultServer, entry: object, caText = selfSigned().cert) {
  let aheadMs = 0;
  const settings = parseVaultSettings(
    'the provider vault',
    { address: server.address, ...entry },
    () => caText,
  );
  const provider = createVaultProvider(settings, {
    onLeftOut: () => {},
    now: () => performance.now() + aheadMs,
    random: () => 0,
  });
  onTestFinished(() => provider.close());
  const pass = (ms: number) => {
    aheadMs += ms;
    server.pass(ms);
  };
  return { provider, settings, pass };
}

/** A checked name. */
export const nameOf = (text: string) => SecretNameSchema.parse(text);

/** A value as the door gives it. */
export const wrap = (content: string) => new Redacted<Uint8Array>(Buffer.from(content));

/** Why it was refused, or what it came to. */
export const reasonOf = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: unknown) => (error instanceof ProviderFailure ? error.reason : error));

/** The value, in the clear. */
export async function plainOf(
  provider: OutsideProvider,
  name: string,
): Promise<string | undefined> {
  const resolved = await provider.resolve(nameOf(name));
  return resolved.kind === 'value' ? Buffer.from(resolved.value.reveal()).toString() : undefined;
}
