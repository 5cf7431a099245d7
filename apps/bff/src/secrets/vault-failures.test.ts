import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import type { ProviderFailureReason } from '@dropsafe/contract/providers';
import { describe, expect, onTestFinished, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { selfSigned } from '../../testkit/certificate.ts';
import type { Fault } from '../../testkit/vault-faults.ts';
import {
  nameOf,
  openProvider,
  openVault,
  plainOf,
  reasonOf,
  wrap,
} from '../../testkit/vault-opened.ts';
import type { OutsideProvider } from './outside-provider.ts';
import { failuresInARow } from './vault-breaker.ts';

/** A vault with one secret, and a provider that has signed in. Everything that is secret about it is a canary. */
async function start(more: object = {}) {
  const server = await openVault();
  const [value, other] = [newCanary(), newCanary()];
  server.asRoot('POST', 'secret/data/api', { data: { value, other } });
  const token = server.issue({ policies: ['dropsafe'], ttl: 3600 });
  const auth = { method: 'token', token };
  const opened = openProvider(server, { auth, timeoutMs: 300, ...more });
  const revision = (await opened.provider.read(nameOf('api')))?.revision ?? '';
  server.take('', '');
  return { server, ...opened, value, other, token, revision };
}

/** Every operation, each as a function. */
const operations = (provider: OutsideProvider, revision: string) =>
  [
    () => provider.list(),
    () => provider.read(nameOf('api')),
    () => provider.resolve(nameOf('api')),
    () => provider.create(nameOf('new'), wrap(newCanary())),
    () => provider.update(nameOf('api'), revision, wrap(newCanary())),
    () => provider.delete(nameOf('api'), revision),
  ] as const;

describe('each failure has its reason, within the time limit, and changes nothing', () => {
  test.each<[Fault, ProviderFailureReason]>([
    ['sealed', 'sealed'],
    ['denied', 'denied'],
    ['no such mount', 'misconfigured'],
    ['rate limited', 'rate-limited'],
    ['error 500', 'failing'],
    ['HTML with 502', 'failing'],
    ['unavailable', 'failing'],
    ['HTML with 200', 'misconfigured'],
    ['no headers', 'timeout'],
    ['slow body', 'timeout'],
    ['connection reset', 'unreachable'],
    ['cut answer', 'unreachable'],
    ['huge answer', 'misconfigured'],
    ['another shape', 'misconfigured'],
    ['redirect', 'misconfigured'],
  ])('%s: %s', async (fault, reason) => {
    const { server, provider, revision, value } = await start({ timeoutMs: 1_000 });
    server.fail(fault);
    const begun = performance.now();
    const reasons = await Promise.all(
      operations(provider, revision).map((operate) => reasonOf(operate())),
    );
    expect(reasons).toEqual(Array(6).fill(reason));
    expect(await provider.health()).toEqual({ status: 'down', reason });
    expect(performance.now() - begun).toBeLessThan(3_000);
    server.fail(undefined);
    expect(await provider.health()).toEqual({ status: 'up', reason: null });
    expect(await plainOf(provider, 'api')).toBe(value);
    expect((await provider.list()).map(({ name }) => name)).toEqual(['api']);
  });

  test('nobody listens: unreachable', async () => {
    const { server, provider, revision } = await start();
    await server.stop();
    for (const operate of operations(provider, revision))
      expect(await reasonOf(operate())).toBe('unreachable');
    expect(await provider.health()).toEqual({ status: 'down', reason: 'unreachable' });
  });

  test('a token is not carried along a redirect', async () => {
    let arrived = 0;
    const elsewhere = createServer((_, res) => {
      arrived += 1;
      res.end('{}');
    });
    await once(elsewhere.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo; // as: a TCP server
    const server = await openVault(undefined, `http://127.0.0.1:${port}`);
    const { provider } = openProvider(server, {
      auth: { method: 'token', token: server.rootToken },
    });
    server.fail('redirect');
    expect(await reasonOf(provider.list())).toBe('misconfigured');
    expect(arrived).toBe(0);
  });

  test('one operation has one time limit for all of its requests, the sign-in included', async () => {
    const { server, provider } = await start({ timeoutMs: 400 });
    server.fail('no headers');
    const begun = performance.now();
    expect(await reasonOf(provider.update(nameOf('api'), '', wrap(newCanary())))).toBe('timeout');
    expect(performance.now() - begun).toBeLessThan(700);
  });

  test('health answers within two seconds, whatever the limit of operations is', async () => {
    const { server, provider } = await start({ timeoutMs: 10_000 });
    for (const path of [/^/, /^secret/]) {
      server.fail('slow body', path);
      const begun = performance.now();
      expect(await provider.health()).toEqual({ status: 'down', reason: 'timeout' });
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
  });
});

describe('TLS', () => {
  test('a certificate of an authority that is configured is trusted, and no other ever', async () => {
    const tls = selfSigned();
    const server = await openVault(tls);
    const auth = { method: 'token', token: server.rootToken };
    const reasonWith = (entry: object, caText?: string) =>
      reasonOf(openProvider(server, { auth, ...entry }, caText).provider.list());
    expect(await reasonWith({ caFile: 'ca.pem' }, tls.cert)).toEqual([]);
    server.take('', '');
    expect(await reasonWith({})).toBe('unreachable');
    expect(await reasonWith({ caFile: 'ca.pem' }, selfSigned().cert)).toBe('unreachable');
    // The certificate is for an address, not for this name.
    const address = server.address.replace('127.0.0.1', 'localhost');
    expect(await reasonWith({ caFile: 'ca.pem', address }, tls.cert)).toBe('unreachable');
    expect(server.requests).toEqual([]);
  });
});

describe('two who write at the same time', () => {
  test('what somebody else writes between the reading and the writing of an update stays', async () => {
    const { server, provider, revision } = await start();
    const theirs = newCanary();
    server.before('POST', /data\/api$/, () => {
      server.asRoot('POST', 'secret/data/api', { data: { value: theirs } });
    });
    expect(await provider.update(nameOf('api'), revision, wrap(newCanary()))).toEqual({
      kind: 'conflict',
    });
    expect(await plainOf(provider, 'api')).toBe(theirs);
  });

  test('what somebody else creates between looking and creating stays', async () => {
    const { server, provider } = await start();
    const theirs = newCanary();
    server.before('POST', /data\/new$/, () => {
      server.asRoot('POST', 'secret/data/new', { data: { value: theirs } });
    });
    expect(await provider.create(nameOf('new'), wrap(newCanary()))).toEqual({ kind: 'conflict' });
    expect(await plainOf(provider, 'new')).toBe(theirs);
  });

  test('what somebody else brings back or creates on top of a deleted version stays', async () => {
    const { server, provider } = await start();
    server.asRoot('DELETE', 'secret/data/api');
    const theirs = newCanary();
    server.before('POST', /data\/api$/, () => {
      server.asRoot('POST', 'secret/data/api', { data: { value: theirs } });
    });
    expect(await provider.create(nameOf('api'), wrap(newCanary()))).toEqual({ kind: 'conflict' });
    expect(await plainOf(provider, 'api')).toBe(theirs);
  });
});

test('numbers beside the value that JavaScript would round go back as they came', async () => {
  const server = await openVault();
  // The server of the tests would round them itself: this one knows one entry, and keeps what comes back.
  const others = '"id":12345678901234567890,"rate":1.0,"tiny":1e-9,"__proto__":{"a":[1.50]}';
  const metadata = `"created_time":"2026-01-01T00:00:00.000000001Z","deletion_time":"","destroyed":false`;
  let written = '';
  const exact = createServer((req, res) => {
    if (req.url?.endsWith('/lookup-self') === true) res.writeHead(403).end('{"errors":[]}');
    else if (req.method === 'GET')
      res.end(`{"data":{"data":{"value":"x",${others}},"metadata":{${metadata},"version":1}}}`);
    else {
      req.on('data', (chunk: Buffer) => void (written += chunk.toString()));
      req.on('end', () => res.end(`{"data":{${metadata},"version":2}}`));
    }
  });
  await once(exact.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    exact.close();
    exact.closeAllConnections();
  });
  const { port } = exact.address() as AddressInfo; // as: a TCP server
  const { provider } = openProvider(server, {
    address: `http://127.0.0.1:${port}`,
    auth: { method: 'token', token: 'hvs.of-the-tests' },
  });
  const resolved = await provider.resolve(nameOf('api'));
  const revision = resolved.kind === 'value' ? resolved.revision : '';
  const changed = await provider.update(nameOf('api'), revision, wrap('new'));
  expect(changed.kind).toBe('changed');
  expect(written).toBe(`{"options":{"cas":1},"data":{"value":"new",${others}}}`);
});

test('five thousand names are one request', async () => {
  const { server, provider } = await start();
  for (let index = 0; index < 5_000; index += 1)
    server.asRoot('POST', `secret/data/name-${index}`, { data: { value: 'x' } });
  expect(await provider.list()).toHaveLength(5_001);
  expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'LIST secret/metadata/',
  ]);
});

