import { targetRefusals } from '@dropsafe/contract/destinations';
import { SecretMetadataSchema, secretStates, type SecretState } from '@dropsafe/contract/secrets';
import { expect, it } from 'vitest';
import { choicesOf, destinationsFor } from './secret-choice.ts';

function secretNamed(name: string, destinations: string[], state: SecretState = 'ready') {
  return SecretMetadataSchema.parse({
    name,
    description: null,
    provider: 'database',
    state,
    isUsed: true,
    alsoIn: [],
    version: 1,
    destinations,
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'somebody',
    updatedAt: null,
    updatedBy: null,
    valueUpdatedAt: '2026-01-01T00:00:00.000Z',
    lastUsedAt: null,
  });
}

const secrets = [
  secretNamed('ELSEWHERE', ['https://jira.example.com']),
  secretNamed('EMPTY', ['https://api.github.com'], 'empty'),
  secretNamed('FITS', ['https://api.github.com']),
  secretNamed('NOWHERE', []),
  secretNamed('WIDE', ['https://*.github.com']),
];

it('secrets that fit come first, the others with the reason', () => {
  const choices = choicesOf(secrets, 'https://api.github.com/user');
  expect(choices.map(({ secret, refusal }) => [secret.name, refusal])).toEqual([
    ['FITS', undefined],
    ['WIDE', undefined],
    ['ELSEWHERE', targetRefusals['other-host']],
    ['EMPTY', secretStates.empty],
    ['NOWHERE', targetRefusals['no-destinations']],
  ]);
});

it.each([undefined, '', 'https://user@api.github.com', 'api.github.com'])(
  'while the target cannot be read (%s), only what is wrong everywhere is held against one',
  (target) => {
    const refused = choicesOf(secrets, target).filter(({ refusal }) => refusal !== undefined);
    expect(refused.map(({ secret }) => secret.name)).toEqual(['EMPTY', 'NOWHERE']);
  },
);

it.each([
  ['https://API.github.com:443/repos?x=1', ['https://api.github.com']],
  ['http://[::1]:8080/', ['http://[::1]:8080']],
  ['smtps://mail.example.com:465', ['smtps://mail.example.com']],
  ['smtp://mail.example.com:2525', ['smtp://mail.example.com:2525']],
  [undefined, []],
  ['https://', []],
  ['https://user:pw@host/', []],
  ['api.github.com', []],
])('a new secret for %s begins with the destinations %s', (target, expected) => {
  expect(destinationsFor(target)).toEqual(expected);
});
