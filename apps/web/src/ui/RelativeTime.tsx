import { useSyncExternalStore } from 'react';
import { exactTime, relativeTime } from './relative-time.ts';

/** How long ago something was, kept current; the exact time, and `by` whom, on hover. */
export function RelativeTime({ time, by }: { time: string; by?: string | null | undefined }) {
  useMinute();
  const date = new Date(time);
  const exact = exactTime(date);
  return (
    <time dateTime={time} title={by ? `${exact}, by ${by}` : exact}>
      {relativeTime(date, new Date())}
    </time>
  );
}

// One timer for all times of the page, however many rows it has.
const currentMinute = () => Math.floor(Date.now() / 60_000);
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 15_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

const useMinute = () => useSyncExternalStore(subscribe, currentMinute);
