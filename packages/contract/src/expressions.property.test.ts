/**
 * @file Generated texts for the parser: `DROPSAFE_EXPRESSION_RUNS` of them in all, 20 000 in `npm test` and a million in
 * `npm run test:long` (vitest.config.ts reads it).
 */
import fc from 'fast-check';
import { describe, expect, inject, test } from 'vitest';
import { checkExpressions, type CheckedField } from './expression-check.ts';
import { evaluate, evaluatePlain, Tainted } from './expression-evaluation.ts';
import { filterNames } from './expression-filters.ts';
import { expressionLimits, parseExpression, printExpression, type Part } from './expressions.ts';

declare module 'vitest' {
  interface ProvidedContext {
    expressionRuns: number;
  }
}
const runs = inject('expressionRuns');
/** A quarter of them for each property; the clock is not what is tested here. */
const share = { numRuns: Math.ceil(runs / 4) };
const timeout = 30_000 + runs;

/** A value that stands out wherever it comes. Nothing that is generated has its first character. */
const canary = '§canary§';

const token = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('{{', '}}', '{', '}', '|', '(', ')', "'", '"', '\\', ' ', '\n'),
  },
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      'secret',
      "secret('A')",
      'secret("b-9")',
      "secret('",
      "')",
      'A',
      'sk_live',
    ),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ...filterNames,
      'no',
      '| trim',
      "'text'",
      '{{ secret(',
      "\\'",
      '“',
      '”',
    ),
  },
  {
    weight: 1,
    arbitrary: fc.string({ unit: 'binary', maxLength: 3 }).map((text) => text.replaceAll('§', '')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('\uD83D', '\uDD11', '🔑', '\0', '\u2028', '\u00A0', 'é'),
  },
);
const pieces = fc.array(token, { maxLength: 40 }).map((list) => list.join(''));
const quote = fc.constantFrom("'", '"');
const blanks = fc.constantFrom('', ' ', '\n', '  ');
const name = fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/);
const call = fc.tuple(name, quote).map(([secret, mark]) => `secret(${mark}${secret}${mark})`);
/** Text in quotes, with an escape before whatever may have one. */
const literal = fc
  .tuple(
    fc.array(fc.constantFrom('a', ' ', '\\', "'", '"', '{', '}', '\n', '🔑'), { maxLength: 6 }),
    quote,
  )
  .map(([list, mark]) => `${mark}${list.join('').replaceAll(/[\\'"{}]/g, String.raw`\$&`)}${mark}`);
/** An expression that is right. */
const expression = fc
  .tuple(
    fc.oneof({ weight: 2, arbitrary: call }, literal),
    blanks,
    fc.array(fc.constantFrom(...filterNames), { maxLength: 4 }),
  )
  .map(([value, blank, filters]) =>
    ['{{', value, ...filters.map((filter) => `|${filter}`), '}}'].join(blank),
  );
const mixed = fc
  .array(fc.oneof(expression, pieces), { maxLength: 6 })
  .map((list) => list.join('').slice(0, expressionLimits.length));
const text = fc.oneof({ weight: 5, arbitrary: pieces }, { weight: 3, arbitrary: mixed });

/** A part without its places. */
const withoutPlaces = (parts: readonly Part[]): unknown =>
  JSON.parse(
    JSON.stringify(parts, (key, value: unknown) =>
      key === 'start' || key === 'end' ? undefined : value,
    ),
  );

