/**
 * @file Which integrations use which secrets: what saving one asks and writes, and what stops a change of a secret that would break
 * them. A change of secrets and the saving of an integration can meet; each looks once more at the end, when
 * the chain of the trail lets no other change in, and decides anew when the other one was quicker.
 */
import { judgeTarget } from '@dropsafe/contract/destinations';
import type { SecretKnowledge } from '@dropsafe/contract/expression-check';
import { listIntegrations } from '@dropsafe/contract/permissions';
import { knowledgeOf } from '@dropsafe/contract/secret-knowledge';
import type { SecretName } from '@dropsafe/contract/secrets';
import type { Caller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { holds } from '../permissions/permissions.ts';
import type { Providers } from './providers.ts';
import {
  countReferences,
  findMentioned,
  lastReferenceOf,
  listReferencesOf,
  listTargets,
  renameReferences,
  replaceReferences,
  type MentionedSecret,
  type NewReference,
} from './reference.store.ts';
import { isSecretName } from './secret.ts';

/** What was seen of the secrets that a configuration mentions. */
export interface SeenSecrets {
  /** Whether a value of this secret may be sent there. */
  judge(name: string, target: string | undefined): SecretKnowledge;
  /** In `lastly` of the transaction: true when none of them has changed since. */
  areAsSeen(tx: Transaction): Promise<boolean>;
}

/** References, for the room that keeps integrations. It has demanded what there is to demand. */
export interface References {
  /** Looks at secrets by name. */
  see(names: readonly string[]): Promise<SeenSecrets>;
  /** In `lastly` of the transaction: writes what an integration mentions, in place of what it did; nothing for one that is deleted. */
  replace(
    tx: Transaction,
    integration: { id: string; name: string; canonicalName: string },
    references: readonly NewReference[],
  ): Promise<void>;
  /** Names an integration that was renamed by its new name. */
  rename(
    tx: Transaction,
    integration: { id: string; name: string; canonicalName: string },
  ): Promise<void>;
}

/** References in this database. */
export function createReferences({ queries }: Database, providers: Providers): References {
  return {
    async see(names) {
      const wanted = names.filter(isSecretName);
      let found = await findMentioned(queries, wanted);
      if (found.length < new Set(wanted).size) {
        await providers.refresh();
        found = await findMentioned(queries, wanted);
      }
      const byName = new Map<string, MentionedSecret>(found.map((secret) => [secret.name, secret]));
      return {
        judge: (name, target) => knowledgeOf(byName.get(name), target),
        areAsSeen: async (tx) => printSeen(await findMentioned(tx, wanted)) === printSeen(found),
      };
    },
    replace: replaceReferences,
    rename: renameReferences,
  };
}

function printSeen(secrets: readonly MentionedSecret[]): string {
  return secrets
    .map(({ id, version }) => `${id} ${version}`)
    .toSorted()
    .join();
}

/** How many of what stops a change are named. */
const namedAtMost = 100;

/** What makes sure that a change breaks no integration. Answers the last reference that was looked at. Throws `secret-in-use`. */
export type DemandUnbroken = (
  caller: Caller,
  name: SecretName,
  /** The destinations before and after; without them, the secret goes. */
  change?: { before: readonly string[]; after: readonly string[] },
) => Promise<number>;

/** Makes it. */
export function createDemandUnbroken({ queries }: Database): DemandUnbroken {
  return async (caller, name, change) => {
    const last = await lastReferenceOf(queries, name);
    if (last === 0) return last;
    let targets: string[] | undefined;
    if (change !== undefined) {
      const isAllowedBy = (target: string, destinations: readonly string[]) =>
        judgeTarget(target, destinations).kind === 'allowed';
      targets = (await listTargets(queries, name)).filter(
        (target) => isAllowedBy(target, change.before) && !isAllowedBy(target, change.after),
      );
      if (targets.length === 0) return last;
    }
    // Who may not list integrations is told how many there are, and no names.
    const [referenceCount, references] = await Promise.all([
      countReferences(queries, name, targets),
      holds(caller, listIntegrations)
        ? listReferencesOf(queries, name, { limit: namedAtMost, targets })
        : [],
    ]);
    // The last of them was deleted a moment ago.
    if (referenceCount === 0) return last;
    throw new Problem('secret-in-use', {
      references: references.map(({ integration, fields }) => ({ integration, fields })),
      referenceCount,
    });
  };
}
