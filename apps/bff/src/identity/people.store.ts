import type { Permission } from '@dropsafe/contract/permissions';
import type { AccessSort } from '@dropsafe/contract/teams';
import { and, eq, sql } from 'drizzle-orm';
import type { Queries, Transaction } from '../base/database.ts';
import { grantsOf, holdersOf } from '../permissions/permissions.ts';
import { invitations } from './invitations.store.ts';
import { passkeys } from './passkeys.store.ts';
import type { Placed } from './access-cursor.ts';
import { beyondCursor, containsPart, orderOf, type PageRequest } from './page.store.ts';
import { oidcIdentities } from './oidc-identities.store.ts';
import {
  isGranting,
  membersWithTeams,
  permissionsOfUser,
  teamMembers,
  teams,
  type GrantingTeam,
} from './teams.store.ts';
import { users } from './users.store.ts';

/** @file Users together with their teams and what these grant: what more than one table knows of a user. */

/** A user as sign-in needs them. */
export interface UserWithHash {
  id: string;
  name: string;
  passwordHash: string | null;
  permissions: Permission[];
}

/** The user of this name, who may be disabled. */
export async function findAccountByName(
  queries: Queries,
  canonicalName: string,
): Promise<(UserWithHash & { isDisabled: boolean }) | undefined> {
  const [user] = await queries
    .select({
      id: users.id,
      name: users.name,
      passwordHash: users.passwordHash,
      isDisabled: users.isDisabled,
      permissions: permissionsOfUser,
    })
    .from(users)
    .where(eq(users.canonicalName, canonicalName));
  return user;
}

/** The user of this name who may sign in. */
export async function findUserByName(
  queries: Queries,
  canonicalName: string,
): Promise<UserWithHash | undefined> {
  const user = await findAccountByName(queries, canonicalName);
  return user?.isDisabled === false ? user : undefined;
}

/** Whether an account that was there a moment ago is why its user is refused; undefined when it is as good as then. */
export async function findFaultOfAccount(
  queries: Queries,
  id: string,
): Promise<'user-unknown' | 'user-disabled' | undefined> {
  const [user] = await queries
    .select({ isDisabled: users.isDisabled })
    .from(users)
    .where(eq(users.id, id));
  if (user === undefined) return 'user-unknown';
  return user.isDisabled ? 'user-disabled' : undefined;
}

/** A user who may sign in, as they are in this transaction; holds their row until it ends. */
export async function findSignedIn(
  tx: Transaction,
  id: string,
): Promise<{ id: string; name: string; permissions: Permission[] } | undefined> {
  const [user] = await tx
    .select({ id: users.id, name: users.name, permissions: permissionsOfUser })
    .from(users)
    .where(sql`${users.id} = ${id} and not ${users.isDisabled}`)
    .for('share');
  return user;
}

/** A team of a user, with what it grants. */
export interface TeamOfUser extends GrantingTeam {
  /** The identity provider whose groups put the user into it; null for by hand. */
  provider: string | null;
}

/** A user with all that decides what they may do. */
export interface Person {
  id: string;
  name: string;
  isDisabled: boolean;
  hasPassword: boolean;
  /** The provider that they sign in through, and whether they have yet. */
  provider: { name: string; hasSignedIn: boolean } | null;
  passkeys: number;
  invitedUntil: string | null;
  permissions: Permission[];
  teams: TeamOfUser[];
  createdAt: string;
  version: number;
}

const teamsOfUser = sql`select json_build_object('id', ${teams.id}, 'name', ${teams.name}, 'permissions', ${grantsOf(teams.id)},
    'isDisabled', ${teams.isDisabled}, 'provider', ${teamMembers.provider})
  from ${membersWithTeams}
  where ${teamMembers.userId} = ${users.id} order by ${teams.canonicalName}`;
const invitedUntil = sql`select ${invitations.expiresAt} from ${invitations}
  where ${invitations.userId} = ${users.id} and ${invitations.expiresAt} > now()`;

