import { z } from 'zod';
import { CursorSchema, LimitSchema } from './paging.ts';

/**
 * @file The audit trail as it travels. An entry tells who did what to what, and when, and from where; it has no field
 * for a value, because no event has one.
 */

/** Every action that the trail knows, in the words of a sentence: "anna … NAME". */
export const auditActions = {
  'secret.created': 'created a secret',
  'secret.updated': 'updated a secret',
  'secret.update-unchanged': 'saved a secret without a change',
  'secret.deleted': 'deleted a secret',
  'secret.copied': 'copied a secret to another provider',
  'secret.change-started': 'began to change a secret elsewhere',
  'secret.change-failed': 'failed to change a secret elsewhere',
  'secret.bound': 'named where a secret elsewhere may be sent',
  'secret.unreadable': 'met a secret that does not open',
  'secret.use-refused': 'was refused to send a secret where it may not go',
  'user.created': 'created a user',
  'user.permissions-set': 'set the permissions of a user',
  'user.renamed': 'renamed a user',
  'user.disabled': 'disabled a user',
  'user.enabled': 'enabled a user',
  'user.deleted': 'deleted a user',
  'user.invited': 'invited a user',
  'user.linked': 'linked a user to a provider',
  'invitation.accepted': 'set a password by an invitation',
  'invitation.refused': 'was refused with an invitation',
  'user.password-reset': 'reset the password of a user',
  'user.password-changed': 'changed a password',
  'user.password-refused': 'was refused with a wrong password when signed in',
  'user.locked': 'locked a user by too many failures',
  'passkey.added': 'added a passkey',
  'passkey.renamed': 'renamed a passkey',
  'passkey.removed': 'removed a passkey',
  'passkey.cloned': 'was refused with a passkey that may have been copied',
  'team.created': 'created a team',
  'team.renamed': 'renamed a team',
  'team.updated': 'updated a team',
  'team.disabled': 'disabled a team',
  'team.enabled': 'enabled a team',
  'team.permissions-set': 'set the permissions of a team',
  'team.member-added': 'put a user into a team',
  'team.member-removed': 'took a user out of a team',
  'team.members-removed': 'took very many users out of a team',
  'team.member-kept': 'kept the last access manager in a team',
  'team.api-key-added': 'put an API key into a team',
  'team.deleted': 'deleted a team',
  'oidc-group.mapped': 'let a group of an identity provider give a team',
  'oidc-group.unmapped': 'let a group of an identity provider give a team no more',
  'api-key.created': 'created an API key',
  'api-key.renamed': 'renamed an API key',
  'api-key.permissions-given': 'gave permissions to an API key',
  'api-key.permissions-taken': 'took permissions from an API key',
  'api-key.expiry-set': 'set the end of an API key',
  'api-key.revoked': 'revoked an API key',
  'api-key.revoked-used': 'was refused with an API key that is revoked',
  'api-key.expired-used': 'was refused with an API key that has expired',
  'api-key.unknown-used': 'was refused with an API key that nobody has',
  'integration.created': 'created an integration',
  'integration.renamed': 'renamed an integration',
  'integration.updated': 'updated an integration',
  'integration.disabled': 'disabled an integration',
  'integration.enabled': 'enabled an integration',
  'integration.copied': 'copied an integration',
  'integration.deleted': 'deleted an integration',
  'integration.tested': 'tested the connection of an integration',
  'integration.draft-tested': 'tested a connection that is not saved',
  'session.started': 'signed in',
  'session.refused': 'was refused at sign-in',
  'session.ended': 'ended a session',
  'session.logout-refused': 'was refused to end sessions for a provider',
  'permission.denied': 'was refused for want of a permission',
  'request.denied': 'was refused with a request',
  'audit.exported': 'exported the audit trail',
  'audit.dropped': 'dropped old events of the audit trail',
  'audit.end-missing': 'found the end of the audit trail taken away',
} as const;

/** The name of an action. */
export type AuditAction = keyof typeof auditActions;

/** All actions, in the order in which they are shown. */
export const auditActionNames = Object.keys(auditActions) as [AuditAction, ...AuditAction[]]; // as: Object.keys forgets the names

/**
 * One event of the trail. Action, kind and permissions are texts and no closed lists: an event that an older or a newer
 * version wrote is shown, too.
 */
