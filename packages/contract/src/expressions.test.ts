import { describe, expect, test } from 'vitest';
import { filterNames, filters } from './expression-filters.ts';
import {
  expressionLimits,
  expressionProblems,
  parseExpression,
  printExpression,
} from './expressions.ts';
import { printReference } from './secrets.ts';

/** What stands in a text, as words: text as it is, `<NAME|filter>` for a secret, `"…"` for a literal, `!` for a mistake. */
function read(text: string): string {
  return parseExpression(text)
    .parts.map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'broken') return '!';
      const { value } = part;
      const shown = value.kind === 'secret' ? value.name : JSON.stringify(value.text);
      return `<${[shown, ...part.filters.map(({ name }) => name)].join('|')}>`;
    })
    .join('');
}

/** The mistakes of a text, each with what it underlines. */
function mistakes(text: string): string[][] {
  return parseExpression(text).problems.map(({ code, start, end }) => [
    code,
    text.slice(start, end),
  ]);
}

describe('read', () => {
  test.each([
    ['', ''],
    ['just text', 'just text'],
    ["{ } }} | secret('A') %7B", "{ } }} | secret('A') %7B"],
    ["{{ secret('TOKEN') }}", '<TOKEN>'],
    ['{{secret("TOKEN")}}', '<TOKEN>'],
    ["Bearer {{ secret('TOKEN') | trim }}", 'Bearer <TOKEN|trim>'],
    ["{{\n  secret ( 'a-b_9' )\n | trim|base64\n}}", '<a-b_9|trim|base64>'],
    ["{{ secret('A') }}:{{ secret('B') }}", '<A>:<B>'],
    ['{"a":{{ secret(\'A\') | json }}}', '{"a":<A|json>}'],
    ["{{ 'user:' | base64 }}", '<"user:"|base64>'],
    ["{{ '{{' }}", '<"{{">'],
    ["{{ '{{ no }\\} expression' }}", '<"{{ no }} expression">'],
    [String.raw`{{ 'it\'s "a" \\ b\n' }}`, String.raw`<"it's \"a\" \\ b\n">`],
    [String.raw`{{ "say \"it's\"" }}`, String.raw`<"say \"it's\"">`],
    ["{{ '' }}", '<"">'],
    ['{{ "🔑 ü" }}🔑', '<"🔑 ü">🔑'],
    ["{{\u00A0secret('A')\u00A0}}", '<A>'],
    [
      `${' '.repeat(expressionLimits.length - 17)}{{ secret('A') }}`,
      `${' '.repeat(expressionLimits.length - 17)}<A>`,
    ],
  ])('%j', (text, expected) => {
    expect(read(text)).toBe(expected);
    expect(mistakes(text)).toEqual([]);
  });
});

