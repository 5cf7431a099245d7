import { canonicalName } from '@dropsafe/contract/names';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { clearFailures } from './attempts.store.ts';
import { accountKey, createUseUpAttempt, type LimitReason } from './attempts.ts';
import { verifyInPlace } from './password.ts';
import { findUserByName } from './people.store.ts';

/**
 * Lets the caller pass who knows their own password, and answers the hash that it was compared with. A stolen session must be
 * neither a way to guess it, so each try counts as an attempt, nor a way to take the account over. Every refusal is in
 * the trail. Throws `validation-failed` for `currentPassword`, `too-many-attempts`, `overloaded`.
 */
export type ConfirmPassword = (caller: UserCaller, typed: Redacted<string>) => Promise<string>;

/** The one way to ask somebody who is signed in for their password. */
export function createConfirmPassword(database: Database, audit: Audit): ConfirmPassword {
  const useUpAttempt = createUseUpAttempt(audit);
  return async (caller, typed) => {
    const account = accountKey(canonicalName(caller.name));
    const refused = { action: 'user.password-refused', subject: caller.name } as const;
    const limited = async (reason: LimitReason): Promise<AuditEvent> => ({
      ...refused,
      fields: [reason],
    });
    const { user, isRight } = await verifyInPlace(async (verify) => {
      await useUpAttempt(caller, account, limited, async () => caller.name);
      const found = await findUserByName(database.queries, canonicalName(caller.name));
      // Disabled or deleted meanwhile: then there is no session either.
      if (found === undefined) throw new Problem('unauthenticated');
      return { user: found, isRight: await verify(found.passwordHash ?? undefined, typed) };
    });
    if (!isRight || user.passwordHash === null) {
      const reason = user.passwordHash === null ? 'password-missing' : 'password-wrong';
      await audit.recordAlone(caller, { ...refused, fields: [reason] });
      throw fieldProblem('currentPassword', 'This is not your current password.');
    }
    await clearFailures(database.queries, account.keyHash);
    return user.passwordHash;
  };
}
