import { z } from 'zod';

/**
 * @file The closed list of everything that can go wrong for a caller (RFC 9457). `type` is `/problems/<code>` and
 * stays stable; `detail` says what to do. No text here, nor any that is added at run time, repeats what was sent.
 */

/** Code → status, title and the sentence that is sent when the place that throws has nothing better to say. */
export const problems = {
  'validation-failed': {
    status: 400,
    title: 'The request is not valid',
    detail: 'Correct the fields named in "errors" and send the request again.',
  },
  'logout-refused': {
    status: 400,
    title: 'The logout is refused',
    detail: 'It does not come from this provider, or it was sent before. The reason is in the log.',
  },
  'malformed-request': {
    status: 400,
    title: 'The request cannot be read',
    detail: 'The body must be one JSON object in UTF-8.',
  },
  unauthenticated: {
    status: 401,
    title: 'Not signed in',
    detail: 'Sign in and send the request again; a program sends its API key along.',
  },
  'sign-in-refused': {
    status: 401,
    title: 'Sign-in refused',
    detail: 'The user name or the password is wrong.',
  },
  'identity-provider-refused': {
    status: 403,
    title: 'The provider did not let you sign in',
    detail:
      'It was cancelled there, or you are not admitted. Start again, or ask your administrator.',
  },
  'identity-issuer-wrong': {
    status: 403,
    title: 'The answer comes from another provider',
    detail:
      'It does not name the issuer that is configured here. Do not try again; tell the operator.',
  },
  'identity-audience-wrong': {
    status: 403,
    title: 'The answer is not meant for Dropsafe',
    detail: 'It was made for another application. Do not try again; tell the operator.',
  },
  'identity-signature-wrong': {
    status: 403,
    title: 'The answer of the provider is not genuine',
    detail: 'Its signature does not hold. Do not try again; tell the operator.',
  },
  'identity-token-expired': {
    status: 403,
    title: 'The answer of the provider is of another time',
    detail:
      'Start again. If this goes on, the clocks differ by more than two minutes: tell the operator.',
  },
  'identity-answer-invalid': {
    status: 403,
    title: 'The answer of the provider cannot be used',
    detail: 'Start again. If this goes on, tell the operator, who finds the reason in the log.',
  },
  'identity-name-refused': {
    status: 403,
    title: 'Your name at the provider cannot be used',
    detail:
      'A user name here has up to 64 letters of one script, digits and the characters . _ @ + -. Ask for such a name at the provider; if yours is one already, tell the operator.',
  },
  'identity-user-disabled': {
    status: 403,
    title: 'Your user is disabled',
    detail: 'Ask an administrator of Dropsafe to enable it.',
  },
  'identity-user-unknown': {
    status: 403,
    title: 'You are not known here yet',
    detail: 'Nobody becomes a user by signing in. Ask an administrator of Dropsafe to add you.',
  },
  'passkey-refused': {
    status: 401,
    title: 'Sign-in refused',
    detail: 'This passkey was not accepted. Try again, or sign in with your password.',
  },
  'permission-required': {
    status: 403,
    title: 'Permission required',
    detail: 'Ask an administrator for one of the permissions named in "permissions".',
  },
  'person-required': {
    status: 403,
    title: 'Only for people',
    detail: 'This is about the session of a person. A program with an API key has none.',
  },
  'own-api-key': {
    status: 403,
    title: 'An API key cannot change itself, or what its team may do',
    detail: 'Let a person or another API key with ACCESS_MANAGEMENT change it.',
  },
  'cross-site-request': {
    status: 403,
    title: 'Cross-site request refused',
    detail:
      'A request by cookie needs the header "X-Requested-With: dropsafe" and must come from this origin.',
  },
  'not-found': { status: 404, title: 'Not found', detail: 'There is nothing at this address.' },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    detail: 'Use one of the methods named in the header "Allow".',
  },
  'provider-cannot': {
    status: 405,
    title: 'The provider cannot do this',
    detail: 'What a provider can do is listed on the page System.',
  },
  'identity-name-taken': {
    status: 409,
    title: 'Your name is taken here by somebody else',
    detail:
      'A name alone does not show that this user is you. Ask an administrator of Dropsafe to rename that user.',
  },
  'secret-name-taken': {
    status: 409,
    title: 'The name is taken',
    detail:
      'There is already a secret of this name. Choose another, or update the one that exists.',
  },
  'user-name-taken': {
    status: 409,
    title: 'The name is taken',
    detail:
      'There is already a user of this name, whatever its case, or of one that looks the same. Choose another.',
  },
  'team-name-taken': {
    status: 409,
    title: 'The name is taken',
    detail:
      'There is already a team of this name, whatever its case, or of one that looks the same. Choose another.',
  },
  'member-by-group': {
    status: 409,
    title: 'The membership comes from a group',
    detail:
      'A group of their identity provider puts them into this team: those named in "groups". Take them out of the group there, or remove the group from the team.',
  },
  'group-mapped': {
    status: 409,
    title: 'The group gives this team already',
    detail: 'There is nothing left to do for this group and this team.',
  },
  'too-many-groups': {
    status: 409,
    title: 'Too many groups',
    detail:
      'A team may have at most 100 groups, and all teams together 10 000. Remove one that is not needed any more.',
  },
  'user-disabled': {
    status: 409,
    title: 'The user is disabled',
    detail: 'Enable the user first: an invitation would not let them in.',
  },
  'last-access-manager': {
    status: 409,
    title: 'Nobody would be left to manage access',
    detail:
      'This would leave no user who can sign in and holds ACCESS_MANAGEMENT. Give it to somebody else first.',
  },
  'sign-in-unknown': {
    status: 410,
    title: 'This sign-in is not known any more',
    detail: 'It was used, took longer than ten minutes, or began in another browser. Start again.',
  },
  'invitation-refused': {
    status: 410,
    title: 'The invitation does not hold',
    detail:
      'It was used, replaced or taken back, or its time is over. Ask an administrator for a new one.',
  },
  'api-key-name-taken': {
    status: 409,
    title: 'The name is taken',
    detail:
      'There is already an API key of this name. Choose another, or revoke the one that exists.',
  },
  'passkeys-unavailable': {
    status: 409,
    title: 'Passkeys do not work at this address',
    detail:
      'They need https and a host name, or http://localhost. The operator puts a TLS proxy in front and sets DROPSAFE_PUBLIC_URL.',
  },
  'passkey-not-added': {
    status: 409,
    title: 'The passkey was not added',
    detail: 'What the browser sent was not accepted, or it took too long. Begin again.',
  },
  'too-many-passkeys': {
    status: 409,
    title: 'You have as many passkeys as one can have',
    detail: 'Remove one that you no longer use.',
  },
  'destinations-widened': {
    status: 409,
    title: 'More destinations need a new value',
    detail:
      'A stored value may not be sent to further destinations. Enter the value again together with the new destinations.',
  },
  'destination-not-bound': {
    status: 409,
    title: 'The value may not be sent there',
    detail:
      'None of its destinations is the provider that it would be copied to. Enter the value again, together with that destination.',
  },
  'secret-in-use': {
    status: 409,
    title: 'The secret is in use',
    detail:
      'Integrations would stop working: those named in "references". Change them first, or send the request again with ?force=true.',
  },
  'integration-name-taken': {
    status: 409,
    title: 'The name is taken',
    detail: 'There is already an integration of this name, whatever its case. Choose another.',
  },
  'secret-unusable': {
    status: 409,
    title: 'The secret cannot be used',
    detail: 'Its provider has it, but it cannot be read. The table says why.',
  },
  'secret-changed': {
    status: 412,
    title: 'Somebody else changed this secret',
    detail: 'Load it again, look at the change, and repeat yours if it is still wanted.',
  },
  'user-changed': {
    status: 412,
    title: 'Somebody else changed this user',
    detail: 'Load the user again, look at the change, and repeat yours if it is still wanted.',
  },
  'team-changed': {
    status: 412,
    title: 'Somebody else changed this team',
    detail: 'Load the team again, look at the change, and repeat yours if it is still wanted.',
  },
  'api-key-changed': {
    status: 412,
    title: 'Somebody else changed this API key',
    detail: 'Load the API key again, look at the change, and repeat yours if it is still wanted.',
  },
  'integration-changed': {
    status: 412,
    title: 'Somebody else changed this integration',
    detail: 'Load it again, look at the change, and repeat yours if it is still wanted.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The request is too large',
    detail: 'A request may have at most 512 KiB, a value at most 64 KiB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    detail: 'Send the body as application/json.',
  },
  'too-many-attempts': {
    status: 429,
    title: 'Too many attempts',
    detail: 'Wait for the time named in "Retry-After" before the next attempt.',
  },
  'secret-unreadable': {
    status: 500,
    title: 'The stored value does not open',
    detail:
      'What is stored was altered or belongs to another key. Set a new value; the operator finds the cause in the log.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    detail: 'The operator finds the cause in the log under the request id.',
  },
  'database-unavailable': {
    status: 503,
    title: 'The database cannot be reached',
    detail: 'Try again in a moment. If this was a change, look first whether it was made.',
  },
  'identity-provider-unavailable': {
    status: 503,
    title: 'The provider cannot be reached',
    detail: 'Try again in a moment. If this goes on, tell the operator.',
  },
  'provider-unavailable': {
    status: 503,
    title: 'The provider does not do it at the moment',
    detail: 'Try again in a moment. If this was a change, look first whether it was made.',
  },
  'storage-full': {
    status: 503,
    title: 'The disk of the database is full',
    detail: 'Nothing was changed. The operator must make room before anything can be stored.',
  },
  overloaded: { status: 503, title: 'Too much at once', detail: 'Try again in a moment.' },
} as const satisfies Record<string, { status: number; title: string; detail: string }>;

