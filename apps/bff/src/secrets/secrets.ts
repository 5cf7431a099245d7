/**
 * @file The front door to secrets. Every operation takes the caller first and begins by demanding the permission; the
 * change and its audit event are one transaction. No operation answers with a value: metadata is all there is to give.
 */
import { isCoveredBy } from '@dropsafe/contract/destinations';
import {
  createSecrets,
  deleteSecrets,
  listIntegrations,
  readSecrets,
  updateSecrets,
  type Permission,
} from '@dropsafe/contract/permissions';
import {
  usesDays,
  type BindSecret,
  type CopySecret,
  type CreateSecret,
  type ListReferences,
  type ListSecrets,
  type ReferencePage,
  type SecretMetadata,
  type SecretPage,
  type SecretUses as UsesByDay,
  type UpdateSecret,
} from '@dropsafe/contract/secrets';
import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { printCursor } from '../base/cursor.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import { holds, type Permissions, type Target } from '../permissions/permissions.ts';
import { parseCursor } from './cursor.ts';
import { parseReferenceCursor } from './reference-cursor.ts';
import { countReferences, listReferencesOf } from './reference.store.ts';
import { createDemandUnbroken } from './references.ts';
import type { SecretProvider, Value } from './provider.ts';
import type { Providers } from './providers.ts';
import { decideChange, isSecretName } from './secret.ts';
import { keyOf, prepareCountSecrets, prepareListSecrets } from './secrets-list.store.ts';
import {
  prepareFindNamesakes,
  prepareFindSecret,
  prepareFindStoredSecret,
  prepareFindStoredSecretIn,
  type IdentifiedSecret,
  type StoredSecret,
} from './secrets.store.ts';
import { createTellUnreadable } from './tell-unreadable.ts';
import { findLastUses, listUsesByDay } from './uses.store.ts';

export { createReferences, type References, type SeenSecrets } from './references.ts';
export { createSecretUses, type SecretUses, type UsableSecret } from './uses.ts';

/** No permission lets anybody do it. */
const operatorOnly: readonly Permission[] = [];

/** Metadata with the entity tag of the version that it describes. */
export interface VersionedSecret {
  metadata: SecretMetadata;
  etag: string;
}

/** The operations on secrets. */
export interface Secrets {
  list(caller: Caller, input: ListSecrets): Promise<SecretPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, name: string): Promise<VersionedSecret>;
  /** Throws `secret-name-taken`, `provider-cannot`, `provider-unavailable`. */
  create(
    caller: Caller,
    input: Omit<CreateSecret, 'value'> & { value: Value },
  ): Promise<VersionedSecret>;
  /**
   * With `isForced` also when integrations stop working by it. Throws `not-found`, `secret-changed`, `destinations-widened`,
   * `secret-in-use`, `secret-unreadable`, `provider-cannot`, `provider-unavailable`.
   */
  update(
    caller: Caller,
    name: string,
    ifMatch: string | undefined,
    patch: Omit<UpdateSecret, 'value'> & { value?: Value },
    isForced?: boolean,
  ): Promise<VersionedSecret>;
  /**
   * Deletes the one that is used, or the one of `provider`; with `isForced` also when integrations use it. Throws `not-found`,
   * `secret-in-use`, `secret-changed`, `provider-cannot`, `provider-unavailable`.
   */
  delete(
    caller: Caller,
    name: string,
    ifMatch: string | undefined,
    provider?: string,
    isForced?: boolean,
  ): Promise<void>;
  /** Which integrations use it, and when each last did. Throws `not-found`. */
  listReferences(caller: Caller, name: string, input: ListReferences): Promise<ReferencePage>;
  /** How often it was used on each of the last days. Throws `not-found`. */
  describeUses(caller: Caller, name: string): Promise<UsesByDay>;
  /**
   * Puts the value of one provider into another, with description and destinations. Throws `not-found`, `secret-name-taken`,
   * `destination-not-bound`, `secret-unusable`, `secret-unreadable`, `provider-cannot`, `provider-unavailable`.
   */
  copy(caller: Caller, name: string, input: CopySecret): Promise<VersionedSecret>;
  /**
   * For the operator's terminal only: names where the value may be sent that the operator has put into a provider past Dropsafe.
   * Answers what holds from now on. Throws `not-found`, `provider-cannot`.
   */
  bind(caller: Caller, input: BindSecret): Promise<SecretMetadata>;
}

