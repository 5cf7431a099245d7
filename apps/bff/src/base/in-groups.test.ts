import { expect, test } from 'vitest';
import { inGroups, oneAtATime, type GroupOptions } from './in-groups.ts';

/** Groups whose calls end when the test says so. */
function hold(options: GroupOptions) {
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

test('a group has as many as it may, in the order in which they came, and nothing is left behind', async () => {
  const { ask, calls } = hold({ mostUnderWay: 2, longestMs: 10_000, mostInGroup: 2 });
  const answers = ['a', 'b', 'c', 'd', 'e'].map(ask);
  await turn();
  await turn();
  expect(calls.map(({ inputs }) => inputs)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
  for (let call = 0; call < 3; call += 1) {
    calls[call]?.end();
    await turn();
  }
  expect(await Promise.all(answers)).toEqual(['A', 'B', 'C', 'D', 'E']);
  expect(calls[2]?.inputs).toEqual(['e']);
});

test('whoever changes a thing that is being changed waits, and comes to nothing when that one came to something', async () => {
  const begun: { input: string; end: (output: string | undefined) => void; fail: () => void }[] =
    [];
  const change = oneAtATime(
    (input: string) =>
      new Promise<string | undefined>((resolve, reject) =>
        begun.push({ input, end: resolve, fail: () => reject(new Error('down')) }),
      ),
    (input) => input[0],
  );
  const [a1, b1] = [change('a1'), change('b1')];
  const [a2, a3, a4] = [change('a2'), change('a3'), change('a4')];
  expect(begun.map(({ input }) => input)).toEqual(['a1', 'b1']);
  begun[1]?.end('B1');
  begun[0]?.end(undefined);
  expect([await a1, await b1]).toEqual([undefined, 'B1']);
  await turn();
  expect(begun.map(({ input }) => input)).toEqual(['a1', 'b1', 'a2']);
  begun[2]?.fail();
  await expect(a2).rejects.toThrow('down');
  await turn();
  expect(begun[3]?.input).toBe('a3');
  begun[3]?.end('A3');
  expect([await a3, await a4]).toEqual(['A3', undefined]);
  expect(begun).toHaveLength(4);
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
