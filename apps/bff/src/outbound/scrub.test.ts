import { describe, expect, test } from 'vitest';
import { needles, newCanary, sweep } from '../../testkit/canary.ts';
import { Redacted } from '../base/redacted.ts';
import { createScrub } from './scrub.ts';

const scrub = (value: string, text: string) => createScrub([new Redacted(value)])(text);

/** Every character by a function. */
const each = (text: string, write: (character: string) => string) => [...text].map(write).join('');
const percent = (text: string) =>
  each(
    Buffer.from(text).toString('latin1'),
    (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );

describe('a value is removed', () => {
  const value = `pä"ss<&'w/o+r=d\\ ${newCanary()}`;
  const json = JSON.stringify(value).slice(1, -1);
  const html = (text: string) =>
    text
      .replaceAll('&', '&amp;')
      .replaceAll('<', '&lt;')
      .replaceAll('"', '&quot;')
      .replaceAll("'", '&#39;');
  const base64 = Buffer.from(value).toString('base64');
  test.each([
    ['raw', value],
    ['JSON', json],
    ['JSON with slashes escaped', json.replaceAll('/', '\\/')],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    [
      'JSON, all of it',
      each(value, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
    ['JSON, angle brackets', json.replaceAll('<', '\\u003C').replaceAll('&', '\\u0026')],
    ['hexadecimal escapes', percent(value).replaceAll('%', '\\x')],
    ['HTML', html(value)],
    ['HTML, decimal', each(value, (one) => `&#${one.codePointAt(0)};`)],
    ['HTML, hexadecimal', each(value, (one) => `&#X${one.codePointAt(0)?.toString(16)};`)],
    ['HTML in HTML', html(html(value))],
    ['JSON in HTML', html(json)],
    ['HTML in JSON', JSON.stringify(html(value)).slice(1, -1)],
    ['URL', encodeURIComponent(value)],
    [
      'URL in small letters',
      encodeURIComponent(value).replaceAll(/%../g, (one) => one.toLowerCase()),
    ],
    ['path', encodeURI(value)],
    ['form', new URLSearchParams([['', value]]).toString().slice(1)],
    ['percent, all of it', percent(value)],
    ['URL in URL', encodeURIComponent(encodeURIComponent(value))],
    ['Base64', base64],
    ['Base64 without its end', base64.replaceAll('=', '')],
    ['Base64 for addresses', Buffer.from(value).toString('base64url')],
    ['Base64 in an address', encodeURIComponent(base64)],
    ['Base64 in JSON', base64.replaceAll('/', '\\/').replaceAll('+', '\\u002b')],
    ['Basic', Buffer.from(`u:${value}`).toString('base64')],
    ['Basic, another offset', Buffer.from(`us:${value}`).toString('base64')],
    ['Basic, with something after', Buffer.from(`user:${value}:x`).toString('base64')],
    ['hexadecimal', Buffer.from(value).toString('hex')],
    ['HEXADECIMAL', Buffer.from(value).toString('hex').toUpperCase()],
    ['UTF-16', each(value, (one) => `${one}\0`).slice(0, -1)],
  ])('%s', (_, written) => {
    const shown = scrub(value, `It was [${written}] and [${written}].`);
    expect(sweep('shown', shown)).toEqual([]);
    expect(shown).toMatch(/^It was \[.{0,8}\[removed\].{0,8}\] and \[.{0,8}\[removed\].{0,8}\]\.$/);
  });

  test('in every way that the sweep of the tests knows', () => {
    const [mark = ''] = newCanary().split(/[\da-f]{24}/);
    const both = createScrub([new Redacted(mark), new Redacted(mark.slice(0, 10))]);
    for (const { encoding, text } of needles()) {
      expect(sweep('before', text)).not.toEqual([]);
      expect(sweep(encoding, both(`x${text}x`))).toEqual([]);
    }
  });

  test('by line, when it has several', () => {
    const key = ['-----BEGIN KEY-----', newCanary(), newCanary(), 'abc', '-----END KEY-----'].join(
      '\n',
    );
    const [, first = '', second = ''] = key.split('\n');
    expect(scrub(key, `line 2: ${first}; line 3: ${JSON.stringify(second)}; abc`)).toBe(
      'line 2: [removed]; line 3: "[removed]"; abc',
    );
    expect(scrub(key, `all: ${JSON.stringify(key)}`)).toBe('all: "[removed]"');
  });

  test('when it looks like something that was escaped itself', () => {
    const odd = 'tok%41\\n&lt;x';
    for (const written of [odd, encodeURIComponent(odd), JSON.stringify(odd), html(odd)])
      expect(scrub(odd, written).replaceAll('"', '')).toBe('[removed]');
  });

  test('when it was pasted with blanks around', () => {
    expect(scrub('  token-1\n', 'with token-1.')).toBe('with [removed].');
  });

  test('where two of them overlap or touch', () => {
    const both = createScrub([new Redacted('abcdef'), new Redacted('defghi')]);
    expect(both('xabcdefghix abcdefdefghi')).toBe('x[removed]x [removed]');
    expect(scrub('aaaa', 'aaaaaa b aaa')).toBe('[removed] b aaa');
    expect(scrub('token', 'token')).toBe('[removed]');
  });
});

describe('what is no value stays', () => {
  test.each([
    'a text with 100 % and \\ and & and +',
    'é€😀',
    '%zz \\u12 &#xffffff; &unknown;',
    'pass',
    'password-12',
  ])('%j', (text) => {
    expect(scrub('password-123', text)).toBe(text);
  });

  test('and nothing is searched for without values', () => {
    expect(createScrub([])('abc')).toBe('abc');
    expect(scrub('', 'abc')).toBe('abc');
  });
});

describe('a text is withheld', () => {
  test('when a value is so short that its place could be seen', () => {
    expect(scrub('abc', 'a text without it')).toBe('[withheld]');
    expect(scrub(' ab\n', 'a text without it')).toBe('[withheld]');
    expect(createScrub([new Redacted('a long one'), new Redacted('x')])('y')).toBe('[withheld]');
  });

  test('when it is too long to be searched', () => {
    expect(scrub('password-123', 'a'.repeat(256 * 1024 + 1))).toBe('[withheld]');
  });
});

test('the time is linear, also for values and texts that were made to be slow', () => {
  const long = `${'a'.repeat(60_000)}b`;
  const seconds = (length: number) => {
    const start = performance.now();
    expect(scrub(long, 'a'.repeat(length))).toHaveLength(length);
    return (performance.now() - start) / 1000;
  };
  seconds(1_000);
  // A search that starts anew at every place takes 60 000 × 250 000 steps: minutes.
  expect(seconds(250_000)).toBeLessThan(5);
  const quoted = '\\&%'.repeat(80_000);
  expect(scrub('password-123', quoted)).toBe(quoted);
});
