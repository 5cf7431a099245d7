import { describe, expect, test } from 'vitest';
import {
  evaluate,
  evaluatePlain,
  EvaluationError,
  Tainted,
  type ValueOperations,
} from './expression-evaluation.ts';
import { parseExpression } from './expressions.ts';

/** A value that nobody can read by accident, as the server has them. */
class Opaque {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  open(): string {
    return this.#text;
  }
  toString(): string {
    throw new Error('It was printed.');
  }
}

const canary = 'canary ü&"\n';
const lookedUp: string[] = [];
const operations: ValueOperations<Opaque> = {
  lookUp: (name) => {
    lookedUp.push(name);
    return name === 'TOKEN' ? new Opaque(canary) : undefined;
  },
  fromText: (text) => new Opaque(text),
  filter: (value, apply) => new Opaque(apply(value.open())),
  concat: (values) => new Opaque(values.map((value) => value.open()).join('')),
};
const partsOf = (text: string) => parseExpression(text).parts;
const contentOf = (text: string) => evaluate(partsOf(text), operations).take().open();
function failureOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof EvaluationError ? error.failure : 'another';
  }
  return 'none';
}

describe('a field that accepts secrets', () => {
  test.each([
    ['', ''],
    ['plain', 'plain'],
    ["{{ secret('TOKEN') }}", canary],
    ["a {{ secret('TOKEN') }} b {{ secret('TOKEN') }}", `a ${canary} b ${canary}`],
    ["Bearer {{ secret('TOKEN') | trim }}", 'Bearer canary ü&"'],
    ["{{ secret('TOKEN') | trim | upper | json }}", String.raw`"CANARY Ü&\""`],
    ["{{ secret('TOKEN') | trim | urlencode }}", 'canary%20%C3%BC%26%22'],
    ["{{ 'user:' | base64 }}{{ '{{' }}", 'dXNlcjo={{'],
    ["{{ 'user:' }}{{ secret('TOKEN') | trim }}", 'user:canary ü&"'],
  ])('%j', (text, expected) => {
    expect(contentOf(text)).toBe(expected);
  });

  test('is given something that shows itself in no way', () => {
    const tainted = evaluate(partsOf("{{ secret('TOKEN') }}"), operations);
    expect(tainted).toBeInstanceOf(Tainted);
    expect(`${String(tainted)} ${JSON.stringify({ tainted })}`).toBe(
      '[redacted] {"tainted":"[redacted]"}',
    );
    expect(Object.keys(tainted)).toEqual([]);
    // @ts-expect-error: a plain field is a string, and this is none.
    const plain: string = tainted;
    expect(typeof plain).not.toBe('string');
  });

  test('is given all or nothing', () => {
    expect(failureOf(() => contentOf("{{ secret('TOKEN') }}{{ secret('NO') }}"))).toBe(
      'secret-unknown',
    );
    lookedUp.length = 0;
    expect(failureOf(() => contentOf("{{ secret('TOKEN') }}{{ secret('A' }}"))).toBe('broken');
    expect(lookedUp).toEqual([]);
  });
});

describe('a plain field', () => {
  test('is given text', () => {
    expect(evaluatePlain(partsOf("a{{ '{{' }}{{ 'b' | base64 }}"))).toBe('a{{Yg==');
  });

  test.each([
    ["a {{ secret('TOKEN') }}", 'secret-in-plain-field'],
    ["{{ secret('NO') | base64 }}", 'secret-in-plain-field'],
    ["a {{ secret('TOKEN' }}", 'broken'],
    ['{{', 'broken'],
  ])('is not given %j: %s', (text, failure) => {
    expect(failureOf(() => evaluatePlain(partsOf(text)))).toBe(failure);
  });

  test('takes a failure that says no more than what it is', () => {
    expect(() => evaluatePlain(partsOf("{{ secret('TOKEN') }}"))).toThrow(
      new EvaluationError('secret-in-plain-field'),
    );
    expect(new EvaluationError('broken').message).toBe('An expression was not evaluated: broken.');
  });
});
