/**
 * @file The real thing, where there is one: `bao` or `vault` on the PATH, as a server in development mode (in memory, one
 * root token, unsealed).
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { until } from './until.ts';
import type { VaultUnderTest } from './vault-suite.ts';

/** The program, or undefined where there is none. */
export function findVaultBinary(): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return ['bao', 'vault']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Starts it on a free port. */
export async function startVaultBinary(binary: string): Promise<VaultUnderTest> {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'dropsafe-vault-'));
  const rootToken = `root-${randomUUID()}`;
  const address = `http://127.0.0.1:${port}`;
  const child = spawn(
    binary,
    [
      'server',
      '-dev',
      `-dev-root-token-id=${rootToken}`,
      `-dev-listen-address=127.0.0.1:${port}`,
      '-dev-no-store-token',
    ],
    { stdio: 'ignore', env: { PATH: process.env['PATH'], HOME: home } },
  );
  const isUp = () =>
    ask('GET', 'sys/health').then(
      ({ status }) => status === 200,
      () => false,
    );

  async function ask(method: string, path: string, body?: object) {
    // oxlint-disable-next-line no-restricted-globals -- a test asks, not the product
    const answer = await fetch(`${address}/v1/${path}`, {
      method,
      headers: { 'X-Vault-Token': rootToken },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    // as: the vault's JSON, looked at by tests
    const content = (text === '' ? {} : JSON.parse(text)) as { data?: Record<string, unknown> };
    return { status: answer.status, data: content.data };
  }

  /** Throws what a test could not go on without. */
  async function demand(method: string, path: string, body?: object) {
    const answer = await ask(method, path, body);
    if (answer.status >= 300) throw new Error(`The vault answers ${answer.status} to ${path}.`);
    return answer;
  }

  await until('the vault has started', isUp);
  await demand('POST', 'sys/auth/approle', { type: 'approle' });
  return {
    address,
    rootToken,
    ask: (method, path, body) => ask(method === 'LIST' ? 'LIST' : method, path, body),
    async mount(path, version) {
      await demand('POST', `sys/mounts/${path}`, {
        type: 'kv',
        options: { version: `${version}` },
      });
      // A new mount of version 2 takes a moment ("Upgrading from non-versioned to versioned data").
      const isReady = async () => (await ask('GET', `${path}/metadata/x`)).status === 404;
      await until('the mount is there', isReady);
    },
    async policy(name, policy) {
      const path = Object.fromEntries(
        Object.entries(policy).map(([rule, capabilities]) => [rule, { capabilities }]),
      );
      await demand('POST', `sys/policies/acl/${name}`, { policy: JSON.stringify({ path }) });
    },
    async appRole(name, policies, ttl) {
      const role = `auth/approle/role/${name}`;
      await demand('POST', role, { token_policies: policies, token_ttl: ttl });
      const { data: id } = await demand('GET', `${role}/role-id`);
      const { data: secret } = await demand('POST', `${role}/secret-id`, {});
      return { roleId: String(id?.['role_id']), secretId: String(secret?.['secret_id']) };
    },
    async stop() {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // as: a TCP server
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}
