import { describe, expect, test } from 'vitest';
import { printCursor } from '../base/cursor.ts';
import { parseCursor, type CursorContent } from './cursor.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { decideChange } from './secret.ts';

const a = 'https://a.example.com';
const b = 'https://b.example.com';
const current = { description: 'old', destinations: [a] };

describe('what an update comes to', () => {
  test.each([
    ['nothing sent', {}, false, { kind: 'unchanged' }],
    ['the same description', { description: 'old' }, false, { kind: 'unchanged' }],
    ['the same destinations', { destinations: [a] }, false, { kind: 'unchanged' }],
    [
      'another description',
      { description: 'new' },
      false,
      { kind: 'change', fields: ['description'], seal: 'keep' },
    ],
    [
      'no description any more',
      { description: null },
      false,
      { kind: 'change', fields: ['description'], seal: 'keep' },
    ],
    [
      'a destination less',
      { destinations: [] },
      false,
      { kind: 'change', fields: ['destinations'], seal: 'reseal' },
    ],
    ['a destination more', { destinations: [a, b] }, false, { kind: 'widened' }],
    ['another destination', { destinations: [b] }, false, { kind: 'widened' }],
    [
      'a destination more, with a value',
      { destinations: [a, b] },
      true,
      { kind: 'change', fields: ['value', 'destinations'], seal: 'replace' },
    ],
    ['a value', {}, true, { kind: 'change', fields: ['value'], seal: 'replace' }],
    [
      'a value and the same rest',
      { description: 'old', destinations: [a] },
      true,
      { kind: 'change', fields: ['value'], seal: 'replace' },
    ],
  ])('%s', (_, patch, hasValue, expected) => {
    expect(decideChange(current, { ...patch, hasValue })).toEqual(expected);
  });
});

test.each([
  [undefined, true],
  ['*', true],
  ['"3-0a1b2c3d"', true],
  ['W/"3-0a1b2c3d"', true],
  ['"1-x", "3-0a1b2c3d"', true],
  ['"2-0a1b2c3d"', false],
  ['"3-ffffffff"', false],
  ['3-0a1b2c3d', false],
  ['', false],
])('If-Match %j lets version 3 pass: %s', (ifMatch, expected) => {
  expect(isMatch(ifMatch, etagOf('0a1b2c3d-0000-4000-8000-000000000000', 3))).toBe(expected);
});

describe('cursors', () => {
  const content: CursorContent = {
    sort: '-createdAt',
    q: 'x',
    key: 1_700_000_000_000,
    name: 'API_KEY',
    total: 12,
  };

  const nothing = { sort: undefined, q: undefined, provider: undefined, unused: undefined };

  test('carry sort and filter, so that neither has to be sent again', () => {
    expect(parseCursor(printCursor(content), nothing)).toEqual(content);
    expect(parseCursor(printCursor(content), { ...nothing, sort: '-createdAt', q: 'x' })).toEqual(
      content,
    );
  });

  test.each([
    ['of another sort order', printCursor(content), { sort: 'name', q: 'x' }],
    ['of another search', printCursor(content), { sort: '-createdAt', q: 'y' }],
    ['of another provider', printCursor(content), { provider: 'env' }],
    ['of one provider', printCursor({ ...content, provider: 'vault' }), { provider: 'env' }],
    ['of what is used, too', printCursor(content), { unused: 'never' }],
    ['of what is unused', printCursor({ ...content, unused: 'never' }), { unused: '90d' }],
    ['no base64', '!!!', {}],
    ['no JSON', Buffer.from('{').toString('base64url'), {}],
    ['a moment that does not exist', printCursor({ ...content, key: Number.MAX_SAFE_INTEGER }), {}],
    ['a key of another kind', printCursor({ ...content, key: 'text' }), {}],
    ['a name that is none', printCursor({ ...content, name: "'; drop table secrets; --" }), {}],
    [
      'a field more',
      Buffer.from(JSON.stringify({ ...content, more: 1 })).toString('base64url'),
      {},
    ],
    ['an endless text', 'A'.repeat(1000), {}],
  ] as const)('refused: %s', (_, cursor, expected) => {
    expect(() => parseCursor(cursor, { ...nothing, ...expected })).toThrow(
      expect.objectContaining({
        code: 'validation-failed',
        params: { errors: [expect.objectContaining({ field: 'cursor' })] },
      }),
    );
  });
});
