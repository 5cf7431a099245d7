/**
 * @file Changes of who may do what. One at a time, on all nodes together, and none that would leave nobody who can sign
 * in and manage access: two administrators who take the permission from each other in the same moment would each have
 * seen that the other still has it. And none by somebody who lost the permission while they waited.
 */
import { manageAccess } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Queries, Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { holds, type Permissions } from '../permissions/permissions.ts';
import { findPermissionsOfKey } from './api-keys.store.ts';
import { hasAccessManager, lockAccess } from './people.store.ts';
import { findPermissionsOfSession } from './sessions.store.ts';
import { isUuid } from './uuid.ts';

/**
 * Makes a change of who may do what, by somebody who may. Throws `last-access-manager`, `unauthenticated`, `permission-required`, and
 * then nothing has changed.
 */
export type ChangeAccess = <T>(
  caller: Caller,
  work: (tx: Transaction, tell: (event: AuditEvent) => void) => Promise<T>,
) => Promise<T>;

/** The one way to change who may do what. */
export function createChangeAccess(audit: Audit, permissions: Permissions): ChangeAccess {
  return async (caller, work) => {
    let current = caller;
    try {
      return await audit.change(caller, async (tx, tell) => {
        await lockAccess(tx);
        // Those who waited may have lost it, by the very change that they waited for.
        current = await asOfNow(tx, caller);
        if (!holds(current, manageAccess)) throw new Problem('permission-required');
        // An installation that has never had such a user may be changed all the same, by the operator's commands.
        const hadOne = await hasAccessManager(tx);
        const result = await work(tx, tell);
        if (hadOne && !(await hasAccessManager(tx))) throw new Problem('last-access-manager');
        return result;
      });
    } catch (error) {
      // Recorded when the transaction is over: it would wait for a connection, which others hold who wait for the lock.
      await permissions.demand(current, manageAccess, 'access');
      throw error;
    }
  };
}

/** The caller with the permissions of this moment. Throws `unauthenticated` when the session is over, or the key not live any more. */
export async function asOfNow(queries: Queries, caller: Caller): Promise<Caller> {
  if (caller.kind !== 'user' && caller.kind !== 'api-key') return caller;
  const permissions =
    caller.kind === 'user'
      ? await findPermissionsOfSession(queries, caller.session.id)
      : await findPermissionsOfKey(queries, caller.id);
  if (permissions === undefined)
    throw new Problem(
      'unauthenticated',
      caller.kind === 'api-key' ? { challenge: 'invalid_token' } : {},
    );
  return { ...caller, permissions };
}

/**
 * The refusal of a change that a key would make to itself, recorded. What a key could do for itself it could do by stealth; another key
 * that it creates is seen in the list.
 */
export async function refuseOwn(audit: Audit, caller: Caller, subject: string): Promise<Problem> {
  await audit.recordSeldom(caller, { action: 'permission.denied', subject, permissions: [] });
  return new Problem('own-api-key');
}

/** What the trail names as the subject of a refusal: the id, or nothing of a text that cannot be one. */
export function subjectOf(kind: 'user' | 'team' | 'API key', id: string): string {
  const article = kind === 'API key' ? 'an' : 'a';
  return isUuid(id) ? `${kind} ${id}` : `not the id of ${article} ${kind}`;
}
