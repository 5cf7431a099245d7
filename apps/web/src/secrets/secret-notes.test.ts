import { SecretMetadataSchema, type SecretMetadata } from '@dropsafe/contract/secrets';
import { expect, test } from 'vitest';
import type { SeenProvider } from '../providers/providers.queries.ts';
import { notesOf } from './secret-notes.ts';

const providerOf = (name: string, trouble?: string): SeenProvider => ({
  name,
  type: 'vault',
  capabilities: {
    create: true,
    update: true,
    delete: true,
    descriptions: false,
    destinations: false,
  },
  origin: null,
  trouble,
});

const secretOf = (change: Partial<SecretMetadata>): SecretMetadata => ({
  ...SecretMetadataSchema.parse({
    name: 'GITHUB_TOKEN',
    description: null,
    provider: 'second',
    state: 'ready',
    isUsed: true,
    alsoIn: [],
    version: 1,
    destinations: [],
    createdAt: '2026-01-01T00:00:00Z',
    createdBy: 'admin',
    updatedAt: null,
    updatedBy: null,
    valueUpdatedAt: '2026-01-01T00:00:00Z',
    lastUsedAt: null,
  }),
  ...change,
});

const providers = [providerOf('first'), providerOf('second'), providerOf('third')];

test('nothing is said about a secret that is ready and the only one of its name', () => {
  expect(notesOf(secretOf({}), providers)).toEqual([]);
  // The providers may not be known yet.
  expect(notesOf(secretOf({}), [])).toEqual([]);
});

test('the one that is used names the others, and why it is the one', () => {
  expect(notesOf(secretOf({ alsoIn: ['third', 'fourth'] }), providers)).toEqual([
    {
      tone: 'quiet',
      words: 'also in third and fourth',
      meaning: 'second comes first, so its secret is used.',
    },
  ]);
});

test('one that is not used says which is: the first in the order of the providers', () => {
  const secret = secretOf({ provider: 'third', isUsed: false, alsoIn: ['second', 'first'] });
  expect(notesOf(secret, providers)).toMatchObject([
    { words: 'not used', meaning: 'first comes first, so its secret is used.' },
  ]);
});

test('a provider that is down and a secret that cannot be used say why', () => {
  const broken = [providerOf('second', 'It cannot be reached.')];
  expect(notesOf(secretOf({ state: 'empty' }), broken)).toEqual([
    { tone: 'warning', words: 'second is down', meaning: 'It cannot be reached.' },
    { tone: 'warning', words: 'cannot be used', meaning: 'It is empty.' },
  ]);
});
