/**
 * @file The check of a whole configuration: every problem of every field at once, each with its place. The form runs it
 * while somebody types, the server before it saves. Pure: what is known of secrets is given.
 */
import type { FilterName } from './expression-filters.ts';
import {
  expressionProblems,
  parseExpression,
  type ExpressionPart,
  type ExpressionProblemCode,
  type ParsedExpression,
  type Span,
} from './expressions.ts';

/** What a field holds: `line` has no line breaks, `text` may have some, `url` is the address of a service. */
export type FieldKind = 'line' | 'text' | 'url';

/** A field of a configuration. */
export interface CheckedField {
  field: string;
  text: string;
  acceptsSecrets: boolean;
  kind: FieldKind;
}

/** What is known of a secret that a field mentions, for the person who saves and the place where it would go. */
export type SecretKnowledge =
  | 'known'
  | 'unknown'
  | 'not-permitted'
  | 'not-usable'
  | 'no-destinations'
  | 'other-destination';

const knowledgeProblems = {
  unknown: 'There is no secret of this name. Names are case-sensitive.',
  'not-permitted':
    'Only somebody who may see secrets can use one. Ask for the permission to list secrets.',
  'not-usable': 'This secret cannot be read at the moment. Its page says why.',
  'no-destinations':
    'This secret has no destinations, so it cannot be sent anywhere. Add one, together with a new value.',
  'other-destination':
    'This secret may not be sent to this address. Add it to the destinations of the secret, together with a new value.',
} as const satisfies Record<Exclude<SecretKnowledge, 'known'>, string>;

const fieldProblems = {
  ...expressionProblems,
  ...knowledgeProblems,
  'secrets-not-accepted':
    'This field takes no secrets, as it is shown to everybody who may see it.',
  'line-break': 'This field is one line: leave out line breaks and control characters.',
  'secret-in-host':
    'An address may have a secret in its path or query only: where a value goes has to be known before it is opened.',
  'secret-not-encoded': 'Within an address add | urlencode as the last filter of a secret.',
  'filter-on-text': 'This filter is for secrets. Write the text as it is to be.',
  'filter-twice': 'This filter stands here twice in a row. Once does the same.',
  'case-after-base64':
    'Base64 needs capitals and small letters as they are: put this filter before base64.',
} as const;

/** What can be wrong with a field. */
export type FieldProblemCode = keyof typeof fieldProblems;

/** A mistake of a field with its place. The message never repeats what was typed. */
export interface FieldProblem extends Span {
  field: string;
  code: FieldProblemCode;
  message: string;
}

/** The sentence of a problem. */
export function messageOf(code: FieldProblemCode): string {
  return fieldProblems[code];
}

/** Every problem of a configuration: by field as given, then by place. None means that it can be saved. */
export function checkExpressions(
  fields: readonly CheckedField[],
  known: (name: string, field: string) => SecretKnowledge,
): FieldProblem[] {
  return fields.flatMap((checked) => {
    const parsed = parseExpression(checked.text);
    const found: FoundProblem[] = [
      ...parsed.problems,
      ...problemsOfReferences(checked, parsed, known),
      ...problemsOfKind(checked, parsed),
      ...parsed.parts.flatMap((part) =>
        part.kind === 'expression' ? problemsOfFilters(part) : [],
      ),
    ];
    return found
      .toSorted((a, b) => a.start - b.start)
      .map(({ code, start, end }) => ({
        field: checked.field,
        code,
        message: fieldProblems[code],
        start,
        end,
      }));
  });
}

interface FoundProblem extends Span {
  code: ExpressionProblemCode | FieldProblemCode;
}

function problemsOfReferences(
  { field, acceptsSecrets }: CheckedField,
  { references }: ParsedExpression,
  known: (name: string, field: string) => SecretKnowledge,
): FoundProblem[] {
  return references.flatMap(({ name, start, end }): FoundProblem[] => {
    // A field that takes none learns nothing about which names there are.
    if (!acceptsSecrets) return [{ code: 'secrets-not-accepted', start, end }];
    const knowledge = known(name, field);
    return knowledge === 'known' ? [] : [{ code: knowledge, start, end }];
  });
}

function problemsOfKind({ kind, text }: CheckedField, { parts }: ParsedExpression): FoundProblem[] {
  if (kind === 'text') return [];
  const problems: FoundProblem[] = [];
  // Behind the host begins the path or the query; an expression before that would decide where the value goes.
  const first = parts[0]?.kind === 'text' ? parts[0].text : '';
  const isHostFixed = /^[^/]*:\/\/[^/?#]+[/?]/.test(first);
  for (const part of parts) {
    const { start, end } = part;
    if (part.kind === 'text' || (part.kind === 'expression' && part.value.kind === 'literal')) {
      const found = /[\p{Cc}\u2028\u2029]/u.exec(
        part.kind === 'text' ? part.text : literalOf(part),
      );
      if (found !== null && part.kind === 'text')
        problems.push({
          code: 'line-break',
          start: start + found.index,
          end: start + found.index + 1,
        });
      else if (found !== null) problems.push({ code: 'line-break', start, end });
    }
    if (kind !== 'url' || part.kind !== 'expression' || part.value.kind !== 'secret') continue;
    if (!isHostFixed || text.slice(0, start).includes('#'))
      problems.push({ code: 'secret-in-host', start, end });
    else if (part.filters.at(-1)?.name !== 'urlencode')
      problems.push({ code: 'secret-not-encoded', start, end });
  }
  return problems;
}

function literalOf({ value }: ExpressionPart): string {
  return value.kind === 'literal' ? value.text : '';
}

const ofCase: readonly FilterName[] = ['upper', 'lower'];
/** What does nothing when it is done again, or undoes what stands before it. */
const once: readonly FilterName[] = ['trim', ...ofCase];

function problemsOfFilters({ value, filters }: ExpressionPart): FoundProblem[] {
  return filters.flatMap(({ name, start, end }, index): FoundProblem[] => {
    if (value.kind === 'literal' && once.includes(name))
      return [{ code: 'filter-on-text', start, end }];
    const before = filters.slice(0, index).map((filter) => filter.name);
    if (once.includes(name) && before.at(-1) === name)
      return [{ code: 'filter-twice', start, end }];
    if (ofCase.includes(name) && before.includes('base64'))
      return [{ code: 'case-after-base64', start, end }];
    return [];
  });
}