test('each use asks the vault anew, in one request', async () => {
  const { server, provider } = await start();
  for (let time = 0; time < 3; time += 1) {
    const value = newCanary();
    server.asRoot('POST', 'secret/data/api', { data: { value } });
    expect(await plainOf(provider, 'api')).toBe(value);
  }
  expect(server.take('GET', 'secret/data/api')).toBe(3);
});

test('several mounts are several providers, which know nothing of each other', async () => {
  const server = await openVault();
  server.mount('team/kv');
  server.asRoot('POST', 'secret/data/one', { data: { value: newCanary() } });
  server.asRoot('POST', 'team/kv/data/apps/two', { data: { value: newCanary() } });
  const auth = { method: 'token', token: server.rootToken };
  const secret = openProvider(server, { auth }).provider;
  const team = openProvider(server, { auth, mount: 'team/kv', folder: 'apps' }).provider;
  expect((await secret.list()).map(({ name }) => name)).toEqual(['one']);
  expect((await team.list()).map(({ name }) => name)).toEqual(['two']);
  server.unmount('team/kv');
  expect((await team.health()).reason).toBe('misconfigured');
  expect((await secret.health()).reason).toBeNull();
});

test('a vault that is down is left alone, and used again once it is back', async () => {
  const { server, provider, pass, value } = await start();
  server.fail('sealed');
  for (let time = 0; time < failuresInARow; time += 1)
    expect(await reasonOf(provider.list())).toBe('sealed');
  server.take('', '');
  expect(await reasonOf(provider.resolve(nameOf('api')))).toBe('sealed');
  expect(server.requests).toEqual([]);
  server.fail(undefined);
  expect(await reasonOf(provider.resolve(nameOf('api')))).toBe('sealed');
  pass(1_000);
  expect(await plainOf(provider, 'api')).toBe(value);

  // Whoever looks after its health sees it first.
  server.fail('sealed');
  for (let time = 0; time < failuresInARow; time += 1) await reasonOf(provider.list());
  server.fail(undefined);
  expect(await provider.health()).toEqual({ status: 'up', reason: null });
  expect(await plainOf(provider, 'api')).toBe(value);
});

