import { describe, expect, test } from 'vitest';
import { canonicalName } from '@dropsafe/contract/names';
import { secondsToWait } from './guessing.ts';

test.each([
  ['account', 4, 0, 0],
  ['account', 5, 0, 2],
  ['account', 5, 1.5, 0.5],
  ['account', 5, 3, 0],
  ['account', 8, 0, 16],
  ['account', 20, 0, 900],
  ['account', 99, 899, 1],
  ['account', 99, 900, 0],
  ['account', 100, 1e9, Number.POSITIVE_INFINITY],
  ['address', 20, 0, 0],
  ['address', 21, 0, 2],
  ['address', 500, 0, 60],
  ['address', 500, 61, 0],
  ['address', 500, 3601, 0],
] as const)(
  '%s after %i failures, the last %f s ago: wait %f s',
  (subject, failures, since, expected) => {
    expect(secondsToWait(subject, failures, since)).toBe(expected);
  },
);

describe('spellings of one user name', () => {
  test.each([
    ['Admin', 'admin'],
    [' admin ', 'admin'],
    ['ＡＤＭＩＮ', 'admin'],
    ['ﬁona', 'fiona'],
    ['É', 'é'],
    ['E\u0301', 'é'],
  ])('%j is %j', (name, canonical) => {
    expect(canonicalName(name)).toBe(canonical);
  });
});
