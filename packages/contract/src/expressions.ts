/**
 * @file Expressions: `Bearer {{ secret('TOKEN') | trim }}`. One grammar for the form and the server (docs/expressions.md).
 * Pure: nothing is looked up here. Linear in the length of the text; every problem of a text is found at once, with
 * its place. No message repeats what was typed: it may be a value that somebody pasted.
 */
import { filterNames, isFilterName, type FilterName } from './expression-filters.ts';
import { tokenizeExpression, type Token } from './expression-tokens.ts';
import { SecretNameSchema } from './secrets.ts';

/** Limits of one text. Its length is in UTF-16 code units, as all positions are. */
export const expressionLimits = { length: 4096, references: 16, filters: 4 } as const;

/** A place in the text: `text.slice(start, end)`, in UTF-16 code units. */
export interface Span {
  start: number;
  end: number;
}

/** Text as it stands. */
export interface TextPart extends Span {
  kind: 'text';
  text: string;
}

/** `{{ … }}` without a mistake. */
export interface ExpressionPart extends Span {
  kind: 'expression';
  value: SecretReference | Literal;
  filters: AppliedFilter[];
}

/** `{{ … }}` with a mistake. It can be printed, but not evaluated. */
export interface BrokenPart extends Span {
  kind: 'broken';
  source: string;
}

/** A piece of a text. */
export type Part = TextPart | ExpressionPart | BrokenPart;

/** `secret('NAME')`. */
export interface SecretReference extends Span {
  kind: 'secret';
  name: string;
}

/** Text in quotes. */
export interface Literal extends Span {
  kind: 'literal';
  text: string;
}

/** A filter behind a `|`; the span is that of its name. */
export interface AppliedFilter extends Span {
  name: FilterName;
}

/** The mention of a secret; the span is that of `secret('NAME')`. */
export interface Reference extends Span {
  name: string;
}

const names = filterNames.join(', ');

/** What can be wrong with a text, each with its sentence. */
export const expressionProblems = {
  'too-long': `Use at most ${expressionLimits.length} characters.`,
  'not-text': 'This character is broken. Delete it and type it again.',
  unclosed: "A '{{' has no '}}'.",
  empty: "Between '{{' and '}}' belongs a secret: {{ secret('NAME') }}.",
  'not-a-value': "Write secret('NAME'), or text in quotes. To have '{{' as text, write {{ '{{' }}.",
  'secret-without-name': "Put the name of the secret in brackets and quotes: secret('NAME').",
  'name-without-quotes': "Put the name of the secret in quotes: secret('NAME').",
  'name-not-valid':
    'The name of a secret has letters, digits, "_" and "-" only, and at most 64 of them.',
  'bracket-missing': "Close the bracket behind the name of the secret: secret('NAME').",
  'quote-unclosed': 'This quote has no second one. Close the text with the same quote.',
  'typographic-quotes': `Use straight quotes, ' or ".`,
  'escape-not-valid': String.raw`Behind a "\" in quotes stands one of \ ' " { } n r t. For the character itself write "\\".`,
  'filter-missing': `Behind the "|" belongs a filter: one of ${names}.`,
  'filter-unknown': `There is no filter of this name. Use one of: ${names}.`,
  unexpected: `This does not belong here. Behind the value stand filters only, each after a "|", such as | trim.`,
  'too-many-references': `Use at most ${expressionLimits.references} secrets in one field.`,
  'too-many-filters': `Use at most ${expressionLimits.filters} filters on one value.`,
} as const;

/** What is wrong. */
export type ExpressionProblemCode = keyof typeof expressionProblems;

/** A mistake with its place, never empty. The message never repeats the text. */
export interface ExpressionProblem extends Span {
  code: ExpressionProblemCode;
  message: string;
}

/** A text, read. Without problems no part is broken. The parts, one after the other, make up the whole text. */
export interface ParsedExpression {
  parts: Part[];
  /** By place. */
  problems: ExpressionProblem[];
  /** Also those in broken parts, by place; a name can be there more than once. */
  references: Reference[];
}

// --- parsing ---

