import { z } from 'zod';
import { ApiKeyNameSchema } from './names.ts';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';
import { PermissionSchema } from './permissions.ts';
import { GrantedSchema } from './teams.ts';
import { EffectivePermissionSchema } from './users.ts';

/**
 * @file Keys by which programs call the API. The token travels once, in the answer of its creation; nothing that is
 * answered later has a field for it.
 */

// The database has no year 0, and what was before 1970 is over in any case.
const ExpirySchema = z.iso
  .datetime({ error: 'Must be a moment such as 2030-01-31T00:00:00Z.' })
  .refine((text) => text >= '1970', 'This moment is over. Choose a later one.')
  .nullable();

/** `POST /api-keys`. Without `expiresAt` the key works until it is revoked. A key of a team may have no permissions of its own. */
export const CreateApiKeySchema = z
  .strictObject({
    name: ApiKeyNameSchema,
    permissions: GrantedSchema.default([]),
    teamId: z.uuid('Must be the id of a team.').nullable().default(null),
    expiresAt: ExpirySchema.default(null),
  })
  .refine(({ permissions, teamId }) => permissions.length > 0 || teamId !== null, {
    path: ['permissions'],
    error: 'Choose at least one permission, or a team.',
  })
  .meta({ id: 'CreateApiKey' });

/**
 * `PATCH /api-keys/{id}`: what is absent is kept, permissions are replaced by those that are sent. Null as `expiresAt` takes the
 * end away. The token and the team stay.
 */
export const UpdateApiKeySchema = z
  .strictObject({
    name: ApiKeyNameSchema.optional(),
    permissions: GrantedSchema.optional(),
    expiresAt: ExpirySchema.optional(),
  })
  .meta({ id: 'UpdateApiKey' });

/** All that anybody sees of a key once it was created. */
export const ApiKeySchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    /** Granted to the key itself. */
    permissions: z.array(PermissionSchema),
    /** The team that it belongs to: the key may do what the team may, nothing while that is disabled, and ends with it. */
    team: z.strictObject({ id: z.uuid(), name: z.string(), isDisabled: z.boolean() }).nullable(),
    /** What the key may do: granted to itself or by the team. */
    effectivePermissions: z.array(EffectivePermissionSchema),
    /** The last four characters of the token, to tell which one it is. */
    endsWith: z.string(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    expiresAt: z.iso.datetime().nullable(),
    /** Past its end: it is refused, and only kept to be looked at. */
    isExpired: z.boolean(),
    /** Up to a minute behind. */
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'ApiKey' });

/** A key that was just created, with its token: the only time that it is shown. */
export const CreatedApiKeySchema = ApiKeySchema.extend({ token: z.string() }).meta({
  id: 'CreatedApiKey',
});

/** What the list of keys can be sorted by; a leading `-` for descending. */
export const ApiKeySortSchema = z.enum(
  ['name', '-name', 'createdAt', '-createdAt', 'lastUsedAt', '-lastUsedAt'],
  { error: 'Sort by one of name, createdAt, lastUsedAt; put "-" in front for descending.' },
);

/** `GET /api-keys`: `q` is a case-insensitive part of the name. A cursor carries `q` and `sort` with it. */
export const ListApiKeysSchema = z.strictObject({
  q: SearchSchema.optional(),
  sort: ApiKeySortSchema.optional(),
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** One page of the keys. */
export const ApiKeyPageSchema = z
  .strictObject({
    items: z.array(ApiKeySchema),
    /** Pass it as `cursor` for the next page; null on the last one. */
    nextCursor: z.string().nullable(),
    /** How many keys match. */
    total: z.int(),
  })
  .meta({ id: 'ApiKeyPage' });

/** The path of one key. */
export const ApiKeyPathSchema = z.strictObject({ id: z.string() });

/** All that anybody sees of a key once it was created. */
export type ApiKey = z.infer<typeof ApiKeySchema>;
/** A key that was just created, with its token. */
export type CreatedApiKey = z.infer<typeof CreatedApiKeySchema>;
/** `POST /api-keys`, checked. */
export type CreateApiKey = z.infer<typeof CreateApiKeySchema>;
/** `PATCH /api-keys/{id}`, checked. */
export type UpdateApiKey = z.infer<typeof UpdateApiKeySchema>;
/** `PATCH /api-keys/{id}` as it is sent. */
export type UpdateApiKeyInput = z.input<typeof UpdateApiKeySchema>;
/** `GET /api-keys`, checked. */
export type ListApiKeys = z.infer<typeof ListApiKeysSchema>;
/** One page of the keys. */
export type ApiKeyPage = z.infer<typeof ApiKeyPageSchema>;
/** A sort order of the keys. */
export type ApiKeySort = z.infer<typeof ApiKeySortSchema>;
