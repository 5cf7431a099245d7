import { expect, test } from 'vitest';
import { relyingPartyOf } from './relying-party.ts';

test.each([
  ['https://safe.example.com', undefined, 'safe.example.com', 'https://safe.example.com'],
  ['https://safe.example.com:8443', 'x', 'safe.example.com', 'https://safe.example.com:8443'],
  // What somebody writes into the header counts nothing beside it.
  ['https://safe.example.com', 'localhost:8080', 'safe.example.com', 'https://safe.example.com'],
  ['http://localhost:3000', 'evil.example', 'localhost', 'http://localhost:3000'],
  [undefined, 'localhost:8080', 'localhost', 'http://localhost:8080'],
  [undefined, 'localhost', 'localhost', 'http://localhost'],
  [undefined, 'LOCALHOST:8080', 'localhost', 'http://localhost:8080'],
])('public origin %s and host %s make the site %s', (publicOrigin, host, id, origin) => {
  expect(relyingPartyOf(publicOrigin, host)).toEqual({ id, origin });
});

test.each([
  [undefined, undefined],
  [undefined, ''],
  [undefined, '127.0.0.1:8080'],
  [undefined, '[::1]:8080'],
  [undefined, 'evil.example'],
  [undefined, 'localhost.evil.example'],
  [undefined, 'evil.localhost'],
  [undefined, 'evil.example@localhost:8080'],
  [undefined, 'not a host'],
  ['http://safe.example.com', 'localhost:8080'],
  ['https://192.0.2.1', 'localhost:8080'],
  ['https://[2001:db8::1]', 'localhost:8080'],
])('public origin %s and host %s make none', (publicOrigin, host) => {
  expect(relyingPartyOf(publicOrigin, host)).toBeUndefined();
});
