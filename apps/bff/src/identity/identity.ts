/**
 * @file The front door to who is calling: sign-in, sessions, API keys, passwords, and the operator's commands on users. Promises:
 * one answer and one timing for an unknown user and a wrong password; ending a session, changing a password or a
 * permission is in effect on the very next request to any node, because every request reads the database.
 */
import { randomUUID } from 'node:crypto';
import { UserNameSchema, canonicalName } from '@dropsafe/contract/names';
import type { Permission } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent, RefusedBecause } from '../audit/event.ts';
import type {
  AnonymousCaller,
  Caller,
  KeyCaller,
  SystemCaller,
  UserCaller,
} from '../base/caller.ts';
import type { Database, Queries } from '../base/database.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { asOfNow, createChangeAccess } from './access.ts';
import { createApiKeys, type ApiKeys } from './api-keys.ts';
import { clearFailures, takeFailureBack } from './attempts.store.ts';
import { accountKey, addressKey, createUseUpAttempt, type LimitReason } from './attempts.ts';
import { createConfirmPassword } from './confirm-password.ts';
import { deleteInvitation } from './invitations.store.ts';
import { checkNewPassword, hashPassword, randomPassword, verifyInPlace } from './password.ts';
import {
  findAccountByName,
  findFaultOfAccount,
  findSignedIn,
  findUserByName,
  hasAccessManager,
} from './people.store.ts';
import { removePasskeys } from './remove-passkeys.ts';
import {
  deleteSession,
  deleteSessionsOf,
  prepareFindSession,
  touchSession,
  type LiveSession,
} from './sessions.store.ts';
import { createSessions, type Sessions } from './sessions.ts';
import type { OpenedSession, StartSession } from './start-session.ts';
import { hashToken } from './token.ts';
import {
  hasUsers,
  insertUser,
  isStillCurrent,
  updatePasswordHash,
  updateUser,
} from './users.store.ts';

/** How long sessions live. */
export interface SessionLimits {
  idleMinutes: number;
  hours: number;
}

/** Who is calling. */
export interface Identity {
  limits: SessionLimits;
  apiKeys: ApiKeys;
  sessions: Sessions;
  /** The caller behind a cookie, with the permissions of this moment; undefined when the session is not alive. */
  authenticate(
    token: string,
    origin: { requestId: string; address: string | null },
  ): Promise<UserCaller | undefined>;
  /** The same, without keeping the session alive: for a request that is denied. */
  recognise: Identity['authenticate'];
  /** The caller with the permissions of this moment, for what goes on for long. Throws `unauthenticated`. */
  asOfNow(caller: Caller): Promise<Caller>;
  /** Tells the trail of a request that is denied whatever the permissions are, and answers the problem. */
  deny(
    caller: UserCaller | KeyCaller,
    operation: string,
    reason: 'cross-site-request' | 'person-required',
  ): Promise<Problem>;
  /** Throws `sign-in-refused`, `too-many-attempts`, `overloaded`. */
  signIn(
    caller: AnonymousCaller,
    input: { username: string; password: Redacted<string>; agent: string | null },
  ): Promise<OpenedSession>;
  /** Ends the caller's session. */
  signOut(caller: UserCaller): Promise<void>;
  /** Changes the caller's own password and ends their other sessions. Throws `validation-failed`, `too-many-attempts`, `overloaded`. */
  changePassword(
    caller: UserCaller,
    input: { currentPassword: Redacted<string>; newPassword: Redacted<string> },
  ): Promise<void>;
  /** Creates the first user, `admin`, if there is no user at all. Answers the password when it had to make one up. */
  createFirstUser(
    caller: SystemCaller,
    password: Redacted<string> | undefined,
  ): Promise<Redacted<string> | undefined>;
  /** Creates a user; answers whether anybody can sign in and manage access by now. Throws `validation-failed` for `name` or `password`. */
  createUser(
    caller: SystemCaller,
    input: { name: string; password: Redacted<string>; permissions: readonly Permission[] },
  ): Promise<{ hasAccessManager: boolean }>;
  /** Sets a new password, unlocks the account, ends its sessions and removes its passkeys. Throws `not-found`, `validation-failed`. */
  resetPassword(
    caller: SystemCaller,
    input: { name: string; password: Redacted<string> },
  ): Promise<void>;
  /** Replaces what was granted to a user directly. Throws `not-found`, `last-access-manager`. */
  setPermissions(
    caller: SystemCaller,
    input: { name: string; permissions: readonly Permission[] },
  ): Promise<void>;
}

