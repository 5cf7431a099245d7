import { expect, test } from 'vitest';
import { relativeTime, timeAhead } from './relative-time.ts';

const now = new Date('2026-03-01T12:00:00Z');
const ago = (seconds: number) => relativeTime(new Date(now.getTime() - seconds * 1000), now);

test.each([
  [0, 'just now'],
  [59, 'just now'],
  [60, '1 minute ago'],
  [3599, '59 minutes ago'],
  [3600, '1 hour ago'],
  [23.9 * 3600, '23 hours ago'],
  [24 * 3600, 'yesterday'],
  [3 * 24 * 3600, '3 days ago'],
  [7 * 24 * 3600, 'last week'],
  [60 * 24 * 3600, '2 months ago'],
  [800 * 24 * 3600, '2 years ago'],
])('%d seconds before now is "%s"', (seconds, words) => {
  expect(ago(seconds)).toBe(words);
});

test.each([
  [-5, 'now'],
  [59, 'now'],
  [60, 'in 1 minute'],
  [20 * 3600, 'in 20 hours'],
  [24 * 3600 - 5, 'in 1 day'],
  [3.6 * 24 * 3600, 'in 4 days'],
  [30 * 24 * 3600 - 5, 'in 1 month'],
  [90 * 24 * 3600 - 5, 'in 3 months'],
  [365 * 24 * 3600 - 5, 'in 1 year'],
])('%d seconds after now is "%s"', (seconds, text) => {
  expect(timeAhead(new Date(now.getTime() + seconds * 1000), now)).toBe(text);
});

test('a server clock that runs ahead shows no future', () => {
  expect(ago(-90)).toBe('just now');
});
