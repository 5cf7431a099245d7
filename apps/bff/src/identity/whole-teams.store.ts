import { membersCountedUpTo, type AccessSort, type Team } from '@dropsafe/contract/teams';
import { and, eq, sql } from 'drizzle-orm';
import type { Queries } from '../base/database.ts';
import { grantsOf } from '../permissions/permissions.ts';
import type { Placed } from './access-cursor.ts';
import { apiKeys } from './api-keys.store.ts';
import { beyondCursor, containsPart, orderOf, type PageRequest } from './page.store.ts';
import { teamMembers, teams } from './teams.store.ts';

/** @file Teams together with what belongs to them: what more than one table knows of a team. */

// Nested, and counted up to a limit: a team may have every user as a member.
const someMembers = sql`select from ${teamMembers} where ${teamMembers.teamId} = ${teams.id} limit ${sql.raw(String(membersCountedUpTo + 1))}`;
const itsApiKeys = sql`select count(*)::int from ${apiKeys} where ${apiKeys.teamId} = ${teams.id}`;
const teamColumns = {
  id: teams.id,
  name: teams.name,
  description: teams.description,
  isDisabled: teams.isDisabled,
  permissions: grantsOf(teams.id),
  memberCount: sql<number | null>`(select count(*)::int from (${someMembers}) as counted)`.mapWith(
    (count: number) => (count > membersCountedUpTo ? null : count),
  ),
  apiKeyCount: sql<number>`(${itsApiKeys})`,
  version: teams.version,
  createdAt: teams.createdAt,
};

/** A team by its id. */
export async function findTeam(queries: Queries, id: string): Promise<Team | undefined> {
  const [team] = await queries.select(teamColumns).from(teams).where(eq(teams.id, id));
  return team;
}

/** One page of the teams, read by the index of the order. */
export async function listTeams(
  queries: Queries,
  { sort, q, limit, after }: PageRequest,
): Promise<Placed<Team>[]> {
  const keys = { name: teams.canonicalName, createdAt: teams.createdAt, id: teams.id };
  return queries
    .select({ row: teamColumns, key: keyColumn(sort) })
    .from(teams)
    .where(and(containsPart(teams.canonicalName, q), beyondCursor(sort, keys, after)))
    .orderBy(...orderOf(sort, keys))
    .limit(limit);
}

const keyColumn = (sort: AccessSort) =>
  sort.endsWith('name') ? teams.canonicalName : teams.createdAt;
