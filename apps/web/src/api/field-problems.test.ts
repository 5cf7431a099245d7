import type { FieldError } from '@dropsafe/contract/problems';
import { expect, test } from 'vitest';
import { ApiProblem } from './client.ts';
import { placeProblem } from './field-problems.ts';

const fields = ['name', 'destinations'] as const;
const refused = (...errors: FieldError[]) =>
  new ApiProblem('validation-failed', {
    status: 400,
    title: 'Not valid',
    detail: 'Correct it.',
    errors,
  });

test('a field error lands on its field, and nothing is left for the panel', () => {
  expect(placeProblem(refused({ field: 'name', message: 'Enter a name.' }), fields)).toEqual({
    atFields: { name: 'Enter a name.' },
    elsewhere: null,
  });
});

test('an error of an entry lands on the list and says which one', () => {
  const problem = refused({ field: 'destinations.1', message: 'The host is not valid.' });
  expect(placeProblem(problem, fields).atFields.destinations).toBe(
    'Entry 2: The host is not valid.',
  );
});

test('a field that the form does not have is left for the panel', () => {
  const problem = refused({ field: 'name', message: 'a' }, { field: 'provider', message: 'b' });
  expect(placeProblem(problem, fields)).toEqual({ atFields: { name: 'a' }, elsewhere: problem });
});

test('a problem about one field lands there by its code', () => {
  const taken = new ApiProblem('secret-name-taken', {
    status: 409,
    title: 'Taken',
    detail: 'Choose another.',
  });
  expect(placeProblem(taken, fields, { 'secret-name-taken': 'name' })).toEqual({
    atFields: { name: 'Choose another.' },
    elsewhere: null,
  });
});

test('any other problem is for the panel', () => {
  const problem = new ApiProblem('internal', {
    status: 500,
    title: 'Broken',
    detail: 'Look at the log.',
  });
  expect(placeProblem(problem, fields)).toEqual({ atFields: {}, elsewhere: problem });
});
