import { expect, test } from 'vitest';
import { createFolderSteps } from './folder-steps.ts';

test('operations that hang hold two threads at the most, and everybody else is answered in time', async () => {
  const steps = createFolderSteps();
  const started: (() => void)[] = [];
  const hang = () => new Promise<void>((go) => started.push(go));
  const works = Array.from({ length: 10 }, () => steps.within(1_100, (step) => step(hang)));
  const answers = await Promise.allSettled(works);
  expect(answers).toEqual(
    Array.from({ length: 10 }, () => ({
      status: 'rejected',
      reason: expect.objectContaining({ reason: 'timeout' }),
    })),
  );
  expect(started).toHaveLength(2);
  // Nothing more is begun while one hangs.
  await expect(steps.within(1_000, (step) => step(hang))).rejects.toMatchObject({
    reason: 'timeout',
  });
  expect(started).toHaveLength(2);
  for (const go of started) go();
  await new Promise(setImmediate);
  await expect(steps.within(1_000, (step) => step(async () => 'done'))).resolves.toBe('done');
  // Those whose time was over have not begun either.
  expect(started).toHaveLength(2);
});
