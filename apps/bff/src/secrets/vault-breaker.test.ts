import type { ProviderFailureReason } from '@dropsafe/contract/providers';
import { describe, expect, test } from 'vitest';
import { ProviderFailure } from './outside-provider.ts';
import { createBreaker, failuresInARow, longestPauseMs } from './vault-breaker.ts';

/** A breaker with a clock that is put forward by hand, before a vault that answers as a test says. */
function start() {
  let at = 0;
  const vault: { asked: number; reason: ProviderFailureReason | undefined } = {
    asked: 0,
    reason: undefined,
  };
  const breaker = createBreaker({ now: () => at, random: () => 0 });
  const call = async () => {
    vault.asked += 1;
    if (vault.reason !== undefined) throw new ProviderFailure(vault.reason);
    return 'answer';
  };
  const told = (work: Promise<string>) =>
    work.catch((error: unknown) => (error instanceof ProviderFailure ? error.reason : error));
  const ask = () => told(breaker.run(call));
  async function failInARow(reason: ProviderFailureReason, times = failuresInARow) {
    vault.reason = reason;
    for (let time = 0; time < times; time += 1) expect(await ask()).toBe(reason);
    vault.asked = 0;
  }
  return { breaker, vault, ask, told, failInARow, pass: (ms: number) => void (at += ms) };
}

describe('after several failures in a row', () => {
  test.each(['unreachable', 'timeout', 'failing', 'sealed'] as const)(
    'the vault is left alone, and everybody is told "%s" at once',
    async (reason) => {
      const { vault, ask, failInARow } = start();
      await failInARow(reason);
      expect(await ask()).toBe(reason);
      expect(vault.asked).toBe(0);
    },
  );

  test.each(['denied', 'misconfigured', 'rate-limited'] as const)(
    'the vault is asked further when it says "%s": that is an answer',
    async (reason) => {
      const { vault, ask, failInARow } = start();
      await failInARow(reason, failuresInARow + 1);
      expect(await ask()).toBe(reason);
      expect(vault.asked).toBe(1);
    },
  );

  test('one call tries again after a pause, and all go when it was answered', async () => {
    const { vault, ask, failInARow, pass } = start();
    await failInARow('unreachable');
    vault.reason = undefined;
    pass(999);
    expect(await ask()).toBe('unreachable');
    pass(1);
    expect(await ask()).toBe('answer');
    expect(await ask()).toBe('answer');
    expect(vault.asked).toBe(2);
  });

  test('while one tries, the others are told at once', async () => {
    const { breaker, vault, ask, told, failInARow, pass } = start();
    await failInARow('timeout');
    pass(1_000);
    let answer: (() => void) | undefined;
    const probe = told(
      breaker.run(
        () =>
          new Promise((resolve) => {
            answer = () => resolve('answer');
          }),
      ),
    );
    expect(await ask()).toBe('timeout');
    expect(vault.asked).toBe(0);
    answer?.();
    expect(await probe).toBe('answer');
  });

  test('pauses grow up to half a minute, and are short again after a success', async () => {
    const { breaker, vault, ask, failInARow, pass } = start();
    await failInARow('failing');
    const pauses: number[] = [];
    for (let time = 0; time < 7; time += 1) {
      let ms = 0;
      for (vault.asked = 0; vault.asked === 0; ms += 1_000) {
        pass(1_000);
        await ask();
      }
      pauses.push(ms);
    }
    expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, longestPauseMs, longestPauseMs]);
    breaker.close();
    await failInARow('failing');
    pass(1_000);
    await ask();
    expect(vault.asked).toBe(1);
  });

  test('a success in between counts anew', async () => {
    const { vault, ask, failInARow } = start();
    await failInARow('failing', failuresInARow - 1);
    vault.reason = undefined;
    expect(await ask()).toBe('answer');
    await failInARow('failing', failuresInARow - 1);
    expect(await ask()).toBe('failing');
    expect(vault.asked).toBe(1);
  });
});
