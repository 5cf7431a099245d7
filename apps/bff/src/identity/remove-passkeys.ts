import type { AuditEvent } from '../audit/event.ts';
import type { Transaction } from '../base/database.ts';
import { deletePasskeys } from './passkeys.store.ts';

/**
 * Removes one passkey of a user, or all of them, with an event for each; answers how many there were. Whatever starts an
 * account afresh (a password that the operator sets, an invitation) removes all: one that somebody else had put there
 * would outlast it.
 */
export async function removePasskeys(
  tx: Transaction,
  tell: (event: AuditEvent) => void,
  user: { id: string; name: string },
  id?: string,
): Promise<number> {
  const names = await deletePasskeys(tx, user.id, id);
  for (const name of names) tell({ action: 'passkey.removed', subject: `${user.name}/${name}` });
  return names.length;
}
