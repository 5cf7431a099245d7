/**
 * @file The front door to users: who there is, what each may do and where that comes from, and their invitations. Whoever
 * holds ACCESS_MANAGEMENT may grant every permission, to themselves as well: it is the permission to decide about permissions.
 */
import { createHash, randomUUID } from 'node:crypto';
import { canonicalName } from '@dropsafe/contract/names';
import { manageAccess, permissionNames } from '@dropsafe/contract/permissions';
import type { ListByName, ListMembers } from '@dropsafe/contract/teams';
import {
  effectivePermissions,
  type CreateUser,
  type Invitation,
  type UpdateUser,
  type User,
  type UserPage,
} from '@dropsafe/contract/users';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { subjectOf, type ChangeAccess } from './access.ts';
import { inOrder, isSame } from './granted.ts';
import { demandByHand } from './group-teams.ts';
import { deleteInvitation, replaceInvitation } from './invitations.store.ts';
import { pageOf, readPage } from './access-cursor.ts';
import { findPerson, listMembers, listPeople, type Person } from './people.store.ts';
import { insertAwaited } from './oidc-identities.store.ts';
import { removePasskeys } from './remove-passkeys.ts';
import { deleteSessionsOf } from './sessions.store.ts';
import { deleteMemberships, findTeamNames, insertMemberships, type Named } from './teams.store.ts';
import { hashToken, mintToken } from './token.ts';
import { deleteUser, insertUser, lockUser, updateUser } from './users.store.ts';
import { isUuid } from './uuid.ts';
import { findTeam } from './whole-teams.store.ts';

/** A user with the entity tag of what is shown of them. */
export interface VersionedUser {
  user: User;
  etag: string;
}

/** The operations on users. */
export interface Users {
  list(caller: Caller, input: ListByName): Promise<UserPage>;
  /** The members of a team. Throws `not-found`. */
  listMembers(caller: Caller, teamId: string, input: ListMembers): Promise<UserPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, id: string): Promise<VersionedUser>;
  /**
   * Creates a user without a password, and their invitation; none for who signs in through a provider. Throws
   * `user-name-taken`, `validation-failed` for `teams` and `provider`.
   */
  create(
    caller: Caller,
    input: CreateUser,
  ): Promise<VersionedUser & { invitation: Invitation | null }>;
  /** Throws `not-found`, `user-changed`, `user-name-taken`, `member-by-group`, `last-access-manager`, `validation-failed` for `teams`. */
  update(
    caller: Caller,
    id: string,
    ifMatch: string | undefined,
    patch: UpdateUser,
  ): Promise<VersionedUser>;
  /** Throws `not-found`, `user-changed`, `last-access-manager`. */
  delete(caller: Caller, id: string, ifMatch: string | undefined): Promise<void>;
  /** Makes a new invitation in the place of the one before. Throws `not-found`, `user-disabled`. */
  invite(caller: Caller, id: string): Promise<Invitation>;
  /** Throws `not-found`. */
  removePasskeys(caller: Caller, id: string): Promise<void>;
}

