import { integrationTypes, type FieldDeclaration } from '@dropsafe/contract/integration-types';

// A reference names the keys of fields, and not the type: of whatever type one is, its title is the same (the test looks).
const titles = new Map<string, string>(
  Object.values(integrationTypes).flatMap(({ fields }) =>
    Object.entries<FieldDeclaration>(fields).map(([key, { title }]) => [key, title] as const),
  ),
);

/** The titles of fields of integrations, as their form shows them; the key of one that is not known here. */
export function fieldTitles(keys: readonly string[]): string[] {
  return keys.map((key) => titles.get(key) ?? key);
}
