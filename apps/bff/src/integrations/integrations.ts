/**
 * @file The front door to integrations: configurations of other systems, which mention secrets. What is saved was checked as a whole:
 * against the declaration of its type, and against every secret that it mentions, as that is at the moment of saving. Who saves needs a
 * permission for secrets as soon as anything that decides about one of them changes: otherwise whoever may edit a configuration could
 * point somebody's secret elsewhere.
 */
import { randomUUID } from 'node:crypto';
import type {
  CopyIntegration,
  CreateIntegration,
  Integration,
  IntegrationPage,
  ListIntegrations,
  UpdateIntegration,
} from '@dropsafe/contract/integrations';
import { canonicalName } from '@dropsafe/contract/names';
import {
  createIntegrations,
  deleteIntegrations,
  listIntegrations as listAny,
  readIntegrations,
  updateIntegrations,
} from '@dropsafe/contract/permissions';
import { SecretNameSchema } from '@dropsafe/contract/secrets';
import type { Audit } from '../audit/audit.ts';
import { signatureOf, type Caller } from '../base/caller.ts';
import { printCursor } from '../base/cursor.ts';
import type { Database, Transaction } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { Problem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import type { References } from '../secrets/secrets.ts';
import type { CheckedConfiguration, Configurations } from './configurations.ts';
import { readIntegrationPage } from './integration-cursor.ts';
import {
  applyPatch,
  changedFields,
  fieldsBySecret,
  isIntegrationId,
  settingsOf,
  subjectOf,
} from './integration.ts';
import {
  countIntegrations,
  deleteIntegration,
  insertIntegration,
  listIntegrations,
  lockIntegration,
  updateIntegration,
} from './integrations.store.ts';

export { createConfigurations, type Configurations } from './configurations.ts';

/** An integration with the entity tag of the version that it describes. */
export interface VersionedIntegration {
  integration: Integration;
  etag: string;
}

/** The operations on integrations. A configuration that is refused throws `validation-failed` with all that is wrong with it. */
export interface Integrations {
  list(caller: Caller, input: ListIntegrations): Promise<IntegrationPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, id: string): Promise<VersionedIntegration>;
  /** Throws `integration-name-taken`, `validation-failed`. */
  create(caller: Caller, input: CreateIntegration): Promise<VersionedIntegration>;
  /** Throws `not-found`, `integration-changed`, `integration-name-taken`, `validation-failed`. */
  update(
    caller: Caller,
    id: string,
    ifMatch: string | undefined,
    patch: UpdateIntegration,
  ): Promise<VersionedIntegration>;
  /** Throws `not-found`, `integration-changed`. */
  delete(caller: Caller, id: string, ifMatch: string | undefined): Promise<void>;
  /** Creates one with the configuration of another, as if it was typed. Throws `not-found`, `integration-name-taken`, `validation-failed`. */
  copy(caller: Caller, id: string, input: CopyIntegration): Promise<VersionedIntegration>;
}

/** Thrown inside of a transaction to have everything decided anew. */
class Overtaken extends Error {}

