/**
 * @file The front door to who is calling: sign-in, sessions, API keys, passwords, and the operator's commands on users. Promises:
 * one answer and one timing for an unknown user and a wrong password; ending a session, changing a password or a
 * permission is in effect on the very next request to any node, because every request reads the database.
 */
import { randomUUID } from 'node:crypto';
import { UserNameSchema, canonicalName } from '@dropsafe/contract/names';
import type { Permission } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AnonymousCaller, Caller, SystemCaller, UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { createChangeAccess } from './access.ts';
import { createApiKeys, type ApiKeys } from './api-keys.ts';
import { clearFailures } from './attempts.store.ts';
import { attemptKey, createUseUpAttempt } from './attempts.ts';
import { createConfirmPassword } from './confirm-password.ts';
import { deleteInvitation } from './invitations.store.ts';
import { checkNewPassword, hashPassword, randomPassword, verifyPassword } from './password.ts';
import { findUserByName } from './people.store.ts';
import { removePasskeys } from './remove-passkeys.ts';
import {
  deleteSession,
  deleteSessionsOf,
  prepareFindSession,
  touchSession,
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
  /** Creates a user. Throws `validation-failed` for `name` or `password`. */
  createUser(
    caller: SystemCaller,
    input: { name: string; password: Redacted<string>; permissions: readonly Permission[] },
  ): Promise<void>;
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
  const useUpAttempt = createUseUpAttempt(database);
  const confirmPassword = createConfirmPassword(database);
  const changeAccess = createChangeAccess(audit);

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
      if (session === undefined) return undefined;
      if (session.isTouchDue) await touchSession(database.queries, session.id);
      return {
        kind: 'user',
        id: session.userId,
        name: session.userName,
        permissions: session.permissions,
        session: { id: session.id, expiresAt: session.expiresAt, means: session.means },
        ...origin,
      };
    },

    async signIn(caller, { username, password, agent }) {
      const account = attemptKey('account', canonicalName(username));
      await useUpAttempt('address', attemptKey('address', caller.address ?? ''));
      await useUpAttempt('account', account);
      const user = await findUserByName(database.queries, canonicalName(username));
      if (
        !(await verifyPassword(user?.passwordHash ?? undefined, password)) ||
        user === undefined
      ) {
        // The typed name is not recorded: it may be a password in the wrong field.
        await audit.recordAlone(caller, {
          action: 'session.refused',
          subject: user?.name ?? 'unknown user',
        });
        throw new Problem('sign-in-refused');
      }
      return startSession(caller, { means: 'password', agent }, async (tx) => {
        // The password may have been changed while it was compared; then this session must not come to life after all.
        if (!(await isStillCurrent(tx, user))) throw new Problem('sign-in-refused');
        await clearFailures(tx, account);
        const { id, name, permissions: held } = user;
        return { id, name, permissions: held };
      });
    },

    async signOut(caller) {
      await audit.change(caller, async (tx, tell) => {
        const wasAlive = await deleteSession(tx, caller.session.id);
        if (wasAlive) tell({ action: 'session.ended', subject: caller.name });
      });
    },

    async changePassword(caller, { currentPassword, newPassword }) {
      await confirmPassword(caller, currentPassword);
      await checkNewPassword(newPassword, caller.name, 'newPassword');
      const passwordHash = await hashPassword(newPassword);
      await audit.change(caller, async (tx, tell) => {
        // Disabled or deleted while the hash was made: then there is no session either.
        if (!(await updatePasswordHash(tx, caller.id, passwordHash)))
          throw new Problem('unauthenticated');
        await deleteInvitation(tx, caller.id);
        await deleteSessionsOf(tx, caller.id, caller.session.id);
        tell({ action: 'user.password-changed', subject: caller.name });
      });
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

    createUser: insertCheckedUser,

    async resetPassword(caller, { name, password }) {
      const user = await findOrRefuse(name);
      await checkNewPassword(password, user.name, 'password');
      const passwordHash = await hashPassword(password);
      await audit.change(caller, async (tx, tell) => {
        if (!(await updatePasswordHash(tx, user.id, passwordHash))) throw notThere();
        await deleteInvitation(tx, user.id);
        await clearFailures(tx, attemptKey('account', canonicalName(user.name)));
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

const notThere = () =>
  new Problem('not-found', { detail: 'There is no user of this name, or they are disabled.' });
