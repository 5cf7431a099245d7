import { expect, test } from 'vitest';
import { systemCaller, type KeyCaller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';
import { createTestLimit, testsPerMinute } from './test-limit.ts';

const program = (id: string): KeyCaller => ({
  kind: 'api-key',
  id,
  name: id,
  permissions: [],
  requestId: 'test',
  address: null,
});

/** Seconds to wait; 0 when it was counted. */
function countWith(limit: ReturnType<typeof createTestLimit>, caller = program('a')): number {
  try {
    limit(caller);
    return 0;
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return error.params.retryAfterSeconds ?? -1;
  }
}

test('so many tests may be made in any minute, and not one more for having waited until the next', () => {
  let at = 0;
  const limit = createTestLimit(() => at);
  for (let tests = 0; tests < testsPerMinute; tests += 1) {
    at = tests * 1_000;
    expect(countWith(limit)).toBe(0);
  }
  expect(countWith(limit)).toBe(41);
  // Somebody else, and one of the same id that is no program.
  expect([countWith(limit, program('b')), countWith(limit)]).toEqual([0, 41]);
  limit(systemCaller('terminal', 'test'));
  at = 59_999;
  expect(countWith(limit)).toBe(1);
  // The first is a minute old; what was refused did not count.
  at = 60_000;
  expect([countWith(limit), countWith(limit)]).toEqual([0, 1]);
});

test('whoever was quiet for longest is forgotten, so that memory has an end', () => {
  let at = 0;
  const limit = createTestLimit(() => at);
  for (let tests = 0; tests < testsPerMinute; tests += 1) limit(program('a'));
  expect(countWith(limit)).toBeGreaterThan(0);
  for (let others = 0; others < 10_000; others += 1) limit(program(`other ${others}`));
  expect(countWith(limit)).toBe(0);
  at = 200_000;
  expect(countWith(limit, program('other 5'))).toBe(0);
});
