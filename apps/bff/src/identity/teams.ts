/**
 * @file The front door to teams. A team grants its permissions to each of its members, for as long as they are in it and it is
 * not disabled: every request reads both, so leaving a team, disabling it, or its end, acts on the very next one.
 */
import { randomUUID } from 'node:crypto';
import { canonicalName } from '@dropsafe/contract/names';
import { manageAccess } from '@dropsafe/contract/permissions';
import type { CreateTeam, ListByName, Team, TeamPage, UpdateTeam } from '@dropsafe/contract/teams';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { refuseOwn, subjectOf, type ChangeAccess } from './access.ts';
import { inOrder, isSame } from './granted.ts';
import { pageOf, readPage } from './access-cursor.ts';
import { findApiKey, revokeApiKeys } from './api-keys.store.ts';
import { demandByHand } from './group-teams.ts';
import { findGroupsOfTeam } from './oidc-groups.store.ts';
import { unmapped } from './oidc-groups.ts';
import {
  deleteMembers,
  deleteTeam,
  findUserNames,
  insertMemberships,
  insertTeam,
  updateTeam,
  type Named,
} from './teams.store.ts';
import { isUuid } from './uuid.ts';
import { findTeam, listTeams } from './whole-teams.store.ts';

/** A team with the entity tag of the version that it describes. */
export interface VersionedTeam {
  team: Team;
  etag: string;
}

/** The operations on teams. Their members are listed by the door to users. */
export interface Teams {
  list(caller: Caller, input: ListByName): Promise<TeamPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, id: string): Promise<VersionedTeam>;
  /** Throws `team-name-taken`, `validation-failed` for `members`. */
  create(caller: Caller, input: CreateTeam): Promise<VersionedTeam>;
  /** Throws `own-api-key`, `not-found`, `team-changed`, `team-name-taken`, `member-by-group`, `last-access-manager`, `validation-failed` for `addMembers`. */
  update(
    caller: Caller,
    id: string,
    ifMatch: string | undefined,
    patch: UpdateTeam,
  ): Promise<VersionedTeam>;
  /** Deletes a team with its groups, and revokes its API keys. Throws `not-found`, `team-changed`, `last-access-manager`. */
  delete(caller: Caller, id: string, ifMatch: string | undefined): Promise<void>;
}

