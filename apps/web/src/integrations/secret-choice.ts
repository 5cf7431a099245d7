import { judgeTarget, parseDestination, targetRefusals } from '@dropsafe/contract/destinations';
import { secretStates, type SecretMetadata } from '@dropsafe/contract/secrets';

/** @file Which secrets fit into a field, and why the others do not. Comfort: the server decides when it saves and when it sends. */

/** A secret that is offered, and why it cannot be chosen; undefined when it can. */
export interface SecretChoice {
  secret: SecretMetadata;
  refusal: string | undefined;
}

/** The secrets as they are offered: those that fit first, otherwise in the order in which they came. */
export function choicesOf(
  secrets: readonly SecretMetadata[],
  target: string | undefined,
): SecretChoice[] {
  const choices = secrets.map((secret) => ({ secret, refusal: refusalOf(secret, target) }));
  return [
    ...choices.filter(({ refusal }) => refusal === undefined),
    ...choices.filter(({ refusal }) => refusal !== undefined),
  ];
}

/** Why a secret cannot be used for this target. While there is no address that can be read, only what holds for every one. */
function refusalOf(
  { state, destinations }: SecretMetadata,
  target: string | undefined,
): string | undefined {
  if (state !== 'ready') return secretStates[state];
  if (destinations.length === 0) return targetRefusals['no-destinations'];
  const verdict = target === undefined ? undefined : judgeTarget(target, destinations);
  return verdict?.kind === 'refused' && verdict.code !== 'not-a-target'
    ? verdict.reason
    : undefined;
}

/** The destination that a new secret for this target needs: its origin. None while the target cannot be read. */
export function destinationsFor(target: string | undefined): string[] {
  const origin = /^[a-z]+:\/\/[^/?#]+/i.exec(target ?? '')?.[0] ?? '';
  const destination = parseDestination(origin);
  return destination.kind === 'destination' ? [destination.canonical] : [];
}
