/**
 * @file Evaluates a text that was parsed, into a tainted value. What a value is, its reader says: the server gives
 * `Redacted`, and the form has none to give. Nothing is looked up here but through what is given. Pure.
 */
import { filters, type FilterName } from './expression-filters.ts';
import type { ExpressionPart, Part } from './expressions.ts';

/** What evaluation needs to know of values `T`. Each call makes a new value: whoever gives these may wipe the old ones. */
export interface ValueOperations<T> {
  /** The value of a secret, or undefined when there is none. */
  lookUp: (name: string) => T | undefined;
  fromText: (text: string) => T;
  /** `apply` is the filter itself, from text to text. */
  filter: (value: T, apply: (text: string) => string, name: FilterName) => T;
  /** Two values or more, in this order. */
  concat: (values: readonly T[]) => T;
}

/** Why a text was not evaluated. The check before saving tells all of them; here they protect. */
export type EvaluationFailure = 'broken' | 'secret-unknown' | 'secret-in-plain-field';

/** Thrown by evaluation; has neither text nor name. */
export class EvaluationError extends Error {
  readonly failure: EvaluationFailure;

  constructor(failure: EvaluationFailure) {
    super(`An expression was not evaluated: ${failure}.`);
    this.name = 'EvaluationError';
    this.failure = failure;
  }
}

/**
 * What a field that accepts secrets is given. It is no string and shows itself as none, so a plain field cannot take it;
 * `take` is for the place that puts it into a request.
 */
export class Tainted<T> {
  readonly #value: T;

  constructor(value: T) {
    this.#value = value;
  }

  /** The value itself. Whoever calls this answers for where it goes. */
  take(): T {
    return this.#value;
  }

  toString(): string {
    return '[redacted]';
  }

  toJSON(): string {
    return '[redacted]';
  }
}

/**
 * The content of a field that accepts secrets; always tainted, so that nobody has to ask. All or nothing: throws
 * `EvaluationError` before the first value is looked up when a part is broken, and when a secret is unknown.
 */
export function evaluate<T>(parts: readonly Part[], operations: ValueOperations<T>): Tainted<T> {
  demandWhole(parts);
  const values: T[] = [];
  let text = '';
  for (const part of parts) {
    if (!isOfSecret(part)) {
      text += plainTextOf(part);
      continue;
    }
    if (text !== '') values.push(operations.fromText(text));
    text = '';
    values.push(evaluateSecret(part, operations));
  }
  if (text !== '' || values.length === 0) values.push(operations.fromText(text));
  const [only] = values;
  return new Tainted(only !== undefined && values.length === 1 ? only : operations.concat(values));
}

/** The content of a plain field. Throws `EvaluationError` when anything in it is a secret; there is nothing to look one up with. */
export function evaluatePlain(parts: readonly Part[]): string {
  demandWhole(parts);
  return parts.map(plainTextOf).join('');
}

type SecretPart = ExpressionPart & { value: { kind: 'secret' } };

function isOfSecret(part: Part): part is SecretPart {
  return part.kind === 'expression' && part.value.kind === 'secret';
}

function demandWhole(parts: readonly Part[]): void {
  if (parts.some(({ kind }) => kind === 'broken')) throw new EvaluationError('broken');
}

function evaluateSecret<T>(part: SecretPart, operations: ValueOperations<T>): T {
  const value = operations.lookUp(part.value.name);
  if (value === undefined) throw new EvaluationError('secret-unknown');
  return part.filters.reduce<T>(
    (filtered, { name }) => operations.filter(filtered, filters[name].apply, name),
    value,
  );
}

/** What is text without looking anything up. A secret is refused: this is what makes a plain field plain. */
function plainTextOf(part: Part): string {
  if (part.kind === 'text') return part.text;
  if (part.kind === 'broken') throw new EvaluationError('broken');
  if (part.value.kind === 'secret') throw new EvaluationError('secret-in-plain-field');
  return part.filters.reduce<string>(
    (text, { name }) => filters[name].apply(text),
    part.value.text,
  );
}
