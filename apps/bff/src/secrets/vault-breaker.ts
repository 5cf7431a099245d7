/**
 * @file Leaves a vault alone that has failed several times in a row: whoever asks meanwhile is told the same reason at
 * once, and waits for nothing. Pure; clock and chance come from outside.
 *
 * Ours, and not cockatiel (4.0.0, August 2026: no dependencies, 0.5 MB, MIT): while it probes, its other callers wait for the
 * probe and then go themselves, up to the whole time limit each; it reads the wall clock; and its error does not say why it
 * is open.
 */
import { ProviderFailure } from './outside-provider.ts';
import type { ProviderFailureReason } from '@dropsafe/contract/providers';

/** What comes of a vault that is down. Being refused or asked too often is an answer. */
const counted: ReadonlySet<ProviderFailureReason> = new Set([
  'unreachable',
  'timeout',
  'failing',
  'sealed',
]);

/** Stands in front of calls. */
export interface Breaker {
  /** Makes the call, or throws the reason why the last ones failed. */
  run<T>(call: () => Promise<T>): Promise<T>;
  /** It answers again: somebody who did not ask here has seen it. */
  close(): void;
}

/** How it decides. */
export interface BreakerOptions {
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
  /** From 0 up to, not including, 1. */
  random: () => number;
}

/** So many failures in a row open it. */
export const failuresInARow = 5;
/** The first pause; each one that follows a failed probe is twice as long, up to the longest. */
const firstPauseMs = 1_000;
/** The longest pause. */
export const longestPauseMs = 30_000;

/** Makes one for one vault. */
export function createBreaker({ now, random }: BreakerOptions): Breaker {
  let failures = 0;
  let pauseMs = firstPauseMs;
  let open: { reason: ProviderFailureReason; until: number } | undefined;
  let isProbing = false;

  function close(): void {
    failures = 0;
    pauseMs = firstPauseMs;
    open = undefined;
  }

  function fail(reason: ProviderFailureReason, isProbe: boolean): void {
    failures += 1;
    // Of those that were under way when it opened, none lengthens the pause.
    if (failures < failuresInARow || (open !== undefined && !isProbe)) return;
    // Up to a quarter less, so that nodes do not come back all at once.
    open = { reason, until: now() + pauseMs * (1 - random() / 4) };
    pauseMs = Math.min(pauseMs * 2, longestPauseMs);
  }

  return {
    async run(call) {
      const isProbe = open !== undefined;
      if (open !== undefined) {
        if (isProbing || now() < open.until) throw new ProviderFailure(open.reason);
        isProbing = true;
      }
      try {
        const result = await call();
        close();
        return result;
      } catch (error) {
        if (error instanceof ProviderFailure && counted.has(error.reason))
          fail(error.reason, isProbe);
        else close();
        throw error;
      } finally {
        if (isProbe) isProbing = false;
      }
    },
    close,
  };
}
