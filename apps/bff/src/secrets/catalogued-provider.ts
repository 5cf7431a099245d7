/**
 * @file Makes a provider of whatever holds values elsewhere: adds the trail, and the catalogue with what the other side
 * does not keep (description, destinations, last use). The other side is asked at every use, update and deletion; the
 * catalogue only says what there is to see.
 *
 * The two sides cannot commit together. So that nothing happens unrecorded (P6) an event tells of a change before it is
 * asked for, and another of what came of it: a process that is killed in between leaves the first one.
 */
import { randomUUID, type KeyObject } from 'node:crypto';
import { isWidened } from '@dropsafe/contract/destinations';
import { providerFailures } from '@dropsafe/contract/providers';
import { secretStates } from '@dropsafe/contract/secrets';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { signatureOf, type Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import { Problem } from '../base/problem.ts';
import {
  keepCatalogueInStep,
  noteGone,
  noteOutsideSecret,
  readCatalogueMoment,
  unbindGone,
  type Clash,
} from './catalogue.store.ts';
import { areBound, destinationsMacOf } from './destinations-mac.ts';
import { ProviderFailure, type OutsideProvider, type OutsideSecret } from './outside-provider.ts';
import type { SecretProvider } from './provider.ts';
import { additionEvent, commonDestinations } from './secret.ts';
import {
  prepareForgetSecrets,
  prepareInsertSecrets,
  prepareUpdateSecrets,
  type SecretChange,
} from './secrets-changes.store.ts';
import {
  prepareFindSecret,
  prepareFindStoredSecretIn,
  type IdentifiedSecret,
  type ResolvableSecret,
  type StoredSecret,
} from './secrets.store.ts';

/** What all catalogued providers of a node share. */
export interface Catalogue {
  database: Database;
  audit: Audit;
  log: Log;
  /** Of the MACs of destinations. */
  key: KeyObject;
  /** The names of all providers in their order. */
  order: readonly string[];
  /** Is told of all secrets that are there and not used. */
  onClashes: (clashes: readonly Clash[]) => void;
}

/** A list that has not changed since is compared with the rows again after this, because other nodes write them, too. */
const comparedForMs = 60_000;

/** Makes a provider of what holds values elsewhere. */
export function createCataloguedProvider(
  name: string,
  outside: OutsideProvider,
  { database, audit, log, key, order, onClashes }: Catalogue,
): SecretProvider {
  const insertSecret = audit.groupedChange(prepareInsertSecrets(database));
  const updateSecret = audit.groupedChange(prepareUpdateSecrets(database));
  const forgetSecret = audit.groupedChange(prepareForgetSecrets(database));
  const findSecret = prepareFindSecret(database);
  const findStoredSecret = prepareFindStoredSecretIn(database);
  // Only where something can be changed through Dropsafe is a revision one of all nodes: files and variables are each node's own.
  const isShared = outside.capabilities.update || outside.capabilities.delete;
  let compared: { text: string; revisions: Map<string, string | null>; at: number } | undefined;
  let failure: string | undefined;

  /** Asks the other side, and tells the log when that begins to fail and when it is over. */
  async function ask<T>(work: () => Promise<T>): Promise<T> {
    try {
      const answer = await work();
      if (failure !== undefined) log.info('provider.up', { provider: name });
      failure = undefined;
      return answer;
    } catch (error) {
      if (!(error instanceof ProviderFailure)) throw error;
      const { reason } = error;
      if (failure !== reason) log.error('provider.failed', error, { provider: name, reason });
      failure = reason;
      throw new Problem(
        'provider-unavailable',
        {
          detail: `The provider ${name} does not do it. ${providerFailures[reason]} If this was a change, look first whether it was made.`,
        },
        { cause: error },
      );
    }
  }

  /** A change on the other side, between the two events that tell of it. Undefined when nothing came of it. */
  async function changeOutside(
    caller: Caller,
    secretName: string,
    change: () => ReturnType<OutsideProvider['update']>,
  ): Promise<OutsideSecret | undefined> {
    const subject = `${secretName}/${name}`;
    await audit.recordAlone(caller, { action: 'secret.change-started', subject });
    let secret: OutsideSecret | undefined;
    try {
      const changed = await ask(change);
      secret = changed.kind === 'changed' ? changed.secret : undefined;
    } catch (error) {
      await audit.recordAlone(caller, { action: 'secret.change-failed', subject });
      throw error;
    }
    if (secret === undefined)
      await audit.recordAlone(caller, { action: 'secret.change-failed', subject });
    return secret;
  }

  const boundOf = ({ id, metadata }: Pick<ResolvableSecret, 'id' | 'metadata'>) => ({
    secretId: id,
    provider: name,
    name: metadata.name,
    destinations: metadata.destinations,
  });

  function demandBound(stored: ResolvableSecret): void {
    if (areBound(key, boundOf(stored), stored.destinationsMac)) return;
    log.warn('secret.destinations-altered', { secretId: stored.id, provider: name });
    throw new Problem('secret-unreadable', {
      detail:
        'Its destinations were altered in the database. Set a new value; the operator finds the cause in the log.',
    });
  }

  /**
   * Writes the row of a change that was made, whoever else touches it at the same time. Whoever has replaced the value since
   * has the last word on it: the destinations of one value must not become those of another (P2).
   */
  async function writeChange(
    caller: Caller,
    event: AuditEvent,
    seen: StoredSecret,
    change: Omit<SecretChange, 'id' | 'version' | 'updatedBy'> & {
      elsewhere: NonNullable<SecretChange['elsewhere']>;
    },
  ): Promise<IdentifiedSecret> {
    const known = [null, seen.revision, change.elsewhere.revision];
    let row: StoredSecret | undefined = seen;
    for (let attempts = 0; row !== undefined && attempts < 100; attempts += 1) {
      if (!known.includes(row.revision)) break;
      const written = await updateSecret(caller, event, {
        ...change,
        id: row.id,
        version: row.metadata.version,
        updatedBy: signatureOf(caller),
      });
      if (written !== undefined) return written;
      row = await findStoredSecret(name, seen.metadata.name);
    }
    // Somebody replaced or deleted it right after: the change was made all the same, and the trail tells of it.
    await audit.recordAlone(caller, event);
    return row ?? seen;
  }

  /** Lets the value be sent to fewer places, while it is still the one that was seen. */
  async function narrow(
    caller: Caller,
    seen: StoredSecret,
    destinations: string[],
  ): Promise<StoredSecret | undefined> {
    const destinationsMac = destinationsMacOf(key, { ...boundOf(seen), destinations });
    const written = await updateSecret(
      caller,
      { action: 'secret.updated', subject: seen.metadata.name, fields: ['destinations'] },
      {
        id: seen.id,
        version: seen.metadata.version,
        updatedBy: signatureOf(caller),
        description: seen.metadata.description,
        destinations,
        elsewhere: { revision: seen.revision, destinationsMac },
        isNewValue: false,
      },
    );
    return written && { ...seen, metadata: written.metadata, destinationsMac };
  }

  return {
    name,
    type: outside.type,
    capabilities: outside.capabilities,
    origin: outside.origin,

    async create(caller, { copiedFrom, ...addition }, value) {
      const taken =
        copiedFrom === undefined
          ? await findSecret(addition.name)
          : await findStoredSecret(name, addition.name);
      if (taken !== undefined) return undefined;
      await unbindGone(database, name, addition.name);
      const secret = await changeOutside(caller, addition.name, () =>
        outside.create(addition.name, value),
      );
      if (secret === undefined) return undefined;
      const event = additionEvent(name, { ...addition, copiedFrom });
      const id = randomUUID();
      const { description, destinations } = addition;
      const macOf = (secretId: string) =>
        destinationsMacOf(key, { secretId, provider: name, name: addition.name, destinations });
      const inserted = await insertSecret(caller, event, {
        ...addition,
        id,
        provider: name,
        standing: copiedFrom === undefined ? 'used' : 'shadowed',
        valueVersion: 1,
        revision: secret.revision,
        destinationsMac: macOf(id),
        createdBy: signatureOf(caller),
      });
      if (inserted !== undefined) return inserted;
      // The list may have been quicker, and have put it into the catalogue already.
      const listed = await findStoredSecret(name, addition.name);
      if (listed !== undefined) {
        const elsewhere = { revision: secret.revision, destinationsMac: macOf(listed.id) };
        const change = { description, destinations, elsewhere, isNewValue: true };
        return writeChange(caller, event, listed, change);
      }
      // Somebody took the name in another provider in the same instant: this one is taken back.
      const { revision } = secret;
      if (outside.capabilities.delete && revision !== null)
        await changeOutside(caller, addition.name, () => outside.delete(addition.name, revision));
      return undefined;
    },

    async read(found) {
      const secret = await ask(() => outside.read(found.metadata.name));
      if (secret === undefined) {
        await noteGone(database, found.id);
        return undefined;
      }
      const { version, state } = found.metadata;
      const revision = isShared ? secret.revision : null;
      const isSame = revision === null || revision === found.revision;
      if (secret.state === state && isSame) return found;
      await noteOutsideSecret(database, name, { id: found.id, version }, { ...secret, revision });
      return findStoredSecret(name, found.metadata.name);
    },

    async update(caller, seen, { fields, seal, value, description, destinations, lastReference }) {
      const event: AuditEvent = { action: 'secret.updated', subject: seen.metadata.name, fields };
      const after = { ...boundOf(seen), destinations };
      const destinationsMac = destinationsMacOf(key, after);
      if (value === undefined) {
        if (seal === 'reseal') demandBound(seen);
        return updateSecret(caller, event, {
          id: seen.id,
          version: seen.metadata.version,
          updatedBy: signatureOf(caller),
          description,
          destinations,
          ...(seal === 'reseal' && { elsewhere: { revision: seen.revision, destinationsMac } }),
          isNewValue: false,
          lastReference,
        });
      }
      // The new value is there before the row is written: in between it may go only where both lists say (P2).
      const common = commonDestinations(seen.metadata.destinations, destinations);
      let before: StoredSecret | undefined = seen;
      if (isWidened(common, seen.metadata.destinations)) {
        before = await narrow(caller, seen, common);
        if (before === undefined) return undefined;
      }
      const secret = await changeOutside(caller, seen.metadata.name, () =>
        outside.update(seen.metadata.name, seen.revision ?? '', value),
      );
      if (secret === undefined) return undefined;
      const elsewhere = { revision: secret.revision, destinationsMac };
      const change = { description, destinations, elsewhere, isNewValue: true };
      return writeChange(caller, event, before, change);
    },

    async delete(caller, seen) {
      const secret = await changeOutside(caller, seen.metadata.name, () =>
        outside.delete(seen.metadata.name, seen.revision ?? ''),
      );
      if (secret === undefined) return undefined;
      const event: AuditEvent = { action: 'secret.deleted', subject: seen.metadata.name };
      // Where the list was quicker the row is gone already, and the event is left to write.
      if ((await forgetSecret(caller, event, { id: seen.id })) === undefined)
        await audit.recordAlone(caller, event);
      return true;
    },

    async resolve(found) {
      demandBound(found);
      const resolved = await ask(() => outside.resolve(found.metadata.name));
      switch (resolved.kind) {
        case 'missing':
          throw new Problem('not-found');
        case 'unusable':
          throw new Problem('secret-unusable', { detail: secretStates[resolved.state] });
        case 'value': {
          // Somebody may have replaced the value in between, for other destinations.
          const now = await findStoredSecret(name, found.metadata.name);
          const { destinations } = found.metadata;
          if (now?.id === found.id && String(now.metadata.destinations) === String(destinations))
            return resolved.value;
          resolved.value.wipe();
          return undefined;
        }
      }
    },

    bind(caller, seen, { fields, description, destinations }) {
      const destinationsMac = destinationsMacOf(key, { ...boundOf(seen), destinations });
      return updateSecret(
        caller,
        { action: 'secret.bound', subject: `${seen.metadata.name}/${name}`, fields },
        {
          id: seen.id,
          version: seen.metadata.version,
          updatedBy: signatureOf(caller),
          description,
          destinations,
          ...(fields.includes('destinations') && {
            elsewhere: { revision: seen.revision, destinationsMac },
          }),
          isNewValue: false,
        },
      );
    },

    async keepInStep() {
      const { now: since, count } = await readCatalogueMoment(database, name);
      const byName = new Map((await ask(() => outside.list())).map((each) => [each.name, each]));
      const list = [...byName.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
      const revisions = new Map(list.map((secret) => [secret.name, secret.revision]));
      const text = JSON.stringify(list);
      const isKnown = compared?.text === text && list.length === count;
      if (isKnown && compared !== undefined && Date.now() < compared.at + comparedForMs) return;
      const before = compared?.revisions;
      const { found, changed, gone, clashes } = await keepCatalogueInStep(
        database,
        name,
        list.map(({ revision, ...secret }) => {
          if (isShared) return { ...secret, revision, isOther: false };
          const seen = before?.get(secret.name) ?? revision;
          return { ...secret, revision: null, isOther: seen !== revision };
        }),
        since,
        order,
      );
      compared = { text, revisions, at: Date.now() };
      if (found + changed + gone > 0)
        log.info('provider.listed', { provider: name, found, changed, gone });
      onClashes(clashes);
    },

    health: () => outside.health(),
    close: () => outside.close(),
  };
}
