/** @file Whether a secret may be mentioned where it would go. One decision for the form and the server. Pure. */
import { judgeTarget } from './destinations.ts';
import type { SecretKnowledge } from './expression-check.ts';

/** What is known of a secret for the place where it would go; `secret` is undefined for one that is not there. */
export function knowledgeOf(
  secret: { state: string; destinations: readonly string[] } | undefined,
  target: string | undefined,
): SecretKnowledge {
  if (secret === undefined) return 'unknown';
  if (secret.state !== 'ready') return 'not-usable';
  if (secret.destinations.length === 0) return 'no-destinations';
  // Where it goes cannot be told yet: that is a mistake of its own.
  if (target === undefined) return 'known';
  return judgeTarget(target, secret.destinations).kind === 'allowed'
    ? 'known'
    : 'other-destination';
}
