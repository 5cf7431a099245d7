import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { listViewOf } from './list-view.ts';

const { read, write, change } = listViewOf(z.enum(['name', '-name']), 'name');
const byDefault = { q: '', sort: 'name', limit: 100, cursor: undefined } as const;

describe('the view of a list in the URL', () => {
  test('is the default when nothing is said, and leaves the URL empty then', () => {
    expect(read(new URLSearchParams())).toEqual(byDefault);
    expect(write(byDefault).toString()).toBe('');
  });

  test('survives the round trip', () => {
    const view = { q: '100% a&b=c', sort: '-name', limit: 25, cursor: 'abc-_' } as const;
    expect(read(write(view))).toEqual(view);
  });

  test.each(['sort=value', 'limit=0', 'limit=1001', 'limit=ten', 'cursor='])(
    'reads the nonsense %s as the default',
    (query) => {
      expect(read(new URLSearchParams(query))).toEqual(byDefault);
    },
  );

  test('begins at the first page after a change', () => {
    expect(change({ ...byDefault, cursor: 'abc' }, { q: 'x' })).toEqual({ ...byDefault, q: 'x' });
  });
});
