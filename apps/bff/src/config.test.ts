import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../testkit/canary.ts';
import { readConfig } from './config.ts';

test('without any variable it listens on this machine only, with the embedded database', () => {
  expect(readConfig({})).toMatchObject({
    port: 8080,
    host: '127.0.0.1',
    databaseUrl: undefined,
    keyset: undefined,
    publicOrigin: undefined,
    sessionIdleMinutes: 30,
    sessionHours: 12,
  });
});

test('what is secret leaves the environment once it is read', () => {
  const env = {
    DATABASE_URL: 'postgres://u:p@h/d',
    DROPSAFE_KEYSET: 'k',
    DROPSAFE_ADMIN_PASSWORD: 'p',
    DROPSAFE_OIDC: '[]',
    PORT: '1',
  };
  const config = readConfig(env);
  expect(env).toEqual({ PORT: '1' });
  expect(config.keyset?.reveal()).toBe('k');
});

test('an empty variable is the same as none', () => {
  expect(readConfig({ PORT: '', DATABASE_URL: '', DROPSAFE_PUBLIC_URL: '' })).toMatchObject({
    port: 8080,
    databaseUrl: undefined,
    publicOrigin: undefined,
  });
});

describe('refused by name, never with the content', () => {
  const canary = newCanary();
  test.each([
    ['PORT', '70000'],
    ['PORT', canary],
    ['DATABASE_URL', `mysql://${canary}`],
    ['DATABASE_URL', `postgres://u:${canary}@/d?host=/run/postgresql`],
    ['DATABASE_URL', 'postgres://u:p@%2Frun%2Fpostgresql/d'],
    ['DROPSAFE_PUBLIC_URL', `https://safe.example.com/${canary}`],
    ['DROPSAFE_PUBLIC_URL', 'ftp://safe.example.com'],
    ['DROPSAFE_PUBLIC_URL', 'safe.example.com'],
    ['DROPSAFE_TRUSTED_PROXIES', '10.0.0.0/33'],
    ['DROPSAFE_TRUSTED_PROXIES', `10.0.0.1, ${canary}`],
    ['DROPSAFE_OUTBOUND_ALLOW', 'intranet.example.com'],
    ['DROPSAFE_OUTBOUND_ALLOW', `fd00::/8, ${canary}`],
    ['DROPSAFE_SESSION_IDLE_MINUTES', '31'],
    ['DROPSAFE_SESSION_IDLE_MINUTES', '0'],
    ['DROPSAFE_SESSION_HOURS', '13'],
  ])('%s', (name, content) => {
    let message = '';
    try {
      readConfig({ [name]: content });
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(new RegExp(`^StartError: ${name} `));
    expect(sweep('message', message)).toEqual([]);
  });
});

test('an origin and networks are read', () => {
  const { publicOrigin, trustedProxies, outboundAllowed } = readConfig({
    DROPSAFE_PUBLIC_URL: 'https://Safe.Example.com/',
    DROPSAFE_TRUSTED_PROXIES: '10.0.0.0/8, fd00::1',
    DROPSAFE_OUTBOUND_ALLOW: '192.168.7.0/24',
  });
  expect([
    publicOrigin,
    trustedProxies.check('10.1.2.3'),
    trustedProxies.check('11.1.2.3'),
    trustedProxies.check('fd00::1', 'ipv6'),
    outboundAllowed.check('192.168.7.9'),
    outboundAllowed.check('10.1.2.3'),
  ]).toEqual(['https://safe.example.com', true, false, true, true, false]);
});

describe('providers of OpenID Connect', () => {
  const canary = newCanary();
  const corp = {
    name: 'corp',
    label: 'Example Corp',
    issuer: 'https://id.example.com/realms/a',
    clientId: 'dropsafe',
    clientSecret: canary,
  };
  const read = (...providers: object[]) => readConfig({ DROPSAFE_OIDC: JSON.stringify(providers) });

  test('are read with what is usual, and their secret cannot be printed', () => {
    const { signInProviders } = read(corp);
    expect(signInProviders).toMatchObject([
      {
        name: 'corp',
        issuer: 'https://id.example.com/realms/a',
        scopes: 'openid profile email',
        userNameClaim: 'preferred_username',
        groupsClaim: 'groups',
        createUsers: true,
        authorities: undefined,
      },
    ]);
    expect(signInProviders[0]?.clientSecret?.reveal()).toBe(canary);
    expect(sweep('config', JSON.stringify(signInProviders))).toEqual([]);
  });

  test('come from a file, and their secrets from files of their own', () => {
    const folder = mkdtempSync(join(tmpdir(), 'dropsafe-config-'));
    try {
      const secret = join(folder, 'secret');
      writeFileSync(secret, `${canary}\n`);
      const { clientSecret: _, ...rest } = corp;
      const file = join(folder, 'oidc.json');
      writeFileSync(file, JSON.stringify([{ ...rest, clientSecretFile: secret }]));
      const [provider] = readConfig({ DROPSAFE_OIDC_FILE: file }).signInProviders;
      expect(provider?.clientSecret?.reveal()).toBe(canary);
      writeFileSync(secret, '\n');
      expect(() => readConfig({ DROPSAFE_OIDC_FILE: file })).toThrow('clientSecretFile');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['https://id.example.com'],
    ['http://localhost:9000'],
    ['http://127.0.0.1:9000/a'],
    ['http://[::1]:9000'],
  ])('%s can be an issuer', (issuer) => {
    expect(read({ ...corp, issuer }).signInProviders[0]?.issuer).toBe(issuer);
  });

  test.each<[string, string, object[]]>([
    ['no secure issuer', 'provider corp, issuer:', [{ ...corp, issuer: 'http://id.example.com' }]],
    [
      'an issuer like loopback',
      'provider corp, issuer:',
      [{ ...corp, issuer: 'http://localhost.example.com' }],
    ],
    [
      'an issuer with a query',
      'provider corp, issuer:',
      [{ ...corp, issuer: `https://id.example.com?${canary}` }],
    ],
    [
      'an issuer with a password',
      'provider corp, issuer:',
      [{ ...corp, issuer: `https://a:${canary}@id.example.com` }],
    ],
    ['no issuer', 'provider corp, issuer:', [{ ...corp, issuer: undefined }]],
    ['a name that is none', 'provider number 2, name:', [corp, { ...corp, name: canary }]],
    ['a name twice', 'provider corp is there twice', [corp, corp]],
    ['no label', 'provider corp, label:', [{ ...corp, label: ' ' }]],
    ['an unknown field', 'provider corp has a field', [{ ...corp, [canary]: canary }]],
    ['scopes without openid', 'provider corp, scopes:', [{ ...corp, scopes: `profile ${canary}` }]],
    ['two secrets', 'provider corp, clientSecret:', [{ ...corp, clientSecretFile: canary }]],
    [
      'a secret that is no text',
      'provider corp, clientSecret:',
      [{ ...corp, clientSecret: [canary] }],
    ],
    [
      'a file that is not there',
      'provider corp, caFile cannot be read (ENOENT)',
      [{ ...corp, caFile: '/nowhere' }],
    ],
    [
      'a file without a certificate',
      'provider corp, caFile:',
      [{ ...corp, caFile: import.meta.filename }],
    ],
    ['a text in place of a provider', 'provider number 1', [canary as unknown as object]],
  ])('%s is refused by provider and field, never with the content', (_, words, providers) => {
    let message = '';
    try {
      read(...providers);
    } catch (error) {
      message = String(error);
    }
    expect(message).toMatch(/^StartError: DROPSAFE_OIDC cannot be used: /);
    expect(message).toContain(words);
    expect(sweep('message', message)).toEqual([]);
  });

  test.each([canary, `{"a": "${canary}"}`, `[{"name": "${canary}"`])('%# is no list', (json) => {
    expect(() => readConfig({ DROPSAFE_OIDC: json })).toThrow(
      'DROPSAFE_OIDC cannot be used: it must be a JSON list of 16 providers at most.',
    );
  });

  test('are in one variable only, and need a public address where others can reach this node', () => {
    const json = JSON.stringify([corp]);
    expect(() => readConfig({ DROPSAFE_OIDC: json, DROPSAFE_OIDC_FILE: 'x' })).toThrow('exclude');
    expect(() => readConfig({ DROPSAFE_OIDC: json, HOST: '0.0.0.0' })).toThrow(
      'DROPSAFE_PUBLIC_URL is needed',
    );
    const env = { HOST: '0.0.0.0', DROPSAFE_PUBLIC_URL: 'https://safe.example.com' };
    expect(readConfig({ DROPSAFE_OIDC: json, ...env }).signInProviders).toHaveLength(1);
  });
});