describe('what is wrong is named, with its place', () => {
  test.each<[string, string[][]]>([
    ['{{', [['unclosed', '{{']]],
    ["a {{ secret('A')", [['unclosed', '{{']]],
    [
      "{{ secret('A') and {{ secret('B') }}",
      [
        ['unclosed', '{{'],
        ['unexpected', 'and'],
      ],
    ],
    ['{{}}', [['empty', '{{}}']]],
    ['{{  }}', [['empty', '{{  }}']]],
    ['{{ | trim }}', [['empty', '|']]],
    ['{{ TOKEN }}', [['not-a-value', 'TOKEN']]],
    ['{{ secrets.TOKEN }}', [['not-a-value', 'secrets.TOKEN']]],
    ["{{ Secret('A') }}", [['not-a-value', "Secret('A')"]]],
    ["{{ env('A') | trim }}", [['not-a-value', "env('A')"]]],
    ["{{{ secret('A') }}}", [['not-a-value', "{ secret('A')"]]],
    ['{{ 🔑 }}', [['not-a-value', '🔑']]],
    ['{{ secret }}', [['secret-without-name', 'secret']]],
    ["{{ secret 'A' | trim }}", [['secret-without-name', "secret 'A'"]]],
    ['{{ secret() }}', [['secret-without-name', 'secret()']]],
    ['{{ secret( }}', [['secret-without-name', 'secret(']]],
    [
      '{{ x "y }}\uD800',
      [
        ['not-a-value', 'x "y '],
        ['quote-unclosed', '"'],
        ['not-text', '\uD800'],
      ],
    ],
    ['{{ secret(TOKEN) }}', [['name-without-quotes', 'TOKEN']]],
    ['{{ secret(a.b/🔑) }}', [['name-without-quotes', 'a.b/🔑']]],
    ['{{ “A }} ”', [['typographic-quotes', '“A ']]],
    [
      '{{ secret(TOKEN) | sk }}',
      [
        ['name-without-quotes', 'TOKEN'],
        ['filter-unknown', 'sk'],
      ],
    ],
    ["{{ secret('') }}", [['name-not-valid', "''"]]],
    ["{{ secret('a b') }}", [['name-not-valid', "'a b'"]]],
    ["{{ secret('A' }}", [['bracket-missing', "'A'"]]],
    ["{{ secret('A' | trim }}", [['bracket-missing', "'A'"]]],
    [
      "{{ secret('A', 'B') }}",
      [
        ['bracket-missing', "'A'"],
        ['unexpected', ", 'B')"],
      ],
    ],
    ["{{ secret('A) }} {{ secret('B') }}", [['quote-unclosed', "'"]]],
    ['{{ secret("A) }}', [['quote-unclosed', '"']]],
    ['{{ secret(‘A’) }}', [['typographic-quotes', '‘A’']]],
    ['{{ secret(“A”) }}', [['typographic-quotes', '“A”']]],
    ['{{ „A“ }}', [['typographic-quotes', '„A“']]],
    [String.raw`{{ 'a\db' }}`, [['escape-not-valid', '\\']]],
    ["{{ secret('A') | }}", [['filter-missing', '|']]],
    ["{{ secret('A') || trim }}", [['filter-missing', '|']]],
    [
      "{{ secret('A') | 'trim' }}",
      [
        ['filter-missing', '|'],
        ['unexpected', "'trim'"],
      ],
    ],
    ["{{ secret('A') | Trim }}", [['filter-unknown', 'Trim']]],
    ["{{ secret('A') | toString }}", [['filter-unknown', 'toString']]],
    ["{{ secret('A') | trim() }}", [['unexpected', '()']]],
    ["{{ secret('A') secret('B') }}", [['unexpected', "secret('B')"]]],
    ["{{ 'a' + 'b' }}", [['unexpected', "+ 'b'"]]],
    ["{{ secret('A') | trim | trim | trim | trim | json }}", [['too-many-filters', 'json']]],
    ['a\uD800b', [['not-text', '\uD800']]],
    ["{{ 'a\uDC00' }}", [['not-text', '\uDC00']]],
    // All of them at once.
    [
      "{{ secret(A) | no }} {{ secret('a b' }} {{ 'x",
      [
        ['name-without-quotes', 'A'],
        ['filter-unknown', 'no'],
        ['name-not-valid', "'a b'"],
        ['bracket-missing', "'a b'"],
        ['unclosed', '{{'],
        ['quote-unclosed', "'"],
      ],
    ],
  ])('%j', (text, expected) => {
    expect(mistakes(text)).toEqual(expected);
    // What is broken is broken as a whole, and what is not wrong in the same text is read.
    expect(
      parseExpression(text).problems.map(
        ({ code, message }) => message === expressionProblems[code],
      ),
    ).toEqual(expected.map(() => true));
  });

  test('a text that is too long', () => {
    const text = `{{ secret('A') }}`.padEnd(expressionLimits.length + 5, 'x');
    expect(mistakes(text)).toEqual([['too-long', 'xxxxx']]);
    expect(mistakes(text.slice(0, expressionLimits.length))).toEqual([]);
  });

  test('too many secrets', () => {
    const text = "{{ secret('A') }}".repeat(expressionLimits.references + 1);
    expect(mistakes(text)).toEqual([['too-many-references', "secret('A')"]]);
    expect(parseExpression(text).problems[0]?.start).toBe(16 * 17 + 3);
    expect(mistakes("{{ secret('A') }}".repeat(expressionLimits.references))).toEqual([]);
  });

  test('a name may have 64 characters', () => {
    expect(mistakes(`{{ secret('${'a'.repeat(64)}') }}`)).toEqual([]);
    expect(mistakes(`{{ secret('${'a'.repeat(65)}') }}`)).toHaveLength(1);
  });
});

