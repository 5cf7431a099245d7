import { integrationTypes } from '@dropsafe/contract/integration-types';
import { expect, test } from 'vitest';
import { fieldTitles } from './field-titles.ts';

test('a field is named by its title, and by its key when it is not known here', () => {
  expect(fieldTitles(['token', 'headers', 'ofALaterVersion'])).toEqual([
    'Token',
    'Further headers',
    'ofALaterVersion',
  ]);
});

test('a key has the same title in every type, as a reference does not tell the type', () => {
  for (const { fields } of Object.values(integrationTypes))
    for (const [key, { title }] of Object.entries(fields))
      expect(fieldTitles([key])).toEqual([title]);
});
