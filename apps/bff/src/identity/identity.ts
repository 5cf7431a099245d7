/**
 * @file The front door to who is calling: sign-in, sessions, API keys, passwords, and the operator's commands on users. Promises:
 * one answer and one timing for an unknown user and a wrong password; ending a session, changing a password or a
 * permission is in effect on the very next request to any node, because every request reads the database.
 */
import { createHash, randomUUID } from 'node:crypto';
import { NewPasswordSchema, userNameLength } from '@dropsafe/contract/identity';
import type { Permission } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AnonymousCaller, Caller, SystemCaller, UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { createApiKeys, type ApiKeys } from './api-keys.ts';
import {
  clearFailures,
  countFailure,
  lockAttempts,
  pruneAttempts,
  takeFailureBack,
} from './attempts.store.ts';
import {
  canonicalUserName,
  lockedAfterFailures,
  secondsToWait,
  type GuessingSubject,
} from './guessing.ts';
import { hashPassword, randomPassword, refuseGuessable, verifyPassword } from './password.ts';
import {
  deleteSession,
  deleteSessionsOf,
  insertSession,
  prepareFindSession,
  touchSession,
} from './sessions.store.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { hashToken, mintToken } from './token.ts';
import {
  findUserByName,
  hasUsers,
  insertUser,
  isStillCurrent,
  updatePasswordHash,
} from './users.store.ts';

/** How long sessions live. */
export interface SessionLimits {
  idleMinutes: number;
  hours: number;
}

