import { expect, test } from 'vitest';
import { createSeldom } from './seldom.ts';

test('the same is taken once a minute, and at once when it was given back', () => {
  let at = 0;
  const seldom = createSeldom(() => at);
  expect([seldom.take('a'), seldom.take('a'), seldom.take('b')]).toEqual([true, false, true]);
  seldom.giveBack('a');
  expect([seldom.take('a'), seldom.take('a')]).toEqual([true, false]);
  at = 59_999;
  expect([seldom.take('a'), seldom.take('b')]).toEqual([false, false]);
  at = 60_000;
  expect([seldom.take('a'), seldom.take('b'), seldom.take('a')]).toEqual([true, true, false]);
});

test('what was taken longest ago is forgotten, so that memory has an end', () => {
  const seldom = createSeldom(() => 0);
  seldom.take('first');
  for (let others = 0; others < 9_999; others += 1) seldom.take(`other ${others}`);
  expect(seldom.take('one more')).toBe(true);
  expect([seldom.take('other 9998'), seldom.take('first')]).toEqual([false, true]);
});