/** Reads a text. Never throws. A text without `{{` is just text. */
export function parseExpression(text: string): ParsedExpression {
  const parsed: ParsedExpression = { parts: [], problems: [], references: [] };
  if (text === '') return parsed;
  if (text.length > expressionLimits.length) {
    report(parsed, 'too-long', { start: expressionLimits.length, end: text.length });
    parsed.parts.push({ kind: 'broken', start: 0, end: text.length, source: text });
    return parsed;
  }
  for (const { index } of text.matchAll(/\p{Surrogate}/gu))
    report(parsed, 'not-text', { start: index, end: index + 1 });
  let at = 0;
  while (at < text.length) {
    const opening = text.indexOf('{{', at);
    const end = opening === -1 ? text.length : opening;
    if (end > at) parsed.parts.push({ kind: 'text', start: at, end, text: text.slice(at, end) });
    at = opening === -1 ? end : parseOne(text, end, parsed);
  }
  parsed.problems.sort((a, b) => a.start - b.start);
  return parsed;
}

/** Reads the expression whose `{{` is at `start`, and says where it ends. */
function parseOne(text: string, start: number, parsed: ParsedExpression): number {
  const { tokens, ending, end } = tokenizeExpression(text, start + 2);
  const problemsBefore = parsed.problems.length;
  if (ending !== 'closed') report(parsed, 'unclosed', { start, end: start + 2 });
  for (const token of tokens) reportToken(parsed, token);
  const reader = { tokens, next: 0, whole: { start, end }, isClosed: ending === 'closed' };
  const value = readValue(reader, parsed);
  const filters = readFilters(reader, parsed);
  if (value === undefined || parsed.problems.length > problemsBefore)
    parsed.parts.push({ kind: 'broken', start, end, source: text.slice(start, end) });
  else parsed.parts.push({ kind: 'expression', start, end, value, filters });
  return end;
}

interface Reader {
  tokens: readonly Token[];
  next: number;
  whole: Span;
  isClosed: boolean;
}

function report(parsed: ParsedExpression, code: ExpressionProblemCode, { start, end }: Span): void {
  parsed.problems.push({ code, message: expressionProblems[code], start, end });
}

/** What is wrong with a token wherever it stands. */
function reportToken(parsed: ParsedExpression, token: Token): void {
  if (token.kind === 'unclosed-string')
    report(parsed, 'quote-unclosed', { ...token, end: token.start + 1 });
  if (token.kind === 'curly-string') report(parsed, 'typographic-quotes', token);
  for (const at of token.badEscapes) report(parsed, 'escape-not-valid', { start: at, end: at + 1 });
}

function isString(
  token: Token | undefined,
): token is Token & { kind: 'string' | 'unclosed-string' | 'curly-string' } {
  return (
    token?.kind === 'string' || token?.kind === 'unclosed-string' || token?.kind === 'curly-string'
  );
}

function readValue(reader: Reader, parsed: ParsedExpression): ExpressionPart['value'] | undefined {
  const token = reader.tokens[reader.next];
  if (token === undefined || token.kind === '|') {
    // Somebody who has just typed "{{" is told one thing, not two.
    if (token !== undefined || reader.isClosed) report(parsed, 'empty', token ?? reader.whole);
    return undefined;
  }
  reader.next += 1;
  if (isString(token))
    return { kind: 'literal', start: token.start, end: token.end, text: token.text };
  if (token.kind === 'name' && token.text === 'secret') return readSecret(token, reader, parsed);
  const end = skipToFilter(reader) ?? token.end;
  report(parsed, 'not-a-value', { start: token.start, end });
  return undefined;
}

