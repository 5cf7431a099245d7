import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isCoveredBy,
  isWidened,
  judgeTarget,
  maxDestinationLength,
  maxTargetLength,
  parseDestination,
  targetRefusals,
} from './destinations.ts';

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
    ['https://*.acme.co.uk', 'https://*.acme.co.uk'],
    ['https://*.com.au.example', 'https://*.com.au.example'],
    ['https://127.0.0.1.', 'https://127.0.0.1'],
    ['https://127.0.1.0x', 'https://127.0.1.0'],
    ['https://evil。example.com', 'https://evil.example.com'],
    ['https://api.github.com:0443', 'https://api.github.com'],
    ['https://api.github.com:', 'https://api.github.com'],
    ['https://my_host.example.com', 'https://my_host.example.com'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

describe('one path has one spelling', () => {
  test.each([
    ['https://api.github.com/repos/acme', 'https://api.github.com/repos/acme'],
    ['https://api.github.com/repos/acme/', 'https://api.github.com/repos/acme'],
    ['HTTPS://API.GitHub.com:443/Repos/Acme', 'https://api.github.com/Repos/Acme'],
    ['https://*.example.com/v1', 'https://*.example.com/v1'],
    ['https://[::1]:8443/v1', 'https://[::1]:8443/v1'],
    ['https://example.com/a/./b', 'https://example.com/a/b'],
    ['https://example.com/a/../b', 'https://example.com/b'],
    ['https://example.com/a/..', 'https://example.com'],
    ['https://example.com/../../a', 'https://example.com/a'],
    ['https://example.com/%7Eacme', 'https://example.com/~acme'],
    ['https://example.com/%61cme', 'https://example.com/acme'],
    ['https://example.com/b%c3%bccher', 'https://example.com/b%C3%BCcher'],
    ['https://example.com/bücher', 'https://example.com/b%C3%BCcher'],
    ['https://example.com/a%20b', 'https://example.com/a%20b'],
    ['https://example.com/a|b', 'https://example.com/a%7Cb'],
    ['https://example.com/user@acme', 'https://example.com/user@acme'],
    ['https://example.com/a;b=1/c', 'https://example.com/a;b=1/c'],
    ['https://example.com/..a/...b', 'https://example.com/..a/...b'],
  ])('%s is %s', (text, expected) => {
    expect(canonical(text)).toBe(expected);
  });
});

test('a destination may have 300 characters, not more', () => {
  const ofLength = (length: number) => 'https://example.com/'.padEnd(length, 'a');
  expect(canonical(ofLength(maxDestinationLength))).toBe(ofLength(maxDestinationLength));
  expect(canonical(ofLength(maxDestinationLength + 1))).toMatch(/^refused: /);
  expect(canonical(`${ofLength(maxDestinationLength)}/`)).toMatch(/^refused: /);
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
    ['https://example.com/path?x=1'],
    ['https://example.com/path#x'],
    ['https://example.com/*'],
    ['https://example.com/a b'],
    ['https://example.com/a\\b'],
    ['https://example.com/a\tb'],
    ['https://example.com/a//b'],
    ['https://example.com//'],
    ['https://example.com/%2e%2e/a'],
    ['https://example.com/.%2E/a'],
    ['https://example.com/%2e/a'],
    ['https://example.com/..;/a'],
    ['https://example.com/..%3b/a'],
    ['https://example.com/;x/a'],
    ['https://example.com/..%20/a'],
    ['https://example.com/.../a'],
    ['https://example.com/\u2025/a'],
    ['https://example.com/%E2%80%A5/a'],
    ['https://example.com/\uFF0E\uFF0E/a'],
    ['https://example.com/a\uFF0Fb'],
    ['https://example.com/a%2fb'],
    ['https://example.com/a%5Cb'],
    ['https://example.com/a%3Fb'],
    ['https://example.com/a%23b'],
    ['https://example.com/a%00b'],
    ['https://example.com/a%0d%0ab'],
    ['https://example.com/a%252fb'],
    ['https://example.com/a%25b'],
    ['https://example.com/a%c0%af'],
    ['https://example.com/%c0%ae%c0%ae/a'],
    ['https://example.com/a%ff'],
    ['https://example.com/a%ed%a0%80'],
    ['https://example.com/a%'],
    ['https://example.com/a%2'],
    ['https://example.com/a%u002e'],
    ['https://example.com/a\uD800'],
    ['smtps://mail.example.com/inbox'],
    ['https:/example.com'],
    ['https:example.com'],
    ['http\u017F://example.com'],
    ['https://example.com,evil.example'],
    ['https://*.co.uk'],
    ['https://*.com.au/path'],
    ['https://*.github.io'],
    ['https://*.s3.eu-central-1.amazonaws.com'],
    ['https://[fe80::1%25eth0]'],
    ['https://1.2.3.4.5'],
    ['https://0x100000000'],
    ['https://09.1.1.1'],
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
    [`https://${'ü'.repeat(280)}.example`],
    [`https://example.com/${'ü'.repeat(100)}`],
  ])('%j', (text) => {
    expect(canonical(text)).toMatch(/^refused: /);
  });

  test('with words for what is wrong', () => {
    expect(canonical('https://example.com/a//b')).toContain('one "/" between its parts');
    expect(canonical('https://example.com/a?b')).toContain('query');
    expect(canonical('https://a@example.com/b')).toContain('user name');
    expect(canonical('https://example.com/a@b/*')).toContain('"*"');
    expect(canonical('https://*.github.io')).toContain('Everybody can get a name');
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
    [['https://a.example.com/x'], ['https://a.example.com'], true],
    [['https://a.example.com'], ['https://a.example.com/x'], false],
    [['https://a.example.com/x'], ['https://a.example.com/x/y'], false],
    [['https://a.example.com/x'], ['https://a.example.com/xy'], true],
    [['https://a.example.com/x'], ['https://a.example.com/X'], true],
    [['https://a.example.com/x'], ['https://*.example.com/x'], true],
    [['https://*.example.com'], ['https://a.example.com/x'], false],
    [['https://*.example.com/x'], ['https://a.example.com/x/y'], false],
    [['https://*.example.com/x'], ['https://a.example.com'], true],
    [['https://a.example.com/x', 'https://a.example.com/y'], ['https://a.example.com'], true],
    // Two names of one address are two places: certificates and Host tell them apart.
    [['https://127.0.0.1'], ['https://[::ffff:7f00:1]'], true],
    // Whatever cannot be read lets nothing through, and is wider than everything.
    [['https://*.co.uk'], ['https://a.co.uk'], true],
    [['https://a.example.com'], ['sk_live_canary'], true],
  ])('from %j to %j: %s', (before, after, expected) => {
    expect(isWidened(before, after)).toBe(expected);
  });
});

