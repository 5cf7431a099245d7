import { expect, test } from 'vitest';
import { viewRules } from './integrations-view.ts';

const { read, write, change } = viewRules;
const id = '6f9c7f9e-0000-4000-8000-000000000001';
const at = (search: string) => read(new URLSearchParams(search));

test('what is open stands in the URL beside the view of the list; what is no id opens nothing', () => {
  const search = `q=git&sort=-updatedAt&limit=25&cursor=abc&edit=${id}`;
  expect(write(at(search)).toString()).toBe(search);
  expect(at('edit=nonsense').edit).toBeUndefined();
  expect(write(at('')).toString()).toBe('');
});

test('opening and closing leaves the page of the list as it is; another search begins anew and leaves open what is open', () => {
  const view = at('q=git&cursor=abc');
  expect(change(view, { edit: id })).toEqual({ ...view, edit: id });
  expect(change({ ...view, edit: id }, { edit: undefined })).toEqual(view);
  expect(change({ ...view, edit: id }, { q: 'lab' })).toEqual({
    ...view,
    q: 'lab',
    cursor: undefined,
    edit: id,
  });
});