/** Secrets in these providers. */
export function createSecretsDoor(
  database: Database,
  audit: Audit,
  permissions: Permissions,
  providers: Providers,
): Secrets {
  const findSecret = prepareFindSecret(database);
  const listSecrets = prepareListSecrets(database, providers.names);
  const countSecrets = prepareCountSecrets(database, providers.names);
  const findStoredSecret = prepareFindStoredSecret(database);
  const findStoredSecretIn = prepareFindStoredSecretIn(database);
  const findNamesakes = prepareFindNamesakes(database);
  const demandUnbroken = createDemandUnbroken(database);
  const tellUnreadable = createTellUnreadable(audit);

  /** Tells of each which other providers have one of its name. */
  async function withNamesakes(items: readonly IdentifiedSecret[]): Promise<IdentifiedSecret[]> {
    if (providers.names.length === 1 || items.length === 0) return [...items];
    const byName = await findNamesakes(items.map(({ metadata }) => metadata.name));
    return items.map(({ id, metadata }) => {
      const alsoIn = (byName.get(metadata.name) ?? []).filter(
        (provider) => provider !== metadata.provider && providers.names.includes(provider),
      );
      return { id, metadata: { ...metadata, alsoIn } };
    });
  }

  const versioned = async (secret: IdentifiedSecret): Promise<VersionedSecret> => {
    const [{ id, metadata } = secret] = await withNamesakes([secret]);
    return { metadata, etag: etagOf(id, metadata.version) };
  };

  /** What the trail is told of a refusal: the name of a secret that there is. Any other text may be a value in the wrong place. */
  const secretOf = (name: string): Target => ({
    asked: isSecretName(name) ? name : '',
    findSubject: async () =>
      isSecretName(name) && (await findSecret(name)) !== undefined ? name : 'unknown secret',
  });

  /** What `find` finds, after the catalogue was brought in step when it found nothing. Throws `not-found`. */
  async function demandFound<T extends IdentifiedSecret>(
    find: () => Promise<T | undefined>,
  ): Promise<{ found: T; provider: SecretProvider }> {
    for (const isLast of [false, true]) {
      const found = await find();
      const provider = found && providers.find(found.metadata.provider);
      if (found !== undefined && provider !== undefined) return { found, provider };
      if (!isLast) await providers.refresh();
    }
    throw new Problem('not-found');
  }

  /** The secret as it is, after the version was compared. A change names what was seen here. */
  async function readForChange(
    name: string,
    ifMatch: string | undefined,
    capability: 'update' | 'delete',
    from?: string,
  ): Promise<{ secret: StoredSecret; provider: SecretProvider }> {
    if (!isSecretName(name)) throw new Problem('not-found');
    const { found, provider } = await demandFound(() =>
      from === undefined ? findStoredSecret(name) : findStoredSecretIn(from, name),
    );
    const { capabilities } = provider;
    if (!capabilities[capability])
      throw new Problem('provider-cannot', {
        detail: `The provider ${provider.name} cannot ${capability} secrets.`,
        allow: [
          'GET',
          'HEAD',
          ...(capabilities.update ? ['PATCH'] : []),
          ...(capabilities.delete ? ['DELETE'] : []),
        ],
      });
    const secret = await provider.read(found);
    if (secret === undefined) {
      // Whoever asked meant this one, and not the one of another provider that is used from now on.
      await providers.settle();
      throw new Problem('not-found');
    }
    if (!isMatch(ifMatch, etagOf(secret.id, secret.metadata.version)))
      throw new Problem('secret-changed');
    return { secret, provider };
  }

  return {
    async list(caller, input) {
      await permissions.demand(caller, readSecrets, 'secrets');
      const cursor =
        input.cursor === undefined
          ? undefined
          : parseCursor(input.cursor, {
              sort: input.sort,
              q: input.q,
              provider: input.provider,
              unused: input.unused,
            });
      const { sort, q, provider, unused } = cursor ?? {
        sort: input.sort ?? 'name',
        q: input.q ?? '',
        provider: input.provider,
        unused: input.unused,
      };
      if (provider !== undefined && providers.find(provider) === undefined)
        throw fieldProblem('provider', 'There is no provider of this name.');
      await providers.refresh();
      // One row more than asked for tells whether there is a next page.
      const [rows, total] = await Promise.all([
        listSecrets({ sort, q, provider, unused, limit: input.limit + 1, after: cursor }),
        cursor === undefined ? countSecrets({ q, provider, unused }) : cursor.total,
      ]);
      const items = rows.slice(0, input.limit).map(({ metadata }) => metadata);
      const last = rows.length > input.limit ? items.at(-1) : undefined;
      const nextCursor = last
        ? printCursor({ sort, q, provider, unused, key: keyOf(sort, last), name: last.name, total })
        : null;
      return { items, nextCursor, total };
    },

    async describe(caller, name) {
      await permissions.demand(caller, readSecrets, secretOf(name));
      if (!isSecretName(name)) throw new Problem('not-found');
      for (const isLast of [false, true]) {
        const { found, provider } = await demandFound(() => findSecret(name));
        if (provider.type === 'database') return versioned(found);
        // So that the entity tag is that of the value as it is now; what cannot be asked is shown as it is known.
        const stored = await findStoredSecretIn(provider.name, name);
        const current = await (stored &&
          provider.read(stored).catch((error: unknown) => {
            if (error instanceof Problem && error.code === 'provider-unavailable') return stored;
            throw error;
          }));
        if (current !== undefined) return versioned(current);
        // It is gone: the next provider's is the one that is used from now on.
        if (!isLast) await providers.settle();
      }
      throw new Problem('not-found');
    },

    async create(caller, { value, provider, ...input }) {
      await permissions.demand(caller, createSecrets, 'a new secret');
      const secret = await providers.forCreating(provider).create(caller, input, value);
      if (secret === undefined)
        throw new Problem('secret-name-taken', {
          errors: [{ field: 'name', message: 'There is already a secret of this name.' }],
        });
      return versioned(secret);
    },

    async update(caller, name, ifMatch, { value, ...patch }, isForced = false) {
      await permissions.demand(caller, updateSecrets, secretOf(name));
      return untilFirst(async () => {
        const { secret: current, provider } = await readForChange(name, ifMatch, 'update');
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
            const { fields, seal } = change;
            const before = current.metadata.destinations;
            const isNarrowed = fields.includes('destinations') && current.metadata.isUsed;
            const lastReference =
              isNarrowed && !isForced
                ? await demandUnbroken(caller, current.metadata.name, {
                    before,
                    after: destinations,
                  })
                : undefined;
            const after = { fields, seal, value, description, destinations, lastReference };
            const secret = await provider.update(caller, current, after);
            return secret && versioned(secret);
          }
        }
      }).catch(tellUnreadable(caller, name));
    },

    async delete(caller, name, ifMatch, from, isForced = false) {
      await permissions.demand(caller, deleteSecrets, secretOf(name));
      await untilFirst(async () => {
        const { secret, provider } = await readForChange(name, ifMatch, 'delete', from);
        // On one that is not used nothing depends.
        const isAsked = secret.metadata.isUsed && !isForced;
        const lastReference = isAsked
          ? await demandUnbroken(caller, secret.metadata.name)
          : undefined;
        return provider.delete(caller, secret, lastReference);
      });
      await providers.settle();
    },

    async listReferences(caller, name, { limit, cursor }) {
      await permissions.demand(caller, readSecrets, secretOf(name));
      if (!isSecretName(name)) throw new Problem('not-found');
      const { found: secret } = await demandFound(() => findSecret(name));
      const after = cursor === undefined ? undefined : parseReferenceCursor(cursor, name);
      const [total, found] = await Promise.all([
        countReferences(database.queries, name),
        holds(caller, listIntegrations)
          ? listReferencesOf(database.queries, name, { limit: limit + 1, after })
          : [],
      ]);
      const shown = found.slice(0, limit);
      const last = found.length > limit ? shown.at(-1) : undefined;
      const lastUses = await findLastUses(
        database.queries,
        secret.id,
        shown.map(({ integration }) => integration.id),
      );
      return {
        items: shown.map(({ integration, fields }) => ({
          integration,
          fields,
          lastUsedAt: lastUses.get(integration.id) ?? null,
        })),
        nextCursor: last ? printCursor({ secret: name, after: last.canonicalName }) : null,
        total,
      };
    },

    async describeUses(caller, name) {
      await permissions.demand(caller, readSecrets, secretOf(name));
      if (!isSecretName(name)) throw new Problem('not-found');
      const { found } = await demandFound(() => findSecret(name));
      return { days: await listUsesByDay(database.queries, found.id, usesDays) };
    },

    async copy(caller, name, { from, to }) {
      await permissions.demand(caller, createSecrets, secretOf(name));
      if (!isSecretName(name)) throw new Problem('not-found');
      if (providers.find(from) === undefined)
        throw fieldProblem('from', 'There is no provider of this name.');
      const target = providers.forCreating(to, 'to');
      const { value, destinations, description } = await untilFirst(async () => {
        const { found, provider } = await demandFound(() => findStoredSecretIn(from, name));
        const { metadata } = found;
        if (target.origin !== null && !isCoveredBy(target.origin, metadata.destinations))
          throw new Problem('destination-not-bound');
        const resolved = await provider.resolve(found);
        return resolved && { ...metadata, value: resolved };
      }).catch(tellUnreadable(caller, name));
      try {
        const addition = { name, description, destinations, copiedFrom: from };
        const secret = await target.create(caller, addition, value);
        if (secret === undefined)
          throw new Problem('secret-name-taken', {
            detail: `The provider ${to} already has a secret of this name.`,
          });
        await providers.settle();
        const copied = await findStoredSecretIn(to, name);
        return versioned(copied ?? secret);
      } finally {
        value.wipe();
      }
    },

    async bind(caller, { name, provider: from, ...input }) {
      await permissions.demand(caller, operatorOnly, secretOf(name));
      return untilFirst(async () => {
        const provider = providers.find(from);
        if (provider === undefined)
          throw fieldProblem('provider', 'There is no provider of this name.');
        const seen = await findStoredSecretIn(from, name);
        if (seen === undefined)
          throw new Problem('not-found', {
            detail:
              'There is no secret of this name in this provider, as far as the nodes have seen.',
          });
        const { description = seen.metadata.description } = input;
        const { destinations = seen.metadata.destinations } = input;
        // What is named again is bound again, so that a list that was altered can be mended.
        const fields = (['description', 'destinations'] as const).filter(
          (field) => input[field] !== undefined,
        );
        const bound = await provider.bind(caller, seen, { fields, description, destinations });
        return bound?.metadata;
      });
    },
  };
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
