import { tokenizeExpression } from '@dropsafe/contract/expression-tokens';
import { parseExpression } from '@dropsafe/contract/expressions';
import { printReference } from '@dropsafe/contract/secrets';

/** @file What completion offers at a place of a text, and what choosing from it changes. Pure: positions and texts only. */

/** What is asked for at a place. */
export interface Wanted {
  kind: 'secret' | 'filter';
  /** What was typed of its name. */
  typed: string;
  /** Where the typed part begins: the `{{` for a secret, the name itself for a filter. */
  from: number;
}

/** A change to a text: what stands there instead of `from` to `to`, and where the caret is then. */
export interface Insertion {
  from: number;
  to: number;
  insert: string;
  caret: number;
}

/** Says what belongs at `at`: a secret behind `{{`, a filter behind `|`; undefined when it is neither. */
export function wantedAt(text: string, at: number): Wanted | undefined {
  const part = parseExpression(text).parts.find(
    ({ kind, start, end }) => kind !== 'text' && start + 2 <= at && at <= end,
  );
  // Behind "}}" the expression is over, though its part ends here.
  if (part === undefined || (at === part.end && isClosed(text, part.start, part.end)))
    return undefined;
  const { tokens } = tokenizeExpression(text.slice(0, at), part.start + 2);
  const last = tokens.at(-1);
  const isTouched = last?.end === at;
  if (last?.kind === '|') return { kind: 'filter', typed: '', from: at };
  if (last?.kind === 'name' && isTouched && tokens.at(-2)?.kind === '|')
    return { kind: 'filter', typed: last.text, from: last.start };
  const kinds = tokens.map(({ kind, text: word }) => (kind === 'name' ? word : kind));
  const secret = (typed: string): Wanted | undefined =>
    // What could be no name may be a value that somebody pasted: it is not searched for.
    /^[\w-]{0,64}$/.test(typed) ? { kind: 'secret', typed, from: part.start } : undefined;
  if (last === undefined) return secret('');
  if (tokens.length === 1 && last.kind === 'name' && isTouched)
    return secret(last.text === 'secret' ? '' : last.text);
  if (kinds[0] !== 'secret' || kinds[1] !== '(') return undefined;
  if (tokens.length === 2) return secret('');
  const isName = last.kind === 'unclosed-string' || (last.kind === 'name' && isTouched);
  return tokens.length === 3 && isName ? secret(last.text) : undefined;
}

/** Puts the secret `name` at the caret, or instead of what is selected. Within `{{` it takes the place of what was typed there. */
export function insertSecret(text: string, from: number, to: number, name: string): Insertion {
  const reference = printReference(name);
  const wanted = from === to ? wantedAt(text, to) : undefined;
  if (wanted?.kind === 'secret') {
    const rest = /^[\w-]*['"]?\s*\)?\s*(?<closing>\}\}|(?=\|))/.exec(text.slice(to));
    const hasFilters = rest?.groups?.['closing'] === '';
    const insert = hasFilters ? reference.replace(/\}\}$/, '') : reference;
    return replace(wanted.from, to + (rest?.[0].length ?? 0), insert);
  }
  // "{" and "{{" would be read as "{{" and "{".
  const before = parseExpression(text.slice(0, from)).parts.at(-1);
  if (before?.kind === 'text' && before.text.endsWith('{'))
    return replace(from - 1, to, `{{ '{' }}${reference}`);
  return replace(from, to, reference);
}

/** Puts the filter `name` instead of what was typed of it, and closes the expression when nothing else does. */
export function insertFilter(text: string, { from }: Wanted, at: number, name: string): Insertion {
  const rest = /^[\w-]*/.exec(text.slice(at))?.[0].length ?? 0;
  const isFollowed = /^\s*(\}\}|\|)/.test(text.slice(at + rest));
  const blank = text.charAt(from - 1) === '|' ? ' ' : '';
  return replace(from, at + rest, `${blank}${name}${isFollowed ? '' : ' }}'}`);
}

function replace(from: number, to: number, insert: string): Insertion {
  return { from, to, insert, caret: from + insert.length };
}

function isClosed(text: string, start: number, end: number): boolean {
  return tokenizeExpression(text.slice(0, end), start + 2).ending === 'closed';
}
