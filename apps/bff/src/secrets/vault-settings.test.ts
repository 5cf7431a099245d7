import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { StartError } from '../base/start-error.ts';
import { parseVaultSettings } from './vault-settings.ts';

const auth = { method: 'token', token: 'hvs.of-the-tests' };
const address = 'https://vault.example.com:8200';
const read = (entry: unknown) =>
  parseVaultSettings('DROPSAFE_PROVIDERS: provider vault', entry, (path) => `read from ${path}`);

/** What the operator is told. */
function refusalOf(entry: unknown): string {
  try {
    read(entry);
  } catch (error) {
    if (error instanceof StartError) return error.message;
    throw error;
  }
  return 'accepted';
}

test('the least that has to be written down', () => {
  expect(read({ address, auth })).toEqual({
    address,
    mount: 'secret',
    folder: '',
    key: 'value',
    namespace: undefined,
    authorities: undefined,
    timeoutMs: 3000,
    auth: { method: 'token', token: { kind: 'text', text: expect.anything() } },
  });
});

test('all that can be written down', () => {
  const settings = read({
    address: 'HTTPS://Vault.Example.com:443/',
    mount: 'team/kv',
    folder: 'apps/dropsafe.prod',
    key: 'pass word',
    namespace: 'admin/team-a',
    caFile: '/etc/ca.pem',
    timeoutMs: 10_000,
    auth: { method: 'approle', roleId: 'role', secretIdFile: '/run/secret-id' },
  });
  expect(settings).toEqual({
    address: 'https://vault.example.com',
    mount: 'team/kv',
    folder: 'apps/dropsafe.prod',
    key: 'pass word',
    namespace: 'admin/team-a',
    authorities: 'read from /etc/ca.pem',
    timeoutMs: 10_000,
    auth: {
      method: 'approle',
      mount: 'approle',
      roleId: 'role',
      secretId: { kind: 'file', path: '/run/secret-id' },
    },
  });
  expect(read({ address, auth: { method: 'kubernetes', role: 'dropsafe' } }).auth).toEqual({
    method: 'kubernetes',
    mount: 'kubernetes',
    role: 'dropsafe',
    jwt: { kind: 'file', path: '/var/run/secrets/kubernetes.io/serviceaccount/token' },
  });
});

test('a token and a secret id cannot be seen in the settings', () => {
  const token = newCanary();
  const settings = [
    read({ address, auth: { method: 'token', token } }),
    read({ address, auth: { method: 'approle', roleId: 'r', secretId: token } }),
  ];
  expect(
    sweep('settings', `${inspect(settings, { depth: 9 })}${JSON.stringify(settings)}`),
  ).toEqual([]);
});

describe('accepted', () => {
  test.each<[string, object]>([
    ['http on this machine by name', { address: 'http://localhost:8200' }],
    ['http on this machine by address', { address: 'http://127.0.0.1:8200' }],
    ['http on this machine, IPv6', { address: 'http://[::1]:8200' }],
    ['a slash at the end', { address: 'https://vault.example.com/' }],
    ['a mount of several parts', { mount: 'a/b/c' }],
    ['the shortest time', { timeoutMs: 100 }],
    ['a token out of a file', { auth: { method: 'token', tokenFile: '/run/token' } }],
  ])('%s', (_, more) => {
    expect(refusalOf({ address, auth, ...more })).toBe('accepted');
  });
});

