import type { AuditFilter } from '@dropsafe/contract/audit';
import type { IntegrationField } from '@dropsafe/contract/integration-types';
import type { Permission } from '@dropsafe/contract/permissions';

/**
 * Everything that the trail can tell. No member can hold a value: subjects are names and ids, `fields` are names of
 * fields out of closed lists, `permissions` are constants.
 */
export type AuditEvent =
  | { action: 'secret.created'; subject: string; fields: SecretField[] }
  | { action: 'secret.updated'; subject: string; fields: SecretField[] }
  /** Asked for with nothing that differs; nothing was written. */
  | { action: 'secret.update-unchanged'; subject: string }
  | { action: 'secret.deleted'; subject: string }
  /** Subject: the secret, the provider that it was taken from and the one that it was put into, with slashes between. */
  | { action: 'secret.copied'; subject: string; fields: SecretField[] }
  /**
   * Written before a provider elsewhere is asked for a change, and after one that came to nothing. What came to something is
   * told by `secret.created` and its like. Subject: the secret and the provider, with a slash between.
   */
  | { action: 'secret.change-started' | 'secret.change-failed'; subject: string }
  /** At the operator's terminal. Subject: the secret and the provider, with a slash between. */
  | { action: 'secret.bound'; subject: string; fields: SecretField[] }
  | { action: 'secret.unreadable'; subject: string }
  /** Nothing was opened. Subject: the secret and the origin that it was to be sent to, with a slash between. */
  | { action: 'secret.use-refused'; subject: string }
  | { action: 'user.created'; subject: string; permissions: readonly Permission[] }
  | { action: 'user.permissions-set'; subject: string; permissions: readonly Permission[] }
  /** Subject: the old name and the new one, with a slash between; no name has one in it. */
  | { action: 'user.renamed'; subject: string }
  | { action: 'user.disabled'; subject: string }
  | { action: 'user.enabled'; subject: string }
  | { action: 'user.deleted'; subject: string }
  | { action: 'user.invited'; subject: string }
  /** Subject: the user and the means by which they sign in from now on, with a slash between. */
  | { action: 'user.linked'; subject: string }
  | { action: 'invitation.accepted'; subject: string }
  | { action: 'invitation.refused'; subject: 'unknown invitation' }
  | { action: 'team.created'; subject: string; permissions: readonly Permission[] }
  /** Subject: as of `user.renamed`. */
  | { action: 'team.renamed'; subject: string }
  | { action: 'team.updated'; subject: string; fields: 'description'[] }
  | { action: 'team.disabled' | 'team.enabled'; subject: string }
  | { action: 'team.permissions-set'; subject: string; permissions: readonly Permission[] }
  /** Subject: the team and the user, with a slash between. At a sign-in that brought it, the means is that of the session. */
  | { action: TeamMemberAction; subject: string; means?: string }
  /** Very many at once. Subject: the team and how many users, with a slash between. */
  | { action: 'team.members-removed'; subject: string }
  /** Subject: the team and the key, with a slash between. */
  | { action: 'team.api-key-added'; subject: string }
  /** Subject: the provider, the group and the team, with slashes between. A group may have slashes in it, neither of the others has. */
  | { action: 'oidc-group.mapped'; subject: string }
  | { action: 'oidc-group.unmapped'; subject: string }
  | { action: 'team.deleted'; subject: string; permissions: readonly Permission[] }
  | { action: 'user.password-reset'; subject: string }
  | { action: 'user.password-changed'; subject: string }
  /** Subject, here and below: the user and the passkey, with a slash between; no name has one in it. */
  | { action: 'passkey.added'; subject: string }
  /** Subject: the user, the old name and the new one. */
  | { action: 'passkey.renamed'; subject: string }
  | { action: 'passkey.removed'; subject: string }
  /** Its counter went back, so there are two of it. Comes with a `session.refused`. */
  | { action: 'passkey.cloned'; subject: string }
  /** The fields are those that are filled in; of an update, those that differ. Never what is in them. */
  | { action: 'integration.created'; subject: string; fields: ChangedIntegrationField[] }
  /** Subject: as of `user.renamed`. */
  | { action: 'integration.renamed'; subject: string }
  | { action: 'integration.updated'; subject: string; fields: ChangedIntegrationField[] }
  | { action: 'integration.disabled' | 'integration.enabled'; subject: string }
  /** Subject: the integration that was copied and the new one, with a slash between. */
  | { action: 'integration.copied'; subject: string }
  | { action: 'integration.deleted'; subject: string }
  /** Written before anything is sent. */
  | { action: 'integration.tested'; subject: string }
  /** Written before anything is sent. Subject: the origin that it goes to. */
  | { action: 'integration.draft-tested'; subject: string }
  | { action: 'api-key.created'; subject: string; permissions: readonly Permission[] }
  | { action: 'api-key.revoked'; subject: string }
  /** Whoever signs in is nobody yet: the means is that of the session. */
  | { action: 'session.started'; subject: string; means: string }
  | { action: 'session.refused'; subject: string }
  | { action: 'session.ended'; subject: string }
  | { action: 'permission.denied'; subject: string; permissions: readonly Permission[] }
  /** The subject is the format; the fields are those that the events were filtered by. */
  | { action: 'audit.exported'; subject: string; fields: FilterField[] }
  /** The subject names the first and the last event that were dropped. */
  | { action: 'audit.dropped'; subject: string };

/** What can happen to a membership. One is kept when nobody else could manage access. */
type TeamMemberAction = 'team.member-added' | 'team.member-removed' | 'team.member-kept';

/** The fields of a secret that a change can touch. */
export type SecretField = 'value' | 'description' | 'destinations';

/** The fields of an integration that a change can touch. */
export type ChangedIntegrationField = 'description' | IntegrationField;

/** What an export of the trail can be filtered by. */
export type FilterField = keyof AuditFilter;
