import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { newCanary } from '../../testkit/canary.ts';
import { until } from '../../testkit/until.ts';
import { nameOf, openProvider, openVault, plainOf, reasonOf } from '../../testkit/vault-opened.ts';
import type { TokenSettings, VaultServer } from '../../testkit/vault-server.ts';

const renewal = 'auth/token/renew-self';

/** A file that another program writes anew. */
function rotating(content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'dropsafe-vault-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'credential');
  const write = (text: string) => writeFileSync(path, `${text}\n`);
  write(content);
  return { path, write };
}

/** A provider that signs in by AppRole; its tokens are as the test says. */
function byAppRole(server: VaultServer, token: TokenSettings) {
  server.role('approle', 'dropsafe', {
    policies: ['dropsafe'],
    ...token,
    accepts: (proof) => proof === 'the-secret-id',
  });
  const auth = { method: 'approle', roleId: 'dropsafe', secretId: 'the-secret-id' };
  return openProvider(server, { auth });
}

test('signs in at the first request, and once for many that come together', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 3600 });
  expect(server.requests).toEqual([]);
  await Promise.all(Array.from({ length: 20 }, () => provider.list()));
  await provider.list();
  expect(server.take('POST', 'auth/approle/login')).toBe(1);
});

test('a token that was revoked is replaced once, and the request tried again once', async () => {
  const server = await openVault();
  const { provider, pass } = byAppRole(server, { ttl: 3600 });
  const value = newCanary();
  server.asRoot('POST', 'secret/data/api', { data: { value } });
  expect(await plainOf(provider, 'api')).toBe(value);
  server.revoke(server.issued[0] ?? '');
  pass(10_000);
  server.take('', '');
  const values = await Promise.all(Array.from({ length: 5 }, () => plainOf(provider, 'api')));
  expect(values).toEqual(Array(5).fill(value));
  expect(server.take('POST', 'auth/approle/login')).toBe(1);
});

test('what the policy refuses is refused, without a sign-in for each request', async () => {
  const server = await openVault();
  const { provider, pass } = byAppRole(server, { ttl: 3600, policies: [] });
  for (let time = 0; time < 5; time += 1) expect(await reasonOf(provider.list())).toBe('denied');
  expect(server.take('POST', 'auth/approle/login')).toBe(1);
  // The role was given the policy meanwhile: tokens have it from their next sign-in on.
  byAppRole(server, { ttl: 3600 });
  pass(10_000);
  expect(await provider.list()).toEqual([]);
});

test('a token is renewed in the background before its time is over, and never signed in for again', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 1 });
  await provider.list();
  const count = () => server.requests.filter(({ path }) => path === renewal).length;
  await until('it was renewed twice', () => count() >= 2);
  expect(await provider.list()).toEqual([]);
  expect(server.take('POST', 'auth/approle/login')).toBe(1);
});

test('a token that cannot be renewed is replaced in the background', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 1, isRenewable: false });
  await provider.list();
  await until('it has signed in twice', () => server.issued.length >= 2);
  expect(server.take('POST', renewal)).toBe(0);
});

test('a token whose longest time comes near is replaced in the background', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 2, maxTtl: 2 });
  await provider.list();
  await until('it has signed in twice', () => server.issued.length >= 2);
  expect(server.take('POST', renewal)).toBe(1);
  expect(await provider.list()).toEqual([]);
});

test('a renewal that is refused is followed by a sign-in', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 1 });
  await provider.list();
  server.revoke(server.issued[0] ?? '');
  await until('it has signed in twice', () => server.issued.length >= 2);
  expect(server.take('POST', renewal)).toBe(1);
});

