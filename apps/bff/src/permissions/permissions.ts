/**
 * @file The front door to permissions: the one place that refuses. Every operation begins with `demand` (P5). A caller
 * carries the permissions that the database held when the request came in; nothing is remembered between requests.
 */
import { isAllowed, type Permission } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { Caller } from '../base/caller.ts';
import type { Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { deleteGrants, grantsOf, holdersOf, replaceGrants } from './grants.store.ts';

export { grantsOf, holdersOf };

/** What somebody asked for by a text that may not be told as it is. */
export interface Target {
  /** The text. The refusal is told once a minute of the same one, so that the time it takes does not tell what there is. */
  asked: string;
  /** What the trail is told instead. Nothing is looked up for those who may. */
  findSubject: () => Promise<string>;
}

/** Decides and grants. */
export interface Permissions {
  /** Lets a holder of any one of `anyOf` pass, and nobody but the operator where there is none. Throws `permission-required` and records the refusal, the same one once a minute; `target` says of what. */
  demand(caller: Caller, anyOf: readonly Permission[], target: string | Target): Promise<void>;
  /** Sets what a principal may do, replacing what it was. The transaction of the change comes from the caller's room. */
  grant(tx: Transaction, principalId: string, permissions: readonly Permission[]): Promise<void>;
  /** Takes everything from principals that end, in one statement. As above. */
  forget(tx: Transaction, principalIds: readonly string[]): Promise<void>;
}

/**
 * True when the caller holds any one of `anyOf`; the operator holds all. For what is shown to them or left out: an operation begins
 * with `demand`, which records a refusal.
 */
export function holds(caller: Caller, anyOf: readonly Permission[]): boolean {
  if (caller.kind === 'system') return true;
  return 'permissions' in caller && isAllowed(caller.permissions, anyOf);
}

/** The decision over callers. */
export function createPermissions(audit: Audit): Permissions {
  return {
    async demand(caller, anyOf, target) {
      if (holds(caller, anyOf)) return;
      if (caller.kind === 'anonymous' || caller.kind === 'identity-provider')
        throw new Problem('unauthenticated');
      const { asked, findSubject } =
        typeof target === 'string' ? { asked: target, findSubject: async () => target } : target;
      const event = { action: 'permission.denied', subject: asked, permissions: anyOf } as const;
      await audit.recordSeldom(caller, event, async () => ({
        ...event,
        subject: await findSubject(),
      }));
      throw new Problem('permission-required', {
        permissions: anyOf,
        detail:
          anyOf.length === 0
            ? 'Only the operator can do this, at the terminal of the machine.'
            : `This needs one of the permissions ${anyOf.join(', ')}. Ask an administrator for it.`,
      });
    },
    grant: replaceGrants,
    forget: deleteGrants,
  };
}
