/** @file What a change of an integration is, and which of its mentions of secrets are new. Pure. */
import { readConfiguration, type ReadConfiguration } from '@dropsafe/contract/integration-check';
import { integrationTypes, type IntegrationField } from '@dropsafe/contract/integration-types';
import {
  isSameField,
  type Fields,
  type Integration,
  type UpdateIntegration,
} from '@dropsafe/contract/integrations';

/** True for what the database takes as an id. Anything else it refuses, with an error that repeats it. */
export function isIntegrationId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

/** What the trail names as the subject of a refusal: the id, or nothing of a text that cannot be one; undefined for one that has none yet. */
export function subjectOf(id: string | undefined): string {
  if (id === undefined) return 'a configuration that is not saved';
  return isIntegrationId(id) ? `integration ${id}` : 'not the id of an integration';
}

/** The fields of a configuration that differ from another; of none, those that are filled in. In the order of the declarations. */
export function changedFields(before: Fields, after: Fields): IntegrationField[] {
  return Object.values(integrationTypes)
    .flatMap(({ fields }) => Object.keys(fields) as IntegrationField[]) // as: Object.keys forgets the names
    .filter((key) => !isSameField(before[key], after[key]));
}

/**
 * What there was of a configuration before: mentions of secrets by their setting. One that is among them gives nobody anything that it
 * did not give before.
 */
export function settingsOf(integration: Pick<Integration, 'type' | 'fields'>): Set<string> {
  const { references } = readConfiguration(integration.type, integration.fields);
  return new Set(references.map(({ setting }) => setting));
}

/** An integration as it is to be, where only what was sent changes. */
export function applyPatch(before: Integration, patch: UpdateIntegration, fields: Fields) {
  const { name = before.name, description = before.description } = patch;
  const { isDisabled = before.isDisabled } = patch;
  return { name, description, isDisabled, fields };
}

/** The fields that mention each secret, by their keys, as they are stored. */
export function fieldsBySecret({ references }: ReadConfiguration): Map<string, string[]> {
  const bySecret = Map.groupBy(references, ({ secret }) => secret);
  return new Map(
    [...bySecret].map(([secret, found]) => [secret, [...new Set(found.map(({ key }) => key))]]),
  );
}