describe('where a value may go', () => {
  const github = 'https://api.github.com';
  const acme = 'https://api.github.com/repos/acme';
  const wildcard = 'https://*.example.com';

  test.each<[string, string[], string]>([
    [github, [github], 'https://api.github.com/'],
    ['https://api.github.com/user?per_page=1', [github], 'https://api.github.com/user?per_page=1'],
    ['https://api.github.com?x=1', [github], 'https://api.github.com/?x=1'],
    ['HTTPS://API.GITHUB.COM.:443/user', [github], 'https://api.github.com/user'],
    ['https://0x7f.1/x', ['https://127.0.0.1'], 'https://127.0.0.1/x'],
    ['https://[0:0::1]/x', ['https://[::1]'], 'https://[::1]/x'],
    [
      'https://bücher.example/x',
      ['https://xn--bcher-kva.example'],
      'https://xn--bcher-kva.example/x',
    ],
    ['https://a.example.com/x', ['https://other.example', wildcard], 'https://a.example.com/x'],
    ['smtps://mail.example.com:465', ['smtps://mail.example.com'], 'smtps://mail.example.com'],
    ['smtp://mail.example.com:587', ['smtp://mail.example.com:587'], 'smtp://mail.example.com:587'],
    ['https://api.github.com/repos/acme', [acme], 'https://api.github.com/repos/acme'],
    ['https://api.github.com/repos/acme/', [acme], 'https://api.github.com/repos/acme/'],
    [
      'https://api.github.com/repos/acme?x=/../y',
      [acme],
      'https://api.github.com/repos/acme?x=/../y',
    ],
    ['https://api.github.com/repos/acme/x', [acme], 'https://api.github.com/repos/acme/x'],
    ['https://api.github.com/repos/%61cme/x', [acme], 'https://api.github.com/repos/%61cme/x'],
    ['https://api.github.com/x/../repos/acme/x', [acme], 'https://api.github.com/repos/acme/x'],
    // The path may be anything where all paths may be: GitLab wants an encoded slash.
    ['https://api.github.com/projects/a%2Fb', [github], 'https://api.github.com/projects/a%2Fb'],
  ])('%s with %j: asks for %s', (target, destinations, href) => {
    expect(judgeTarget(target, destinations)).toMatchObject({ kind: 'allowed', href });
  });

  test.each<[string, string[], keyof typeof targetRefusals]>([
    ['https://api.github.com/', [], 'no-destinations'],
    ['https://evil.example/', [github], 'other-host'],
    ['https://api.github.com.evil.example/', [github], 'other-host'],
    ['https://evil.example/api.github.com', [github], 'other-host'],
    ['https://example.com/', [wildcard], 'other-host'],
    ['https://a.b.example.com/', [wildcard], 'other-host'],
    ['https://evilexample.com/', [wildcard], 'other-host'],
    ['https://127.0.0.1/', ['https://*.0.0.1.example'], 'other-host'],
    ['https://[::ffff:127.0.0.1]/', ['https://127.0.0.1'], 'other-host'],
    ['https://10.0.0.1/', ['https://*.0.0.1'], 'other-host'],
    ['http://api.github.com/', [github], 'other-port'],
    ['https://api.github.com:8443/', [github], 'other-port'],
    ['https://a.example.com:8443/', [wildcard, github], 'other-port'],
    ['smtp://mail.example.com', ['smtps://mail.example.com'], 'other-port'],
    ['https://api.github.com/', [acme], 'other-path'],
    ['https://api.github.com/repos/acmeevil', [acme], 'other-path'],
    ['https://api.github.com/repos/Acme', [acme], 'other-path'],
    ['https://api.github.com/repos/acme/../evil', [acme], 'other-path'],
    ['https://api.github.com/repos/acme/..', [acme], 'other-path'],
    ['https://api.github.com/x?/repos/acme', [acme], 'other-path'],
    ['https://api.github.com/repos/acme;x/y', [acme], 'other-path'],
    ['https://api.github.com/repos/acme/%2e%2e/evil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/..%2fevil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/..%5cevil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/%252e%252e/evil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/%c0%ae%c0%ae/evil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/..;/evil', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme//evil', [acme], 'doubtful-path'],
    ['https://api.github.com//repos/acme', [acme], 'doubtful-path'],
    ['https://api.github.com/repos%2facme', [acme], 'doubtful-path'],
    ['https://api.github.com/repos/acme/\uFF0E\uFF0E/evil', [acme], 'doubtful-path'],
    ['', [github], 'not-a-target'],
    ['/user', [github], 'not-a-target'],
    ['https:api.github.com', [github], 'not-a-target'],
    ['https:///api.github.com', [github], 'not-a-target'],
    ['ftp://api.github.com', [github], 'not-a-target'],
    ['https://user@api.github.com/', [github], 'not-a-target'],
    ['https://api.github.com@evil.example/', [github], 'not-a-target'],
    ['https://api.github.com\\@evil.example/', [github], 'not-a-target'],
    ['https://evil.example\\.api.github.com/', [github], 'not-a-target'],
    ['https://api.github.com/\\evil.example', [github], 'not-a-target'],
    ['https://api.github.com/#@evil.example', [github], 'not-a-target'],
    ['https://api.github.com/a b', [github], 'not-a-target'],
    ['https://api.github.com/a\r\nHost: evil.example', [github], 'not-a-target'],
    ['https://api.git\thub.com/', [github], 'not-a-target'],
    [' https://api.github.com/', [github], 'not-a-target'],
    ['https://api.github.com/?\uD800', [github], 'not-a-target'],
    ['https://api%2egithub.com/', [github], 'not-a-target'],
    ['https://*.example.com/', [wildcard], 'not-a-target'],
    ['https://a,b.example.com/', [wildcard], 'not-a-target'],
    ['https://.example.com/', [wildcard], 'not-a-target'],
    ['smtps://mail.example.com/x', ['smtps://mail.example.com'], 'not-a-target'],
  ])('%j with %j: refused, %s', (target, destinations, code) => {
    expect(judgeTarget(target, destinations)).toEqual({
      kind: 'refused',
      code,
      reason: targetRefusals[code],
    });
  });
});

test('a target of any length is answered', () => {
  const target = (length: number) => 'https://a.example.com/'.padEnd(length, 'a');
  const destinations = ['https://a.example.com'];
  expect(judgeTarget(target(maxTargetLength), destinations).kind).toBe('allowed');
  expect(judgeTarget(target(maxTargetLength + 1), destinations).kind).toBe('refused');
});

describe('whatever is typed', () => {
  // Few words, so that destinations and targets meet; odd spellings, so that they meet in every way.
  const scheme = fc.constantFrom('https', 'HTTPS', 'http', 'smtps', 'smtp');
  const host = fc.constantFrom(
    'a.example.com',
    'A.Example.com.',
    'b.a.example.com',
    'example.com',
    '*.example.com',
    '*.a.example.com',
    'bücher.example.com',
    'xn--bcher-kva.example.com',
    '127.0.0.1',
    '0x7f.1',
    '2130706433',
    '[::1]',
    '[0:0::1]',
    '[::ffff:127.0.0.1]',
    '*.co.uk',
    'evil.co.uk',
    'a..b',
    'a,b',
  );
  const port = fc.constantFrom('', '', '', ':443', ':80', ':0443', ':8443', ':');
  const segment = fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom('x', 'y', 'x', '%78', 'xy', 'X') },
    fc.constantFrom(
      '.',
      '..',
      '...',
      '%2e',
      '%2E%2e',
      '.%2e',
      '..;',
      '..;a',
      'x;a',
      '%2f',
      'x%2Fy',
      '%5c',
    ),
    fc.constantFrom(
      '',
      '%',
      '%2',
      '%25',
      '%252e',
      '%c0%ae',
      '%ff',
      '\uFF0F',
      '\u2025',
      'ü',
      '%c3%bc',
      '|',
      '%20',
    ),
    fc.string({ unit: 'binary', maxLength: 3 }),
  );
  const path = fc
    .array(segment, { maxLength: 5 })
    .map((segments) => segments.map((text) => `/${text}`).join(''));
  const text = fc
    .tuple(scheme, host, port, path)
    .map(([typedScheme, ...rest]) => `${typedScheme}://${rest.join('')}`);
  const destination = text.map(parseDestination).filter((parsed) => parsed.kind === 'destination');
  const destinations = fc.array(
    destination.map((parsed) => parsed.canonical),
    { maxLength: 3 },
  );
  const query = fc.constantFrom('', '', '?x=1', '?/../x', '#x');
  /** Targets that often lie below one of the destinations, or near. */
  const targetNear = (list: readonly string[]) =>
    fc
      .tuple(
        fc.oneof(
          { weight: 4, arbitrary: fc.constantFrom('https://a.example.com', ...list) },
          { weight: 1, arbitrary: text },
        ),
        path,
        query,
      )
      .map(([start, ...rest]) => start.replace('*', 'a') + rest.join(''));
  const runs = { numRuns: 3000 };

  test('a canonical destination is its own canonical form, and covers itself', () => {
    fc.assert(
      fc.property(destination, (parsed) => {
        expect(parseDestination(parsed.canonical)).toEqual(parsed);
        expect(parsed.canonical.length).toBeLessThanOrEqual(maxDestinationLength);
        expect(isCoveredBy(parsed.canonical, [parsed.canonical])).toBe(true);
      }),
      runs,
    );
  });

  test('what covers something covers what that covers', () => {
    fc.assert(
      fc.property(destinations, destinations, destinations, (wide, ...lists) => {
        const [middle, narrow] = lists;
        const covered = middle.filter((one) => isCoveredBy(one, wide));
        const coveredTwice = narrow.filter((one) => isCoveredBy(one, covered));
        expect(isWidened(wide, coveredTwice)).toBe(false);
      }),
      runs,
    );
  });

  test('a list that is not wider lets nothing through that the old one did not', () => {
    let met = 0;
    /** An old list, and one that has some of the same, below paths and in place of wildcards, beside others. */
    const beforeAndAfter = fc
      .tuple(destinations, destinations, path)
      .map(([before, others, below]) => ({
        before,
        after: [...others, ...before.flatMap((one) => [one, one.replace('*', 'a'), one + below])],
      }));
    const listsAndTarget = beforeAndAfter.chain(({ before, after }) =>
      fc.record({
        before: fc.constant(before),
        after: fc.constant(after),
        wanted: targetNear(after),
      }),
    );
    fc.assert(
      fc.property(listsAndTarget, ({ before, after, wanted }) => {
        const notWider = after.filter((one) => !isWidened(before, [one]));
        if (judgeTarget(wanted, notWider).kind === 'refused') return;
        met += 1;
        expect(judgeTarget(wanted, before).kind).toBe('allowed');
      }),
      { numRuns: 5000 },
    );
    expect(met).toBeGreaterThan(200);
  });

  test('what is requested is what was compared, and lies within the destination that lets it through', () => {
    let met = 0;
    const listAndTarget = destinations.chain((list) =>
      fc.tuple(fc.constant(list), targetNear(list)),
    );
    fc.assert(
      fc.property(listAndTarget, ([list, wanted]) => {
        const verdict = judgeTarget(wanted, list);
        if (verdict.kind === 'refused') return;
        met += 1;
        const { href } = verdict;
        expect(list).toContain(verdict.destination);
        expect(judgeTarget(href, list)).toMatchObject({ kind: 'allowed', href });
        // A second reader: the URL class alone, with nothing of ours.
        const url = new URL(href);
        const [, origin = '', prefix = ''] =
          /^([a-z]+:\/\/[^/]+)(.*)$/.exec(verdict.destination) ?? [];
        if (!origin.includes('*')) expect(`${url.protocol}//${url.host}`).toBe(origin);
        const requested = decodeURIComponent(prefix === '' ? '' : url.pathname);
        expect(`${requested}/`.startsWith(`${decodeURIComponent(prefix)}/`)).toBe(true);
      }),
      { numRuns: 5000 },
    );
    expect(met).toBeGreaterThan(200);
  });

  test('spellings of one address fall together', () => {
    const byte = fc.integer({ min: 0, max: 255 });
    const spelled = fc.constantFrom(
      (value: number) => String(value),
      (value: number) => `0x${value.toString(16)}`,
      (value: number) => `0X${value.toString(16).toUpperCase()}`,
      (value: number) => `0${value.toString(8)}`,
    );
    fc.assert(
      fc.property(
        fc.tuple(byte, byte, byte, byte),
        fc.tuple(spelled, spelled, spelled, spelled),
        fc.integer({ min: 1, max: 4 }),
        ([a, b, c, d], spellings, count) => {
          const numbers = [a, b, c, d].slice(0, count - 1);
          // The last number holds all the bytes that are left (inet_aton).
          numbers.push([a, b, c, d].slice(count - 1).reduce((sum, next) => sum * 256 + next, 0));
          const address = numbers.map((value, index) => spellings[index]?.(value)).join('.');
          expect(canonical(`https://${address}/`)).toBe(`https://${a}.${b}.${c}.${d}`);
        },
      ),
    );
    const group = fc.integer({ min: 0, max: 0xff_ff });
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const plain = groups.map((value) => value.toString(16)).join(':');
        const padded = groups
          .map((value) => value.toString(16).padStart(4, '0').toUpperCase())
          .join(':');
        const dotted = `${groups
          .slice(0, 6)
          .map((value) => value.toString(16))
          .join(':')}:${groups
          .slice(6)
          .flatMap((value) => [value >> 8, value & 255])
          .join('.')}`;
        expect(canonical(`https://[${padded}]`)).toBe(canonical(`https://[${plain}]`));
        expect(canonical(`https://[${dotted}]`)).toBe(canonical(`https://[${plain}]`));
      }),
    );
  });
});
