/** @file The provider `database`: sealed rows. A change and its event are one statement, shared with others of the moment. */
import { randomUUID } from 'node:crypto';
import type { Audit } from '../audit/audit.ts';
import { signatureOf } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import type { Keys, SealContext } from '../keys/keys.ts';
import type { SecretProvider, Value } from './provider.ts';
import { additionEvent } from './secret.ts';
import {
  prepareDeleteSecrets,
  prepareInsertSecrets,
  prepareUpdateSecrets,
} from './secrets-changes.store.ts';
import type { ResolvableSecret, StoredSecret } from './secrets.store.ts';

/** Secrets in this database, sealed by these keys. */
export function createDatabaseProvider(
  name: string,
  database: Database,
  audit: Audit,
  keys: Keys,
): SecretProvider {
  const insertSecret = audit.groupedChange(prepareInsertSecrets(database));
  const updateSecret = audit.groupedChange(prepareUpdateSecrets(database));
  const deleteSecret = audit.groupedChange(prepareDeleteSecrets(database));

  return {
    name,
    type: 'database',
    capabilities: {
      create: true,
      update: true,
      delete: true,
      descriptions: true,
      destinations: true,
    },
    origin: null,

    async create(caller, { copiedFrom, ...addition }, value) {
      const id = randomUUID();
      const context = { secretId: id, name: addition.name, valueVersion: 1 };
      const sealed = await keys.seal({ ...context, destinations: addition.destinations }, value);
      return insertSecret(caller, additionEvent(name, { ...addition, copiedFrom }), {
        ...addition,
        id,
        provider: name,
        standing: copiedFrom === undefined ? 'used' : 'shadowed',
        valueVersion: 1,
        sealed,
        createdBy: signatureOf(caller),
      });
    },

    read: async (found) => found,

    async update(caller, seen, { fields, seal, value, ...after }) {
      const resealed = seal === 'keep' ? undefined : await reseal(seen, value, after.destinations);
      return updateSecret(
        caller,
        { action: 'secret.updated', subject: seen.metadata.name, fields },
        {
          ...after,
          id: seen.id,
          version: seen.metadata.version,
          updatedBy: signatureOf(caller),
          resealed,
          isNewValue: value !== undefined,
        },
      );
    },

    delete: (caller, seen, lastReference) =>
      deleteSecret(
        caller,
        { action: 'secret.deleted', subject: seen.metadata.name },
        { ...seen, lastReference },
      ),

    resolve: async (found) => open(found),

    async bind() {
      throw new Problem('provider-cannot', {
        detail: `The provider ${name} seals destinations together with the value: set a new value to name others.`,
        allow: [],
      });
    },

    keepInStep: async () => {},
    // Whoever can ask has a database: without one, no request is answered.
    health: async () => ({ status: 'up', reason: null }),
    close: async () => {},
  };

  /** Seals the new value, or the stored one once more, for the destinations that will hold from now on. */
  async function reseal(
    seen: StoredSecret,
    value: Value | undefined,
    destinations: readonly string[],
  ) {
    const valueVersion = seen.valueVersion + 1;
    const after = { ...contextOf(seen), valueVersion, destinations };
    if (value !== undefined) return { valueVersion, sealed: await keys.seal(after, value) };
    const stored = open(seen);
    try {
      return { valueVersion, sealed: await keys.seal(after, stored) };
    } finally {
      stored.wipe();
    }
  }

  function open(stored: ResolvableSecret): Value {
    if (stored.sealed === undefined) throw new Problem('secret-unreadable');
    return keys.open(contextOf(stored), stored.sealed);
  }
}

function contextOf({ id, metadata, valueVersion }: ResolvableSecret): SealContext {
  return { secretId: id, name: metadata.name, valueVersion, destinations: metadata.destinations };
}
