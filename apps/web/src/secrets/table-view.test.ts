import { describe, expect, test } from 'vitest';
import { changeView, readView, writeView, type TableView } from './table-view.ts';

const byDefault: TableView = {
  q: '',
  provider: undefined,
  unused: undefined,
  sort: 'name',
  limit: 100,
  cursor: undefined,
  hidden: [],
};

describe('the view in the URL', () => {
  test('is the default when nothing is said, and leaves the URL empty then', () => {
    expect(readView(new URLSearchParams())).toEqual(byDefault);
    expect(writeView(byDefault).toString()).toBe('');
  });

  test('survives the round trip', () => {
    const view: TableView = {
      q: '100% a&b=c',
      provider: 'env',
      unused: '90d',
      sort: '-updatedAt',
      limit: 25,
      cursor: 'abc-_',
      hidden: ['created', 'lastUsed'],
    };
    expect(readView(writeView(view))).toEqual(view);
    expect(writeView({ ...byDefault, unused: 'never' }).toString()).toBe('unused=never');
    expect(readView(new URLSearchParams('unused=never')).unused).toBe('never');
  });

  test.each([
    'sort=value',
    'sort=--name',
    'limit=0',
    'limit=1001',
    'limit=ten',
    'hide=name,actions',
    'cursor=',
    'provider=',
    'provider=No such',
    'unused=',
    'unused=30d',
  ])('reads the nonsense %s as the default', (query) => {
    expect(readView(new URLSearchParams(query))).toEqual(byDefault);
  });
});

describe('another view', () => {
  const onPageTwo = { ...byDefault, cursor: 'abc' };

  test.each([
    { q: 'x' },
    { provider: 'env' },
    { unused: 'never' },
    { sort: '-name' },
    { limit: 25 },
  ] as const)('begins at the first page after %j', (change) => {
    expect(changeView(onPageTwo, change).cursor).toBeUndefined();
  });

  test('is another page when its cursor is given', () => {
    expect(changeView(onPageTwo, { cursor: 'def' }).cursor).toBe('def');
  });

  test('stays on its page when a column is hidden', () => {
    expect(changeView(onPageTwo, { hidden: ['created'] }).cursor).toBe('abc');
  });
});
