import { expect, test } from 'vitest';
import { createSeldom } from './seldom.ts';

test('the same is taken once a minute, and at once when it was given back', () => {
  let at = 0;
  const seldom = createSeldom(10, () => at);
  expect([seldom.take('a'), seldom.take('a'), seldom.take('b')]).toEqual([true, false, true]);
  seldom.giveBack('a');
  expect([seldom.take('a'), seldom.take('a')]).toEqual([true, false]);
  at = 59_999;
  expect([seldom.take('a'), seldom.take('b')]).toEqual([false, false]);
  at = 60_000;
  expect([seldom.take('a'), seldom.take('b'), seldom.take('a')]).toEqual([true, true, false]);
});

test('a flood of ever new things is taken so many times in a minute', () => {
  let at = 0;
  const seldom = createSeldom(100, () => at);
  const taken = () =>
    Array.from({ length: 5_000 }, (_, n) => seldom.take(`${at} ${n}`)).filter(Boolean).length;
  expect(taken()).toBe(100);
  at = 59_999;
  expect(taken()).toBe(0);
  at = 60_000;
  expect(taken()).toBe(100);
});
