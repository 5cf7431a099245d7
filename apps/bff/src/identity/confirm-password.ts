import { canonicalName } from '@dropsafe/contract/names';
import type { UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import { clearFailures } from './attempts.store.ts';
import { attemptKey, createUseUpAttempt } from './attempts.ts';
import { verifyPassword } from './password.ts';
import { findUserByName } from './people.store.ts';

/**
 * Lets the caller pass who knows their own password. A stolen session must be neither a way to guess it, so each try
 * counts as an attempt, nor a way to take the account over. Throws `validation-failed` for `currentPassword`,
 * `too-many-attempts`, `overloaded`.
 */
export type ConfirmPassword = (caller: UserCaller, typed: Redacted<string>) => Promise<void>;

/** The one way to ask somebody who is signed in for their password. */
export function createConfirmPassword(database: Database): ConfirmPassword {
  const useUpAttempt = createUseUpAttempt(database);
  return async (caller, typed) => {
    const account = attemptKey('account', canonicalName(caller.name));
    await useUpAttempt('account', account);
    const user = await findUserByName(database.queries, canonicalName(caller.name));
    // Disabled or deleted meanwhile: then there is no session either.
    if (user === undefined) throw new Problem('unauthenticated');
    if (!(await verifyPassword(user.passwordHash ?? undefined, typed)))
      throw fieldProblem('currentPassword', 'This is not your current password.');
    await clearFailures(database.queries, account);
  };
}
