/**
 * @file Changes of who may do what. One at a time, on all nodes together, and none that would leave nobody who can sign
 * in and manage access: two administrators who take the permission from each other in the same moment would each have
 * seen that the other still has it.
 */
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { hasAccessManager, lockAccess } from './people.store.ts';
import { isUuid } from './uuid.ts';

/** Makes a change of who may do what. Throws `last-access-manager`, and then nothing has changed. */
export type ChangeAccess = <T>(
  caller: Caller,
  work: (tx: Transaction, tell: (event: AuditEvent) => void) => Promise<T>,
) => Promise<T>;

/** The one way to change who may do what. */
export function createChangeAccess(audit: Audit): ChangeAccess {
  return (caller, work) =>
    audit.change(caller, async (tx, tell) => {
      await lockAccess(tx);
      // An installation that has never had such a user may be changed all the same, by the operator's commands.
      const hadOne = await hasAccessManager(tx);
      const result = await work(tx, tell);
      if (hadOne && !(await hasAccessManager(tx))) throw new Problem('last-access-manager');
      return result;
    });
}

/** What the trail names as the subject of a refusal: the id, or nothing of a text that cannot be one. */
export function subjectOf(kind: 'user' | 'team' | 'API key', id: string): string {
  const article = kind === 'API key' ? 'an' : 'a';
  return isUuid(id) ? `${kind} ${id}` : `not the id of ${article} ${kind}`;
}
