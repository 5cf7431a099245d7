import { describe, expect, test } from 'vitest';
import {
  changeAuditView,
  filterOf,
  isFiltered,
  readAuditView,
  writeAuditView,
  type AuditView,
} from './audit-view.ts';

const byDefault: AuditView = {
  principal: '',
  action: '',
  subject: '',
  from: '',
  to: '',
  limit: 100,
  cursor: undefined,
};
const narrow: AuditView = {
  principal: 'anna & co',
  action: 'secret.updated',
  subject: 'A=B',
  from: '2026-01-31',
  to: '2026-02-28',
  limit: 25,
  cursor: 'abc-_',
};

describe('the view in the URL', () => {
  test('is the default when nothing is said, and leaves the URL empty then', () => {
    expect(readAuditView(new URLSearchParams())).toEqual(byDefault);
    expect(writeAuditView(byDefault).toString()).toBe('');
    expect(isFiltered(byDefault)).toBe(false);
  });

  test('survives the round trip', () => {
    expect(readAuditView(writeAuditView(narrow))).toEqual(narrow);
    expect(isFiltered(narrow)).toBe(true);
  });

  test.each([
    'action=secret.stolen',
    'from=yesterday',
    'to=2026-13-01',
    'from=1969-12-31',
    'limit=0',
    'cursor=',
    'principal=%00',
  ])('reads the nonsense %s as the default', (query) => {
    expect(readAuditView(new URLSearchParams(query))).toEqual(byDefault);
  });
});

test('the last day belongs to what is shown', () => {
  expect(filterOf(narrow)).toEqual({
    principal: 'anna & co',
    action: 'secret.updated',
    subject: 'A=B',
    from: '2026-01-31T00:00:00.000Z',
    to: '2026-03-01T00:00:00.000Z',
  });
});

test('another filter begins at the first page', () => {
  expect(changeAuditView(narrow, { subject: '' }).cursor).toBeUndefined();
  expect(changeAuditView(narrow, { cursor: 'def' }).cursor).toBe('def');
});
