import { describe, expect, test } from 'vitest';
import { CreateSecretSchema, SecretMetadataSchema, UpdateSecretSchema } from './secrets.ts';

const valid = { name: 'API_KEY', value: 'v' };

/** The fields that the schema refuses. */
function refusedFields(
  schema: typeof CreateSecretSchema | typeof UpdateSecretSchema,
  input: unknown,
): string[] {
  return schema.safeParse(input).error?.issues.map(({ path }) => path.join('.')) ?? [];
}

describe('create', () => {
  test.each([
    ['no name', { value: 'v' }, ['name']],
    ['a blank in the name', { ...valid, name: 'API KEY' }, ['name']],
    ['a name of 65 characters', { ...valid, name: 'a'.repeat(65) }, ['name']],
    ['a letter beyond ASCII', { ...valid, name: 'SCHLÜSSEL' }, ['name']],
    ['a line break after the name', { ...valid, name: 'API_KEY\n' }, ['name']],
    ['an empty value', { ...valid, value: '' }, ['value']],
    ['a value that is no text', { ...valid, value: 7 }, ['value']],
    ['a value of 64 KiB and one byte', { ...valid, value: 'a'.repeat(65_537) }, ['value']],
    [
      'a value of 64 KiB in characters but more in bytes',
      { ...valid, value: 'é'.repeat(32_769) },
      ['value'],
    ],
    ['half of a surrogate pair in the value', { ...valid, value: 'a\uD800' }, ['value']],
    [
      'a description of 256 characters',
      { ...valid, description: 'a'.repeat(256) },
      ['description'],
    ],
    ['a line break in the description', { ...valid, description: 'a\nb' }, ['description']],
    ['a NUL in the description', { ...valid, description: 'a\0b' }, ['description']],
    [
      'a destination that is none',
      { ...valid, destinations: ['https://a.example.com', 'nonsense'] },
      ['destinations.1'],
    ],
    [
      'too many destinations',
      { ...valid, destinations: Array.from({ length: 33 }, (_, n) => `https://a${n}.example.com`) },
      ['destinations'],
    ],
    ['a provider that cannot be one', { ...valid, provider: 'No Provider' }, ['provider']],
    ['an unknown field', { ...valid, comment: 'x' }, ['']],
    ['no object', 'text', ['']],
  ])('refuses %s', (_, input, fields) => {
    expect(refusedFields(CreateSecretSchema, input)).toEqual(fields);
  });

  test('a name of 64 characters and a value of 64 KiB are accepted', () => {
    const input = { name: 'a'.repeat(64), value: 'é'.repeat(32_768) };
    expect(CreateSecretSchema.parse(input)).toEqual({
      ...input,
      description: null,
      destinations: [],
    });
  });

  test('a value is kept to the byte', () => {
    const value = '\uFEFF  -----BEGIN\r\nKEY-----\0\n\n';
    expect(CreateSecretSchema.parse({ ...valid, value }).value).toBe(value);
  });

  test('destinations become canonical, sorted, each once; an empty description becomes none', () => {
    const destinations = [
      'https://B.example.com',
      'https://a.example.com:443',
      'https://b.example.com/',
    ];
    expect(CreateSecretSchema.parse({ ...valid, description: '', destinations })).toMatchObject({
      description: null,
      destinations: ['https://a.example.com', 'https://b.example.com'],
    });
  });
});

describe('update', () => {
  test('what is absent stays absent', () => {
    expect(UpdateSecretSchema.parse({})).toEqual({});
  });

  test('null clears the description', () => {
    expect(UpdateSecretSchema.parse({ description: null })).toEqual({ description: null });
  });

  test.each([
    ['an empty value', { value: '' }, ['value']],
    ['null as a value', { value: null }, ['value']],
    ['a new name', { name: 'OTHER' }, ['']],
  ])('refuses %s', (_, input, fields) => {
    expect(refusedFields(UpdateSecretSchema, input)).toEqual(fields);
  });
});

test('metadata with a value in it is refused on the way out', () => {
  const metadata = {
    name: 'A',
    description: null,
    provider: 'database',
    state: 'ready',
    isUsed: true,
    alsoIn: [],
    version: 1,
    destinations: [],
    createdAt: '2026-01-01T00:00:00.000Z',
    createdBy: 'admin',
    updatedAt: null,
    updatedBy: null,
    valueUpdatedAt: '2026-01-01T00:00:00.000Z',
    lastUsedAt: null,
  };
  expect(SecretMetadataSchema.safeParse(metadata).success).toBe(true);
  expect(SecretMetadataSchema.safeParse({ ...metadata, value: 'v' }).success).toBe(false);
});
