import { z } from 'zod';
import {
  AuditPageSchema,
  ExportAuditEventsSchema,
  exportTypes,
  ListAuditEventsSchema,
} from './audit.ts';
import {
  ApiKeyPageSchema,
  ApiKeyPathSchema,
  CreateApiKeySchema,
  CreatedApiKeySchema,
  ListApiKeysSchema,
} from './api-keys.ts';
import { ChangePasswordSchema, CurrentSessionSchema, SignInSchema } from './identity.ts';
import {
  AddPasskeySchema,
  BeginPasskeySchema,
  PasskeyCreationSchema,
  PasskeyListSchema,
  PasskeyPathSchema,
  PasskeyRequestSchema,
  PasskeySchema,
  PasskeySignInSchema,
  RenamePasskeySchema,
} from './passkeys.ts';
import {
  createSecrets,
  deleteSecrets,
  readAudit,
  manageAccess,
  readSecrets,
  updateSecrets,
  type Permission,
} from './permissions.ts';
import type { ProblemCode } from './problems.ts';
import { ProviderListSchema } from './providers.ts';
import {
  CreateSecretSchema,
  ListSecretsSchema,
  SecretMetadataSchema,
  SecretPageSchema,
  SecretPathSchema,
  UpdateSecretSchema,
} from './secrets.ts';
import {
  ListSessionsSchema,
  SessionListSchema,
  SessionPageSchema,
  SessionPathSchema,
} from './sessions.ts';
import {
  CreateTeamSchema,
  IdPathSchema,
  ListByNameSchema,
  TeamPageSchema,
  TeamSchema,
  UpdateTeamSchema,
} from './teams.ts';
import {
  AcceptInvitationSchema,
  AcceptedInvitationSchema,
  CreateUserSchema,
  CreatedUserSchema,
  InvitationSchema,
  UpdateUserSchema,
  UserPageSchema,
  UserSchema,
} from './users.ts';

/**
 * @file Every call of the API, once. The BFF mounts its routes from here, the web app calls through here, the OpenAPI
 * document and the table of route × permission are made from here. A route that is not here cannot be mounted.
 */

/**
 * Who may make a call: anybody; a person who is signed in; a person or a program with an API key; or a holder of any one
 * of these permissions, be it a person or a program.
 */
export type Access = 'anybody' | 'person' | 'signed-in' | readonly Permission[];

/** One call of the API. `path` is below `/api/v1`, with parameters as `{name}`. */
export interface Operation {
  summary: string;
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  access: Access;
  params?: z.ZodType;
  query?: z.ZodType;
  body?: z.ZodType;
  /** The status of success. */
  status: 200 | 201 | 204;
  /** The body of success; absent for 204. */
  answer?: z.ZodType;
  /** In place of `answer`: the media types of a body that is sent bit by bit, however long it is. */
  streams?: readonly string[];
  /** Answers with an `ETag`; with `If-Match` the request is refused (412) when the version is another. */
  hasVersion?: boolean;
  /** Problems of its own, beside those that every call can have. */
  problems: readonly ProblemCode[];
}

