import type { Check, CheckName } from '@dropsafe/contract/outbound';

/** @file A test of a connection in words of people. */

/** What each check is about. */
export const checkTitles: Record<CheckName, string> = {
  destination: 'Destinations of the secrets',
  secrets: 'Values of the secrets',
  request: 'Request',
  name: 'Name of the host',
  address: 'Address of the host',
  connection: 'Connection',
  tls: 'Encryption (TLS)',
  answer: 'Answer',
  authentication: 'Authentication',
};

/** What all of it came to: in a few words, and, where it failed, why. */
export function summaryOf(checks: readonly Check[]): {
  works: boolean;
  words: string;
  why?: string;
} {
  const failed = checks.find(({ status }) => status === 'FAILED');
  if (failed === undefined) return { works: true, words: 'The connection works.' };
  return {
    works: false,
    words: 'The connection does not work.',
    why: `${checkTitles[failed.name]}: ${failed.explanation}`,
  };
}

/** How long to wait, in words. */
export function waitText(seconds: number | undefined): string {
  if (seconds === undefined) return 'Wait a little, then test again.';
  if (seconds <= 120)
    return `Wait ${seconds} ${seconds === 1 ? 'second' : 'seconds'}, then test again.`;
  return `Wait ${Math.ceil(seconds / 60)} minutes, then test again.`;
}
