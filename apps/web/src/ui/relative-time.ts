/** @file How long ago something was, or how soon it will be, in words. */

const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
// "next year" may be tomorrow.
const wordsAhead = new Intl.RelativeTimeFormat('en', { numeric: 'always' });
const exact = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'long' });

/** From the largest unit down: how many seconds it has. */
const units = [
  ['year', 365 * 24 * 3600],
  ['month', 30 * 24 * 3600],
  ['week', 7 * 24 * 3600],
  ['day', 24 * 3600],
  ['hour', 3600],
  ['minute', 60],
] as const;

/**
 * `time` as seen at `now`: "3 minutes ago". Less than a minute is "just now", and so is the future: the clocks of a
 * browser and a server differ, and "in 2 seconds" for something done would only puzzle.
 */
export function relativeTime(time: Date, now: Date): string {
  const seconds = (now.getTime() - time.getTime()) / 1000;
  for (const [unit, size] of units) {
    if (seconds >= size) return words.format(-Math.floor(seconds / size), unit);
  }
  return 'just now';
}

/** `time` as it lies ahead of `now`: "in 3 minutes". Less than a minute, and what is over, is "now". */
export function timeAhead(time: Date, now: Date): string {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  if (seconds < 60) return 'now';
  for (const [unit, size] of units) {
    // Rounded, and with some slack: of what was set to 90 days a moment ago, 89 days and some hours are left.
    if (seconds >= size * 0.99) return wordsAhead.format(Math.round(seconds / size), unit);
  }
  return 'now';
}

/** `time` to the second in the zone of the person, with the zone named. */
export function exactTime(time: Date): string {
  return exact.format(time);
}
