import { z } from 'zod';
import { ListByNameSchema } from './teams.ts';

/**
 * @file Which team a group of an identity provider gives. Whoever signs in through the provider and is in the group there
 * is in the team here, until they sign in without it.
 */

/** How long the name of a group may be, in characters. */
export const groupNameLength = 255;

/** How many groups one team may have. */
export const mostGroupsOfTeam = 100;

/** How many mappings there may be in all. */
export const mostOidcGroups = 10_000;

/** A group as the provider names it; compared exactly, so nothing is trimmed or brought into another form. */
export const GroupNameSchema = z
  .string({ error: 'Enter the name of a group.' })
  .min(1, 'Enter the name of a group.')
  .refine(
    (text) => [...text].length <= groupNameLength,
    `Use at most ${groupNameLength} characters.`,
  )
  .refine(
    (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
    'Use one line of text without control characters.',
  );

/** `POST /oidc-groups`. */
export const CreateOidcGroupSchema = z
  .strictObject({
    provider: z.string({ error: 'Choose an identity provider.' }),
    group: GroupNameSchema,
    teamId: z.uuid('Must be the id of a team.'),
  })
  .meta({ id: 'CreateOidcGroup' });

/** A group of a provider, and the team that it gives. */
export const OidcGroupSchema = z
  .strictObject({
    id: z.uuid(),
    /** The name of the provider, which may be configured no more. */
    provider: z.string(),
    group: z.string(),
    team: z.strictObject({ id: z.uuid(), name: z.string() }),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'OidcGroup' });

/** `GET /oidc-groups`: `q` is a part of the name of the group, whatever its case; `name` sorts by it. A cursor carries all of it. */
export const ListOidcGroupsSchema = ListByNameSchema.extend({
  /** Those that give this team. */
  teamId: z.uuid('Must be the id of a team.').optional(),
});

/** One page of the groups. */
export const OidcGroupPageSchema = z
  .strictObject({ items: z.array(OidcGroupSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'OidcGroupPage' });

/** A group of a provider, and the team that it gives. */
export type OidcGroup = z.infer<typeof OidcGroupSchema>;
/** `POST /oidc-groups`, checked. */
export type CreateOidcGroup = z.infer<typeof CreateOidcGroupSchema>;
/** `GET /oidc-groups`, checked. */
export type ListOidcGroups = z.infer<typeof ListOidcGroupsSchema>;
/** One page of the groups. */
export type OidcGroupPage = z.infer<typeof OidcGroupPageSchema>;
