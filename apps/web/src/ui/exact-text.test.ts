import { describe, expect, test } from 'vitest';
import { lineEnds, readUtf8, surroundings, toCrlf, toLf } from './exact-text.ts';

test.each([
  ['', 'none'],
  ['one line', 'none'],
  ['a\nb\n', 'lf'],
  ['a\r\nb\r\n', 'crlf'],
  ['a\r\nb\n', 'mixed'],
  ['a\rb', 'mixed'],
  ['a\r\r\nb', 'mixed'],
  ['a\n\r\nb', 'mixed'],
])('the line ends of %j are %s', (text, ends) => {
  expect(lineEnds(text)).toBe(ends);
});

test('every kind of line end is LF in a textarea', () => {
  expect(toLf('a\r\nb\rc\nd')).toBe('a\nb\nc\nd');
});

test('text with CRLF only survives a textarea', () => {
  const text = '-----BEGIN\r\nx\r\n\r\n-----END\r\n';
  expect(toCrlf(toLf(text))).toBe(text);
});

describe('what surrounds a value', () => {
  test.each([
    ['', undefined],
    ['a b\nc', undefined],
    ['a\n', 'The value ends with a line break.'],
    ['a\r\n', 'The value ends with a line break.'],
    ['a\n\n', 'The value ends with 2 line breaks.'],
    [' a', 'The value begins with a blank.'],
    ['\t\ta  \n', 'The value begins with 2 blanks and ends with 2 blanks and a line break.'],
    ['\uFEFFa', 'The value begins with a blank.'],
    ['a\u00A0', 'The value ends with a blank.'],
    [' \n', 'The value consists of blanks only.'],
  ])('of %j: %s', (text, words) => {
    expect(surroundings(text)).toBe(words);
  });
});

describe('a file', () => {
  const bytes = (...list: number[]) => new Uint8Array(list).buffer;

  test('keeps its byte order mark and its line ends', () => {
    expect(readUtf8(bytes(0xef, 0xbb, 0xbf, 0x61, 0x0d, 0x0a))).toEqual({
      kind: 'text',
      text: '\uFEFFa\r\n',
    });
  });

  test.each([[[0xff, 0xfe]], [[0xc3]], [[0xed, 0xa0, 0x80]]])(
    'of the bytes %j is refused as not UTF-8',
    (list) => {
      expect(readUtf8(bytes(...list))).toMatchObject({ kind: 'refused' });
    },
  );
});
