import type { OidcGroup } from '@dropsafe/contract/oidc-groups';
import type { AccessSort } from '@dropsafe/contract/teams';
import { and, eq, sql, type SQL } from 'drizzle-orm';
import { index, makePgArray, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import { isUniqueViolation, type Queries } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { patternOf } from '../base/search-pattern.ts';
import { holdersOf } from '../permissions/permissions.ts';
import type { Placed } from './access-cursor.ts';
import type { PageRequest } from './page.store.ts';
import { isGranting, teamMembers, teams, withName } from './teams.store.ts';
import { users } from './users.store.ts';

/** Which team a group of an identity provider gives. Which memberships it gave stands in `team_members`. */
export const oidcGroups = pgTable(
  'oidc_groups',
  {
    id: uuid().primaryKey(),
    /** Its name in the configuration, where it may stand no more. */
    provider: text().notNull(),
    /** As the provider sends it. */
    groupName: text().notNull(),
    teamId: uuid()
      .notNull()
      .references(() => teams.id, { onDelete: 'cascade' }),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
  },
  (table) => [
    // Serves every sign-in: what the groups of somebody give.
    unique('oidc_groups_once').on(table.provider, table.groupName, table.teamId),
    index('oidc_groups_by_team').on(table.teamId),
    index('oidc_groups_by_name').on(table.groupName, table.id),
    index('oidc_groups_by_created_at').on(table.createdAt, table.id),
    index('oidc_groups_name_search').using('gin', sql`${table.groupName} gin_trgm_ops`),
  ],
);

const columns = {
  id: oidcGroups.id,
  provider: oidcGroups.provider,
  group: oidcGroups.groupName,
  team: sql<OidcGroup['team']>`json_build_object('id', ${teams.id}, 'name', ${teams.name})`,
  createdAt: oidcGroups.createdAt,
};

/** One page of the mappings, of one team or of all, read by the index of the order. */
export async function listOidcGroups(
  queries: Queries,
  { sort, q, limit, after }: PageRequest,
  teamId: string | undefined,
): Promise<Placed<OidcGroup>[]> {
  const [direction, beyond] = sort.startsWith('-') ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  const key = sort.endsWith('name') ? oidcGroups.groupName : oidcGroups.createdAt;
  const start: SQL | undefined = after && sql`(${keyOf(sort, after.key)}, ${after.id}::uuid)`;
  return queries
    .select({ row: columns, key })
    .from(oidcGroups)
    .innerJoin(teams, eq(teams.id, oidcGroups.teamId))
    .where(
      and(
        q === '' ? undefined : sql`${oidcGroups.groupName} ilike ${patternOf(q)}`,
        teamId === undefined ? undefined : eq(oidcGroups.teamId, teamId),
        start && sql`(${key}, ${oidcGroups.id}) ${beyond} ${start}`,
      ),
    )
    .orderBy(sql`${key} ${direction}`, sql`${oidcGroups.id} ${direction}`)
    .limit(limit);
}

const keyOf = (sort: AccessSort, key: string) =>
  sort.endsWith('name') ? sql`${key}::text` : sql`${key}::timestamptz`;

/** One mapping by its id. */
export async function findOidcGroup(queries: Queries, id: string): Promise<OidcGroup | undefined> {
  const [found] = await queries
    .select(columns)
    .from(oidcGroups)
    .innerJoin(teams, eq(teams.id, oidcGroups.teamId))
    .where(eq(oidcGroups.id, id));
  return found;
}

/** Every mapping that gives this team, by the name of the group. */
export async function findGroupsOfTeam(
  queries: Queries,
  teamId: string,
): Promise<Pick<OidcGroup, 'provider' | 'group'>[]> {
  return queries
    .select({ provider: oidcGroups.provider, group: oidcGroups.groupName })
    .from(oidcGroups)
    .where(eq(oidcGroups.teamId, teamId))
    .orderBy(oidcGroups.groupName, oidcGroups.provider);
}

/** How many mappings there are: of this team, and in all. */
export async function countOidcGroups(
  queries: Queries,
  teamId: string,
): Promise<{ ofTeam: number; all: number }> {
  const ofTeam = await queries.$count(oidcGroups, eq(oidcGroups.teamId, teamId));
  return { ofTeam, all: await queries.$count(oidcGroups) };
}

/** Adds a mapping. Throws `group-mapped`. */
export async function insertOidcGroup(
  queries: Queries,
  mapping: { id: string; provider: string; groupName: string; teamId: string },
): Promise<void> {
  try {
    await queries.insert(oidcGroups).values(mapping);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Problem('group-mapped');
  }
}

/** Whose memberships a mapping took with it: how many, and the names when these are few. */
export interface Unmapped {
  count: number;
  /** Undefined for more than were to be named. */
  userNames: string[] | undefined;
}

/**
 * Removes a mapping, and the memberships that it alone gave; answers whose these were, by name when there are `mostNamed` at most.
 * Those that another one gives as well stay. Found by the key of the memberships, which begins with the team. A statement each, however
 * many there are; nobody joins or leaves between them, as all that takes the lock on access.
 */
export async function deleteOidcGroup(
  queries: Queries,
  { id, team }: OidcGroup,
  mostNamed: number,
): Promise<Unmapped> {
  await queries.delete(oidcGroups).where(eq(oidcGroups.id, id));
  const given = and(
    eq(teamMembers.teamId, team.id),
    sql`${id}::uuid = any(${teamMembers.mappings})`,
  );
  const givenAlone = and(given, sql`cardinality(${teamMembers.mappings}) = 1`);
  const named = await queries
    .select({ userName: users.name })
    .from(teamMembers)
    .innerJoin(users, eq(users.id, teamMembers.userId))
    .where(givenAlone)
    .limit(mostNamed + 1);
  const { count } = await queries.delete(teamMembers).where(givenAlone);
  await queries
    .update(teamMembers)
    .set({ mappings: sql`array_remove(${teamMembers.mappings}, ${id}::uuid)` })
    .where(given);
  const userNames = named.map(({ userName }) => userName);
  return { count, userNames: count > mostNamed ? undefined : userNames };
}

/** Those groups that put any of these users into any of these teams. */
export async function findGroupsGiving(
  queries: Queries,
  teamIds: readonly string[],
  userIds: readonly string[],
): Promise<Pick<OidcGroup, 'provider' | 'group'>[]> {
  if (teamIds.length === 0 || userIds.length === 0) return [];
  const memberships = sql`select unnest(${teamMembers.mappings}) from ${teamMembers}
    where ${teamMembers.teamId} = any(${uuids(teamIds)}) and ${teamMembers.userId} = any(${uuids(userIds)})`;
  return queries
    .select({ provider: oidcGroups.provider, group: oidcGroups.groupName })
    .from(oidcGroups)
    .where(sql`${oidcGroups.id} in (${memberships})`)
    .orderBy(oidcGroups.groupName, oidcGroups.provider);
}

const uuids = (ids: readonly string[]) => sql`${makePgArray([...ids])}::uuid[]`;

// --- what a sign-in brings ---

/** A team that somebody is in, or is not in, otherwise than their groups say. */
export interface OutOfStep {
  teamId: string;
  teamName: string;
  /** They are in it now. */
  isMember: boolean;
  /** What gives the team to them, in the order of the ids; null when nothing does. */
  mappings: string[] | null;
  /** The team grants ACCESS_MANAGEMENT, and is not disabled. */
  managesAccess: boolean;
}

/**
 * Where the memberships of a user differ from what their groups at a provider give; nothing when there is nothing to do. One
 * query, however many groups there are. Memberships by hand, or by another provider, are as they are.
 */
export async function findOutOfStep(
  queries: Queries,
  { userId, provider, groups }: { userId: string; provider: string; groups: readonly string[] },
): Promise<OutOfStep[]> {
  const wanted = sql`select ${oidcGroups.teamId}, array_agg(${oidcGroups.id} order by ${oidcGroups.id}) as mappings
    from ${oidcGroups}
    where ${oidcGroups.provider} = ${provider} and ${oidcGroups.groupName} = any(${makePgArray([...groups])}::text[])
    group by ${oidcGroups.teamId}`;
  const held = sql`select ${teamMembers.teamId}, ${teamMembers.provider}, ${teamMembers.mappings}
    from ${teamMembers} where ${teamMembers.userId} = ${userId}`;
  const rows = await queries.execute<OutOfStep & Record<string, unknown>>(sql`
    select ${teams.id} as "teamId", ${teams.name} as "teamName", held.team_id is not null as "isMember",
      to_json(wanted.mappings) as mappings, ${isGranting} and ${teams.id} in (${holdersOf('ACCESS_MANAGEMENT')}) as "managesAccess"
    from (${wanted}) as wanted
      full join (${held}) as held on held.team_id = wanted.team_id
      join ${teams} on ${teams.id} = coalesce(wanted.team_id, held.team_id)
    where held.team_id is null or (held.provider = ${provider} and held.mappings is distinct from wanted.mappings)
    order by ${teams.canonicalName}`);
  return [...rows];
}

/** Writes a membership that groups give: new, or given by other mappings than before. */
export async function writeGivenMembership(
  queries: Queries,
  membership: { userId: string; teamId: string; provider: string; mappings: readonly string[] },
): Promise<void> {
  const mappings = [...membership.mappings];
  await queries
    .insert(teamMembers)
    .values(withName({ ...membership, mappings }))
    .onConflictDoUpdate({ target: [teamMembers.teamId, teamMembers.userId], set: { mappings } });
}
