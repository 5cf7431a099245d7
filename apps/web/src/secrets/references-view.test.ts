import { expect, test } from 'vitest';
import { referencesView } from './references-view.ts';

const { read, write, change } = referencesView;

test('the page of where a secret is used survives the round trip, and nonsense is the first page', () => {
  const view = { limit: 25, cursor: 'abc-_' };
  expect(read(write(view))).toEqual(view);
  const first = { limit: 100, cursor: undefined };
  expect(write(first).toString()).toBe('');
  expect(read(new URLSearchParams('limit=ten&cursor='))).toEqual(first);
  expect(change(view, { limit: 50 })).toEqual({ limit: 50, cursor: undefined });
});
