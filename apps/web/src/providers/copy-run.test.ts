import { problems, type ProblemCode } from '@dropsafe/contract/problems';
import { expect, test } from 'vitest';
import { ApiProblem } from '../api/client.ts';
import { atOnce, copyEach, doneOf, type CopyRun } from './copy-run.ts';

const problemOf = (code: ProblemCode) => new ApiProblem(code, problems[code]);
const names = Array.from({ length: 20 }, (_, index) => `S${index}`);

/** Lets everything else that is ready go first. */
const aTurn = () => new Promise<void>(queueMicrotask);

/** Runs `copy` for all, and answers every state that was told. */
async function runOf(
  copy: (name: string) => Promise<unknown>,
  isStopped: (last: CopyRun | undefined) => boolean = () => false,
): Promise<CopyRun[]> {
  const told: CopyRun[] = [];
  await copyEach(
    names,
    copy,
    () => isStopped(told.at(-1)),
    (run) => told.push(run),
  );
  return told;
}

test('all are copied, each once, a few at a time, and every step is told', async () => {
  const asked: string[] = [];
  let [running, most] = [0, 0];
  const told = await runOf(async (name) => {
    asked.push(name);
    most = Math.max(most, (running += 1));
    await aTurn();
    running -= 1;
  });
  expect(asked).toEqual(names);
  expect(most).toBe(atOnce);
  expect(told.map(doneOf)).toEqual([0, ...names.map((_, index) => index + 1), 20]);
  expect(told.at(-1)).toEqual({
    total: 20,
    copied: 20,
    already: 0,
    failures: [],
    isRunning: false,
    problem: null,
  });
});

test('single failures are told with their reasons, and the rest goes on', async () => {
  const told = await runOf(async (name) => {
    if (name === 'S3') throw problemOf('provider-unavailable');
    if (name === 'S7') throw problemOf('secret-name-taken');
    if (name === 'S9') throw new Error('whatever a defect says');
  });
  const { title, detail } = problems['provider-unavailable'];
  expect(told.at(-1)).toMatchObject({
    copied: 17,
    already: 1,
    failures: [
      { name: 'S3', why: `${title}. ${detail}` },
      { name: 'S9', why: 'Something went wrong here.' },
    ],
  });
});

test('stopped, it begins no other and waits for those that are under way', async () => {
  const told = await runOf(aTurn, (last) => last !== undefined && last.copied >= 4);
  expect(told.at(-1)).toMatchObject({ isRunning: false });
  expect(told.at(-1)?.copied).toBeLessThan(4 + atOnce);
});

test('without session or permission it ends by itself: no other could be copied', async () => {
  for (const code of ['unauthenticated', 'permission-required'] as const) {
    let asked = 0;
    const told = await runOf(async () => {
      asked += 1;
      await aTurn();
      throw problemOf(code);
    });
    expect(asked).toBe(atOnce);
    expect(told.at(-1)).toMatchObject({ isRunning: false, failures: [], problem: { code } });
  }
});