describe('refused', () => {
  const path =
    'must be a path of letters, digits, "_", "-" and "." without a slash at its ends, and no part may end in "."';
  const https =
    'must be an https: address without a path, such as https://vault.example.com:8200; http: only on this machine (localhost)';
  const where = 'DROPSAFE_PROVIDERS: provider vault';
  test.each<[string, unknown, string]>([
    ['no object', 'vault', `${where}, as a whole: must be an object.`],
    ['no address', { auth }, `${where}, address: must be a text.`],
    [
      'http elsewhere',
      { address: 'http://vault.example.com', auth },
      `${where}, address: ${https}.`,
    ],
    [
      'another scheme',
      { address: 'smtps://vault.example.com', auth },
      `${where}, address: ${https}.`,
    ],
    ['a pattern', { address: 'https://*.example.com', auth }, `${where}, address: ${https}.`],
    ['a path', { address: `${address}/v1`, auth }, `${where}, address: ${https}.`],
    [
      'a person',
      { address: 'https://u:p@vault.example.com', auth },
      `${where}, address: ${https}.`,
    ],
    ['an empty mount', { address, auth, mount: ' ' }, `${where}, mount: must not be empty.`],
    ['a way up', { address, auth, mount: '../sys' }, `${where}, mount: ${path}.`],
    ['a way up in the middle', { address, auth, folder: 'a/../b' }, `${where}, folder: ${path}.`],
    ['here', { address, auth, folder: './a' }, `${where}, folder: ${path}.`],
    ['a full stop at an end', { address, auth, folder: 'a./b' }, `${where}, folder: ${path}.`],
    ['an absolute folder', { address, auth, folder: '/a' }, `${where}, folder: ${path}.`],
    ['a slash at the end', { address, auth, folder: 'a/' }, `${where}, folder: ${path}.`],
    ['an empty part', { address, auth, folder: 'a//b' }, `${where}, folder: ${path}.`],
    ['a query', { address, auth, folder: 'a?list=true' }, `${where}, folder: ${path}.`],
    ['an encoded slash', { address, auth, folder: 'a%2fb' }, `${where}, folder: ${path}.`],
    ['a header in it', { address, auth, namespace: 'a\r\nX: b' }, `${where}, namespace: ${path}.`],
    [
      'a key of two lines',
      { address, auth, key: 'a\nb' },
      `${where}, key: must be one line of text.`,
    ],
    ['no time', { address, auth, timeoutMs: 99 }, `${where}, timeoutMs: must be 100 at least.`],
    [
      'too much',
      { address, auth, timeoutMs: 10_001 },
      `${where}, timeoutMs: may be 10000 at most.`,
    ],
    [
      'a text for a time',
      { address, auth, timeoutMs: '3s' },
      `${where}, timeoutMs: must be a whole number of milliseconds.`,
    ],
    ['unknown', { address, auth, skipVerify: true }, `${where} has a field that is not known.`],
    [
      'no way to sign in',
      { address },
      `${where}, auth: must be an object with a method: token, approle or kubernetes.`,
    ],
    [
      'an unknown way',
      { address, auth: { method: 'userpass' } },
      `${where}, auth.method: must be token, approle or kubernetes.`,
    ],
    [
      'no token',
      { address, auth: { method: 'token' } },
      `${where}, auth.token: or tokenFile must be there, and not both.`,
    ],
    [
      'both',
      { address, auth: { method: 'token', token: 'a', tokenFile: 'b' } },
      `${where}, auth.token: or tokenFile must be there, and not both.`,
    ],
    [
      'no secret id',
      { address, auth: { method: 'approle', roleId: 'r' } },
      `${where}, auth.secretId: or secretIdFile must be there, and not both.`,
    ],
    [
      'no role id',
      { address, auth: { method: 'approle', secretId: 's' } },
      `${where}, auth.roleId: must be a text.`,
    ],
    [
      'no role',
      { address, auth: { method: 'kubernetes' } },
      `${where}, auth.role: must be a text.`,
    ],
    [
      'a field in the wrong place',
      { address, auth: { method: 'kubernetes', role: 'r', token: 't' } },
      `${where} has a field that is not known.`,
    ],
  ])('%s', (_, entry, message) => {
    expect(refusalOf(entry)).toBe(message);
  });

  test('nothing of what stands there is repeated', () => {
    const canary = newCanary();
    for (const entry of [
      canary,
      { address: canary, auth },
      { address, auth, mount: canary },
      { address, auth, folder: canary },
      { address, auth, namespace: canary },
      { address, auth, timeoutMs: canary },
      { address, auth, [canary]: 1 },
      { address, auth: canary },
      { address, auth: { method: canary } },
      { address, auth: { method: 'token', [canary]: canary } },
      { address, auth: { method: 'token', token: canary, tokenFile: canary } },
      { address, auth: { method: 'approle', secretId: canary } },
    ]) {
      expect(refusalOf(entry)).not.toBe('accepted');
      expect(sweep('message', refusalOf(entry))).toEqual([]);
    }
  });
});