/** Teams in this database. */
export function createTeamsDoor(
  { queries }: Database,
  audit: Audit,
  changeAccess: ChangeAccess,
  permissions: Permissions,
): Teams {
  /** True when the caller is a key of this team, which it is for as long as it lives. */
  async function isTeamOf(caller: Caller, id: string): Promise<boolean> {
    if (caller.kind !== 'api-key') return false;
    return (await findApiKey(queries, caller.id))?.team?.id === id.toLowerCase();
  }

  /** The team as it is under the lock, after the version was compared. */
  async function findForChange(
    tx: Transaction,
    id: string,
    ifMatch: string | undefined,
  ): Promise<Team> {
    const { team, etag } = await findVersioned(tx, id);
    if (!isMatch(ifMatch, etag)) throw new Problem('team-changed');
    return team;
  }

  /** Adds users by hand; answers whether any was not in the team before, or by a group only. */
  async function addMembers(
    tx: Transaction,
    tell: (event: AuditEvent) => void,
    team: Named,
    userIds: readonly string[],
    field: string,
  ): Promise<boolean> {
    const found = await findUserNames(tx, userIds);
    if (found.length < userIds.length)
      throw fieldProblem(field, 'One of the users is not there any more.');
    const added = await insertMemberships(
      tx,
      userIds.map((userId) => ({ teamId: team.id, userId })),
    );
    for (const { userId } of added) {
      tell({ action: 'team.member-added', subject: `${team.name}/${nameIn(found, userId)}` });
    }
    return added.length > 0;
  }

  /** Removes users; answers whether any was in the team. Throws `member-by-group`. */
  async function removeMembers(
    tx: Transaction,
    tell: (event: AuditEvent) => void,
    team: Named,
    userIds: readonly string[],
  ): Promise<boolean> {
    await demandByHand(tx, [team.id], userIds);
    const removed = await deleteMembers(tx, team.id, userIds);
    const found = await findUserNames(
      tx,
      removed.map(({ userId }) => userId),
    );
    for (const { userId } of removed) {
      tell({ action: 'team.member-removed', subject: `${team.name}/${nameIn(found, userId)}` });
    }
    return removed.length > 0;
  }

  return {
    async list(caller, input) {
      await permissions.demand(caller, manageAccess, 'teams');
      const page = readPage('teams', input);
      const rows = await listTeams(queries, { ...page, limit: page.limit + 1 });
      return pageOf('teams', page, rows);
    },

    async describe(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('team', id));
      return findVersioned(queries, id);
    },

    async create(caller, { name, description, members, permissions: wanted }) {
      await permissions.demand(caller, manageAccess, 'teams');
      const id = randomUUID();
      const granted = inOrder(wanted);
      return changeAccess(caller, async (tx, tell) => {
        await insertTeam(tx, { id, name, canonicalName: canonicalName(name), description });
        await permissions.grant(tx, id, granted);
        tell({ action: 'team.created', subject: name, permissions: granted });
        await addMembers(tx, tell, { id, name }, members, 'members');
        return findVersioned(tx, id);
      });
    },

    async update(caller, id, ifMatch, patch) {
      await permissions.demand(caller, manageAccess, subjectOf('team', id));
      const isGrant = patch.permissions !== undefined || patch.isDisabled !== undefined;
      if (isGrant && (await isTeamOf(caller, id)))
        throw await refuseOwn(audit, caller, subjectOf('team', id));
      return changeAccess(caller, async (tx, tell) => {
        const before = await findForChange(tx, id, ifMatch);
        const {
          name = before.name,
          description = before.description,
          isDisabled = before.isDisabled,
        } = patch;
        const granted = patch.permissions ?? before.permissions;
        const isRenamed = name !== before.name;
        const isDescribed = description !== before.description;
        const isSwitched = isDisabled !== before.isDisabled;
        const isGranted = !isSame(granted, before.permissions);
        if (isRenamed) tell({ action: 'team.renamed', subject: `${before.name}/${name}` });
        if (isDescribed)
          tell({ action: 'team.updated', subject: name, fields: ['description' as const] });
        if (isSwitched)
          tell({ action: isDisabled ? 'team.disabled' : 'team.enabled', subject: name });
        if (isGranted) {
          await permissions.grant(tx, id, inOrder(granted));
          tell({ action: 'team.permissions-set', subject: name, permissions: inOrder(granted) });
        }
        const { addMembers: joining = [], removeMembers: leaving = [] } = patch;
        const hasLost = await removeMembers(tx, tell, { id, name }, leaving);
        const hasGained = await addMembers(tx, tell, { id, name }, joining, 'addMembers');
        if (isRenamed || isDescribed || isSwitched || isGranted || hasLost || hasGained)
          await updateTeam(tx, id, {
            ...(isRenamed && { name, canonicalName: canonicalName(name) }),
            description,
            isDisabled,
          });
        return findVersioned(tx, id);
      });
    },

    async delete(caller, id, ifMatch) {
      await permissions.demand(caller, manageAccess, subjectOf('team', id));
      await changeAccess(caller, async (tx, tell) => {
        const team = await findForChange(tx, id, ifMatch);
        const keys = await revokeApiKeys(tx, { teamId: id });
        for (const key of keys) tell({ action: 'api-key.revoked', subject: key.name });
        for (const group of await findGroupsOfTeam(tx, id)) tell(unmapped({ ...group, team }));
        await permissions.forget(tx, [id, ...keys.map((key) => key.id)]);
        await deleteTeam(tx, id);
        tell({ action: 'team.deleted', subject: team.name, permissions: team.permissions });
      });
    },
  };
}

async function findVersioned(
  queries: Parameters<typeof findTeam>[0],
  id: string,
): Promise<VersionedTeam> {
  const team = isUuid(id) ? await findTeam(queries, id) : undefined;
  if (team === undefined) throw new Problem('not-found');
  return { team, etag: etagOf(team.id, team.version) };
}

function nameIn(found: readonly Named[], wanted: string): string {
  return found.find(({ id }) => id === wanted)?.name ?? 'a user who is gone';
}