describe('no error holds a value, a token or another key', () => {
  const faults: Fault[] = [
    'sealed',
    'denied',
    'HTML with 200',
    'cut answer',
    'another shape',
    'repeats what was sent',
  ];
  test.each([undefined, ...faults])('when it fails by: %s', async (fault) => {
    // As a header it has to be ASCII.
    const token = newCanary().replaceAll('é', 'e');
    const server = await openVault();
    const entry = { data: { value: newCanary(), other: newCanary() } };
    server.asRoot('POST', 'secret/data/api', entry);
    const auths = [
      { method: 'token', token: 'hvs.of-nobody' },
      { method: 'token', token },
      { method: 'approle', roleId: 'r', secretId: token },
    ];
    server.fail(fault);
    const errors: unknown[] = [];
    for (const auth of auths) {
      const { provider } = openProvider(server, { auth, timeoutMs: 300 });
      for (const operate of operations(provider, 'revision'))
        await operate().catch((error: unknown) => errors.push(error));
    }
    expect(errors).toHaveLength(auths.length * 6);
    for (const error of errors) {
      for (let link = error; link instanceof Error; link = link.cause) {
        expect(link.message).toMatch(/^[A-Za-z0-9_-]+$/);
        expect(sweep('link', `${link.stack}${JSON.stringify(link)}${String(link)}`)).toEqual([]);
      }
      const shown = inspect(error, { depth: 20, showHidden: true, getters: true });
      expect(sweep('error', shown)).toEqual([]);
      expect(shown).not.toMatch(/hvs\.|permission denied|handler|proxy that nobody/);
    }
  });
});
