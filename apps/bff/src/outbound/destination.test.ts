import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { mayReceive } from './destination.ts';

const github = { name: 'GITHUB_TOKEN', destinations: ['https://api.github.com'] };
const acme = {
  name: 'ACME',
  destinations: ['https://api.github.com/repos/acme', 'https://a.test'],
};
const unbound = { name: 'UNBOUND', destinations: [] };

test('every secret has to be bound to the target', () => {
  expect(mayReceive('https://api.github.com/repos/acme/web?a=b', [github, acme])).toEqual({
    kind: 'allowed',
    target: { href: 'https://api.github.com/repos/acme/web?a=b' },
  });
  expect(mayReceive('https://API.GitHub.com:443/user', [github])).toMatchObject({
    target: { href: 'https://api.github.com/user' },
  });
});

test('one that is not is enough, and all of them are told', () => {
  expect(mayReceive('https://api.github.com/user', [github, acme, unbound])).toMatchObject({
    kind: 'refused',
    refusals: [
      { name: 'ACME', code: 'other-path' },
      { name: 'UNBOUND', code: 'no-destinations' },
    ],
  });
});

describe('whoever changes the address of a configuration gets nothing', () => {
  test.each([
    ['https://attacker.test/', 'other-host'],
    ['https://api.github.com.attacker.test/', 'other-host'],
    ['https://xapi.github.com/', 'other-host'],
    ['http://api.github.com/', 'other-port'],
    ['https://api.github.com:8443/', 'other-port'],
    ['smtps://api.github.com', 'other-port'],
  ])('%s', (target, code) => {
    expect(mayReceive(target, [github])).toMatchObject({ kind: 'refused', refusals: [{ code }] });
  });

  test.each([
    'https://api.github.com@attacker.test/',
    'https://attacker.test\\@api.github.com/',
    'https://attacker.test#@api.github.com/',
    'https://api.github.com\n.attacker.test/',
    'https:attacker.test',
    '//attacker.test/',
    'file:///etc/passwd',
    '',
    newCanary(),
    `https://${newCanary()}/`,
  ])('%j cannot be read, whatever is bound', (target) => {
    const verdict = mayReceive(target, [github]);
    expect(verdict.kind).toBe('unreadable');
    expect(mayReceive(target, []).kind).toBe('unreadable');
    expect(sweep('verdict', JSON.stringify(verdict))).toEqual([]);
  });
});

test('without secrets the address still has to be readable', () => {
  expect(mayReceive('https://0x7f.1:8443/a', [])).toMatchObject({
    kind: 'allowed',
    target: { href: 'https://127.0.0.1:8443/a' },
  });
  expect(mayReceive('smtps://Mail.Example.com:465', [])).toMatchObject({
    target: { href: 'smtps://mail.example.com' },
  });
});
