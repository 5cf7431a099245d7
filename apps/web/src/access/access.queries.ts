import { operations } from '@dropsafe/contract/operations';
import type { CreateOidcGroup } from '@dropsafe/contract/oidc-groups';
import type { CreateTeam, Team, UpdateTeamInput } from '@dropsafe/contract/teams';
import type { CreateUserInput, UpdateUserInput, User } from '@dropsafe/contract/users';
import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { sessionKey, useForgetfulMutation } from '../api/query-client.ts';
import type { AccessView } from './list-view.ts';

/** @file What is asked and changed about users and teams. An invitation passes through and stays in no cache. */

/** All that is known of who may do what: one change can show in many places. */
export const accessKey = ['access'] as const;

const queryOf = ({ q, sort, limit, cursor }: AccessView) => ({
  q,
  sort,
  limit,
  ...(cursor === undefined ? {} : { cursor }),
});

/** One page of the users. While another one loads, the former stays in sight. */
export const usersQuery = (view: AccessView) =>
  queryOptions({
    queryKey: [...accessKey, 'users', view],
    queryFn: async ({ signal }) =>
      (await call(operations.listUsers, { query: queryOf(view), signal })).data,
    placeholderData: keepPreviousData,
  });

/** One page of the teams. */
export const teamsQuery = (view: AccessView) =>
  queryOptions({
    queryKey: [...accessKey, 'teams', view],
    queryFn: async ({ signal }) =>
      (await call(operations.listTeams, { query: queryOf(view), signal })).data,
    placeholderData: keepPreviousData,
  });

/** How many matches a picker shows before it asks to search. */
export const pickerLimit = 20;

/** The first matches by name, for a picker. */
export const pickerView = (q: string): AccessView => ({
  q,
  sort: 'name',
  limit: pickerLimit,
  cursor: undefined,
});

/** The members of a team, page after page. */
export const membersQuery = (teamId: string) =>
  infiniteQueryOptions({
    queryKey: [...accessKey, 'members', teamId],
    queryFn: async ({ signal, pageParam }) => {
      const query = { limit: 50, ...(pageParam === '' ? {} : { cursor: pageParam }) };
      const params = { id: teamId };
      return (await call(operations.listTeamMembers, { params, query, signal })).data;
    },
    initialPageParam: '',
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });

/** The groups of identity providers that give a team; it may have as many as one page shows. */
export const groupsQuery = (teamId: string) =>
  queryOptions({
    queryKey: [...accessKey, 'groups', teamId],
    queryFn: async ({ signal }) =>
      (await call(operations.listOidcGroups, { query: { teamId, sort: 'name' }, signal })).data
        .items,
  });

/** What is being edited must not change under the hand: If-Match tells when it did. */
export const forEditing = {
  gcTime: 0,
  staleTime: 0,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
} as const;

/** A user together with the version that was seen. */
export interface SeenUser {
  user: User;
  etag: string | undefined;
}

/** A team together with the version that was seen. */
export interface SeenTeam {
  team: Team;
  etag: string | undefined;
}

/** One user, asked for anew whenever a dialog opens. */
export const userQuery = (id: string) =>
  queryOptions({
    queryKey: ['user', id],
    queryFn: async ({ signal }): Promise<SeenUser> => {
      const { data, etag } = await call(operations.describeUser, { params: { id }, signal });
      return { user: data, etag };
    },
    ...forEditing,
  });

/** One team, asked for anew whenever a dialog opens. */
export const teamQuery = (id: string) =>
  queryOptions({
    queryKey: ['team', id],
    queryFn: async ({ signal }): Promise<SeenTeam> => {
      const { data, etag } = await call(operations.describeTeam, { params: { id }, signal });
      return { team: data, etag };
    },
    ...forEditing,
  });

/** Creates a user; answers with the invitation, which is shown once, if there is one. */
export function useCreateUser() {
  const refresh = useRefresh();
  return useForgetfulMutation(async (body: CreateUserInput) => {
    const { data } = await call(operations.createUser, { body });
    refresh();
    return data;
  });
}

/** Makes a new invitation in the place of the one before. */
export function useInvite() {
  const refresh = useRefresh();
  return useForgetfulMutation(async (id: string) => {
    const { data } = await call(operations.inviteUser, { params: { id } });
    refresh();
    return data;
  });
}

/** Changes the version of a user that the person has seen. */
export function useUpdateUser() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ seen, patch }: { seen: SeenUser; patch: UpdateUserInput }) =>
      (
        await call(operations.updateUser, {
          params: { id: seen.user.id },
          body: patch,
          ifMatch: seen.etag,
        })
      ).data,
    onSuccess: refresh,
  });
}

/** Deletes the version of a user that the person has seen. */
export function useDeleteUser() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ user, etag }: SeenUser) =>
      call(operations.deleteUser, { params: { id: user.id }, ifMatch: etag }),
    onSuccess: refresh,
  });
}

/** Removes all passkeys of a user. No version: it takes nothing back that somebody else could have changed. */
export function useRemovePasskeysOfUser() {
  const refresh = useRefresh();
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => call(operations.removePasskeysOfUser, { params: { id } }),
    onSuccess: (_, id) => {
      refresh();
      // The form of this user is open: their passkeys are no part of the version that it began with.
      void client.invalidateQueries({ queryKey: userQuery(id).queryKey });
    },
  });
}

/** Creates a team. */
export function useCreateTeam() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async (body: CreateTeam) => (await call(operations.createTeam, { body })).data,
    onSuccess: refresh,
  });
}

/** Changes the version of a team that the person has seen. */
export function useUpdateTeam() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: async ({ seen, patch }: { seen: SeenTeam; patch: UpdateTeamInput }) =>
      (
        await call(operations.updateTeam, {
          params: { id: seen.team.id },
          body: patch,
          ifMatch: seen.etag,
        })
      ).data,
    onSuccess: refresh,
  });
}

/** Puts a user into a team, or takes them out. No version: two people who do so at once both succeed. */
export function useSetMember(teamId: string) {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ userId, isMember }: { userId: string; isMember: boolean }) =>
      call(operations.updateTeam, {
        params: { id: teamId },
        body: isMember ? { addMembers: [userId] } : { removeMembers: [userId] },
      }),
    onSuccess: refresh,
  });
}

/** Lets a group of an identity provider give a team. */
export function useMapGroup() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (body: CreateOidcGroup) => call(operations.createOidcGroup, { body }),
    onSuccess: refresh,
  });
}

/** Lets a group give its team no more. */
export function useUnmapGroup() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: (id: string) => call(operations.deleteOidcGroup, { params: { id } }),
    onSettled: refresh,
  });
}

/** Deletes the version of a team that the person has seen. */
export function useDeleteTeam() {
  const refresh = useRefresh();
  return useMutation({
    mutationFn: ({ team, etag }: SeenTeam) =>
      call(operations.deleteTeam, { params: { id: team.id }, ifMatch: etag }),
    onSuccess: refresh,
  });
}

function useRefresh(): () => void {
  const client = useQueryClient();
  return () => {
    void client.invalidateQueries({ queryKey: accessKey });
    // One's own permissions may be among what changed.
    void client.invalidateQueries({ queryKey: sessionKey });
  };
}
