import { useSyncExternalStore } from 'react';
import { exactTime, relativeTime, timeAhead } from './relative-time.ts';

interface Props {
  time: string;
  by?: string | null | undefined;
  /** Something that is to come. */
  isAhead?: boolean;
}

/** How long ago something was, or how soon it will be, kept current; the exact time, and `by` whom, on hover. */
export function RelativeTime({ time, by, isAhead }: Props) {
  const now = useSyncExternalStore(subscribe, currentTime);
  const date = new Date(time);
  const exact = exactTime(date);
  return (
    <time dateTime={time} title={by ? `${exact}, by ${by}` : exact}>
      {(isAhead === true ? timeAhead : relativeTime)(date, new Date(now))}
    </time>
  );
}

// One clock for all times of the page, however many rows it has. It may be behind by so much:
const tickMs = 15_000;
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;
const listeners = new Set<() => void>();
const currentTime = () => now;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  if (timer === undefined) {
    now = Date.now();
    timer = setInterval(tick, tickMs);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

function tick(): void {
  now = Date.now();
  for (const listener of listeners) listener();
}
