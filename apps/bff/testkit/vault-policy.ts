import type { Policy } from './vault-server.ts';

/** The policy of docs/vault.md for a folder of a mount; an empty one for all of it. */
export function policyFor(mount: string, folder: string): Policy {
  const below = folder === '' ? '' : `${folder}/`;
  return {
    [`${mount}/metadata/${below}`]: ['list'],
    [`${mount}/metadata/${below}+`]: ['read', 'delete'],
    [`${mount}/data/${below}+`]: ['read', 'create', 'update'],
  };
}
