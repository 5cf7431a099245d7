import { integrationPresets } from '@dropsafe/contract/integration-presets';
import type { Fields, Integration } from '@dropsafe/contract/integrations';
import { describe, expect, test } from 'vitest';
import { contentOf, fieldsToSend, onTopOf, patchOf, shownFields } from './form-content.ts';

const token = "{{ secret('TOKEN') }}";
const integration = (fields: Fields, changed: Partial<Integration> = {}): Integration => ({
  id: '6f9c7f9e-0000-4000-8000-000000000001',
  name: 'GitHub',
  type: 'http',
  description: null,
  isDisabled: false,
  version: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
  createdBy: 'admin',
  updatedAt: null,
  updatedBy: null,
  fields,
  ...changed,
});
const bearer = { baseUrl: 'https://api.example.com', auth: 'bearer', token };

const shown = (fields: Fields) => shownFields('http', fields).map(([key]) => key);

test('a field is shown for the choice that it belongs to, and for nothing else; what holds by default counts as chosen', () => {
  expect(shown({ auth: 'bearer' })).toContain('token');
  expect(shown({ auth: 'bearer' })).not.toContain('username');
  expect(shown({ auth: 'basic' })).toEqual(expect.arrayContaining(['username', 'password']));
  expect(shown({})).toEqual(shown({ auth: 'none' }));
  expect(shown({ auth: 'hmac' })).toContain('hmacAlgorithm');
});

test('what was typed for another choice is kept in the form and not sent, nor is what is empty', () => {
  const typed = { ...bearer, username: 'me', headers: [], testPath: '' };
  expect(fieldsToSend('http', typed)).toEqual(bearer);
  expect(fieldsToSend('http', { ...typed, auth: 'basic' })).toEqual({
    baseUrl: bearer.baseUrl,
    auth: 'basic',
    username: 'me',
  });
});

test('a preset fills in what it knows and its name, and changes nothing by itself', () => {
  const github = contentOf({ preset: 'github' });
  expect(github).toMatchObject({ name: 'GitHub', description: '', isDisabled: false });
  expect(github.fields).toEqual(integrationPresets['github']?.fields);
  expect(contentOf({ preset: undefined })).toEqual({
    name: '',
    description: '',
    isDisabled: false,
    fields: {},
  });
  expect(patchOf(integration(github.fields), github)).toBeUndefined();
});

test('a form that nobody has touched has no change, whatever holds by default', () => {
  const empty = contentOf({ preset: undefined });
  for (const type of ['http', 'webhook', 'email'] as const)
    expect(patchOf(integration({}, { type, name: '' }), empty)).toBeUndefined();
});

describe('what changed', () => {
  const before = integration({ ...bearer, headers: [{ value: 'b', name: 'A' }] });
  const typed = contentOf(before);

  test.each<[string, Partial<typeof typed>, unknown]>([
    ['nothing', {}, undefined],
    ['blanks around the name', { name: ' GitHub ' }, undefined],
    [
      'the keys of a header the other way round',
      { fields: { ...before.fields, headers: [{ name: 'A', value: 'b' }] } },
      undefined,
    ],
    ['a default that is said', { fields: { ...before.fields, testPath: '' } }, undefined],
    ['the name', { name: 'Git' }, { name: 'Git' }],
    ['a description', { description: 'x' }, { description: 'x' }],
    ['the switch', { isDisabled: true }, { isDisabled: true }],
    [
      'a field, so that the whole configuration is sent',
      { fields: { ...before.fields, testPath: '/user' } },
      { fields: { ...before.fields, testPath: '/user' } },
    ],
    [
      'another choice, without the fields of the one before',
      { fields: { ...bearer, auth: 'none' } },
      { fields: { baseUrl: bearer.baseUrl, auth: 'none' } },
    ],
    [
      'what is of a wrong kind',
      { fields: { ...before.fields, auth: 'nonsense' } },
      { fields: expect.objectContaining({ auth: 'nonsense' }) },
    ],
  ])('%s', (_, changed, patch) => {
    expect(patchOf(before, { ...typed, ...changed })).toEqual(patch);
  });

  test('a description that is emptied is cleared', () => {
    const described = integration(bearer, { description: 'old' });
    expect(patchOf(described, { ...contentOf(described), description: '' })).toEqual({
      description: null,
    });
  });
});

test('on top of the version of somebody else, what was touched stays typed, and the rest is theirs', () => {
  const before = integration({ ...bearer, testPath: '/old' });
  const fresh = integration(
    { ...bearer, testPath: '/theirs', headers: [{ name: 'A', value: 'b' }] },
    { description: 'theirs', isDisabled: true },
  );
  const typed = {
    ...contentOf(before),
    name: 'Ours',
    fields: { ...before.fields, testPath: '/ours' },
  };
  expect(onTopOf(fresh, before, typed)).toEqual({
    name: 'Ours',
    description: 'theirs',
    isDisabled: true,
    fields: { ...fresh.fields, testPath: '/ours' },
  });
});
