import { unlessAborted } from '../base/in-time.ts';
import { vaultFailure } from './vault-answers.ts';

/** What `work` comes to, or the failure `timeout`. The signal tells the work that nobody waits for it any more. */
export async function within<T>(
  longestMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), longestMs);
  try {
    return await unlessOver(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
  }
}

/** What `work` comes to, for somebody who may have less time left than the work has. */
export function unlessOver<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return unlessAborted(work, signal, () => vaultFailure('timeout', 'DEADLINE'));
}
