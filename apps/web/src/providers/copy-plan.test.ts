import { SecretMetadataSchema, type SecretMetadata } from '@dropsafe/contract/secrets';
import { expect, test } from 'vitest';
import { planCopies } from './copy-plan.ts';

const secretOf = (name: string, change: Partial<SecretMetadata> = {}): SecretMetadata => ({
  ...SecretMetadataSchema.parse({
    name,
    description: null,
    provider: 'env',
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

const vault = 'https://vault.example.com:8200';
const secrets = [
  secretOf('FREE'),
  secretOf('BOUND', { destinations: [vault] }),
  secretOf('WILD', { destinations: ['https://*.example.com:8200'] }),
  secretOf('ELSEWHERE', { destinations: ['https://api.example.com'] }),
  secretOf('THERE', { alsoIn: ['database', 'vault'] }),
  secretOf('EMPTY', { state: 'empty' }),
  // What is there already is said first: nothing has to be done about it.
  secretOf('EMPTY_AND_THERE', { state: 'empty', alsoIn: ['vault', 'database'] }),
];

test('into a provider on this installation everything goes that can be used and is not there', () => {
  expect(planCopies(secrets, { name: 'database', origin: null })).toEqual({
    toCopy: ['FREE', 'BOUND', 'WILD', 'ELSEWHERE'],
    already: ['THERE', 'EMPTY_AND_THERE'],
    unusable: [{ name: 'EMPTY', why: 'It is empty.' }],
    unbound: [],
  });
});

test('into a provider elsewhere only what is bound to its origin', () => {
  expect(planCopies(secrets, { name: 'vault', origin: vault })).toEqual({
    toCopy: ['BOUND', 'WILD'],
    already: ['THERE', 'EMPTY_AND_THERE'],
    unusable: [{ name: 'EMPTY', why: 'It is empty.' }],
    unbound: ['FREE', 'ELSEWHERE'],
  });
});
