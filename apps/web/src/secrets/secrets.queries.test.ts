import { SecretMetadataSchema } from '@dropsafe/contract/secrets';
import { describe, expect, test } from 'vitest';
import { patchOf, type TypedSecret } from './secrets.queries.ts';

const stored = SecretMetadataSchema.parse({
  name: 'GITHUB_TOKEN',
  description: 'For the build',
  provider: 'database',
  state: 'ready',
  isUsed: true,
  alsoIn: [],
  version: 3,
  destinations: ['https://api.github.com', 'https://uploads.github.com'],
  createdAt: '2026-01-01T00:00:00Z',
  createdBy: 'admin',
  updatedAt: null,
  updatedBy: null,
  valueUpdatedAt: '2026-01-01T00:00:00Z',
  lastUsedAt: null,
});

const untouched: TypedSecret = {
  name: stored.name,
  value: '',
  description: 'For the build',
  destinations: [...stored.destinations],
};

describe('the patch of an update', () => {
  test('is nothing when nothing changed', () => {
    expect(patchOf(stored, untouched)).toBeUndefined();
  });

  test('leaves an empty value out: the stored one is kept', () => {
    expect(patchOf(stored, { ...untouched, description: 'New' })).toEqual({ description: 'New' });
  });

  test('has a value of blanks as it is', () => {
    expect(patchOf(stored, { ...untouched, value: ' \r\n' })).toEqual({ value: ' \r\n' });
  });

  test('clears a description with null', () => {
    expect(patchOf(stored, { ...untouched, description: '' })).toEqual({ description: null });
  });

  test('of a secret without a description does not clear what is not there', () => {
    expect(
      patchOf({ ...stored, description: null }, { ...untouched, description: '' }),
    ).toBeUndefined();
  });

  test('sees the same destinations in another order as unchanged', () => {
    const destinations = stored.destinations.toReversed();
    expect(patchOf(stored, { ...untouched, destinations })).toBeUndefined();
  });

  test('has the whole list of destinations when one was removed', () => {
    const destinations = ['https://api.github.com'];
    expect(patchOf(stored, { ...untouched, destinations })).toEqual({ destinations });
  });

  test('has an empty list when all were removed', () => {
    expect(patchOf(stored, { ...untouched, destinations: [] })).toEqual({ destinations: [] });
  });
});
