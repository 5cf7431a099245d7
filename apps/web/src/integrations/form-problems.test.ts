import { readConfiguration } from '@dropsafe/contract/integration-check';
import type { Fields } from '@dropsafe/contract/integrations';
import { describe, expect, test } from 'vitest';
import { ApiProblem } from '../api/client.ts';
import { findProblems, refusedFields, visibleProblems, withTitles } from './form-problems.ts';
import { judgeMention, type KnownSecrets } from './secret-knowledge.ts';

const token = "{{ secret('TOKEN') }}";
const target = 'https://api.example.com';
const bearer = { baseUrl: target, auth: 'bearer', token };
const ready = { state: 'ready', destinations: [target] } as const;

const knowing = (secret: { state: string; destinations: readonly string[] } | null) =>
  // as: only these two are looked at
  ({ canSee: true, found: new Map([['TOKEN', secret]]) }) as KnownSecrets;
const unseeing: KnownSecrets = { canSee: false, found: new Map() };
const settingsOf = (fields: Fields) =>
  new Set(readConfiguration('http', fields).references.map(({ setting }) => setting));

describe('what is known of a secret that is mentioned', () => {
  const [mention] = readConfiguration('http', bearer).references;
  if (mention === undefined) throw new Error('There is no mention.');
  const nothing = new Set<string>();

  test.each([
    ['there and bound', knowing(ready), nothing, 'known'],
    ['still asked for', { canSee: true, found: new Map() }, nothing, 'known'],
    ['not there', knowing(null), nothing, 'unknown'],
    ['without destinations', knowing({ ...ready, destinations: [] }), nothing, 'no-destinations'],
    [
      'bound elsewhere',
      knowing({ ...ready, destinations: ['https://x.example'] }),
      nothing,
      'other-destination',
    ],
    ['not to be read', knowing({ ...ready, state: 'no-value' }), nothing, 'not-usable'],
    ['mentioned anew by who may not see it', unseeing, nothing, 'not-permitted'],
    ['mentioned already, for who may not see it', unseeing, settingsOf(bearer), 'known'],
  ])('%s', (_, known, before, expected) => {
    expect(judgeMention(mention, target, before, known)).toBe(expected);
  });

  test('what cannot be a name is not there, and is not asked for', () => {
    expect(judgeMention({ ...mention, secret: 'a b' }, target, nothing, knowing(ready))).toBe(
      'unknown',
    );
  });

  test('whoever may not see secrets moves none by another address', () => {
    const elsewhere = readConfiguration('http', { ...bearer, baseUrl: 'https://x.example' });
    for (const moved of elsewhere.references)
      expect(judgeMention(moved, elsewhere.target, settingsOf(bearer), unseeing)).toBe(
        'not-permitted',
      );
  });
});

describe('what is wrong', () => {
  const none = new Set<string>();
  const find = (fields: Fields, refused: Parameters<typeof findProblems>[4] = null) =>
    findProblems('http', fields, knowing(ready), none, refused);

  test('comes by the order of the form', () => {
    const found = find({
      auth: 'basic',
      username: "{{ secret('TOKEN') | nope }}",
      headers: [
        { name: '', value: 'x' },
        { name: 'A', value: '' },
      ],
      testPath: 'x',
    });
    expect(found.map(({ field }) => field)).toEqual([
      'fields.baseUrl',
      'fields.username',
      'fields.password',
      'fields.headers.0.name',
      'fields.headers.1.value',
      'fields.testPath',
    ]);
  });

  const errors = [
    { field: 'fields.token', message: 'Gone.', start: 3, end: 18 },
    { field: 'fields.baseUrl', message: 'No.' },
  ];
  const refused = { errors, fields: bearer, target };

  test('what the server refused holds until that field or the address is another, and is not told twice', () => {
    expect(find(bearer, refused).map(({ message }) => message)).toEqual(['No.', 'Gone.']);
    expect(find({ ...bearer, token: `x ${token}` }, refused)).toEqual([errors[1]]);
    expect(find({ ...bearer, baseUrl: `${target}/v2` }, refused)).toEqual([]);
    const known = knowing(null);
    expect(
      findProblems('http', bearer, known, none, refused).filter(({ field }) => field.endsWith('n')),
    ).toHaveLength(1);
  });

  test('is shown at once where it has a place in the text, and otherwise when the field was left', () => {
    const found = find({ auth: 'basic', username: "{{ secret('TOKEN') | nope }}" });
    const shown = (...left: string[]) => [...visibleProblems(found, new Set(left)).keys()];
    expect(shown()).toEqual(['fields.username']);
    expect(shown('fields.password')).toEqual(['fields.username', 'fields.password']);
  });

  test('a refusal of a field that is not shown goes to the panel as a whole, by the titles of fields outside of the form', () => {
    const problem = (field: string) =>
      new ApiProblem('validation-failed', {
        status: 400,
        title: 'Not valid',
        detail: 'Correct it.',
        errors: [{ field, message: 'No.' }],
      });
    expect(refusedFields(problem('fields.token'), 'http', bearer)).toHaveLength(1);
    expect(refusedFields(problem('fields.username'), 'http', bearer)).toEqual([]);
    const titled = withTitles(problem('fields.headers.1.value'), 'http');
    expect(titled).toMatchObject({ fieldErrors: [{ field: 'Further headers, entry 2' }] });
  });
});
