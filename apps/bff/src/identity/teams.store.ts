import { nameSkeleton } from '@dropsafe/contract/name-skeleton';
import { and, eq, inArray, isNotNull, sql } from 'drizzle-orm';
import {
  boolean,
  foreignKey,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import { refuseTakenName, type Queries } from '../base/database.ts';
import { grantsOf } from '../permissions/permissions.ts';
import { users } from './users.store.ts';

/** Teams. What they grant is in the grants, as for every principal. */
export const teams = pgTable(
  'teams',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    canonicalName: text().notNull().unique(),
    /** What the name looks like (`nameSkeleton` of the contract). Null where two looked the same before that was refused. */
    skeleton: text().unique(),
    description: text(),
    /** Grants nothing: whoever asks what a team grants has to ask for this as well (`isGranting`). */
    isDisabled: boolean().notNull().default(false),
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

/** Who is in which team, and whether by hand or by groups of an identity provider. */
export const teamMembers = pgTable(
  'team_members',
  {
    teamId: uuid()
      .notNull()
      .references(() => teams.id, { onDelete: 'cascade' }),
    userId: uuid().notNull(),
    /** The user's, which the database keeps the same: members are listed in its order, a page at a time. */
    canonicalName: text().notNull(),
    /** The identity provider whose groups gave it; null for by hand. */
    provider: text(),
    /** The mappings that gave it, in the order of their ids (oidc-groups.store.ts); null for by hand. */
    mappings: uuid().array(),
  },
  (table) => [
    primaryKey({ columns: [table.teamId, table.userId] }),
    foreignKey({
      name: 'team_members_user',
      columns: [table.userId, table.canonicalName],
      foreignColumns: [users.id, users.canonicalName],
    })
      .onDelete('cascade')
      .onUpdate('cascade'),
    index('team_members_by_user').on(table.userId, table.teamId),
    index('team_members_by_name').on(table.teamId, table.canonicalName),
  ],
);

/** The condition that what was granted to a team is in effect. */
export const isGranting = sql`not ${teams.isDisabled}`;

/**
 * Members with their teams, to select from. Each team by its key (`limit` keeps the planner from more): it would read all teams, a
 * thousand of them, for the three that a user is in.
 */
export const membersWithTeams = sql`${teamMembers}
  join lateral (select * from ${teams} where ${teams.id} = ${teamMembers.teamId} limit 1) as ${teams} on true`;

/** What a user may do, as a column of a query of users: granted directly, or by a team. Every request reads it. */
export const permissionsOfUser = grantsOf(
  users.id,
  sql`select ${teams.id} from ${membersWithTeams}
    where ${teamMembers.userId} = ${users.id} and ${isGranting}`,
);

/** Adds a team. Throws `team-name-taken`. */
export async function insertTeam(
  queries: Queries,
  team: { id: string; name: string; canonicalName: string; description: string | null },
): Promise<void> {
  await refuseTaken(queries.insert(teams).values({ ...team, skeleton: nameSkeleton(team.name) }));
}

/** Writes what is named, and counts the change. Throws `team-name-taken`. */
export async function updateTeam(
  queries: Queries,
  id: string,
  change: {
    name?: string;
    canonicalName?: string;
    description?: string | null;
    isDisabled?: boolean;
  },
): Promise<void> {
  const skeleton = change.name !== undefined && { skeleton: nameSkeleton(change.name) };
  await refuseTaken(
    queries
      .update(teams)
      .set({ ...change, ...skeleton, version: sql`${teams.version} + 1` })
      .where(eq(teams.id, id)),
  );
}

const refuseTaken = <T>(writing: PromiseLike<T>) =>
  refuseTakenName(
    writing,
    'team-name-taken',
    'There is already a team of this name, or of one that looks the same.',
  );

/** Removes a team and its memberships. */
export async function deleteTeam(queries: Queries, id: string): Promise<void> {
  await queries.delete(teams).where(eq(teams.id, id));
}

/** A team, with what it grants while it is not disabled. */
export interface GrantingTeam {
  id: string;
  name: string;
  permissions: readonly string[];
  isDisabled: boolean;
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

/** A user in a team; by hand unless it says otherwise. */
export interface Membership {
  teamId: string;
  userId: string;
  provider?: string | null;
  mappings?: string[] | null;
}

/** The row of a membership. */
export const withName = (membership: Membership) => ({
  ...membership,
  canonicalName: sql`(select ${users.canonicalName} from ${users} where ${users.id} = ${membership.userId})`,
});

/** Adds memberships; answers those that were not there before, or were by a group. */
export async function insertMemberships(
  queries: Queries,
  memberships: readonly Membership[],
): Promise<Membership[]> {
  if (memberships.length === 0) return [];
  return queries
    .insert(teamMembers)
    .values(memberships.map(withName))
    .onConflictDoUpdate({
      target: [teamMembers.teamId, teamMembers.userId],
      set: { provider: null, mappings: null },
      setWhere: isNotNull(teamMembers.provider),
    })
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

/** Takes a user out of teams; answers the memberships as they were. */
export async function deleteMemberships(
  queries: Queries,
  userId: string,
  teamIds: readonly string[],
): Promise<Membership[]> {
  if (teamIds.length === 0) return [];
  return queries
    .delete(teamMembers)
    .where(and(eq(teamMembers.userId, userId), inArray(teamMembers.teamId, [...teamIds])))
    .returning();
}