describe('whatever is typed', () => {
  test('is read without a crash, and every place lies where it says', { timeout }, () => {
    let withReference = 0;
    let withProblem = 0;
    fc.assert(
      fc.property(text, (typed) => {
        const { parts, problems, references } = parseExpression(typed);
        withReference += Math.min(references.length, 1);
        withProblem += Math.min(problems.length, 1);
        // The parts are the text, without a gap.
        let at = 0;
        for (const part of parts) {
          if (part.start !== at || part.end <= at) throw new Error('A part has a wrong place.');
          at = part.end;
          const source = typed.slice(part.start, part.end);
          if (part.kind === 'text' && part.text !== source)
            throw new Error('Text is not its source.');
          if (part.kind === 'broken' && part.source !== source)
            throw new Error('A source is another.');
          if (part.kind !== 'expression') continue;
          if (!/^\{\{[^]*\}\}$/.test(source))
            throw new Error('An expression is not in its braces.');
          for (const filter of part.filters)
            if (typed.slice(filter.start, filter.end) !== filter.name)
              throw new Error('A filter is elsewhere.');
          const { value } = part;
          const shown = typed.slice(value.start, value.end);
          if (value.kind === 'literal' && !/^(['"])[^]*\1$/.test(shown))
            throw new Error('A literal is elsewhere.');
        }
        expect(at).toBe(typed.length);
        // A reference lies in its part; its source is the call.
        for (const reference of references) {
          const written = /^secret\s*\(\s*(['"])([\w-]+)\1\s*\)?$/.exec(
            typed.slice(reference.start, reference.end),
          );
          expect(written?.[2]).toBe(reference.name);
        }
        const places = problems.map(({ start }) => start);
        expect(places).toEqual(places.toSorted((a, b) => a - b));
        for (const { start, end, message } of problems) {
          if (start < 0 || end <= start || end > typed.length)
            throw new Error('A problem has no place.');
          // Nothing of what was typed but words of the grammar.
          if (message.includes('sk_live')) throw new Error('A message repeats what was typed.');
        }
        // A mistake and a broken part come together; broken characters are a mistake without one.
        const isBroken = parts.some(({ kind }) => kind === 'broken');
        expect(problems.some(({ code }) => code !== 'not-text')).toBe(isBroken);
      }),
      share,
    );
    // The texts are worth it: many have something to find.
    expect(withReference).toBeGreaterThan(share.numRuns / 10);
    expect(withProblem).toBeGreaterThan(share.numRuns / 10);
  });

  test('is printed as a text that reads the same', { timeout }, () => {
    fc.assert(
      fc.property(text, (typed) => {
        const first = parseExpression(typed);
        const printed = printExpression(first.parts);
        fc.pre(printed.length <= expressionLimits.length);
        const second = parseExpression(printed);
        expect(withoutPlaces(second.parts)).toEqual(withoutPlaces(first.parts));
        expect(second.problems.map(({ code }) => code)).toEqual(
          first.problems.map(({ code }) => code),
        );
        expect(printExpression(second.parts)).toBe(printed);
      }),
      share,
    );
  });

  test('never brings a value into a plain field, nor out of its wrapper', { timeout }, () => {
    let tainted = 0;
    fc.assert(
      fc.property(text, (typed) => {
        const { parts, problems, references } = parseExpression(typed);
        const shown: string[] = [];
        try {
          shown.push(evaluatePlain(parts));
        } catch (error) {
          shown.push(String(error));
        }
        // Whoever reads a plain field to the end has read a text without a secret in it.
        const isPlain = !shown.join('').startsWith('EvaluationError');
        if (isPlain && (references.length > 0 || parts.some(({ kind }) => kind === 'broken')))
          throw new Error('A plain field was given something else.');
        try {
          const value = evaluate<string>(parts, {
            lookUp: () => canary,
            fromText: (plain) => plain,
            filter: (before, apply) => `${canary}${apply(before)}`,
            concat: (values) => values.join(''),
          });
          shown.push(String(value), JSON.stringify(value), Object.values(value).join(''));
          if (!(value instanceof Tainted)) throw new Error('It is not tainted.');
          if (references.length > 0) tainted += 1;
          if (value.take().includes(canary) !== references.length > 0)
            throw new Error('A value is missing.');
        } catch (error) {
          shown.push(String(error));
          const isRefused = String(error).startsWith('EvaluationError');
          if (!isRefused || !problems.some(({ code }) => code !== 'not-text')) throw error;
        }
        expect(shown.join('\n')).not.toContain('§');
      }),
      share,
    );
    expect(tainted).toBeGreaterThan(share.numRuns / 50);
  });

  test('is checked as a whole: what a check lets through can be evaluated', { timeout }, () => {
    const field: fc.Arbitrary<CheckedField> = fc.record({
      field: fc.constantFrom('a', 'b'),
      text,
      acceptsSecrets: fc.boolean(),
      kind: fc.constantFrom('line', 'text', 'url'),
    });
    let passed = 0;
    fc.assert(
      fc.property(field, (checked) => {
        const problems = checkExpressions([checked], () => 'known');
        const { parts, references } = parseExpression(checked.text);
        for (const { start, end } of problems)
          if (start < 0 || end <= start || end > checked.text.length)
            throw new Error('A problem has no place.');
        if (problems.length > 0) return;
        passed += 1;
        if (checked.acceptsSecrets) {
          evaluate<number>(parts, {
            lookUp: () => 0,
            fromText: () => 0,
            filter: () => 0,
            concat: () => 0,
          });
        } else {
          expect(references).toEqual([]);
          evaluatePlain(parts);
        }
      }),
      share,
    );
    expect(passed).toBeGreaterThan(share.numRuns / 50);
  });
});

describe('the time it takes grows with the length and no faster', () => {
  test.each([
    ['opened and never closed', '{{'],
    ['opened with a quote', "{{ '"],
    ['opened with a name', "{{ secret('"],
    ['single braces', '{'],
    ['closed only', '}}'],
    ['pipes', '|'],
    ['in an expression: pipes', '|', '{{'],
    ['in an expression: brackets', '(', '{{ secret'],
    ['in an expression: names', 'a ', '{{'],
    ['in a quote: backslashes', '\\', "{{ '"],
    ['in a quote: half an end', '} ', "{{ '"],
    ['in a typographic quote', '“', '{{ '],
    ['secrets', "{{ secret('A') }}"],
    ['broken characters', '\uD800'],
    ['blanks', ' ', '{{'],
  ])('%s', (_, repeated, start = '') => {
    const ofLength = (length: number) => start + repeated.repeat(length / repeated.length);
    const short = ofLength(512);
    const long = ofLength(4096 - start.length);
    /** The best of many: what else the machine does only ever adds. */
    const best = (typed: string): number => {
      let least = Infinity;
      for (let round = 0; round < 60; round += 1) {
        const began = performance.now();
        for (let time = 0; time < 4; time += 1) parseExpression(typed);
        least = Math.min(least, performance.now() - began);
      }
      return least;
    };
    best(long);
    // Eight times as long: 8 when linear, 64 when quadratic.
    expect(best(long) / best(short)).toBeLessThan(28);
  });
});