export const AuditEntrySchema = z
  .strictObject({
    /** Its place in the chain: counts from 1 without a gap. */
    id: z.int(),
    at: z.iso.datetime(),
    principal: z.strictObject({
      kind: z.string(),
      id: z.string().nullable(),
      name: z.string().nullable(),
      /** How they had signed in; null where nobody had. */
      means: z.string().nullable(),
    }),
    action: z.string(),
    subject: z.string(),
    /** The fields that a change touched, or in one word why something was refused. */
    fields: z.array(z.string()).nullable(),
    /** The permissions that were granted, or that were missing. */
    permissions: z.array(z.string()).nullable(),
    address: z.string().nullable(),
    requestId: z.string(),
  })
  .meta({ id: 'AuditEntry' });

/** A line of an export as NDJSON: an event with its MAC, so that the file can be verified (docs/audit.md). */
export const ExportedEventSchema = AuditEntrySchema.extend({
  /** Hexadecimal. */
  mac: z.string().regex(/^[0-9a-f]{64}$/),
}).meta({ id: 'ExportedEvent' });

const TextSchema = z
  .string()
  .min(1, 'Leave it out to see all.')
  // The longest subject has two names and a group in it.
  .max(512, 'Use at most 512 characters.')
  .refine((text) => text.isWellFormed() && !text.includes('\0'), 'Use text only.');

const momentMessage = 'Must be a moment in UTC such as 2026-01-31T12:00:00Z, from 1970 on.';
// The database has no year 0, and reads no more digits than a few; nothing happened before 1970.
const MomentSchema = z.iso
  .datetime({ error: momentMessage })
  .max(30, momentMessage)
  .refine((text) => text >= '1970', momentMessage);

const filters = {
  /** A user name, or an id when it has the form of one. */
  principal: TextSchema.optional(),
  action: z.enum(auditActionNames, { error: 'Must be an action of the trail.' }).optional(),
  /** What an event is about: all of it, or one of the names in it. */
  subject: TextSchema.optional(),
  /** From this moment on. */
  from: MomentSchema.optional(),
  /** Before this moment. */
  to: MomentSchema.optional(),
};

/** Which events; all of them without any filter. */
export const AuditFilterSchema = z.strictObject(filters);

/**
 * `GET /audit-events`: newest first. A cursor carries the filters with it; sending others beside it is refused. Nothing
 * is counted: that would cost many times the page itself. With several filters that rarely meet a page may have fewer items than asked
 * for, even none, and a cursor that leads on.
 */
export const ListAuditEventsSchema = z.strictObject({
  ...filters,
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** The formats of an export, with their media types. */
export const exportTypes = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
} as const;

/** The name of a format. */
export type ExportFormat = keyof typeof exportTypes;

/** `GET /audit-events/export`: the events that fit, oldest first. */
export const ExportAuditEventsSchema = z.strictObject({
  format: z.enum(['ndjson', 'csv'], { error: 'Must be ndjson or csv.' }),
  ...filters,
});

/** One page of the trail. */
export const AuditPageSchema = z
  .strictObject({
    items: z.array(AuditEntrySchema),
    /** Pass it as `cursor` for the next page; null on the last one. */
    nextCursor: z.string().nullable(),
  })
  .meta({ id: 'AuditPage' });

/** `GET /audit-events/state`: what can be said of the trail without going through it. */
export const AuditStateSchema = z
  .strictObject({
    /** The oldest event that is kept; null when there is none. */
    oldest: z.strictObject({ id: z.int(), at: z.iso.datetime() }).nullable(),
    /** What stands in place of dropped events: the last of them. Null when none ever was. */
    dropped: z
      .strictObject({
        upTo: z.int(),
        /** False when it was not left by a drop. */
        isGenuine: z.boolean(),
      })
      .nullable(),
    /** The last one that this node wrote; null when there is none. */
    checkpoint: z
      .strictObject({
        /** Null, as `at` is, when it was not signed with the key of this trail. */
        id: z.int().nullable(),
        at: z.iso.datetime().nullable(),
        /** Whether the trail still goes through it. */
        holds: z.boolean(),
      })
      .nullable(),
  })
  .meta({ id: 'AuditState' });

/** What can be said of the trail. */
export type AuditState = z.infer<typeof AuditStateSchema>;
/** One event of the trail. */
export type AuditEntry = z.infer<typeof AuditEntrySchema>;
/** A line of an export as NDJSON. */
export type ExportedEvent = z.infer<typeof ExportedEventSchema>;
/** Which events. */
export type AuditFilter = z.infer<typeof AuditFilterSchema>;
/** `GET /audit-events`, checked. */
export type ListAuditEvents = z.infer<typeof ListAuditEventsSchema>;
/** One page of the trail. */
export type AuditPage = z.infer<typeof AuditPageSchema>;
