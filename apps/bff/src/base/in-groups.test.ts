import { expect, test } from 'vitest';
import { inGroups, type GroupOptions } from './in-groups.ts';

/** Groups whose calls end when the test says so. */
function hold(options: GroupOptions<string>) {
  const calls: { inputs: readonly string[]; end: () => void; fail: (error: Error) => void }[] = [];
  const ask = inGroups<string, string>(
    (inputs) =>
      new Promise((resolve, reject) =>
        calls.push({
          inputs,
          end: () => resolve(inputs.map((input) => input.toUpperCase())),
          fail: reject,
        }),
      ),
    options,
  );
  return { ask, calls };
}

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

test('what is asked for while a call is under way goes into the next one, and each gets its own answer', async () => {
  const { ask, calls } = hold({ mostUnderWay: 1, longestMs: 10_000, mostInGroup: 10 });
  const first = ask('a');
  await turn();
  const [second, third] = [ask('b'), ask('c')];
  await turn();
  expect(calls.map(({ inputs }) => inputs)).toEqual([['a']]);
  calls[0]?.end();
  expect(await first).toBe('A');
  expect(calls.map(({ inputs }) => inputs)).toEqual([['a'], ['b', 'c']]);
  calls[1]?.end();
  expect(await Promise.all([second, third])).toEqual(['B', 'C']);
});

test('of things with the same key one goes into a group, and nothing is left behind', async () => {
  const { ask, calls } = hold({
    mostUnderWay: 1,
    longestMs: 10_000,
    mostInGroup: 2,
    keyOf: (input) => input[0],
  });
  const answers = ['a1', 'a2', 'b1', 'c1', 'a3'].map(ask);
  for (let call = 0; call < 3; call += 1) {
    await turn();
    calls[call]?.end();
  }
  expect(await Promise.all(answers)).toEqual(['A1', 'A2', 'B1', 'C1', 'A3']);
  expect(calls.map(({ inputs }) => inputs)).toEqual([['a1', 'b1'], ['a2', 'c1'], ['a3']]);
});

test('a call that fails fails those in it, and the next ones go on', async () => {
  const { ask, calls } = hold({ mostUnderWay: 1, longestMs: 10_000, mostInGroup: 1 });
  const [failing, other] = [ask('a'), ask('b')];
  await turn();
  calls[0]?.fail(new Error('down'));
  await expect(failing).rejects.toThrow('down');
  await turn();
  calls[1]?.end();
  expect(await other).toBe('B');
});

test('a call that never ends is given up, and the next ones go on', async () => {
  const { ask, calls } = hold({ mostUnderWay: 1, longestMs: 30, mostInGroup: 1 });
  const [silent, other] = [ask('a'), ask('b')];
  await expect(silent).rejects.toThrow('database-unavailable');
  await turn();
  calls[1]?.end();
  expect(await other).toBe('B');
});