function readSecret(
  keyword: Token,
  reader: Reader,
  parsed: ParsedExpression,
): SecretReference | undefined {
  if (reader.tokens[reader.next]?.kind !== '(') {
    // secret 'NAME', secret NAME, secret: one sentence for all of them.
    const end = skipToFilter(reader) ?? keyword.end;
    report(parsed, 'secret-without-name', { start: keyword.start, end });
    return undefined;
  }
  const bracket = reader.tokens[reader.next];
  reader.next += 1;
  const argument = reader.tokens[reader.next];
  if (!isString(argument)) {
    // Up to the bracket that closes: a value that was pasted here has dots and slashes.
    const beforeBracket = skipWhile(reader, ({ kind }) => kind === 'name' || kind === 'other');
    const end = skipToFilter(reader);
    if (argument !== undefined && beforeBracket !== undefined)
      report(parsed, 'name-without-quotes', { start: argument.start, end: beforeBracket });
    else
      report(parsed, 'secret-without-name', {
        start: keyword.start,
        end: end ?? bracket?.end ?? keyword.end,
      });
    return undefined;
  }
  reader.next += 1;
  const isValid = argument.kind === 'string' && SecretNameSchema.safeParse(argument.text).success;
  if (argument.kind === 'string' && !isValid) report(parsed, 'name-not-valid', argument);
  const closing = reader.tokens[reader.next];
  if (closing?.kind === ')') reader.next += 1;
  // Behind a quote that is not closed stands nothing; the bracket is within it.
  else if (argument.kind !== 'unclosed-string') report(parsed, 'bracket-missing', argument);
  const end = closing?.kind === ')' ? closing.end : argument.end;
  // A name needs no escape: one that is wrong has been told, and what it would leave is not what was written.
  const isWritten = argument.text.length === argument.end - argument.start - 2;
  if (!isValid || !isWritten) return undefined;
  const reference = { name: argument.text, start: keyword.start, end };
  parsed.references.push(reference);
  if (parsed.references.length > expressionLimits.references)
    report(parsed, 'too-many-references', reference);
  return { kind: 'secret', ...reference };
}

function readFilters(reader: Reader, parsed: ParsedExpression): AppliedFilter[] {
  const filters: AppliedFilter[] = [];
  let count = 0;
  for (;;) {
    const unexpected = reader.tokens[reader.next];
    if (unexpected === undefined) return filters;
    const end = skipToFilter(reader);
    if (end !== undefined) report(parsed, 'unexpected', { start: unexpected.start, end });
    const pipe = reader.tokens[reader.next];
    if (pipe === undefined) return filters;
    reader.next += 1;
    const filter = reader.tokens[reader.next];
    if (filter?.kind !== 'name') {
      report(parsed, 'filter-missing', pipe);
      continue;
    }
    reader.next += 1;
    count += 1;
    const { text: name, start, end: filterEnd } = filter;
    if (!isFilterName(name)) report(parsed, 'filter-unknown', filter);
    else if (count > expressionLimits.filters) report(parsed, 'too-many-filters', filter);
    else filters.push({ name, start, end: filterEnd });
  }
}

/** Skips to the next `|` or the end; says where the last token that it skipped ends. */
function skipToFilter(reader: Reader): number | undefined {
  return skipWhile(reader, ({ kind }) => kind !== '|');
}

function skipWhile(reader: Reader, isSkipped: (token: Token) => boolean): number | undefined {
  let end: number | undefined;
  for (;;) {
    const token = reader.tokens[reader.next];
    if (token === undefined || !isSkipped(token)) return end;
    end = token.end;
    reader.next += 1;
  }
}

// --- printing ---

/** The text that these parts are read from, with single blanks and quotes; whatever it is made of, it reads as the same. */
export function printExpression(parts: readonly Part[]): string {
  let printed = '';
  let text = '';
  for (const part of parts) {
    if (part.kind === 'text') {
      text += part.text;
      continue;
    }
    // A "{" before "{{" would open the expression one place too early.
    printed += printText(text, true) + (part.kind === 'broken' ? part.source : printPart(part));
    text = '';
  }
  return printed + printText(text, false);
}

function printText(text: string, isBeforeExpression: boolean): string {
  const braces = isBeforeExpression ? /\{{2,}|\{$/g : /\{{2,}/g;
  return text.replaceAll(braces, (found) => `{{ '${found}' }}`);
}

function printPart({ value, filters }: ExpressionPart): string {
  const shown = value.kind === 'secret' ? `secret('${value.name}')` : `'${escapeText(value.text)}'`;
  return `{{ ${[shown, ...filters.map(({ name }) => name)].join(' | ')} }}`;
}

function escapeText(text: string): string {
  return text
    .replaceAll(/[\\']/g, String.raw`\$&`)
    .replaceAll('\n', String.raw`\n`)
    .replaceAll('\r', String.raw`\r`)
    .replaceAll('\t', String.raw`\t`)
    .replaceAll('}}', String.raw`}\}`);
}
