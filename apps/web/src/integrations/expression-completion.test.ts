import { describe, expect, it } from 'vitest';
import { insertFilter, insertSecret, wantedAt, type Insertion } from './expression-completion.ts';

/** A text with `^` where the caret is. */
function read(marked: string): { text: string; at: number } {
  return { text: marked.replace('^', ''), at: marked.indexOf('^') };
}

function shown(text: string, { from, to, insert, caret }: Insertion): string {
  const after = text.slice(0, from) + insert + text.slice(to);
  return `${after.slice(0, caret)}^${after.slice(caret)}`;
}

describe('what belongs at a place', () => {
  it.each([
    ['{{^', ''],
    ['Bearer {{ ^', ''],
    ['{{ GIT^', 'GIT'],
    ['{{ secret^', ''],
    ['{{ secret(^', ''],
    ["{{ secret('^", ''],
    ['{{ secret("GIT^', 'GIT'],
    ['{{ secret(GIT^', 'GIT'],
    ["{{ secret('OL^D') }}", 'OL'],
    ["{{ GI^T {{ secret('A') }}", 'GI'],
    ["{{ secret('A') }}{{^", ''],
  ])('a secret: %s', (marked, typed) => {
    const { text, at } = read(marked);
    expect(wantedAt(text, at)).toMatchObject({ kind: 'secret', typed });
  });

  it.each([
    ["{{ secret('A') |^", ''],
    ["{{ secret('A') | tr^", 'tr'],
    ["{{ secret('A') | trim | ^ }}", ''],
    ["{{ 'text' | up^ }}", 'up'],
  ])('a filter: %s', (marked, typed) => {
    const { text, at } = read(marked);
    expect(wantedAt(text, at)).toMatchObject({ kind: 'filter', typed });
  });

  it.each([
    '^',
    'text^',
    '{^',
    'a | b^',
    "{{ secret('A') }}^",
    '{{ }}^',
    "{{ secret('A') | }}^",
    "{{ secret('A')^ }}",
    "{{ secret('A') ^",
    "{{ secret('A') | trim ^",
    '{{ other(^',
    "{{ 'GIT^",
    '{^{',
    "{{ secret('A' ^",
  ])('nothing: %s', (marked) => {
    const { text, at } = read(marked);
    expect(wantedAt(text, at)).toBeUndefined();
  });

  it('what can be no name is not searched for: somebody may have pasted a value', () => {
    for (const marked of ["{{ secret('hunter.2/x^", `{{ ${'a'.repeat(65)}^`]) {
      const { text, at } = read(marked);
      expect(wantedAt(text, at)).toBeUndefined();
    }
  });
});

describe('putting a secret in', () => {
  it.each([
    ['^', "{{ secret('NEW') }}^"],
    ['Bearer ^ end', "Bearer {{ secret('NEW') }}^ end"],
    ['Bearer {{^', "Bearer {{ secret('NEW') }}^"],
    ['{{ secret(^', "{{ secret('NEW') }}^"],
    ["{{ secret('NE^", "{{ secret('NEW') }}^"],
    ["{{ secret('O^LD') }}!", "{{ secret('NEW') }}^!"],
    ["{{ secret('O^LD') | trim }}", "{{ secret('NEW') ^| trim }}"],
    ['{"a": {{^, "b": {"c": 1}}', `{"a": {{ secret('NEW') }}^, "b": {"c": 1}}`],
    ["{{^ and {{ secret('B') }}", "{{ secret('NEW') }}^ and {{ secret('B') }}"],
    // Three braces in a row would be read as "{{" and "{".
    ['a{^', "a{{ '{' }}{{ secret('NEW') }}^"],
    ["{{ '{' }}^", "{{ '{' }}{{ secret('NEW') }}^"],
  ])('%s becomes %s', (marked, expected) => {
    const { text, at } = read(marked);
    expect(shown(text, insertSecret(text, at, at, 'NEW'))).toBe(expected);
  });

  it('what is selected goes', () => {
    expect(shown('abcdef', insertSecret('abcdef', 1, 5, 'NEW'))).toBe("a{{ secret('NEW') }}^f");
  });
});

describe('putting a filter in', () => {
  it.each([
    ["{{ secret('A') |^", "{{ secret('A') | trim }}^"],
    ["{{ secret('A') | t^", "{{ secret('A') | trim }}^"],
    ["{{ secret('A') | t^r }}", "{{ secret('A') | trim^ }}"],
    ["{{ secret('A') |^| upper }}", "{{ secret('A') | trim^| upper }}"],
  ])('%s becomes %s', (marked, expected) => {
    const { text, at } = read(marked);
    const wanted = wantedAt(text, at);
    if (wanted === undefined) throw new Error('A filter belongs here.');
    expect(shown(text, insertFilter(text, wanted, at, 'trim'))).toBe(expected);
  });
});
