import { once } from 'node:events';
import { createServer as createPlainServer, type Server } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { selfSigned } from '../../testkit/certificate.ts';
import { createOidc } from './oidc.ts';
import { Refusal } from './refusal.ts';
import type { SignInProvider } from './sign-in-providers.ts';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** A provider that says of itself what a test wants, and counts how often it is asked. */
async function start(tls?: { key: string; cert: string }) {
  const said: { more: Record<string, unknown>; asked: number; status: number } = {
    more: {},
    asked: 0,
    status: 200,
  };
  const server = (tls === undefined ? createPlainServer() : createServer(tls)) as Server; // as: both listen and answer alike
  servers.push(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // as: a TCP server
  const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  server.on('request', (_, res) => {
    said.asked += 1;
    const metadata = { issuer, authorization_endpoint: `${issuer}/auth`, ...said.more };
    res
      .writeHead(said.status, { 'Content-Type': 'application/json' })
      .end(JSON.stringify(metadata));
  });
  return { issuer, said };
}

const settings = (issuer: string, authorities?: string): SignInProvider => ({
  name: 'corp',
  label: 'Corp',
  issuer,
  clientId: 'dropsafe',
  clientSecret: undefined,
  scopes: 'openid',
  userNameClaim: 'preferred_username',
  groupsClaim: 'groups',
  createUsers: true,
  authorities,
});

const ask = (oidc: ReturnType<typeof createOidc>) =>
  oidc.authorizationUrl('http://localhost/sign-in/oidc/corp', 'token').then(
    (url) => url.split('?')[0],
    (error: unknown) => (error instanceof Refusal ? [error.reason, error.code] : error),
  );

test('a certificate that nobody knows is refused, and trusted where the operator says so', async () => {
  const tls = selfSigned();
  const { issuer } = await start(tls);
  expect(await ask(createOidc(settings(issuer)))).toEqual([
    'certificate-refused',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ]);
  expect(await ask(createOidc(settings(issuer, selfSigned().cert)))).toEqual([
    'certificate-refused',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
  ]);
  expect(await ask(createOidc(settings(issuer, tls.cert)))).toBe(`${issuer}/auth`);
  const byName = issuer.replace('127.0.0.1', 'localhost');
  expect(await ask(createOidc(settings(byName, tls.cert)))).toEqual([
    'certificate-refused',
    'ERR_TLS_CERT_ALTNAME_INVALID',
  ]);
});

test('a provider must be the issuer that is configured, letter by letter', async () => {
  const { issuer, said } = await start();
  for (const other of [`${issuer}/`, 'https://evil.example', `${issuer}/{tenantid}`]) {
    said.more = { issuer: other };
    expect(await ask(createOidc(settings(issuer)))).toEqual(['issuer-wrong', undefined]);
  }
  said.more = {};
  expect(await ask(createOidc(settings(`${issuer}/`)))).toEqual(['issuer-wrong', undefined]);
  expect(await ask(createOidc(settings(issuer)))).toBe(`${issuer}/auth`);
});

test('what a provider says of itself is asked for once by many, and again after it failed', async () => {
  const { issuer, said } = await start();
  const oidc = createOidc(settings(issuer));
  said.status = 503;
  expect(await ask(oidc)).toEqual(['provider-failed', undefined]);
  said.status = 200;
  said.asked = 0;
  await Promise.all(Array.from({ length: 5 }, () => ask(oidc)));
  await ask(oidc);
  expect(said.asked).toBe(1);
});

test('nothing is sent without TLS to another machine, whatever the provider says', async () => {
  const { issuer, said } = await start();
  said.more = {
    token_endpoint: 'http://192.0.2.1/token',
    jwks_uri: 'http://192.0.2.1/jwks',
  };
  const oidc = createOidc(settings(issuer));
  const query = new URLSearchParams({ code: 'a', state: 'b' });
  const begun = Date.now();
  await expect(oidc.exchange('http://localhost/x', 'token', query)).rejects.toThrow();
  await expect(oidc.readLogout('e30.e30.e30')).rejects.toThrow(Refusal);
  expect(Date.now() - begun).toBeLessThan(1_000);
});