test('a renewal is tried again when the vault was in trouble', async () => {
  const server = await openVault();
  const { provider } = byAppRole(server, { ttl: 1 });
  await provider.list();
  server.fail('error 500', /^auth\//);
  await until('the renewal has failed', () => server.requests.some(({ path }) => path === renewal));
  server.fail(undefined);
  await until('it is renewed or replaced', () => {
    const renewals = server.requests.filter(({ path }) => path === renewal);
    return renewals.length + server.issued.length >= 3;
  });
  expect(await provider.list()).toEqual([]);
});

test('a token whose time is over is not sent any more', async () => {
  const server = await openVault();
  const { provider, pass } = byAppRole(server, { ttl: 3600 });
  await provider.list();
  pass(3_600_000);
  server.take('', '');
  expect(await provider.list()).toEqual([]);
  expect(server.requests.map(({ path }) => path)).toEqual([
    'auth/approle/login',
    'secret/metadata/',
  ]);
});

test('a secret id is read anew at each sign-in', async () => {
  const server = await openVault();
  let accepted = 'secret-id-one';
  server.role('teams/approle', 'dropsafe', {
    policies: ['dropsafe'],
    ttl: 60,
    accepts: (proof) => proof === accepted,
  });
  const file = rotating('secret-id-one');
  const { provider, pass } = openProvider(server, {
    auth: {
      method: 'approle',
      mount: 'teams/approle',
      roleId: 'dropsafe',
      secretIdFile: file.path,
    },
  });
  expect(await provider.list()).toEqual([]);
  accepted = 'secret-id-two';
  pass(60_000);
  expect(await reasonOf(provider.list())).toBe('denied');
  expect(await provider.health()).toEqual({ status: 'down', reason: 'denied' });
  file.write('secret-id-two');
  expect(await provider.list()).toEqual([]);
  expect(await provider.health()).toEqual({ status: 'up', reason: null });
});

test('the token of a service account is read anew at each sign-in', async () => {
  const server = await openVault();
  const jwt = newCanary();
  let accepted = jwt;
  server.role('kubernetes', 'dropsafe', {
    policies: ['dropsafe'],
    ttl: 60,
    accepts: (proof) => proof === accepted,
  });
  const file = rotating(jwt);
  const auth = { method: 'kubernetes', role: 'dropsafe', jwtFile: file.path };
  const { provider, pass } = openProvider(server, { auth });
  expect(await provider.list()).toEqual([]);
  accepted = newCanary();
  file.write(accepted);
  pass(60_000);
  expect(await provider.list()).toEqual([]);
  const unknown = openProvider(server, { auth: { ...auth, role: 'another' } }).provider;
  expect(await reasonOf(unknown.list())).toBe('denied');
});

test('a token out of a file is read anew once it is refused or over', async () => {
  const server = await openVault();
  const file = rotating(server.issue({ policies: ['dropsafe'], ttl: 60 }));
  const { provider, pass } = openProvider(server, {
    auth: { method: 'token', tokenFile: file.path },
  });
  expect(await provider.list()).toEqual([]);
  expect(server.take('GET', 'auth/token/lookup-self')).toBe(1);
  pass(60_000);
  expect(await reasonOf(provider.list())).toBe('denied');
  file.write(server.issue({ policies: ['dropsafe'], ttl: 60 }));
  pass(10_000);
  expect(await provider.list()).toEqual([]);
});

test('a token of the configuration is renewed like others, and denied once its time is over', async () => {
  const server = await openVault();
  const token = server.issue({ policies: ['dropsafe'], ttl: 1 });
  const { provider, pass } = openProvider(server, { auth: { method: 'token', token } });
  expect(await provider.list()).toEqual([]);
  await until('it was renewed', () => server.requests.some(({ path }) => path === renewal));
  expect(await provider.list()).toEqual([]);
  pass(3_000);
  expect(await reasonOf(provider.list())).toBe('denied');
  expect(await provider.health()).toEqual({ status: 'down', reason: 'denied' });
});

test('a token without an end, or that may not look at itself, works all the same', async () => {
  const server = await openVault();
  const root = { method: 'token', token: server.rootToken };
  expect(await openProvider(server, { auth: root }).provider.list()).toEqual([]);
  server.policy('default', {});
  const token = server.issue({ policies: ['dropsafe'], ttl: 60 });
  const { provider } = openProvider(server, { auth: { method: 'token', token } });
  expect(await provider.list()).toEqual([]);
});

test.each(['', 'a token\nof two lines', 'töken'])(
  'a file whose content cannot be a token is told, and not what is in it: "%s"',
  async (content) => {
    const server = await openVault();
    const file = rotating(content);
    const auth = { method: 'token', tokenFile: file.path };
    const { provider } = openProvider(server, { auth });
    expect(await reasonOf(provider.list())).toBe('misconfigured');
    const { provider: without } = openProvider(server, {
      auth: { ...auth, tokenFile: `${file.path}-of-nobody` },
    });
    expect(await reasonOf(without.list())).toBe('misconfigured');
    expect(server.requests).toEqual([]);
  },
);

test('everything but the health of the vault is asked for in the namespace', async () => {
  const server = await openVault();
  const namespace = 'admin/team-a';
  server.mount('secret', { namespace });
  server.role('approle', 'dropsafe', {
    namespace,
    policies: ['dropsafe'],
    ttl: 60,
    accepts: () => true,
  });
  const { provider } = openProvider(server, {
    namespace,
    auth: { method: 'approle', roleId: 'dropsafe', secretId: 'x' },
  });
  const value = newCanary();
  server.asRoot('POST', 'secret/data/api', { data: { value } }, namespace);
  server.asRoot('POST', 'secret/data/api', { data: { value: newCanary() } });
  expect(await plainOf(provider, 'api')).toBe(value);
  expect(await provider.health()).toEqual({ status: 'up', reason: null });
  const outside = server.requests.filter((one) => one.namespace !== namespace);
  expect(outside.map(({ path }) => path)).toEqual(['sys/health']);
  for (const { headers } of server.requests) expect(headers['x-vault-request']).toBe('true');
});

test('after closing, nothing is renewed and nothing keeps the process', async () => {
  const server = await openVault();
  const before = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  const { provider } = byAppRole(server, { ttl: 1 });
  await provider.read(nameOf('api'));
  await provider.close();
  server.take('', '');
  const { provider: other } = byAppRole(server, { ttl: 1 });
  await other.list();
  // The other's renewal comes after that of the closed one would have come.
  await until('the other was renewed', () => server.requests.some(({ path }) => path === renewal));
  expect(server.take('POST', renewal)).toBe(1);
  await other.close();
  const after = process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;
  expect(after).toBeLessThanOrEqual(before);
  expect(await reasonOf(provider.list())).toBe('unreachable');
});
