/** @file For how long a key works, as it is chosen in a form. */

/** How long a key may live from now on, in days; 0 is without an end. */
export const lifetimes = [
  [1, '1 day'],
  [7, '7 days'],
  [30, '30 days'],
  [90, '90 days'],
  [365, '1 year'],
  [0, 'Never'],
] as const;

/** The moment that is so many days ahead; null for never. */
export function endAfter(days: number): string | null {
  return days === 0 ? null : new Date(Date.now() + days * 24 * 3_600_000).toISOString();
}