/** A session that was just opened: who it is for, and the token for the cookie. */
export interface OpenedSession {
  caller: UserCaller;
  token: string;
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
  /** Sets a new password, unlocks the account and ends its sessions. Throws `not-found`, `validation-failed`. */
  resetPassword(
    caller: SystemCaller,
    input: { name: string; password: Redacted<string> },
  ): Promise<void>;
  /** Replaces what a user may do. Throws `not-found`. */
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
): Identity {
  const findSession = prepareFindSession(database, limits.idleMinutes);

  /** Counts the attempt as failed before it is made; throws when it may not be made yet. */
  async function useUpAttempt(subject: GuessingSubject, keyHash: Uint8Array): Promise<void> {
    await database.transaction(async (tx) => {
      const { failures, secondsSinceLast } = await lockAttempts(tx, keyHash);
      const wait = secondsToWait(subject, failures, secondsSinceLast);
      if (wait === Number.POSITIVE_INFINITY) {
        throw new Problem('too-many-attempts', {
          detail:
            'This account is locked after too many failures. The operator unlocks it with "dropsafe users reset-password".',
        });
      }
      if (wait > 0) {
        const seconds = Math.ceil(wait);
        throw new Problem('too-many-attempts', {
          retryAfterSeconds: seconds,
          detail: `Too many failed attempts. Wait ${seconds} seconds before the next one.`,
        });
      }
      await countFailure(
        tx,
        keyHash,
        subject === 'address' && secondsSinceLast > 3600 ? 1 : failures + 1,
      );
    });
  }

  async function checkNewPassword(
    password: Redacted<string>,
    userName: string,
    field: string,
  ): Promise<void> {
    const parsed = NewPasswordSchema.safeParse(password.reveal());
    if (!parsed.success)
      throw fieldProblem(field, parsed.error.issues[0]?.message ?? 'Choose another password.');
    await refuseGuessable(password, userName, field);
  }

  async function insertCheckedUser(
    caller: Caller,
    {
      name,
      password,
      permissions: granted,
    }: { name: string; password: Redacted<string>; permissions: readonly Permission[] },
  ): Promise<void> {
    const canonicalName = canonicalUserName(name);
    if (
      name !== name.trim() ||
      !/^[\p{L}\p{N}._@+-]+$/u.test(name) ||
      name.length > userNameLength.max
    ) {
      throw fieldProblem(
        'name',
        `Use up to ${userNameLength.max} letters, digits and the characters . _ @ + -`,
      );
    }
    await checkNewPassword(password, name, 'password');
    const id = randomUUID();
    const passwordHash = await hashPassword(password);
    await audit.change(caller, async (tx, tell) => {
      await insertUser(tx, { id, name, canonicalName, passwordHash });
      await permissions.grant(tx, id, granted);
      tell({
        action: 'user.created',
        subject: name,
        permissions: granted,
      });
    });
  }

  async function findOrRefuse(name: string) {
    const user = await findUserByName(database.queries, canonicalUserName(name));
    if (user === undefined)
      throw new Problem('not-found', { detail: 'There is no user of this name.' });
    return user;
  }

  return {
    limits,
    apiKeys: createApiKeys(database, audit, permissions),
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
      const account = attemptKey('account', canonicalUserName(username));
      const address = attemptKey('address', caller.address ?? '');
      await useUpAttempt('address', address);
      await useUpAttempt('account', account);
      const user = await findUserByName(database.queries, canonicalUserName(username));
      if (!(await verifyPassword(user?.passwordHash, password)) || user === undefined) {
        // The typed name is not recorded: it may be a password in the wrong field.
        await audit.recordAlone(caller, {
          action: 'session.refused',
          subject: user?.name ?? 'unknown user',
        });
        throw new Problem('sign-in-refused');
      }
      const token = mintToken();
      const id = randomUUID();
      const means = 'password';
      const expiresAt = await audit.change(caller, async (tx, tell) => {
        // The password may have been changed while it was compared; then this session must not come to life after all.
        if (!(await isStillCurrent(tx, user))) throw new Problem('sign-in-refused');
        await clearFailures(tx, account);
        await takeFailureBack(tx, address);
        await pruneAttempts(tx, lockedAfterFailures);
        const until = await insertSession(
          tx,
          {
            id,
            tokenHash: hashToken(token),
            userId: user.id,
            means,
            address: caller.address,
            agent,
          },
          limits.hours,
        );
        tell({ action: 'session.started', subject: user.name });
        return until;
      });
      const { requestId, address: from } = caller;
      return {
        caller: {
          kind: 'user',
          id: user.id,
          name: user.name,
          permissions: user.permissions,
          session: { id, expiresAt, means },
          requestId,
          address: from,
        },
        token,
      };
    },

    async signOut(caller) {
      await audit.change(caller, async (tx, tell) => {
        const wasAlive = await deleteSession(tx, caller.session.id);
        if (wasAlive) tell({ action: 'session.ended', subject: caller.name });
      });
    },

    async changePassword(caller, { currentPassword, newPassword }) {
      // A stolen session must not be a way to guess the password, so it counts as an attempt.
      const account = attemptKey('account', canonicalUserName(caller.name));
      await useUpAttempt('account', account);
      const user = await findOrRefuse(caller.name);
      if (!(await verifyPassword(user.passwordHash, currentPassword))) {
        throw fieldProblem('currentPassword', 'This is not your current password.');
      }
      await clearFailures(database.queries, account);
      await checkNewPassword(newPassword, caller.name, 'newPassword');
      const passwordHash = await hashPassword(newPassword);
      await audit.change(caller, async (tx, tell) => {
        await updatePasswordHash(tx, caller.id, passwordHash);
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
          permissions: ['SECRET_MANAGEMENT', 'ACCESS_MANAGEMENT', 'AUDIT_READ'],
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
        await updatePasswordHash(tx, user.id, passwordHash);
        await clearFailures(tx, attemptKey('account', canonicalUserName(user.name)));
        await deleteSessionsOf(tx, user.id);
        tell({ action: 'user.password-reset', subject: user.name });
      });
    },

    async setPermissions(caller, { name, permissions: granted }) {
      const user = await findOrRefuse(name);
      await audit.change(caller, async (tx, tell) => {
        await permissions.grant(tx, user.id, granted);
        tell({
          action: 'user.permissions-set',
          subject: user.name,
          permissions: granted,
        });
      });
    },
  };
}

function attemptKey(subject: GuessingSubject, text: string): Uint8Array {
  return createHash('sha256').update(`${subject}\0${text}`).digest();
}
