/**
 * @file Secrets as requests carry them: found and opened anew for every one of them, and counted. Nothing of it is remembered, so a change
 * that was answered is the one that the next request uses (P4).
 */
import type { SecretName, SecretState } from '@dropsafe/contract/secrets';
import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import type { Log } from '../base/log.ts';
import type { Value } from './provider.ts';
import type { Providers } from './providers.ts';
import { isSecretName } from './secret.ts';
import { prepareFindResolvable } from './secrets.store.ts';
import { createTellUnreadable } from './tell-unreadable.ts';
import { createUseCounts } from './use-counts.ts';

/** A secret as a request would carry it, at the moment at which it was found. There is no value in it. */
export interface UsableSecret {
  id: string;
  name: SecretName;
  state: SecretState;
  destinations: readonly string[];
  /**
   * The value, for one use; whoever asks wipes it. Undefined when the secret is another by now: find it anew. Throws `not-found`,
   * `secret-unreadable` (which is recorded), `secret-unusable`, `provider-unavailable`.
   */
  open(): Promise<Value | undefined>;
}

/** Uses of secrets, for the room that makes requests. It has demanded what there is to demand. */
export interface SecretUses {
  /** Those of these secrets that are there, as they are at this moment: one query by the unique index on the name. */
  find(caller: Caller, names: readonly string[]): Promise<UsableSecret[]>;
  /**
   * Counts what came of a request that was to carry them; `integrationId` null for a configuration that is not saved. Never
   * waits, never throws; written within 5 s.
   */
  count(
    secrets: readonly UsableSecret[],
    integrationId: string | null,
    hasSucceeded: boolean,
  ): void;
  /** Begins to remove counts that are old. */
  start(): void;
  /** Writes the last counts; waits only briefly for a database that was found not to answer. */
  close(isAnswering?: boolean): Promise<void>;
}

/** Uses of the secrets in these providers. */
export function createSecretUses(
  database: Database,
  audit: Audit,
  providers: Providers,
  log: Log,
): SecretUses {
  // The look-ups of one moment share one query, all names of a request among them.
  const findResolvable = prepareFindResolvable(database);
  const tellUnreadable = createTellUnreadable(audit);
  const counts = createUseCounts(database, log);

  async function findUsable(caller: Caller, names: readonly SecretName[]): Promise<UsableSecret[]> {
    const found = await Promise.all(names.map(findResolvable));
    return found.flatMap((stored) => {
      if (stored === undefined) return [];
      const provider = providers.find(stored.metadata.provider);
      if (provider === undefined) return [];
      const { name, state, destinations } = stored.metadata;
      const open = () => provider.resolve(stored).catch(tellUnreadable(caller, name));
      return { id: stored.id, name, state, destinations, open };
    });
  }

  return {
    async find(caller, names) {
      const wanted = [...new Set(names.filter(isSecretName))];
      const found = await findUsable(caller, wanted);
      if (found.length === wanted.length) return found;
      await providers.refresh();
      return findUsable(caller, wanted);
    },
    count: (secrets, integrationId, hasSucceeded) =>
      counts.count(
        secrets.map(({ id }) => id),
        integrationId,
        hasSucceeded,
      ),
    start: () => counts.start(),
    close: (isAnswering) => counts.close(isAnswering),
  };
}
