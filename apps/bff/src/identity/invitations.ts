/**
 * @file The front door for somebody who was invited: the token of the link, once, for a password of their own. Unknown,
 * used, replaced and expired ones get one answer, and trying is limited by address. Nobody is signed in by it.
 */
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent, RefusedBecause } from '../audit/event.ts';
import type { AnonymousCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { clearFailures, takeFailureBack } from './attempts.store.ts';
import { accountKey, addressKey, createUseUpAttempt } from './attempts.ts';
import { findInvited, useUpInvitation } from './invitations.store.ts';
import { checkNewPassword, hashPassword } from './password.ts';
import { findFaultOfAccount } from './people.store.ts';
import { removePasskeys } from './remove-passkeys.ts';
import { deleteSessionsOf } from './sessions.store.ts';
import { hashToken } from './token.ts';
import { updatePasswordHash } from './users.store.ts';

/** What an invited person can do. */
export interface Invitations {
  /**
   * Sets the password of the invited user, ends their sessions, removes their passkeys and unlocks the account; answers
   * their name. Throws `invitation-refused`, `validation-failed` for `password`, `too-many-attempts`, `overloaded`.
   */
  accept(
    caller: AnonymousCaller,
    input: { token: string; password: Redacted<string> },
  ): Promise<{ username: string }>;
}

/** Invitations in this database. */
export function createInvitationsDoor(database: Database, audit: Audit): Invitations {
  const useUpAttempt = createUseUpAttempt(audit);
  return {
    async accept(caller, { token, password }) {
      const address = addressKey(caller.address);
      await useUpAttempt(caller, address, async (reason) => refused(reason));
      const tokenHash = hashToken(token);
      const user = await findInvited(database.queries, tokenHash);
      if (user === undefined) {
        await audit.recordAlone(caller, refused('invitation-unknown'));
        throw new Problem('invitation-refused');
      }
      // Whoever has the token may take some tries to find a password that is good enough.
      await takeFailureBack(database.queries, address.keyHash);
      await checkNewPassword(password, user.name, 'password');
      const passwordHash = await hashPassword(password);
      let isGood = true;
      try {
        await audit.change(caller, async (tx, tell) => {
          // The user first, as in every change of one: two that lock in opposite orders would wait for each other.
          isGood =
            (await updatePasswordHash(tx, user.id, passwordHash)) &&
            (await useUpInvitation(tx, tokenHash));
          if (!isGood) throw new Problem('invitation-refused');
          await clearFailures(tx, accountKey(user.canonicalName).keyHash);
          await deleteSessionsOf(tx, user.id);
          tell({ action: 'invitation.accepted', subject: user.name });
          await removePasskeys(tx, tell, user);
        });
      } catch (error) {
        if (isGood) throw error;
        const reason = (await findFaultOfAccount(database.queries, user.id)) ?? 'invitation-used';
        await audit.recordAlone(caller, refused(reason, user.name));
        throw error;
      }
      return { username: user.name };
    },
  };
}

function refused(reason: RefusedBecause, subject = 'unknown invitation'): AuditEvent {
  return { action: 'invitation.refused', subject, fields: [reason] };
}
