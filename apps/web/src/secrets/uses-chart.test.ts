import { describe, expect, test } from 'vitest';
import { barsOf, dayText, summaryOf, topOfScale } from './uses-chart.ts';

const dayOf = (uses: number, failures = 0) => ({ day: '2026-11-25', uses, failures });

test.each([
  [0, 1],
  [1, 1],
  [2, 2],
  [3, 4],
  [9, 10],
  [11, 20],
  [60, 60],
  [81, 100],
  [1_234_567, 2_000_000],
])('a scale for %d ends at %d', (most, top) => {
  expect(topOfScale(most)).toBe(top);
});

describe('bars', () => {
  test('are as high as what they stand for, failures on top', () => {
    expect(barsOf([dayOf(0), dayOf(50), dayOf(100, 25)], 100)).toEqual({
      top: 100,
      bars: [
        { day: '2026-11-25', succeeded: 0, failed: 0 },
        { day: '2026-11-25', succeeded: 50, failed: 0 },
        { day: '2026-11-25', succeeded: 75, failed: 25 },
      ],
    });
  });

  test('of a few beside many are still seen, and none is higher than the chart', () => {
    const { bars } = barsOf([dayOf(1), dayOf(10_000, 1), dayOf(10_000, 9_999)], 100);
    expect(bars.map(({ succeeded, failed }) => [succeeded, failed])).toEqual([
      [3, 0],
      [97, 3],
      [3, 97],
    ]);
  });

  test('of no use at all have a scale all the same', () => {
    expect(barsOf([dayOf(0)], 100).top).toBe(1);
  });
});

test('the days are told in one sentence, and nothing is told of none', () => {
  expect(summaryOf([dayOf(0), dayOf(40, 3), dayOf(2)])).toBe('42 uses on 2 days, 3 failed.');
  expect(summaryOf([dayOf(1_000)])).toBe('1,000 uses on 1 day, none failed.');
  expect(summaryOf([dayOf(7, 7)])).toBe('7 uses on 1 day, 7 failed.');
  expect(summaryOf([dayOf(0)])).toBeUndefined();
});

test('a day is that of UTC, wherever one is', () => {
  expect(dayText('2026-11-25')).toBe('25 Nov');
});
