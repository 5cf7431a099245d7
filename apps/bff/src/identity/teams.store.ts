import { membersCountedUpTo, type AccessSort, type Team } from '@dropsafe/contract/teams';
import { and, eq, inArray, sql } from 'drizzle-orm';
import { index, integer, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import { isUniqueViolation, type Queries } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import { grantsOf } from '../permissions/permissions.ts';
import type { Placed } from './access-cursor.ts';
import { beyondCursor, orderOf, patternOf, type PageRequest } from './page.store.ts';
import { users } from './users.store.ts';

/** Teams. What they grant is in the grants, as for every principal. */
export const teams = pgTable(
  'teams',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    canonicalName: text().notNull().unique(),
    description: text(),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
    /** Counts every change of the team and of what it grants. */
    version: integer().notNull().default(1),
  },
  (table) => [
    index('teams_by_created_at').on(table.createdAt, table.id),
    index('teams_name_search')
      .using('gin', sql`${table.canonicalName} gin_trgm_ops`)
      .with({ gin_pending_list_limit: 64 }),
  ],
);

/** Who is in which team. */
export const teamMembers = pgTable(
  'team_members',
  {
    teamId: uuid()
      .notNull()
      .references(() => teams.id, { onDelete: 'cascade' }),
    userId: uuid()
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
  },
  (table) => [
    primaryKey({ columns: [table.teamId, table.userId] }),
    index('team_members_by_user').on(table.userId, table.teamId),
  ],
);

/** What a user may do, as a column of a query of users: granted directly, or by a team. Every request reads it. */
export const permissionsOfUser = grantsOf(
  users.id,
  sql`select ${teamMembers.teamId} from ${teamMembers} where ${teamMembers.userId} = ${users.id}`,
);

// Nested, and counted up to a limit: a team may have every user as a member.
const someMembers = sql`select from ${teamMembers} where ${teamMembers.teamId} = ${teams.id} limit ${sql.raw(String(membersCountedUpTo + 1))}`;
const teamColumns = {
  id: teams.id,
  name: teams.name,
  description: teams.description,
  permissions: grantsOf(teams.id),
  memberCount: sql<number | null>`(select count(*)::int from (${someMembers}) as counted)`.mapWith(
    (count: number) => (count > membersCountedUpTo ? null : count),
  ),
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
    .where(
      and(
        q === '' ? undefined : sql`${teams.canonicalName} like ${patternOf(q)}`,
        beyondCursor(sort, keys, after),
      ),
    )
    .orderBy(...orderOf(sort, keys))
    .limit(limit);
}

const keyColumn = (sort: AccessSort) =>
  sort.endsWith('name') ? teams.canonicalName : teams.createdAt;

/** Adds a team. Throws `team-name-taken`. */
export async function insertTeam(
  queries: Queries,
  team: { id: string; name: string; canonicalName: string; description: string | null },
): Promise<void> {
  await refuseTaken(queries.insert(teams).values(team));
}

/** Writes what is named, and counts the change. Throws `team-name-taken`. */
export async function updateTeam(
  queries: Queries,
  id: string,
  change: { name?: string; canonicalName?: string; description?: string | null },
): Promise<void> {
  await refuseTaken(
    queries
      .update(teams)
      .set({ ...change, version: sql`${teams.version} + 1` })
      .where(eq(teams.id, id)),
  );
}

async function refuseTaken(writing: PromiseLike<unknown>): Promise<void> {
  try {
    await writing;
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw new Problem('team-name-taken', {
      errors: [{ field: 'name', message: 'There is already a team of this name.' }],
    });
  }
}

/** Removes a team and its memberships. */
export async function deleteTeam(queries: Queries, id: string): Promise<void> {
  await queries.delete(teams).where(eq(teams.id, id));
}

/** Somebody's or some team's name, by id. */
export type Named = { id: string; name: string };

/** Those teams of `ids` that exist. */
export async function findTeamNames(queries: Queries, ids: readonly string[]): Promise<Named[]> {
  if (ids.length === 0) return [];
  return queries
    .select({ id: teams.id, name: teams.name })
    .from(teams)
    .where(inArray(teams.id, [...ids]));
}

/** Those users of `ids` that exist. */
export async function findUserNames(queries: Queries, ids: readonly string[]): Promise<Named[]> {
  if (ids.length === 0) return [];
  return queries
    .select({ id: users.id, name: users.name })
    .from(users)
    .where(inArray(users.id, [...ids]));
}

/** A user in a team. */
export interface Membership {
  teamId: string;
  userId: string;
}

/** Adds memberships; answers those that were not there before. */
export async function insertMemberships(
  queries: Queries,
  memberships: readonly Membership[],
): Promise<Membership[]> {
  if (memberships.length === 0) return [];
  return queries
    .insert(teamMembers)
    .values([...memberships])
    .onConflictDoNothing()
    .returning();
}

/** Removes users from a team; answers those that were in it. */
export async function deleteMembers(
  queries: Queries,
  teamId: string,
  userIds: readonly string[],
): Promise<Membership[]> {
  if (userIds.length === 0) return [];
  return queries
    .delete(teamMembers)
    .where(and(eq(teamMembers.teamId, teamId), inArray(teamMembers.userId, [...userIds])))
    .returning();
}