/** What can be asked of the API. */
export const operations = {
  signIn: {
    summary: 'Sign in with user name and password; sets the session cookie.',
    method: 'POST',
    path: '/session',
    access: 'anybody',
    body: SignInSchema,
    status: 200,
    answer: CurrentSessionSchema,
    problems: ['sign-in-refused', 'too-many-attempts', 'overloaded'],
  },
  beginPasskeySignIn: {
    summary:
      'What the browser is asked for to sign in with a passkey; sets a cookie for 5 minutes.',
    method: 'POST',
    path: '/session/passkey/options',
    access: 'anybody',
    status: 200,
    answer: PasskeyRequestSchema,
    problems: ['passkeys-unavailable'],
  },
  signInWithPasskey: {
    summary: 'Sign in with a passkey; sets the session cookie.',
    method: 'POST',
    path: '/session/passkey',
    access: 'anybody',
    body: PasskeySignInSchema,
    status: 200,
    answer: CurrentSessionSchema,
    problems: ['passkey-refused', 'passkeys-unavailable', 'too-many-attempts'],
  },
  currentSession: {
    summary: 'Who is signed in, and what they may do.',
    method: 'GET',
    path: '/session',
    access: 'person',
    status: 200,
    answer: CurrentSessionSchema,
    problems: [],
  },
  signOut: {
    summary: 'End this session at once, on every node.',
    method: 'DELETE',
    path: '/session',
    access: 'person',
    status: 204,
    problems: [],
  },
  changePassword: {
    summary: "Change one's own password; ends every other session of this user.",
    method: 'PUT',
    path: '/session/password',
    access: 'person',
    body: ChangePasswordSchema,
    status: 204,
    problems: ['too-many-attempts', 'overloaded'],
  },
  listPasskeys: {
    summary: "One's own passkeys, the oldest first.",
    method: 'GET',
    path: '/passkeys',
    access: 'person',
    status: 200,
    answer: PasskeyListSchema,
    problems: [],
  },
  beginPasskey: {
    summary: 'What the browser is asked for to make a passkey; sets a cookie for 5 minutes.',
    method: 'POST',
    path: '/passkeys/options',
    access: 'person',
    body: BeginPasskeySchema,
    status: 200,
    answer: PasskeyCreationSchema,
    problems: ['passkeys-unavailable', 'too-many-passkeys', 'too-many-attempts', 'overloaded'],
  },
  addPasskey: {
    summary: 'Add the passkey that was made.',
    method: 'POST',
    path: '/passkeys',
    access: 'person',
    body: AddPasskeySchema,
    status: 201,
    answer: PasskeySchema,
    problems: ['passkeys-unavailable', 'passkey-not-added', 'too-many-passkeys', 'storage-full'],
  },
  renamePasskey: {
    summary: "Rename one of one's own passkeys.",
    method: 'PATCH',
    path: '/passkeys/{id}',
    access: 'person',
    params: PasskeyPathSchema,
    body: RenamePasskeySchema,
    status: 200,
    answer: PasskeySchema,
    problems: ['not-found'],
  },
  removePasskey: {
    summary: "Remove one of one's own passkeys: nobody signs in with it again.",
    method: 'DELETE',
    path: '/passkeys/{id}',
    access: 'person',
    params: PasskeyPathSchema,
    status: 204,
    problems: ['not-found'],
  },
  listSessions: {
    summary: "One's own sessions that are alive, the latest first.",
    method: 'GET',
    path: '/sessions',
    access: 'person',
    status: 200,
    answer: SessionListSchema,
    problems: [],
  },
  endOtherSessions: {
    summary: "End all of one's own sessions but this one, at once, on every node.",
    method: 'DELETE',
    path: '/sessions',
    access: 'person',
    status: 204,
    problems: [],
  },
  endSession: {
    summary: "End one of one's own sessions at once, on every node.",
    method: 'DELETE',
    path: '/sessions/{id}',
    access: 'person',
    params: SessionPathSchema,
    status: 204,
    problems: ['not-found'],
  },
  listAllSessions: {
    summary: "One page of everybody's sessions that are alive, the latest first.",
    method: 'GET',
    path: '/all-sessions',
    access: manageAccess,
    query: ListSessionsSchema,
    status: 200,
    answer: SessionPageSchema,
    problems: [],
  },
  endAnySession: {
    summary: "End anybody's session at once, on every node.",
    method: 'DELETE',
    path: '/all-sessions/{id}',
    access: manageAccess,
    params: SessionPathSchema,
    status: 204,
    problems: ['not-found'],
  },
  listApiKeys: {
    summary: 'One page of the API keys, without their tokens.',
    method: 'GET',
    path: '/api-keys',
    access: manageAccess,
    query: ListApiKeysSchema,
    status: 200,
    answer: ApiKeyPageSchema,
    problems: [],
  },
  createApiKey: {
    summary: 'Create an API key. Its token is in this answer and in no other.',
    method: 'POST',
    path: '/api-keys',
    access: manageAccess,
    body: CreateApiKeySchema,
    status: 201,
    answer: CreatedApiKeySchema,
    problems: ['api-key-name-taken'],
  },
  revokeApiKey: {
    summary: 'Revoke an API key for good, at once, on every node.',
    method: 'DELETE',
    path: '/api-keys/{id}',
    access: manageAccess,
    params: ApiKeyPathSchema,
    status: 204,
    problems: ['not-found'],
  },
  listSecrets: {
    summary: 'One page of the secrets, metadata only.',
    method: 'GET',
    path: '/secrets',
    access: readSecrets,
    query: ListSecretsSchema,
    status: 200,
    answer: SecretPageSchema,
    problems: [],
  },
  createSecret: {
    summary: 'Create a secret. Never overwrites one.',
    method: 'POST',
    path: '/secrets',
    access: createSecrets,
    body: CreateSecretSchema,
    status: 201,
    answer: SecretMetadataSchema,
    hasVersion: true,
    problems: ['secret-name-taken', 'storage-full'],
  },
  describeSecret: {
    summary: 'The metadata of one secret.',
    method: 'GET',
    path: '/secrets/{name}',
    access: readSecrets,
    params: SecretPathSchema,
    status: 200,
    answer: SecretMetadataSchema,
    hasVersion: true,
    problems: ['not-found'],
  },
  updateSecret: {
    summary:
      'Change a secret: what is absent is kept; a new value overwrites the old one for good.',
    method: 'PATCH',
    path: '/secrets/{name}',
    access: updateSecrets,
    params: SecretPathSchema,
    body: UpdateSecretSchema,
    status: 200,
    answer: SecretMetadataSchema,
    hasVersion: true,
    problems: [
      'not-found',
      'destinations-widened',
      'secret-changed',
      'secret-unreadable',
      'storage-full',
    ],
  },
  deleteSecret: {
    summary: 'Delete a secret for good.',
    method: 'DELETE',
    path: '/secrets/{name}',
    access: deleteSecrets,
    params: SecretPathSchema,
    status: 204,
    hasVersion: true,
    problems: ['not-found', 'secret-changed'],
  },
  listProviders: {
    summary: 'Where secrets can live, and what can be done there.',
    method: 'GET',
    path: '/providers',
    access: 'signed-in',
    status: 200,
    answer: ProviderListSchema,
    problems: [],
  },
  listUsers: {
    summary: 'One page of the users.',
    method: 'GET',
    path: '/users',
    access: manageAccess,
    query: ListByNameSchema,
    status: 200,
    answer: UserPageSchema,
    problems: [],
  },
  createUser: {
    summary: 'Create a user; answers with an invitation by which they set their password.',
    method: 'POST',
    path: '/users',
    access: manageAccess,
    body: CreateUserSchema,
    status: 201,
    answer: CreatedUserSchema,
    hasVersion: true,
    problems: ['user-name-taken', 'storage-full'],
  },
  describeUser: {
    summary: 'One user, with what they may do and where that comes from.',
    method: 'GET',
    path: '/users/{id}',
    access: manageAccess,
    params: IdPathSchema,
    status: 200,
    answer: UserSchema,
    hasVersion: true,
    problems: ['not-found'],
  },
  updateUser: {
    summary: 'Rename, disable, enable a user, or set their permissions and teams.',
    method: 'PATCH',
    path: '/users/{id}',
    access: manageAccess,
    params: IdPathSchema,
    body: UpdateUserSchema,
    status: 200,
    answer: UserSchema,
    hasVersion: true,
    problems: [
      'not-found',
      'user-name-taken',
      'user-changed',
      'last-access-manager',
      'storage-full',
    ],
  },
  deleteUser: {
    summary: 'Delete a user and end their sessions.',
    method: 'DELETE',
    path: '/users/{id}',
    access: manageAccess,
    params: IdPathSchema,
    status: 204,
    hasVersion: true,
    problems: ['not-found', 'user-changed', 'last-access-manager'],
  },
  inviteUser: {
    summary: 'Make a new invitation for a user; the one before holds no more.',
    method: 'POST',
    path: '/users/{id}/invitation',
    access: manageAccess,
    params: IdPathSchema,
    status: 201,
    answer: InvitationSchema,
    problems: ['not-found', 'user-disabled', 'storage-full'],
  },
  removePasskeysOfUser: {
    summary: 'Remove all passkeys of a user: nobody signs in with them again.',
    method: 'DELETE',
    path: '/users/{id}/passkeys',
    access: manageAccess,
    params: IdPathSchema,
    status: 204,
    problems: ['not-found'],
  },
  acceptInvitation: {
    summary:
      'Set the password of the invited user; ends every session of theirs, and removes their passkeys.',
    method: 'POST',
    path: '/invitations/accept',
    access: 'anybody',
    body: AcceptInvitationSchema,
    status: 200,
    answer: AcceptedInvitationSchema,
    problems: ['invitation-refused', 'too-many-attempts', 'overloaded'],
  },
  listTeams: {
    summary: 'One page of the teams.',
    method: 'GET',
    path: '/teams',
    access: manageAccess,
    query: ListByNameSchema,
    status: 200,
    answer: TeamPageSchema,
    problems: [],
  },
  createTeam: {
    summary: 'Create a team: every member holds what it grants.',
    method: 'POST',
    path: '/teams',
    access: manageAccess,
    body: CreateTeamSchema,
    status: 201,
    answer: TeamSchema,
    hasVersion: true,
    problems: ['team-name-taken', 'storage-full'],
  },
  describeTeam: {
    summary: 'One team.',
    method: 'GET',
    path: '/teams/{id}',
    access: manageAccess,
    params: IdPathSchema,
    status: 200,
    answer: TeamSchema,
    hasVersion: true,
    problems: ['not-found'],
  },
  updateTeam: {
    summary: 'Change a team, add members, remove members.',
    method: 'PATCH',
    path: '/teams/{id}',
    access: manageAccess,
    params: IdPathSchema,
    body: UpdateTeamSchema,
    status: 200,
    answer: TeamSchema,
    hasVersion: true,
    problems: [
      'not-found',
      'team-name-taken',
      'team-changed',
      'last-access-manager',
      'storage-full',
    ],
  },
  deleteTeam: {
    summary: 'Delete a team: its members lose what they held by it alone.',
    method: 'DELETE',
    path: '/teams/{id}',
    access: manageAccess,
    params: IdPathSchema,
    status: 204,
    hasVersion: true,
    problems: ['not-found', 'team-changed', 'last-access-manager'],
  },
  listTeamMembers: {
    summary: 'One page of the members of a team.',
    method: 'GET',
    path: '/teams/{id}/members',
    access: manageAccess,
    params: IdPathSchema,
    query: ListByNameSchema,
    status: 200,
    answer: UserPageSchema,
    problems: ['not-found'],
  },
  listAuditEvents: {
    summary: 'One page of the audit trail, newest first.',
    method: 'GET',
    path: '/audit-events',
    access: readAudit,
    query: ListAuditEventsSchema,
    status: 200,
    answer: AuditPageSchema,
    problems: [],
  },
  exportAuditEvents: {
    summary: 'The audit trail as a file, oldest first. Writes an event of its own.',
    method: 'GET',
    path: '/audit-events/export',
    access: readAudit,
    query: ExportAuditEventsSchema,
    status: 200,
    streams: Object.values(exportTypes),
    problems: ['storage-full'],
  },
} as const satisfies Record<string, Operation>;

/** The checked input of a part of a call, `undefined` where it has none. */
export type Checked<S> = S extends z.ZodType ? z.output<S> : undefined;
/** The input of a part of a call as it is sent. */
export type Sent<S> = S extends z.ZodType ? z.input<S> : undefined;
