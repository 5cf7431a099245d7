/**
 * @file The front door to secrets. Every operation takes the caller first and begins by demanding the permission; the
 * change and its audit event are one transaction. No operation answers with a value: metadata is all there is to give.
 */
import { randomUUID } from 'node:crypto';
import {
  createSecrets,
  deleteSecrets,
  readSecrets,
  updateSecrets,
} from '@dropsafe/contract/permissions';
import type {
  CreateSecret,
  ListSecrets,
  SecretMetadata,
  SecretPage,
  UpdateSecret,
} from '@dropsafe/contract/secrets';
import type { Audit } from '../audit/audit.ts';
import { signatureOf, type Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { printCursor } from '../base/cursor.ts';
import { Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { Keys } from '../keys/keys.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { parseCursor } from './cursor.ts';
import { decideChange, isSecretName, subjectOf } from './secret.ts';
import {
  keyOf,
  prepareCountSecrets,
  prepareDeleteSecrets,
  prepareInsertSecrets,
  prepareFindSealedSecret,
  prepareFindSecret,
  prepareListSecrets,
  prepareUpdateSecrets,
  type IdentifiedSecret,
  type SealedSecret,
} from './secrets.store.ts';

/** Metadata with the entity tag of the version that it describes. */
export interface VersionedSecret {
  metadata: SecretMetadata;
  etag: string;
}

/** A value on its way in. */
type NewValue = Redacted<Uint8Array>;

/** The operations on secrets. */
export interface Secrets {
  list(caller: Caller, input: ListSecrets): Promise<SecretPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, name: string): Promise<VersionedSecret>;
  /** Throws `secret-name-taken`. */
  create(
    caller: Caller,
    input: Omit<CreateSecret, 'value'> & { value: NewValue },
  ): Promise<VersionedSecret>;
  /** Throws `not-found`, `secret-changed`, `destinations-widened`, `secret-unreadable`. */
  update(
    caller: Caller,
    name: string,
    ifMatch: string | undefined,
    patch: Omit<UpdateSecret, 'value'> & { value?: NewValue },
  ): Promise<VersionedSecret>;
  /** Throws `not-found`, `secret-changed`. */
  delete(caller: Caller, name: string, ifMatch: string | undefined): Promise<void>;
}

/** Secrets in this database, sealed by these keys. */
export function createSecretsDoor(
  database: Database,
  audit: Audit,
  permissions: Permissions,
  keys: Keys,
): Secrets {
  const findSecret = prepareFindSecret(database);
  const listSecrets = prepareListSecrets(database);
  const countSecrets = prepareCountSecrets(database);
  const findSealedSecret = prepareFindSealedSecret(database);
  const insertSecret = audit.groupedChange(prepareInsertSecrets(database));
  const updateSecret = audit.groupedChange(prepareUpdateSecrets(database));
  const deleteSecret = audit.groupedChange(prepareDeleteSecrets(database));

  /** The secret as it is, after the version was compared. A change names what was seen here. */
  async function findForChange(name: string, ifMatch: string | undefined): Promise<SealedSecret> {
    const secret = isSecretName(name) ? await findSealedSecret(name) : undefined;
    if (secret === undefined) throw new Problem('not-found');
    if (!isMatch(ifMatch, etagOf(secret.id, secret.metadata.version)))
      throw new Problem('secret-changed');
    return secret;
  }

  return {
    async list(caller, input) {
      await permissions.demand(caller, readSecrets, 'secrets');
      const cursor =
        input.cursor === undefined
          ? undefined
          : parseCursor(input.cursor, { sort: input.sort, q: input.q });
      const { sort, q } = cursor ?? { sort: input.sort ?? 'name', q: input.q ?? '' };
      // One row more than asked for tells whether there is a next page.
      const [rows, total] = await Promise.all([
        listSecrets({ sort, q, limit: input.limit + 1, after: cursor }),
        cursor === undefined ? countSecrets(q) : cursor.total,
      ]);
      const items = rows.slice(0, input.limit);
      const last = rows.length > input.limit ? items.at(-1) : undefined;
      const nextCursor = last
        ? printCursor({ sort, q, key: keyOf(sort, last), name: last.name, total })
        : null;
      return { items, nextCursor, total };
    },

    async describe(caller, name) {
      await permissions.demand(caller, readSecrets, subjectOf(name));
      const secret = isSecretName(name) ? await findSecret(name) : undefined;
      if (secret === undefined) throw new Problem('not-found');
      return versioned(secret);
    },

    async create(caller, { value, ...input }) {
      await permissions.demand(caller, createSecrets, input.name);
      const id = randomUUID();
      const valueVersion = 1;
      const sealed = await keys.seal(
        { secretId: id, name: input.name, valueVersion, destinations: input.destinations },
        value,
      );
      const fields = [
        'value' as const,
        ...(input.description === null ? [] : ['description' as const]),
        ...(input.destinations.length === 0 ? [] : ['destinations' as const]),
      ];
      const secret = await insertSecret(
        caller,
        { action: 'secret.created', subject: input.name, fields },
        { ...input, id, valueVersion, sealed, createdBy: signatureOf(caller) },
      );
      if (secret === undefined)
        throw new Problem('secret-name-taken', {
          errors: [{ field: 'name', message: 'There is already a secret of this name.' }],
        });
      return versioned(secret);
    },

    async update(caller, name, ifMatch, { value, ...patch }) {
      await permissions.demand(caller, updateSecrets, subjectOf(name));
      return untilFirst(async () => {
        const current = await findForChange(name, ifMatch);
        const change = decideChange(current.metadata, { ...patch, hasValue: value !== undefined });
        switch (change.kind) {
          case 'widened':
            throw new Problem('destinations-widened', {
              errors: [
                {
                  field: 'destinations',
                  message: 'Enter the value again to send it to further destinations.',
                },
              ],
            });
          case 'unchanged':
            await audit.recordAlone(caller, { action: 'secret.update-unchanged', subject: name });
            return versioned(current);
          case 'change': {
            const { description = current.metadata.description } = patch;
            const { destinations = current.metadata.destinations } = patch;
            const resealed =
              change.seal === 'keep' ? undefined : await reseal(current, value, destinations);
            const { fields } = change;
            const secret = await updateSecret(
              caller,
              { action: 'secret.updated', subject: name, fields },
              {
                id: current.id,
                version: current.metadata.version,
                updatedBy: signatureOf(caller),
                description,
                destinations,
                resealed,
                isNewValue: value !== undefined,
              },
            );
            return secret && versioned(secret);
          }
        }
      }).catch(async (error: unknown) => {
        if (error instanceof Problem && error.code === 'secret-unreadable')
          await audit.recordAlone(caller, { action: 'secret.unreadable', subject: name });
        throw error;
      });
    },

    async delete(caller, name, ifMatch) {
      await permissions.demand(caller, deleteSecrets, subjectOf(name));
      await untilFirst(async () => {
        const seen = await findForChange(name, ifMatch);
        return deleteSecret(caller, { action: 'secret.deleted', subject: name }, seen);
      });
    },
  };

  /** Seals the new value, or the stored one once more, for the destinations that will hold from now on. */
  async function reseal(
    current: SealedSecret,
    value: NewValue | undefined,
    destinations: readonly string[],
  ) {
    const { id: secretId, metadata, valueVersion, sealed } = current;
    const before = {
      secretId,
      name: metadata.name,
      valueVersion,
      destinations: metadata.destinations,
    };
    const after = { ...before, valueVersion: valueVersion + 1, destinations };
    if (value !== undefined)
      return { valueVersion: after.valueVersion, sealed: await keys.seal(after, value) };
    const stored = keys.open(before, sealed);
    try {
      return { valueVersion: after.valueVersion, sealed: await keys.seal(after, stored) };
    } finally {
      stored.wipe();
    }
  }
}

/**
 * Repeats a change that was decided on a version which somebody else has replaced by now. Each time one of those who
 * compete has won, so that nobody competes for long.
 */
async function untilFirst<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let attempts = 0; attempts < 100; attempts += 1) {
    const done = await attempt();
    if (done !== undefined) return done;
  }
  throw new Problem('overloaded');
}

function versioned({ id, metadata }: IdentifiedSecret): VersionedSecret {
  return { metadata, etag: etagOf(id, metadata.version) };
}