test('what is left of a name without a wrong escape is no reference', () => {
  const { problems, references } = parseExpression(String.raw`{{ secret('A\secret') }}`);
  expect(problems.map(({ code }) => code)).toEqual(['escape-not-valid']);
  expect(references).toEqual([]);
});

test('references are found, also beside a mistake', () => {
  const text = "x {{ secret('A') }}{{ secret('B') | no }}{{ secret('A' }}{{ secret('C' | trim }}";
  const { references } = parseExpression(text);
  expect(references.map(({ name, start, end }) => [name, text.slice(start, end)])).toEqual([
    ['A', "secret('A')"],
    ['B', "secret('B')"],
    ['A', "secret('A'"],
    ['C', "secret('C'"],
  ]);
});

test('places count as strings of JavaScript do', () => {
  const text = "🔑{{ secret('A') }}";
  expect(parseExpression(text).parts).toEqual([
    { kind: 'text', start: 0, end: 2, text: '🔑' },
    {
      kind: 'expression',
      start: 2,
      end: 19,
      value: { kind: 'secret', name: 'A', start: 5, end: 16 },
      filters: [],
    },
  ]);
});

describe('print', () => {
  test.each([
    ['just { text }}', 'just { text }}'],
    ['{{secret("A")|trim}}', "{{ secret('A') | trim }}"],
    ['{{ "it\'s\n" }}', String.raw`{{ 'it\'s\n' }}`],
    ["{{ '}\\}}' }}", String.raw`{{ '}\}}' }}`],
    ['{{ secret(A)|trim}}{{"b"}}', "{{ secret(A)|trim}}{{ 'b' }}"],
    [String.raw`{{ '\\\'' }}`, String.raw`{{ '\\\'' }}`],
    ['{{ a', '{{ a'],
  ])('%j', (text, expected) => {
    expect(printExpression(parseExpression(text).parts)).toBe(expected);
  });

  test('text that somebody put together reads as the text that it is', () => {
    const at = { start: 0, end: 0 };
    const [expression] = parseExpression("{{ secret('A') }}").parts;
    const printed = printExpression([
      { kind: 'text', text: 'a {{ b {', ...at },
      { kind: 'text', text: '{{ c {', ...at },
      ...(expression === undefined ? [] : [expression]),
    ]);
    expect(printed).toBe("a {{ '{{' }} b {{ '{{{' }} c {{ '{' }}{{ secret('A') }}");
    expect(mistakes(printed)).toEqual([]);
  });

  test('the expression of a secret', () => {
    expect(printReference('API_KEY')).toBe("{{ secret('API_KEY') }}");
    expect(printExpression(parseExpression(printReference('API_KEY')).parts)).toBe(
      printReference('API_KEY'),
    );
  });
});

describe('filters', () => {
  test.each(filterNames)('%s does what its example says', (name) => {
    const [before, after] = filters[name].example;
    expect(filters[name].apply(before)).toBe(after);
  });

  test.each([
    ['base64', 'ü🔑', 'w7zwn5SR'],
    ['base64', 'a'.repeat(70_000), `${'YWFh'.repeat(23_333)}YQ==`],
    ['urlencode', "!'()*-._~/?#ü", '%21%27%28%29%2A-._~%2F%3F%23%C3%BC'],
    ['urlencode', '\uD800', '%EF%BF%BD'],
    ['urlencode', '\n', '%0A'],
    ['json', 'a"\\\n\0', String.raw`"a\"\\\n\u0000"`],
  ] as const)('%s of %j', (name, text, expected) => {
    expect(filters[name].apply(text)).toBe(expected);
  });
});
