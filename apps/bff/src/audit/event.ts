import type { AuditFilter } from '@dropsafe/contract/audit';
import type { IntegrationField } from '@dropsafe/contract/integration-types';
import type { Permission } from '@dropsafe/contract/permissions';

/**
 * Everything that the trail can tell. No member can hold a value: subjects are names and ids, `fields` are names of
 * fields, or the reason of a refusal, out of closed lists, `permissions` are constants.
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
  | { action: 'invitation.refused'; subject: string; fields: [RefusedBecause] }
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
  /** Somebody who is signed in did not know the password that they are asked for again. */
  | { action: 'user.password-refused'; subject: string; fields: [RefusedBecause] }
  /** With the last attempt that may be, as it is counted: before it is refused, or is right after all. */
  | { action: 'user.locked'; subject: string }
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
  /** Subject: as of `user.renamed`. */
  | { action: 'api-key.renamed'; subject: string }
  | {
      action: 'api-key.permissions-given' | 'api-key.permissions-taken';
      subject: string;
      permissions: readonly Permission[];
    }
  /** Subject: the key and the moment of its end, or `never`, with a slash between. Follows upon `api-key.created` as well. */
  | { action: 'api-key.expiry-set'; subject: string }
  | { action: 'api-key.revoked'; subject: string }
  /** A program was refused. Who: the key. Not every time, see `recordSeldom`. */
  | { action: 'api-key.revoked-used' | 'api-key.expired-used'; subject: string }
  /** Well-formed, and known to nobody here. */
  | { action: 'api-key.unknown-used'; subject: 'unknown API key' }
  /** Whoever signs in is nobody yet: the means is that of the session. */
  | { action: 'session.started'; subject: string; means: string }
  /**
   * Subject: the user, if there is one; through a provider its means, after the name that the provider vouched for and a slash.
   * A name that was only typed is not told: it may be a password.
   */
  | { action: 'session.refused'; subject: string; fields: [RefusedBecause] }
  | { action: 'session.ended'; subject: string }
  /** A provider, or somebody in its name, said that sessions have ended. */
  | { action: 'session.logout-refused'; subject: string; fields: [RefusedBecause] }
  | { action: 'permission.denied'; subject: string; permissions: readonly Permission[] }
  /** Whatever the permissions are. Subject: method and path of the operation, without what was put into it. */
  | {
      action: 'request.denied';
      subject: string;
      fields: ['cross-site-request' | 'person-required'];
    }
  /** The subject is the format; the fields are those that the events were filtered by. */
  | { action: 'audit.exported'; subject: string; fields: FilterField[] }
  /** The subject names the first and the last event that were dropped. */
  | { action: 'audit.dropped'; subject: string }
  /** A start found that somebody had taken away the end of the chain. The subject is the number of the last event that was left. */
  | { action: 'audit.end-missing'; subject: string };

/** What can happen to a membership. One is kept when nobody else could manage access. */
type TeamMemberAction = 'team.member-added' | 'team.member-removed' | 'team.member-kept';

/** Why somebody was refused. The reasons of providers and of passkeys: docs/sign-in.md. */
export type RefusedBecause =
  // The limits on guessing.
  | 'address-limited'
  | 'account-limited'
  | 'account-locked'
  // A password.
  | 'password-wrong'
  | 'password-missing'
  | 'password-changed'
  // Whoever it is.
  | 'user-unknown'
  | 'user-disabled'
  // An invitation.
  | 'invitation-unknown'
  | 'invitation-used'
  // A passkey.
  | 'no-challenge'
  | 'wrong-challenge'
  | 'foreign-origin'
  | 'foreign-site'
  | 'not-verified'
  | 'wrong-signature'
  | 'unknown-passkey'
  | 'wrong-user'
  | 'counter-went-back'
  | 'unwanted-attestation'
  | 'known-already'
  | 'malformed'
  // A provider.
  | 'provider-unreachable'
  | 'provider-slow'
  | 'provider-failed'
  | 'provider-said-no'
  | 'certificate-refused'
  | 'client-refused'
  | 'issuer-wrong'
  | 'issuer-changed'
  | 'audience-wrong'
  | 'signature-wrong'
  | 'key-unknown'
  | 'algorithm-refused'
  | 'token-expired'
  | 'token-of-another-time'
  | 'state-unknown'
  | 'state-used-or-expired'
  | 'code-refused'
  | 'nonce-wrong'
  | 'answer-invalid'
  | 'answer-too-large'
  | 'name-missing'
  | 'name-refused'
  | 'name-taken'
  | 'logout-token-invalid'
  | 'logout-token-used';

/** The fields of a secret that a change can touch. */
export type SecretField = 'value' | 'description' | 'destinations';

/** The fields of an integration that a change can touch. */
export type ChangedIntegrationField = 'description' | IntegrationField;

/** What an export of the trail can be filtered by. */
export type FilterField = keyof AuditFilter;
