import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { createLog } from './log.ts';
import { Problem, toResponse } from './problem.ts';
import { Redacted } from './redacted.ts';

const canary = newCanary();

/** What the log wrote. */
function logged(work: (log: ReturnType<typeof createLog>) => void): string {
  let text = '';
  work(createLog((line) => (text += line)));
  return text;
}

test('a redacted content shows itself in no way of printing it', () => {
  const values = [new Redacted(canary), new Redacted(new Uint8Array(Buffer.from(canary)))];
  for (const value of values) {
    const printed = [
      String(value),
      JSON.stringify({ value }),
      inspect(value, { depth: 9, showHidden: true }),
      inspect({ a: [value] }),
      Object.values(value).join(),
    ];
    expect(printed.flatMap((text) => sweep('printed', text))).toEqual([]);
  }
});

test('wiping overwrites the bytes', () => {
  const bytes = new Uint8Array([1, 2, 3]);
  new Redacted(bytes).wipe();
  expect(bytes).toEqual(new Uint8Array(3));
});

test('the log refuses a redacted content', () => {
  // as: the type forbids it; this is what the run-time check is for
  expect(() =>
    logged((log) => log.info('x', { value: new Redacted(canary) as unknown as string })),
  ).toThrow(TypeError);
});

test('of an error the log tells name, code and frames, and no message', () => {
  const header = (() => {
    try {
      return new Headers({ key: `${canary}\n` });
    } catch (error) {
      return error;
    }
  })();
  const nested = new Error(`outer ${canary}`, {
    cause: Object.assign(new Error(`\n    at ${canary}`), { code: 'ECONNREFUSED' }),
  });
  const text = logged((log) => {
    log.error('one', header);
    log.error('two', nested);
    log.error('three', canary);
    log.error('four', Object.assign(new Error('x'), { code: `${canary} code` }));
  });
  expect(sweep('log', text)).toEqual([]);
  expect(text).toContain('"error":["Error","Error ECONNREFUSED"]');
  expect(text).toContain('log.test.ts');
});

test('a problem never shows its cause', async () => {
  const answer = toResponse(new Problem('internal', {}, { cause: new Error(canary) }), 'request-1');
  expect([answer.status, answer.headers.get('Content-Type')]).toEqual([
    500,
    'application/problem+json',
  ]);
  expect(await answer.json()).toEqual({
    type: '/problems/internal',
    title: 'Something went wrong here',
    status: 500,
    detail: 'The operator finds the cause in the log under the request id.',
    requestId: 'request-1',
  });
});