const providerOfUser = sql`select json_build_object('name', ${oidcIdentities.provider}, 'hasSignedIn', ${oidcIdentities.subject} is not null)
  from ${oidcIdentities} where ${oidcIdentities.userId} = ${users.id}`;
const passkeyCount = sql`select count(*)::int from ${passkeys} where ${passkeys.userId} = ${users.id}`;

const personColumns = {
  id: users.id,
  name: users.name,
  isDisabled: users.isDisabled,
  hasPassword: sql<boolean>`${users.passwordHash} is not null`,
  provider: sql<Person['provider']>`(${providerOfUser})`,
  passkeys: sql<number>`(${passkeyCount})`,
  invitedUntil: sql<string | null>`(${invitedUntil})`.mapWith(invitations.expiresAt),
  permissions: grantsOf(users.id),
  teams: sql<TeamOfUser[]>`to_json(array(${teamsOfUser}))`,
  createdAt: users.createdAt,
  version: users.version,
};

/** A user by their id. */
export async function findPerson(queries: Queries, id: string): Promise<Person | undefined> {
  const [person] = await queries.select(personColumns).from(users).where(eq(users.id, id));
  return person;
}

/** One page of the users, read by the index of the order. */
export async function listPeople(
  queries: Queries,
  { sort, q, limit, after }: PageRequest,
): Promise<Placed<Person>[]> {
  const keys = { name: users.canonicalName, createdAt: users.createdAt, id: users.id };
  return queries
    .select({ row: personColumns, key: keyColumn(sort) })
    .from(users)
    .where(and(containsPart(users.canonicalName, q), beyondCursor(sort, keys, after)))
    .orderBy(...orderOf(sort, keys))
    .limit(limit);
}

const keyColumn = (sort: AccessSort) =>
  sort.endsWith('name') ? users.canonicalName : users.createdAt;

/** One page of the members of a team by their names, read by an index of its own: it costs the same whatever the size of the team. */
export async function listMembers(
  queries: Queries,
  teamId: string,
  { sort, q, limit, after }: PageRequest,
): Promise<Placed<Person>[]> {
  const { canonicalName } = teamMembers;
  const keys = { name: canonicalName, createdAt: users.createdAt, id: teamMembers.userId };
  return queries
    .select({ row: personColumns, key: canonicalName })
    .from(teamMembers)
    .innerJoin(users, eq(users.id, teamMembers.userId))
    .where(
      and(
        eq(teamMembers.teamId, teamId),
        containsPart(canonicalName, q),
        beyondCursor(sort, keys, after),
      ),
    )
    .orderBy(...orderOf(sort, keys))
    .limit(limit);
}

// --- who manages access ---

/** The number has no meaning. */
const accessLock = 7_263_002;

/** Makes changes of who may do what wait for each other, on every node, until the transaction ends. */
export async function lockAccess(queries: Queries): Promise<void> {
  await queries.execute(sql`select pg_advisory_xact_lock(${accessLock})`);
}

/**
 * True while there is a user who can sign in and may manage access, by a grant of their own or of a team. Passkeys do not
 * count: whoever adds one has to know their password, so there is none without.
 */
export async function hasAccessManager(queries: Queries): Promise<boolean> {
  const isLinked = sql`select from ${oidcIdentities} where ${oidcIdentities.userId} = ${users.id} and ${oidcIdentities.subject} is not null`;
  const canSignIn = sql`not ${users.isDisabled} and (${users.passwordHash} is not null or exists (${isLinked}))`;
  const holders = holdersOf('ACCESS_MANAGEMENT');
  const directly = sql`select from ${users} where ${users.id} in (${holders}) and ${canSignIn}`;
  const byTeam = sql`select from ${teamMembers} join ${users} on ${users.id} = ${teamMembers.userId}
    join ${teams} on ${teams.id} = ${teamMembers.teamId}
    where ${teamMembers.teamId} in (${holders}) and ${isGranting} and ${canSignIn}`;
  const [row] = await queries.execute<{ found: boolean }>(
    sql`select exists (${directly}) or exists (${byTeam}) as found`,
  );
  return row?.found === true;
}