/** Sign-in over this database. */
export function createIdentity(
  database: Database,
  audit: Audit,
  permissions: Permissions,
  limits: SessionLimits,
  startSession: StartSession,
): Identity {
  const findSession = prepareFindSession(database, limits.idleMinutes);
  const useUpAttempt = createUseUpAttempt(audit);
  const confirmPassword = createConfirmPassword(database, audit);
  const changeAccess = createChangeAccess(audit, permissions);

  async function insertCheckedUser(
    caller: Caller,
    {
      name: typed,
      password,
      permissions: granted,
    }: { name: string; password: Redacted<string>; permissions: readonly Permission[] },
  ): Promise<void> {
    const parsed = UserNameSchema.safeParse(typed);
    if (!parsed.success)
      throw fieldProblem('name', parsed.error.issues[0]?.message ?? 'Choose another name.');
    const name = parsed.data;
    await checkNewPassword(password, name, 'password');
    const id = randomUUID();
    const passwordHash = await hashPassword(password);
    await audit.change(caller, async (tx, tell) => {
      await insertUser(tx, { id, name, canonicalName: canonicalName(name), passwordHash });
      await permissions.grant(tx, id, granted);
      tell({
        action: 'user.created',
        subject: name,
        permissions: granted,
      });
    });
  }

  async function findOrRefuse(name: string) {
    const user = await findUserByName(database.queries, canonicalName(name));
    if (user === undefined) throw notThere();
    return user;
  }

  return {
    limits,
    apiKeys: createApiKeys(database, audit, changeAccess, permissions),
    sessions: createSessions(database, audit, permissions, limits.idleMinutes),

    async authenticate(token, origin) {
      const session = await findSession(hashToken(token));
      if (session?.isTouchDue === true) await touchSession(database.queries, session.id);
      return session && callerOf(session, origin);
    },

    async recognise(token, origin) {
      const session = await findSession(hashToken(token));
      return session && callerOf(session, origin);
    },

    asOfNow: (caller) => asOfNow(database.queries, caller),

    async deny(caller, operation, reason) {
      // No permission is asked for, so nothing else limits how often somebody is denied.
      await audit.recordSeldom(caller, {
        action: 'request.denied',
        subject: operation,
        fields: [reason],
      });
      return new Problem(reason);
    },

    async signIn(caller, { username, password, agent }) {
      const typed = canonicalName(username);
      const account = accountKey(typed);
      const limited = async (reason: LimitReason, queries: Queries) =>
        refusedSignIn(await findAccountByName(queries, typed), reason);
      const findUserName = async (queries: Queries) =>
        (await findAccountByName(queries, typed))?.name;
      const address = addressKey(caller.address);
      // First, so that who has to wait takes no place from anybody.
      await useUpAttempt(caller, address, limited);
      let hasPlace = false;
      const { user, isRight } = await verifyInPlace(async (verify) => {
        hasPlace = true;
        await useUpAttempt(caller, account, limited, findUserName);
        const found = await findAccountByName(database.queries, typed);
        // Whoever it is: the same work.
        return { user: found, isRight: await verify(found?.passwordHash ?? undefined, password) };
      }).catch(async (error: unknown) => {
        // Nothing was tried.
        if (!hasPlace) await takeFailureBack(database.queries, address.keyHash);
        throw error;
      });

      /** The trail knows whom and why, the caller neither. */
      async function refuse(reason: RefusedBecause): Promise<Problem> {
        await audit.recordAlone(caller, refusedSignIn(user, reason));
        return new Problem('sign-in-refused');
      }

      if (user === undefined) throw await refuse('user-unknown');
      if (user.isDisabled) throw await refuse('user-disabled');
      if (!isRight)
        throw await refuse(user.passwordHash === null ? 'password-missing' : 'password-wrong');
      let isCurrent = true;
      try {
        return await startSession(caller, { means: 'password', agent }, async (tx) => {
          // The password may have been changed while it was compared, or the user disabled; then this session must not come to life after all.
          isCurrent = await isStillCurrent(tx, user);
          if (!isCurrent) throw new Problem('sign-in-refused');
          await clearFailures(tx, account.keyHash);
          const { id, name, permissions: held } = user;
          return { id, name, permissions: held };
        });
      } catch (error) {
        if (isCurrent) throw error;
        throw await refuse(
          (await findFaultOfAccount(database.queries, user.id)) ?? 'password-changed',
        );
      }
    },

    async signOut(caller) {
      await audit.change(caller, async (tx, tell) => {
        const wasAlive = await deleteSession(tx, caller.session.id);
        if (wasAlive) tell({ action: 'session.ended', subject: caller.name });
      });
    },

    async changePassword(caller, { currentPassword, newPassword }) {
      const verifiedHash = await confirmPassword(caller, currentPassword);
      await checkNewPassword(newPassword, caller.name, 'newPassword');
      const passwordHash = await hashPassword(newPassword);
      const refused = await audit.change(caller, async (tx, tell) => {
        if (!(await updatePasswordHash(tx, caller.id, passwordHash, verifiedHash))) {
          // Disabled or deleted while the hash was made: then there is no session either.
          if ((await findSignedIn(tx, caller.id)) === undefined)
            return new Problem('unauthenticated');
          // Somebody set another one. Whoever knows only the one before must not have the last word: it may be why it was set.
          const { name: subject } = caller;
          tell({ action: 'user.password-refused', subject, fields: ['password-changed'] });
          return fieldProblem(
            'currentPassword',
            'This is not your current password any more: it was changed meanwhile.',
          );
        }
        await deleteInvitation(tx, caller.id);
        await deleteSessionsOf(tx, caller.id, caller.session.id);
        tell({ action: 'user.password-changed', subject: caller.name });
        return undefined;
      });
      if (refused !== undefined) throw refused;
    },

    async createFirstUser(caller, password) {
      if (await hasUsers(database.queries)) return undefined;
      const chosen = password ?? randomPassword();
      try {
        await insertCheckedUser(caller, {
          name: 'admin',
          password: chosen,
          permissions: [
            'SECRET_MANAGEMENT',
            'INTEGRATION_MANAGEMENT',
            'AUDIT_READ',
            'ACCESS_MANAGEMENT',
          ],
        });
      } catch (error) {
        // Another node that starts for the first time was quicker, and has printed its password.
        if (await hasUsers(database.queries)) return undefined;
        throw error;
      }
      return password === undefined ? chosen : undefined;
    },

    async createUser(caller, input) {
      await insertCheckedUser(caller, input);
      return { hasAccessManager: await hasAccessManager(database.queries) };
    },

    async resetPassword(caller, { name, password }) {
      const user = await findOrRefuse(name);
      await checkNewPassword(password, user.name, 'password');
      const passwordHash = await hashPassword(password);
      await audit.change(caller, async (tx, tell) => {
        if (!(await updatePasswordHash(tx, user.id, passwordHash))) throw notThere();
        await deleteInvitation(tx, user.id);
        await clearFailures(tx, accountKey(canonicalName(user.name)).keyHash);
        await deleteSessionsOf(tx, user.id);
        tell({ action: 'user.password-reset', subject: user.name });
        await removePasskeys(tx, tell, user);
      });
    },

    async setPermissions(caller, { name, permissions: granted }) {
      const user = await findOrRefuse(name);
      await changeAccess(caller, async (tx, tell) => {
        await permissions.grant(tx, user.id, granted);
        // Counts the change, for whoever has the user open in a form.
        await updateUser(tx, user.id, {});
        tell({
          action: 'user.permissions-set',
          subject: user.name,
          permissions: granted,
        });
      });
    },
  };
}

function callerOf(
  { id, expiresAt, means, userId, userName, permissions }: LiveSession,
  origin: { requestId: string; address: string | null },
): UserCaller {
  const session = { id, expiresAt, means };
  return { kind: 'user', id: userId, name: userName, permissions, session, ...origin };
}

/** A name that was only typed is not told: it may be a password in the wrong field. */
function refusedSignIn(user: { name: string } | undefined, reason: RefusedBecause): AuditEvent {
  return { action: 'session.refused', subject: user?.name ?? 'unknown user', fields: [reason] };
}

const notThere = () =>
  new Problem('not-found', { detail: 'There is no user of this name, or they are disabled.' });
