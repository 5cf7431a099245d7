/**
 * @file The front door to the groups of identity providers, and the teams that they give. A new one acts on each person at
 * their next sign-in, for only then it is known what groups they are in; one that is removed acts at once.
 */
import { randomUUID } from 'node:crypto';
import {
  mostGroupsOfTeam,
  mostOidcGroups,
  type CreateOidcGroup,
  type ListOidcGroups,
  type OidcGroup,
  type OidcGroupPage,
} from '@dropsafe/contract/oidc-groups';
import { manageAccess } from '@dropsafe/contract/permissions';
import type { AuditEvent } from '../audit/event.ts';
import type { Caller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { fieldProblem, Problem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { pageOf, readPage } from './access-cursor.ts';
import type { ChangeAccess } from './access.ts';
import {
  countOidcGroups,
  deleteOidcGroup,
  findOidcGroup,
  insertOidcGroup,
  listOidcGroups,
} from './oidc-groups.store.ts';
import { findTeamNames } from './teams.store.ts';
import { isUuid } from './uuid.ts';

/** The operations on groups of identity providers. */
export interface OidcGroups {
  list(caller: Caller, input: ListOidcGroups): Promise<OidcGroupPage>;
  /** Throws `group-mapped`, `too-many-groups`, `validation-failed` for `provider` or `teamId`. */
  create(caller: Caller, input: CreateOidcGroup): Promise<OidcGroup>;
  /** Throws `not-found`, `last-access-manager`. */
  delete(caller: Caller, id: string): Promise<void>;
}

/** Groups in this database, of providers by these names. */
export function createOidcGroupsDoor(
  { queries }: Database,
  changeAccess: ChangeAccess,
  permissions: Permissions,
  providers: readonly string[],
): OidcGroups {
  return {
    async list(caller, input) {
      await permissions.demand(caller, manageAccess, 'groups of identity providers');
      const list = ['groups', ...(input.teamId === undefined ? [] : [input.teamId])].join(' of ');
      const page = readPage(list, input);
      const rows = await listOidcGroups(queries, { ...page, limit: page.limit + 1 }, input.teamId);
      return pageOf(list, page, rows);
    },

    async create(caller, { provider, group, teamId }) {
      await permissions.demand(caller, manageAccess, 'groups of identity providers');
      if (!providers.includes(provider))
        throw fieldProblem('provider', 'There is no identity provider of this name.');
      const id = randomUUID();
      return changeAccess(caller, async (tx, tell) => {
        if ((await findTeamNames(tx, [teamId])).length === 0)
          throw fieldProblem('teamId', 'The team is not there any more.');
        await insertOidcGroup(tx, { id, provider, groupName: group, teamId });
        const { ofTeam, all } = await countOidcGroups(tx, teamId);
        if (ofTeam > mostGroupsOfTeam || all > mostOidcGroups) throw new Problem('too-many-groups');
        const made = await findOidcGroup(tx, id);
        if (made === undefined) throw new Error('A group that was just added is not there.');
        tell({ action: 'oidc-group.mapped', subject: subjectOf(made) });
        return made;
      });
    },

    async delete(caller, id) {
      await permissions.demand(caller, manageAccess, 'groups of identity providers');
      await changeAccess(caller, async (tx, tell) => {
        const group = isUuid(id) ? await findOidcGroup(tx, id) : undefined;
        if (group === undefined) throw new Problem('not-found');
        const { count, userNames } = await deleteOidcGroup(tx, group, mostEventsOfMembers);
        tell(unmapped(group));
        const { name } = group.team;
        if (userNames === undefined)
          tell({ action: 'team.members-removed', subject: `${name}/${count} users` });
        else
          for (const userName of userNames)
            tell({ action: 'team.member-removed', subject: `${name}/${userName}` });
      });
    },
  };
}

/**
 * Of more members than that who leave at once the trail has the number alone: every other change waits while events are appended, and
 * with a hundred thousand of them none would come through before its time is up, this one least of all.
 */
const mostEventsOfMembers = 1_000;

type Mapped = Pick<OidcGroup, 'provider' | 'group'> & { team: { name: string } };

/** Neither the name of a provider nor that of a team has a slash in it: what stands between the first and the last is the group. */
function subjectOf({ provider, group, team }: Mapped): string {
  return `${provider}/${group}/${team.name}`;
}

/** The event that a group gives a team no more. */
export function unmapped(mapped: Mapped): AuditEvent {
  return { action: 'oidc-group.unmapped', subject: subjectOf(mapped) };
}
