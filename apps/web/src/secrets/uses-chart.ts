import type { SecretUses } from '@dropsafe/contract/secrets';

/** @file The uses of a secret by day, as a chart and in words. Pure; days are those of UTC, as the server counts them. */

/** How often it was used on one day, and how often that failed. */
export type DayOfUse = SecretUses['days'][number];

/** One bar: what succeeded at the foot, what failed on top of it. Heights are in units of the chart. */
export interface Bar {
  day: string;
  succeeded: number;
  failed: number;
}

/** The lowest of 1, 2, 4, 6, 8, 10, 20, 40 … that `most` does not exceed: where the scale ends. */
export function topOfScale(most: number): number {
  for (let power = 1; ; power *= 10) {
    const top = [1, 2, 4, 6, 8].map((step) => step * power).find((candidate) => candidate >= most);
    if (top !== undefined) return top;
  }
}

/** The bars of a chart that is so high. What is not zero is to be seen, however small it is beside the others. */
export function barsOf(days: readonly DayOfUse[], height: number): { top: number; bars: Bar[] } {
  const top = topOfScale(Math.max(...days.map(({ uses }) => uses), 1));
  const scaled = (count: number) =>
    count === 0 ? 0 : Math.max((count / top) * height, leastHeight);
  const bars = days.map(({ day, uses, failures }) => {
    const failed = scaled(failures);
    const succeeded = scaled(uses - failures);
    // Together they are no higher than the chart: the larger one gives way.
    const excess = Math.max(failed + succeeded - height, 0);
    return failed > succeeded
      ? { day, succeeded, failed: failed - excess }
      : { day, succeeded: succeeded - excess, failed };
  });
  return { top, bars };
}

const leastHeight = 3;

/** All days in one sentence: `42 uses on 5 days, 3 failed.` Undefined when there was no use. */
export function summaryOf(days: readonly DayOfUse[]): string | undefined {
  const uses = sum(days.map((day) => day.uses));
  if (uses === 0) return undefined;
  const failures = sum(days.map((day) => day.failures));
  const onDays = days.filter((day) => day.uses > 0).length;
  return `${counted(uses, 'use')} on ${counted(onDays, 'day')}, ${
    failures === 0 ? 'none' : failures.toLocaleString('en')
  } failed.`;
}

const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

const counted = (count: number, what: string) =>
  `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;

const dayFormat = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  timeZone: 'UTC',
});

/** A day in words, without its year: `25 Nov`. */
export function dayText(day: string): string {
  return dayFormat.format(new Date(day));
}
