import { describe, expect, test } from 'vitest';
import {
  checkExpressions,
  messageOf,
  type CheckedField,
  type SecretKnowledge,
} from './expression-check.ts';

const knowledge = new Map<string, SecretKnowledge>([
  ['TOKEN', 'known'],
  ['HIDDEN', 'not-permitted'],
  ['GONE_FILE', 'not-usable'],
  ['NOWHERE', 'no-destinations'],
  ['ELSEWHERE', 'other-destination'],
]);
const known = (name: string): SecretKnowledge => knowledge.get(name) ?? 'unknown';

function problemsOf(field: Partial<CheckedField> & { text: string }): string[][] {
  const checked = { field: 'f', acceptsSecrets: true, kind: 'line', ...field } as const;
  return checkExpressions([checked], known).map(({ code, start, end, message }) => {
    expect(message).toBe(messageOf(code));
    return [code, field.text.slice(start, end)];
  });
}

describe('a field that is fine', () => {
  test.each<Partial<CheckedField> & { text: string }>([
    { text: '' },
    { text: 'plain', acceptsSecrets: false },
    { text: "{{ '{{' }}", acceptsSecrets: false },
    { text: "Bearer {{ secret('TOKEN') | trim }}" },
    { text: "Basic {{ secret('TOKEN') | trim | base64 }}" },
    { text: "{{ 'user:' | base64 }}" },
    { text: "a\n{{ secret('TOKEN') }}\r\n", kind: 'text' },
    { text: 'https://example.com', kind: 'url', acceptsSecrets: false },
    { text: "https://example.com/bot{{ secret('TOKEN') | urlencode }}/send", kind: 'url' },
    { text: "https://example.com?key={{ secret('TOKEN') | urlencode }}", kind: 'url' },
    { text: "https://example.com/{{ 'a' }}", kind: 'url' },
    { text: "{{ secret('TOKEN') | upper | base64 }}" },
    { text: "{{ secret('TOKEN') | urlencode | lower }}" },
    { text: "{{ secret('TOKEN') | base64 | base64 }}" },
  ])('%j', (field) => {
    expect(problemsOf(field)).toEqual([]);
  });
});

describe('a field that is not', () => {
  test.each<[Partial<CheckedField> & { text: string }, string[][]]>([
    [{ text: "{{ secret('NO') }}" }, [['unknown', "secret('NO')"]]],
    [{ text: "{{ secret('token') }}" }, [['unknown', "secret('token')"]]],
    [{ text: "{{ secret('HIDDEN') }}" }, [['not-permitted', "secret('HIDDEN')"]]],
    [{ text: "{{ secret('GONE_FILE') }}" }, [['not-usable', "secret('GONE_FILE')"]]],
    [{ text: "{{ secret('NOWHERE') }}" }, [['no-destinations', "secret('NOWHERE')"]]],
    [{ text: "{{ secret('ELSEWHERE') }}" }, [['other-destination', "secret('ELSEWHERE')"]]],
    [
      { text: "{{ secret('TOKEN') }}{{ secret('NO') | x }}", acceptsSecrets: false },
      [
        ['secrets-not-accepted', "secret('TOKEN')"],
        ['secrets-not-accepted', "secret('NO')"],
        ['filter-unknown', 'x'],
      ],
    ],
    [{ text: 'a\r\nb' }, [['line-break', '\r']]],
    [{ text: String.raw`{{ 'a\nb' }}` }, [['line-break', String.raw`{{ 'a\nb' }}`]]],
    [
      { text: "https://{{ secret('TOKEN') | urlencode }}/", kind: 'url' },
      [['secret-in-host', "{{ secret('TOKEN') | urlencode }}"]],
    ],
    [{ text: "{{ secret('TOKEN') }}", kind: 'url' }, [['secret-in-host', "{{ secret('TOKEN') }}"]]],
    [
      { text: "https://a.example{{ secret('TOKEN') | urlencode }}/", kind: 'url' },
      [['secret-in-host', "{{ secret('TOKEN') | urlencode }}"]],
    ],
    [
      { text: "https://a.example#/{{ secret('TOKEN') | urlencode }}", kind: 'url' },
      [['secret-in-host', "{{ secret('TOKEN') | urlencode }}"]],
    ],
    [
      { text: "https://a.example/x#{{ secret('TOKEN') | urlencode }}", kind: 'url' },
      [['secret-in-host', "{{ secret('TOKEN') | urlencode }}"]],
    ],
    [
      { text: "https://{{ 'a.example/' }}{{ secret('TOKEN') | urlencode }}", kind: 'url' },
      [['secret-in-host', "{{ secret('TOKEN') | urlencode }}"]],
    ],
    [
      { text: "https://a.example/{{ secret('TOKEN') }}", kind: 'url' },
      [['secret-not-encoded', "{{ secret('TOKEN') }}"]],
    ],
    [
      { text: "https://a.example/{{ secret('TOKEN') | urlencode | trim }}", kind: 'url' },
      [['secret-not-encoded', "{{ secret('TOKEN') | urlencode | trim }}"]],
    ],
    [{ text: "{{ 'a' | upper }}" }, [['filter-on-text', 'upper']]],
    [{ text: "{{ 'a' | trim | base64 }}" }, [['filter-on-text', 'trim']]],
    [{ text: "{{ secret('TOKEN') | trim | trim }}" }, [['filter-twice', 'trim']]],
    [{ text: "{{ secret('TOKEN') | base64 | lower }}" }, [['case-after-base64', 'lower']]],
    [{ text: "{{ secret('TOKEN') | base64 | trim | upper }}" }, [['case-after-base64', 'upper']]],
  ])('%j', (field, expected) => {
    expect(problemsOf(field)).toEqual(expected);
  });
});

test('every problem of a configuration is listed at once, by field and place', () => {
  const field = { acceptsSecrets: true, kind: 'line' } as const;
  const problems = checkExpressions(
    [
      { ...field, field: 'headers.0.value', text: "{{ secret('NO') | no }} {{ secret(" },
      { ...field, field: 'name', text: "{{ secret('TOKEN') }}", acceptsSecrets: false },
      { ...field, field: 'password', text: "{{ secret('TOKEN') }}" },
    ],
    known,
  );
  expect(problems.map(({ field: name, code }) => [name, code])).toEqual([
    ['headers.0.value', 'unknown'],
    ['headers.0.value', 'filter-unknown'],
    ['headers.0.value', 'unclosed'],
    ['headers.0.value', 'secret-without-name'],
    ['name', 'secrets-not-accepted'],
  ]);
});

test('a field that takes no secrets learns nothing about them', () => {
  const asked: string[] = [];
  checkExpressions(
    [{ field: 'name', text: "{{ secret('TOKEN') }}", acceptsSecrets: false, kind: 'line' }],
    (name) => {
      asked.push(name);
      return 'known';
    },
  );
  expect(asked).toEqual([]);
});
