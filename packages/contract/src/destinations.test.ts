import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isWidened, parseDestination } from './destinations.ts';

function canonical(text: string): string {
  const parsed = parseDestination(text);
  return parsed.kind === 'destination' ? parsed.canonical : `refused: ${parsed.reason}`;
}

describe('one address has one spelling', () => {
  test.each([
    ['https://api.github.com', 'https://api.github.com'],
    ['HTTPS://API.GitHub.com/', 'https://api.github.com'],
    ['https://api.github.com:443', 'https://api.github.com'],
    ['https://api.github.com.', 'https://api.github.com'],
    ['https://api.github.com:8443', 'https://api.github.com:8443'],
    ['http://intern:80', 'http://intern'],
    ['http://intern:443', 'http://intern:443'],
    ['smtps://mail.example.com:465', 'smtps://mail.example.com'],
    ['smtp://mail.example.com:587', 'smtp://mail.example.com:587'],
    ['https://bücher.example', 'https://xn--bcher-kva.example'],
    ['https://ｅｘａｍｐｌｅ.com', 'https://example.com'],
    ['https://127.1', 'https://127.0.0.1'],
    ['https://0x7f.0.0.1', 'https://127.0.0.1'],
    ['https://0177.0.0.1', 'https://127.0.0.1'],
    ['https://2130706433', 'https://127.0.0.1'],
    ['https://[::1]', 'https://[::1]'],
    ['https://[0:0:0:0:0:0:0:1]:8443', 'https://[::1]:8443'],
    ['https://[::FFFF:127.0.0.1]', 'https://[::ffff:7f00:1]'],
    ['https://*.Example.com', 'https://*.example.com'],
    ['https://*.example.com:8443', 'https://*.example.com:8443'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

describe('refused', () => {
  test.each([
    [''],
    [' '],
    ['api.github.com'],
    ['ftp://example.com'],
    ['javascript://example.com'],
    ['https://'],
    ['https:///'],
    ['https://user:password@example.com'],
    ['https://example.com@evil.example'],
    ['https://example.com/path'],
    ['https://example.com?x=1'],
    ['https://example.com#x'],
    ['https://example.com\\@evil.example'],
    ['https://exa mple.com'],
    ['https://example.com\n'],
    ['https://example.com\t'],
    ['https://exam\0ple.com'],
    ['https://example%2ecom'],
    ['https://example.com:0'],
    ['https://example.com:70000'],
    ['https://example.com:x'],
    ['https://a..example.com'],
    ['https://.'],
    ['https://*'],
    ['https://*.com'],
    ['https://*.127.0.0.1'],
    ['https://*.*.example.com'],
    ['https://api.*.example.com'],
    ['https://a*.example.com'],
    ['https://256.256.256.256'],
    ['https://[::1'],
    [`https://${'a'.repeat(300)}.example.com`],
  ])('%j', (text) => {
    expect(canonical(text)).toMatch(/^refused: /);
  });

  test('a refusal never repeats what was typed', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 6 }), (text) => {
        const parsed = parseDestination(`sk_live_9${text}`);
        expect(parsed.kind === 'refused' && parsed.reason.includes('sk_live_9')).toBe(false);
      }),
    );
  });
});

test('a canonical destination is its own canonical form', () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/);
  const host = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'));
  const text = fc
    .tuple(
      fc.constantFrom('https', 'HTTP', 'smtps', 'smtp'),
      fc.boolean(),
      host,
      fc.option(fc.integer({ min: 1, max: 65_535 })),
    )
    .map(
      ([scheme, wildcard, name, port]) =>
        `${scheme}://${wildcard ? '*.' : ''}${name}${port === null ? '' : `:${port}`}`,
    );
  fc.assert(
    fc.property(text, (typed) => {
      const once = canonical(typed);
      fc.pre(!once.startsWith('refused'));
      expect(canonical(once)).toBe(once);
    }),
  );
});

describe('what widens a list', () => {
  test.each<[string[], string[], boolean]>([
    [[], [], false],
    [[], ['https://a.example.com'], true],
    [['https://a.example.com'], [], false],
    [['https://a.example.com'], ['https://a.example.com'], false],
    [['https://a.example.com', 'https://b.example.com'], ['https://b.example.com'], false],
    [['https://a.example.com'], ['https://b.example.com'], true],
    [['https://*.example.com'], ['https://a.example.com'], false],
    [['https://*.example.com'], ['https://*.example.com'], false],
    [['https://a.example.com'], ['https://*.example.com'], true],
    [['https://*.example.com'], ['https://example.com'], true],
    [['https://*.example.com'], ['https://a.b.example.com'], true],
    [['https://*.example.com'], ['https://*.b.example.com'], true],
    [['https://*.example.com'], ['https://a.example.com:8443'], true],
    [['https://*.example.com'], ['http://a.example.com'], true],
    [['https://*.0.0.1.example'], ['https://127.0.0.1'], true],
    [['smtps://mail.example.com'], ['smtp://mail.example.com'], true],
  ])('from %j to %j: %s', (before, after, expected) => {
    expect(isWidened(before, after)).toBe(expected);
  });
});