/** Users in this database. */
export function createUsersDoor(
  database: Database,
  changeAccess: ChangeAccess,
  permissions: Permissions,
  providers: readonly string[],
): Users {
  const { queries } = database;

  /** The user as they are, held from here on, after the version was compared. */
  async function findForChange(
    tx: Transaction,
    id: string,
    ifMatch: string | undefined,
  ): Promise<Person> {
    if (!isUuid(id)) throw new Problem('not-found');
    // Before anything of theirs is touched: a sign-in that is under way has opened its session by then, or opens none.
    await lockUser(tx, id);
    const person = await findPerson(tx, id);
    if (person === undefined) throw new Problem('not-found');
    if (!isMatch(ifMatch, versioned(person).etag)) throw new Problem('user-changed');
    return person;
  }

  async function findVersioned(
    from: Parameters<typeof findPerson>[0],
    id: string,
  ): Promise<VersionedUser> {
    const person = isUuid(id) ? await findPerson(from, id) : undefined;
    if (person === undefined) throw new Problem('not-found');
    return versioned(person);
  }

  async function mintInvitation(tx: Transaction, id: string): Promise<Invitation> {
    const token = mintToken();
    const expiresAt = await replaceInvitation(tx, id, hashToken(token));
    return { token, link: `/invitation#token=${token}`, expiresAt };
  }

  /** Sets which teams a user is in. One that a group put them into may stay, and not go. Throws `member-by-group`. */
  async function setTeams(
    tx: Transaction,
    tell: (event: AuditEvent) => void,
    user: Named,
    before: readonly Named[],
    wanted: readonly string[],
  ): Promise<boolean> {
    const joined = wanted.filter((teamId) => !before.some(({ id }) => id === teamId));
    const left = before.filter(({ id }) => !wanted.includes(id));
    const names = await findTeamNames(tx, joined);
    if (names.length < joined.length)
      throw fieldProblem('teams', 'One of the teams is not there any more.');
    await insertMemberships(
      tx,
      joined.map((teamId) => ({ teamId, userId: user.id })),
    );
    const leftIds = left.map(({ id }) => id);
    await demandByHand(tx, leftIds, [user.id]);
    await deleteMemberships(tx, user.id, leftIds);
    for (const team of names)
      tell({ action: 'team.member-added', subject: `${team.name}/${user.name}` });
    for (const team of left)
      tell({ action: 'team.member-removed', subject: `${team.name}/${user.name}` });
    return joined.length + left.length > 0;
  }

  return {
    async list(caller, input) {
      await permissions.demand(caller, manageAccess, 'users');
      const page = readPage('users', input);
      const rows = await listPeople(queries, { ...page, limit: page.limit + 1 });
      return presentPage(pageOf('users', page, rows));
    },

    async listMembers(caller, teamId, input) {
      await permissions.demand(caller, manageAccess, subjectOf('team', teamId));
      if (!isUuid(teamId) || (await findTeam(queries, teamId)) === undefined)
        throw new Problem('not-found');
      const page = readPage(teamId, input);
      const rows = await listMembers(queries, teamId, { ...page, limit: page.limit + 1 });
      return presentPage(pageOf(teamId, page, rows));
    },

    async describe(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('user', id));
      return findVersioned(queries, id);
    },

    async create(caller, { name, teams, permissions: wanted, provider }) {
      await permissions.demand(caller, manageAccess, 'users');
      if (provider !== undefined && !providers.includes(provider))
        throw fieldProblem('provider', 'There is no identity provider of this name.');
      const id = randomUUID();
      const granted = inOrder(wanted);
      return changeAccess(caller, async (tx, tell) => {
        await insertUser(tx, { id, name, canonicalName: canonicalName(name), passwordHash: null });
        await permissions.grant(tx, id, granted);
        tell({ action: 'user.created', subject: name, permissions: granted });
        await setTeams(tx, tell, { id, name }, [], teams);
        let invitation: Invitation | null = null;
        if (provider === undefined) {
          invitation = await mintInvitation(tx, id);
          tell({ action: 'user.invited', subject: name });
        } else await insertAwaited(tx, id, provider);
        return { ...(await findVersioned(tx, id)), invitation };
      });
    },

    async update(caller, id, ifMatch, patch) {
      await permissions.demand(caller, manageAccess, subjectOf('user', id));
      return changeAccess(caller, async (tx, tell) => {
        const before = await findForChange(tx, id, ifMatch);
        const { name = before.name, isDisabled = before.isDisabled } = patch;
        const granted = patch.permissions ?? before.permissions;
        const isRenamed = name !== before.name;
        const isSwitched = isDisabled !== before.isDisabled;
        const isGranted = !isSame(granted, before.permissions);
        if (isRenamed) tell({ action: 'user.renamed', subject: `${before.name}/${name}` });
        if (isSwitched) {
          tell({ action: isDisabled ? 'user.disabled' : 'user.enabled', subject: name });
        }
        if (isSwitched && isDisabled) {
          // Enabling the user later must not bring any of these back to life.
          await deleteSessionsOf(tx, id);
          await deleteInvitation(tx, id);
        }
        if (isGranted) {
          await permissions.grant(tx, id, inOrder(granted));
          tell({
            action: 'user.permissions-set',
            subject: name,
            permissions: inOrder(granted),
          });
        }
        const isMoved =
          patch.teams !== undefined &&
          (await setTeams(tx, tell, { id, name }, before.teams, patch.teams));
        if (isRenamed || isSwitched || isGranted || isMoved)
          await updateUser(tx, id, {
            // Not when it stays: it may look like another one that is older than the rule against that.
            ...(isRenamed && { name, canonicalName: canonicalName(name) }),
            isDisabled,
          });
        return findVersioned(tx, id);
      });
    },

    async delete(caller, id, ifMatch) {
      await permissions.demand(caller, manageAccess, subjectOf('user', id));
      await changeAccess(caller, async (tx, tell) => {
        const { name } = await findForChange(tx, id, ifMatch);
        await permissions.forget(tx, [id]);
        await deleteUser(tx, id);
        tell({ action: 'user.deleted', subject: name });
      });
    },

    async invite(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('user', id));
      return changeAccess(caller, async (tx, tell) => {
        const { name, isDisabled } = await findForChange(tx, id, undefined);
        if (isDisabled) throw new Problem('user-disabled');
        const invitation = await mintInvitation(tx, id);
        tell({ action: 'user.invited', subject: name });
        return invitation;
      });
    },

    async removePasskeys(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('user', id));
      await changeAccess(caller, async (tx, tell) => {
        await removePasskeys(tx, tell, await findForChange(tx, id, undefined));
      });
    },
  };
}

const presentPage = ({ items, nextCursor }: { items: Person[]; nextCursor: string | null }) => ({
  items: items.map(present),
  nextCursor,
});

/** The user as they are shown. */
function present(person: Person): User {
  const { version: _, teams, ...shown } = person;
  return {
    ...shown,
    teams: teams.map((team) => ({
      ...team,
      permissions: permissionNames.filter((name) => team.permissions.includes(name)),
    })),
    effectivePermissions: effectivePermissions(person.permissions, teams),
  };
}

/** The tag also tells that somebody else put the user into another team, which does not touch the user's own row. */
function versioned(person: Person): VersionedUser {
  const teams = person.teams.map(({ id, provider }) => [id, provider].join(' ')).join();
  const mark = createHash('sha256').update(`${person.id}\0${teams}`).digest('hex');
  return { user: present(person), etag: etagOf(mark, person.version) };
}