/** Integrations in this database. */
export function createIntegrationsDoor(
  { queries }: Database,
  audit: Audit,
  permissions: Permissions,
  references: References,
  configurations: Configurations,
): Integrations {
  /** Lastly looks whether the secrets are still those that the configuration was checked against, and writes what it mentions. */
  function writeReferences(
    tx: Transaction,
    lastly: (step: () => Promise<void>) => void,
    { id, name }: Integration,
    { read, seen }: CheckedConfiguration,
  ): void {
    const { target } = read;
    const mentions = [...fieldsBySecret(read)].flatMap(([secret, fields]) =>
      target === undefined ? [] : [{ secretName: SecretNameSchema.parse(secret), fields, target }],
    );
    lastly(async () => {
      if (!(await seen.areAsSeen(tx))) throw new Overtaken();
      await references.replace(tx, { id, name, canonicalName: canonicalName(name) }, mentions);
    });
  }

  async function add(
    caller: Caller,
    { type, ...input }: CreateIntegration,
    copiedFrom?: string,
  ): Promise<VersionedIntegration> {
    return untilNotOvertaken(async () => {
      const checked = await configurations.check(
        caller,
        'a new integration',
        type,
        input.fields,
        new Set(),
      );
      const { fields } = checked.read;
      const integration = await audit.change(caller, async (tx, tell, lastly) => {
        const added = await insertIntegration(tx, {
          ...input,
          fields,
          type,
          id: randomUUID(),
          createdBy: signatureOf(caller),
        });
        writeReferences(tx, lastly, added, checked);
        if (copiedFrom === undefined)
          tell({
            action: 'integration.created',
            subject: added.name,
            fields: changedFields({}, fields),
          });
        else tell({ action: 'integration.copied', subject: `${copiedFrom}/${added.name}` });
        return added;
      });
      return versioned(integration);
    });
  }

  /** The integration as it is, after the version was compared. */
  function demandVersion(found: Integration | undefined, ifMatch: string | undefined): Integration {
    if (found === undefined) throw new Problem('not-found');
    if (!isMatch(ifMatch, etagOf(found.id, found.version)))
      throw new Problem('integration-changed');
    return found;
  }

  return {
    async list(caller, input) {
      await permissions.demand(caller, listAny, 'integrations');
      const page = readIntegrationPage(input);
      const [found, total] = await Promise.all([
        listIntegrations(queries, { ...page, limit: page.limit + 1 }),
        page.after === undefined ? countIntegrations(queries, page.q) : page.after.total,
      ]);
      const shown = found.slice(0, page.limit);
      const last = found.length > page.limit ? shown.at(-1) : undefined;
      const { sort, q } = page;
      return {
        items: shown.map(({ row }) => row),
        nextCursor: last ? printCursor({ sort, q, key: last.key, id: last.row.id, total }) : null,
        total,
      };
    },

    async describe(caller, id) {
      await permissions.demand(caller, readIntegrations, subjectOf(id));
      return versioned(await configurations.find(id));
    },

    async create(caller, input) {
      await permissions.demand(caller, createIntegrations, 'a new integration');
      return add(caller, input);
    },

    async update(caller, id, ifMatch, patch) {
      await permissions.demand(caller, updateIntegrations, subjectOf(id));
      return untilNotOvertaken(async () => {
        const before = demandVersion(await configurations.find(id), ifMatch);
        const { type } = before;
        const checked =
          patch.fields &&
          (await configurations.check(
            caller,
            subjectOf(id),
            type,
            patch.fields,
            settingsOf(before),
          ));
        const after = applyPatch(before, patch, checked?.read.fields ?? before.fields);
        const fields = [
          ...(after.description === before.description ? [] : (['description'] as const)),
          ...changedFields(before.fields, after.fields),
        ];
        const isRenamed = after.name !== before.name;
        const isSwitched = after.isDisabled !== before.isDisabled;
        if (fields.length === 0 && !isRenamed && !isSwitched) return versioned(before);
        const integration = await audit.change(caller, async (tx, tell, lastly) => {
          const locked = demandVersion(await lockIntegration(tx, id), undefined);
          // Whoever was quicker has changed what the permission was decided on.
          if (locked.version !== before.version) throw new Overtaken();
          const written = await updateIntegration(tx, id, {
            ...after,
            updatedBy: signatureOf(caller),
          });
          if (checked !== undefined) writeReferences(tx, lastly, written, checked);
          else if (isRenamed)
            await references.rename(tx, {
              id,
              name: written.name,
              canonicalName: canonicalName(written.name),
            });
          if (isRenamed)
            tell({ action: 'integration.renamed', subject: `${before.name}/${after.name}` });
          if (fields.length > 0)
            tell({ action: 'integration.updated', subject: after.name, fields });
          if (isSwitched)
            tell({
              action: after.isDisabled ? 'integration.disabled' : 'integration.enabled',
              subject: after.name,
            });
          return written;
        });
        return versioned(integration);
      });
    },

    async delete(caller, id, ifMatch) {
      await permissions.demand(caller, deleteIntegrations, subjectOf(id));
      if (!isIntegrationId(id)) throw new Problem('not-found');
      await audit.change(caller, async (tx, tell) => {
        const { name } = demandVersion(await lockIntegration(tx, id), ifMatch);
        await references.replace(tx, { id, name, canonicalName: canonicalName(name) }, []);
        await deleteIntegration(tx, id);
        tell({ action: 'integration.deleted', subject: name });
      });
    },

    async copy(caller, id, { name }) {
      await permissions.demand(caller, createIntegrations, subjectOf(id));
      const { name: from, type, description, isDisabled, fields } = await configurations.find(id);
      return add(caller, { name, type, description, isDisabled, fields }, from);
    },
  };
}

function versioned(integration: Integration): VersionedIntegration {
  return { integration, etag: etagOf(integration.id, integration.version) };
}

/** Repeats a change that was decided on what is another by now. Each time somebody else has got something done. */
async function untilNotOvertaken<T>(attempt: () => Promise<T>): Promise<T> {
  for (let attempts = 0; attempts < 100; attempts += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof Overtaken)) throw error;
    }
  }
  throw new Problem('overloaded');
}
