import { z } from 'zod';
import { TeamNameSchema } from './names.ts';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';
import { PermissionSchema } from './permissions.ts';

/** How many members one request may add or remove. */
export const membersAtOnce = 1000;

/** Past so many members a team stops counting. */
export const membersCountedUpTo = 100;

/** The path of one user or team. */
export const IdPathSchema = z.strictObject({ id: z.string() });

/** Ids of users or teams, each once. */
export const idsOf = (what: string, most: number) =>
  z
    .array(z.uuid(`Must be the id of a ${what}.`), { error: `Must be a list of ids of ${what}s.` })
    .max(most, `Name at most ${most} at once.`)
    .transform((ids) => [...new Set(ids.map((id) => id.toLowerCase()))]);

/** The permissions that are granted to somebody, each once. */
export const GrantedSchema = z
  .array(PermissionSchema, { error: 'Must be a list of permissions.' })
  .max(100, 'Name each permission once.');

const DescriptionSchema = z
  .string({ error: 'Must be text.' })
  .refine((text) => [...text].length <= 255, 'Use at most 255 characters.')
  .refine(
    (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
    'Use one line of text without control characters.',
  )
  .transform((text) => (text === '' ? null : text));

/** `POST /teams`. */
export const CreateTeamSchema = z
  .strictObject({
    name: TeamNameSchema,
    description: DescriptionSchema.nullable().default(null),
    permissions: GrantedSchema.default([]),
    members: idsOf('user', membersAtOnce).default([]),
  })
  .meta({ id: 'CreateTeam' });

/** `PATCH /teams/{id}`: what is absent is kept. Members are added and removed, so that two people who do so at once both succeed. */
export const UpdateTeamSchema = z
  .strictObject({
    name: TeamNameSchema.optional(),
    description: DescriptionSchema.nullable().optional(),
    isDisabled: z.boolean({ error: 'Must be true or false.' }).optional(),
    permissions: GrantedSchema.optional(),
    addMembers: idsOf('user', membersAtOnce).optional(),
    removeMembers: idsOf('user', membersAtOnce).optional(),
  })
  .meta({ id: 'UpdateTeam' });

/** A team: what it grants to each of its members, while it is not disabled. */
export const TeamSchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    description: z.string().nullable(),
    /** Grants nothing, to its members or its API keys. What it would grant stays, and so do they. */
    isDisabled: z.boolean(),
    permissions: z.array(PermissionSchema),
    /** Null for more than 100. */
    memberCount: z.int().nullable(),
    /** API keys that belong to the team, and go with it. */
    apiKeyCount: z.int(),
    version: z.int(),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'Team' });

/** What users and teams can be sorted by; a leading `-` is for descending. */
export const AccessSortSchema = z.enum(['name', '-name', 'createdAt', '-createdAt'], {
  error: 'Sort by one of name, createdAt; put "-" in front for descending.',
});

/**
 * `GET /users` and `GET /teams`: `q` is a part of the name, whatever its case, taken literally. A
 * cursor carries `q` and `sort` with it.
 */
export const ListByNameSchema = z.strictObject({
  q: SearchSchema.optional(),
  sort: AccessSortSchema.optional(),
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** `GET /teams/{id}/members`: by name only, which has an index for each team. */
export const ListMembersSchema = ListByNameSchema.extend({
  sort: z
    .enum(['name', '-name'], { error: 'Sort by name; put "-" in front for descending.' })
    .optional(),
});

/** One page of the teams. */
export const TeamPageSchema = z
  .strictObject({ items: z.array(TeamSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'TeamPage' });

/** A team. */
export type Team = z.infer<typeof TeamSchema>;
/** `POST /teams`, checked. */
export type CreateTeam = z.infer<typeof CreateTeamSchema>;
/** `PATCH /teams/{id}`, checked. */
export type UpdateTeam = z.infer<typeof UpdateTeamSchema>;
/** `PATCH /teams/{id}` as it is sent. */
export type UpdateTeamInput = z.input<typeof UpdateTeamSchema>;
/** One page of the teams. */
export type TeamPage = z.infer<typeof TeamPageSchema>;
/** A page that is asked for, of users or teams. */
export type ListByName = z.infer<typeof ListByNameSchema>;
/** A page that is asked for, of the members of a team. */
export type ListMembers = z.infer<typeof ListMembersSchema>;
/** An order of users or teams. */
export type AccessSort = z.infer<typeof AccessSortSchema>;
