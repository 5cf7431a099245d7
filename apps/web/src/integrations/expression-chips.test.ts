import { describe, expect, it } from 'vitest';
import { caretToClose, caretToOpen, showText } from './expression-chips.ts';

const one = "Bearer {{ secret('TOKEN') | trim | base64 }}!";
const chipOfOne = { start: 7, end: 44, name: 'TOKEN', filters: ['trim', 'base64'] };
const at = (place: number) => ({ anchor: place, head: place });

describe('chips', () => {
  it.each([
    ['before it', 7],
    ['behind it', 44],
    ['far away', 0],
  ])('a whole expression with a secret is one while the caret is %s', (_, place) => {
    expect(showText(one, at(place), [])).toEqual({
      chips: [{ ...chipOfOne, mistake: undefined }],
      underlines: [],
    });
  });

  it.each([
    ['the caret', at(8)],
    ['the caret before the last brace', at(43)],
    ['the beginning of a selection', { anchor: 20, head: 45 }],
    ['the end of a selection', { anchor: 0, head: 20 }],
  ])('text while %s is in the midst of it', (_, selected) => {
    expect(showText(one, selected, []).chips).toEqual([]);
  });

  it('a selection over the whole of it leaves it one', () => {
    expect(showText(one, { anchor: 0, head: one.length }, []).chips).toHaveLength(1);
  });

  it('only the one with the caret in it opens, of two that touch', () => {
    const two = "{{ secret('A') }}{{ secret('B') }}";
    expect(showText(two, at(17), []).chips.map(({ name }) => name)).toEqual(['A', 'B']);
    expect(showText(two, at(18), []).chips.map(({ name }) => name)).toEqual(['A']);
  });

  it.each(['{{ secret(TOKEN) }}', "{{ secret('TOKEN') ", "{{ 'text' }}", 'secret', ''])(
    'what is broken, or has no secret, stays text: %s',
    (text) => {
      expect(showText(text, at(0), []).chips).toEqual([]);
    },
  );

  it('a text that is too long is shown as it stands', () => {
    expect(showText("{{ secret('A') }}".repeat(300), at(0), []).chips).toEqual([]);
  });
});

describe('mistakes', () => {
  it('one in a chip marks the chip, one beside it is underlined', () => {
    const shown = showText(one, at(0), [
      { message: 'Not there.', start: 10, end: 25 },
      { message: 'Not here.', start: 44, end: 45 },
    ]);
    expect(shown).toEqual({
      chips: [{ ...chipOfOne, mistake: 'Not there.' }],
      underlines: [{ message: 'Not here.', start: 44, end: 45 }],
    });
  });

  it('one in an open expression is underlined at its place', () => {
    const mistakes = [{ message: 'Not there.', start: 10, end: 25 }];
    expect(showText(one, at(20), mistakes).underlines).toEqual(mistakes);
  });

  it('those without a place, or behind the end, are not; one that reaches over the end is cut', () => {
    const mistakes = [
      { message: 'Required.' },
      { message: 'Of a longer text.', start: 9, end: 12 },
      { message: 'At its end.', start: 1, end: 5 },
    ];
    expect(showText('abc', at(0), mistakes).underlines).toEqual([
      { message: 'At its end.', start: 1, end: 3 },
    ]);
  });
});

describe('opening and closing', () => {
  it('the caret goes behind the last word, where a filter is added', () => {
    expect(caretToOpen(one, 44)).toBe(one.indexOf(' }}'));
    expect(caretToOpen("{{ secret('A') }}", 0)).toBe(14);
  });

  it('of two that touch, the one before the caret opens', () => {
    expect(caretToOpen("{{ secret('A') }}{{ secret('B') }}", 17)).toBe(14);
  });

  it('nothing opens where there is no chip beside', () => {
    expect(caretToOpen(one, 3)).toBeUndefined();
    expect(caretToOpen(one, 20)).toBeUndefined();
  });

  it('leaving puts the caret behind the expression that it is in', () => {
    expect(caretToClose(one, 20)).toBe(44);
    expect(caretToClose(one, 44)).toBeUndefined();
    expect(caretToClose('{{ secret(', 5)).toBeUndefined();
  });
});
