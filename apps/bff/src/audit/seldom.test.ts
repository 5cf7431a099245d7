import { expect, test } from 'vitest';
import { createSeldom } from './seldom.ts';

test('the same is taken once a minute, and at once when it was given back', () => {
  let at = 0;
  const seldom = createSeldom(10, () => at);
  const take = (what: string) => seldom.take('who', what);
  expect([take('a'), take('a'), take('b'), seldom.take('other', 'a')]).toEqual([
    true,
    false,
    true,
    true,
  ]);
  seldom.giveBack('who', 'a');
  expect([take('a'), take('a')]).toEqual([true, false]);
  at = 59_999;
  expect([take('a'), take('b')]).toEqual([false, false]);
  at = 60_000;
  expect([take('a'), take('b'), take('a')]).toEqual([true, true, false]);
});

test('a flood of ever new things is taken so many times in a minute of each', () => {
  let at = 0;
  const seldom = createSeldom(100, () => at);
  const taken = (who: string) =>
    Array.from({ length: 5_000 }, (_, n) => seldom.take(who, `${at} ${n}`)).filter(Boolean).length;
  expect([taken('one'), taken('other'), taken('one')]).toEqual([100, 100, 0]);
  seldom.giveBack('one', '0 5');
  seldom.giveBack('one', '0 5');
  expect(taken('one')).toBe(1);
  at = 59_999;
  expect([taken('one'), taken('other')]).toEqual([0, 0]);
  at = 60_000;
  expect([taken('one'), taken('other')]).toEqual([100, 100]);
});
