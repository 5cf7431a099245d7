/**
 * @file Teams by groups of an identity provider. Every sign-in through a provider brings the groups that somebody is in; the
 * teams that these are mapped to become theirs, and those that they were in by this provider's groups alone are theirs no more.
 */
import { GroupNameSchema } from '@dropsafe/contract/oidc-groups';
import type { AuditEvent } from '../audit/event.ts';
import type { Transaction } from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import {
  findGroupsGiving,
  findOutOfStep,
  writeGivenMembership,
  type OutOfStep,
} from './oidc-groups.store.ts';
import { hasAccessManager, lockAccess } from './people.store.ts';
import { deleteMemberships, insertMemberships } from './teams.store.ts';

/** Somebody who signs in through a provider, with the groups that they are in there. */
export interface GroupsOfUser {
  userId: string;
  userName: string;
  /** The name of the provider in the configuration. */
  provider: string;
  groups: readonly string[];
}

/**
 * Brings the teams of a user into step with their groups, in the transaction of the sign-in. When they are, nothing is written
 * and nothing is locked. Memberships by hand stay as they are. Whoever would be the last to manage access stays in one team that
 * lets them, which is told, and tried again at their next sign-in.
 *
 * To be called before a row of any user is locked in the transaction, or after `lockAccess`: changes of access take that lock
 * first, and two that lock in opposite orders would wait for each other. What the user may do is to be read afterwards.
 */
export async function keepTeamsInStep(
  tx: Transaction,
  tell: (event: AuditEvent) => void,
  { userId, userName, provider, groups: brought }: GroupsOfUser,
): Promise<void> {
  // What no mapping can name does not go to the database, which refuses some of it.
  const groups = brought.filter((group) => GroupNameSchema.safeParse(group).success);
  const user = { userId, provider, groups };
  if ((await findOutOfStep(tx, user)).length === 0) return;
  await lockAccess(tx);
  // Once more: an administrator may have changed mappings or memberships before the lock was ours.
  const outOfStep = await findOutOfStep(tx, user);
  const subjectOf = ({ teamName }: OutOfStep) => `${teamName}/${userName}`;
  const means = `oidc:${provider}`;
  // Joined before any is left: somebody may manage access by another team now.
  for (const team of outOfStep) {
    if (team.mappings === null) continue;
    const { teamId, mappings } = team;
    await writeGivenMembership(tx, { userId, teamId, provider, mappings });
    if (!team.isMember) tell({ action: 'team.member-added', subject: subjectOf(team), means });
  }
  const left = outOfStep.filter(({ mappings }) => mappings === null);
  if (left.length === 0) return;
  const kept = await leaveTeams(tx, userId, left);
  for (const team of left) {
    const action = team === kept ? 'team.member-kept' : 'team.member-removed';
    tell({ action, subject: subjectOf(team), means });
  }
}

/** Takes a user out of teams; answers the one that they had to stay in. */
async function leaveTeams(
  tx: Transaction,
  userId: string,
  left: readonly OutOfStep[],
): Promise<OutOfStep | undefined> {
  const hadOne = await hasAccessManager(tx);
  const gone = await deleteMemberships(
    tx,
    userId,
    left.map(({ teamId }) => teamId),
  );
  if (!hadOne || (await hasAccessManager(tx))) return undefined;
  const kept = left.find(({ managesAccess }) => managesAccess);
  const membership = gone.find(({ teamId }) => teamId === kept?.teamId);
  if (membership === undefined) throw new Error('Access was managed by none of these teams.');
  await insertMemberships(tx, [membership]);
  return kept;
}

/** Refuses to take users out of teams that a group puts them into: they would be back at their next sign-in. Throws `member-by-group`. */
export async function demandByHand(
  tx: Transaction,
  teamIds: readonly string[],
  userIds: readonly string[],
): Promise<void> {
  const groups = await findGroupsGiving(tx, teamIds, userIds);
  if (groups.length > 0) throw new Problem('member-by-group', { groups });
}
