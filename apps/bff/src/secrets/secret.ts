/** @file What a change of a secret is. Pure. */
import { isCoveredBy, isWidened } from '@dropsafe/contract/destinations';
import {
  SecretNameSchema,
  type SecretMetadata,
  type SecretName,
  type UpdateSecret,
} from '@dropsafe/contract/secrets';
import type { AuditEvent, SecretField } from '../audit/event.ts';

/** What an update comes to. */
export type Change =
  /** Nothing that was sent differs. A value that was sent always counts as different: equal values must not be observable. */
  | { kind: 'unchanged' }
  /** The destinations would grow without a new value (P2). */
  | { kind: 'widened' }
  /** Something to write. `seal` says what has to happen to the sealed value for it. */
  | { kind: 'change'; fields: SecretField[]; seal: 'keep' | 'reseal' | 'replace' };

/** Compares what is stored with what was sent. What is absent is kept ([Note: Empty means keep]). */
export function decideChange(
  current: Pick<SecretMetadata, 'description' | 'destinations'>,
  patch: Pick<UpdateSecret, 'description' | 'destinations'> & { hasValue: boolean },
): Change {
  const fields: SecretField[] = [];
  if (patch.hasValue) fields.push('value');
  if (patch.description !== undefined && patch.description !== current.description)
    fields.push('description');
  if (
    patch.destinations !== undefined &&
    patch.destinations.join('\n') !== current.destinations.join('\n')
  ) {
    if (!patch.hasValue && isWidened(current.destinations, patch.destinations))
      return { kind: 'widened' };
    fields.push('destinations');
  }
  if (fields.length === 0) return { kind: 'unchanged' };
  // The destinations are sealed together with the value, so a narrower list needs the value sealed anew.
  const seal = patch.hasValue ? 'replace' : fields.includes('destinations') ? 'reseal' : 'keep';
  return { kind: 'change', fields, seal };
}

/** Where a value may be sent by both of these lists, canonical and sorted. */
export function commonDestinations(one: readonly string[], other: readonly string[]): string[] {
  const both = [
    ...one.filter((destination) => isCoveredBy(destination, other)),
    ...other.filter((destination) => isCoveredBy(destination, one)),
  ];
  return [...new Set(both)].toSorted();
}

/** True for a text that can be the name of a secret; anything else is simply not there. */
export function isSecretName(text: string): text is SecretName {
  return SecretNameSchema.safeParse(text).success;
}

/** What the trail tells of a secret that is added, by a person or as a copy. */
export function additionEvent(
  provider: string,
  {
    name,
    description,
    destinations,
    copiedFrom,
  }: Pick<SecretMetadata, 'name' | 'description' | 'destinations'> & {
    copiedFrom: string | undefined;
  },
): AuditEvent {
  const fields: SecretField[] = ['value'];
  if (description !== null) fields.push('description');
  if (destinations.length > 0) fields.push('destinations');
  return copiedFrom === undefined
    ? { action: 'secret.created', subject: name, fields }
    : { action: 'secret.copied', subject: `${name}/${copiedFrom}/${provider}`, fields };
}