/** The stable name of a problem. */
export type ProblemCode = keyof typeof problems;

/** The `type` of a problem document: a relative URI. */
export const problemType = (code: ProblemCode) => `/problems/${code}` as const;

/** One field that was refused. `field` is a path such as `destinations.0`, empty for the body as a whole. */
export const FieldErrorSchema = z
  .strictObject({
    field: z.string(),
    message: z.string(),
    /** Where in the text of the field, in UTF-16 code units: of what is wrong with an expression. */
    start: z.int().optional(),
    end: z.int().optional(),
  })
  .meta({ id: 'FieldError' });

/** Where an integration uses a secret. */
export const ReferenceSchema = z
  .strictObject({
    integration: z.strictObject({ id: z.uuid(), name: z.string() }),
    /** The fields of its configuration, by their keys. */
    fields: z.array(z.string()),
  })
  .meta({ id: 'Reference' });

/** A problem document, RFC 9457. */
export const ProblemSchema = z
  .strictObject({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    /** Names this request in the log. */
    requestId: z.string(),
    errors: z.array(FieldErrorSchema).optional(),
    /** Of `permission-required`: any one of these would do. */
    permissions: z.array(z.string()).optional(),
    /** Of `member-by-group`: the groups that put them into the team. */
    groups: z.array(z.strictObject({ provider: z.string(), group: z.string() })).optional(),
    /** Of `secret-in-use`: the first 100 that would stop working; none of them for somebody who may not list integrations. */
    references: z.array(ReferenceSchema).optional(),
    /** Of `secret-in-use`: how many they are; null for more than 1 000. */
    referenceCount: z.int().nullable().optional(),
    /** Of `too-many-attempts`: seconds to wait. */
    retryAfterSeconds: z.int().optional(),
  })
  .meta({ id: 'Problem' });

/** A field that was refused, and why. */
export type FieldError = z.infer<typeof FieldErrorSchema>;
/** Where an integration uses a secret. */
export type Reference = z.infer<typeof ReferenceSchema>;
/** A problem document. */
export type ProblemDocument = z.infer<typeof ProblemSchema>;
