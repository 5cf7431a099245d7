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
  const { publicOrigin, trustedProxies } = readConfig({
    DROPSAFE_PUBLIC_URL: 'https://Safe.Example.com/',
    DROPSAFE_TRUSTED_PROXIES: '10.0.0.0/8, fd00::1',
  });
  expect([
    publicOrigin,
    trustedProxies.check('10.1.2.3'),
    trustedProxies.check('11.1.2.3'),
    trustedProxies.check('fd00::1', 'ipv6'),
  ]).toEqual(['https://safe.example.com', true, false, true]);
});
