import type { Capabilities, ProviderType } from '@dropsafe/contract/providers';
import type { SecretMetadata } from '@dropsafe/contract/secrets';

/** @file What the pages say about providers, and which one of several secrets of a name is used. */

/** What kind of provider it is, in words. */
export const typeTitles: Record<ProviderType, string> = {
  database: 'The database of Dropsafe',
  env: 'Variables of the environment, read at the start',
  file: 'Files in a folder',
  vault: 'A vault (KV version 2)',
};

/** Words as one list: `a, b and c`. */
export function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}

/** What can be done with secrets there, in words. */
export function abilities({
  create,
  update,
  delete: canDelete,
}: Pick<Capabilities, 'create' | 'update' | 'delete'>): string {
  const able = [create && 'create', update && 'update', canDelete && 'delete'];
  const words = listed(able.filter((word) => word !== false));
  return words === '' ? 'Nothing, it is read only' : words.charAt(0).toUpperCase() + words.slice(1);
}

/** Of several providers that have a secret of one name, the one whose secret is used: the first in their order. */
export function firstOf(
  providers: readonly { name: string }[],
  names: readonly string[],
): string | undefined {
  return providers.find(({ name }) => names.includes(name))?.name ?? names[0];
}

/** All providers that have a secret of this name, the one that is used first. */
export function placesOf(
  { provider, alsoIn }: Pick<SecretMetadata, 'provider' | 'alsoIn'>,
  providers: readonly { name: string }[],
): string[] {
  const all = [provider, ...alsoIn];
  const known = providers.map(({ name }) => name).filter((name) => all.includes(name));
  return [...known, ...all.filter((name) => !known.includes(name))];
}
