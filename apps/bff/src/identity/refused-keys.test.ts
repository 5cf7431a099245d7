import { expect, test } from 'vitest';
import { createLately } from './refused-keys.ts';

test('what was told within the minute is not told again, and then it is', () => {
  let at = 0;
  const lately = createLately(10, () => at);
  expect([lately.add('a'), lately.add('a'), lately.add('b')]).toEqual([true, false, true]);
  at = 59_999;
  expect([lately.add('a'), lately.add('b')]).toEqual([false, false]);
  at = 60_000;
  expect([lately.add('a'), lately.add('a')]).toEqual([true, false]);
});

test('what could not be told is told the next time', () => {
  const lately = createLately(10);
  lately.add('a');
  lately.remove('a');
  expect(lately.add('a')).toBe(true);
});

test('a flood from ever new addresses is told of so many times in a minute', () => {
  let at = 0;
  const lately = createLately(100, () => at);
  const told = () =>
    Array.from({ length: 5_000 }, (_, n) => lately.add(`${at} ${n}`)).filter(Boolean).length;
  expect(told()).toBe(100);
  at = 59_999;
  expect(told()).toBe(0);
  at = 60_000;
  expect(told()).toBe(100);
});
