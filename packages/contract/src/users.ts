import { z } from 'zod';
import { NewPasswordSchema } from './identity.ts';
import { UserNameSchema } from './names.ts';
import { PermissionSchema, permissionNames, type Permission } from './permissions.ts';
import { SignInProviderNameSchema } from './sign-in.ts';
import { GrantedSchema, idsOf } from './teams.ts';

/** How many teams of a user one request may name: more than anybody is in, groups of a provider included. */
export const mostTeams = 1000;

/** `POST /users`. The person chooses their own password by the invitation that comes back. */
export const CreateUserSchema = z
  .strictObject({
    name: UserNameSchema,
    permissions: GrantedSchema.default([]),
    teams: idsOf('team', mostTeams).default([]),
    /** The provider that they will sign in through; then there is no invitation. */
    provider: SignInProviderNameSchema.optional(),
  })
  .meta({ id: 'CreateUser' });

/** `PATCH /users/{id}`: what is absent is kept; permissions and teams are replaced by those that are sent. */
export const UpdateUserSchema = z
  .strictObject({
    name: UserNameSchema.optional(),
    isDisabled: z.boolean({ error: 'Must be true or false.' }).optional(),
    permissions: GrantedSchema.optional(),
    teams: idsOf('team', mostTeams).optional(),
  })
  .meta({ id: 'UpdateUser' });

/** A permission that somebody holds, and where it comes from. */
export const EffectivePermissionSchema = z.strictObject({
  permission: PermissionSchema,
  /** Granted to the user directly. */
  isDirect: z.boolean(),
  /** The teams that grant it. One that is disabled does not. */
  teams: z.array(z.strictObject({ id: z.uuid(), name: z.string() })),
});

/** A user. */
export const UserSchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    /** Cannot sign in; every session has ended. */
    isDisabled: z.boolean(),
    /** False until the person has set a password by an invitation. */
    hasPassword: z.boolean(),
    /** The provider that they sign in through, or will: the first time by their name, and then whatever they are called. */
    provider: z.strictObject({ name: z.string(), hasSignedIn: z.boolean() }).nullable(),
    /** How many passkeys they have. */
    passkeys: z.int(),
    /** The invitation that has been made and not been used holds until then. */
    invitedUntil: z.iso.datetime().nullable(),
    /** Granted directly. */
    permissions: z.array(PermissionSchema),
    teams: z.array(
      z.strictObject({
        id: z.uuid(),
        name: z.string(),
        /** The identity provider whose groups put the user into the team; null for by hand. */
        provider: z.string().nullable(),
        /** What the team grants; nothing of it is in effect while it is disabled. */
        permissions: z.array(PermissionSchema),
        isDisabled: z.boolean(),
      }),
    ),
    /** What the user may do: granted directly or by a team. */
    effectivePermissions: z.array(EffectivePermissionSchema),
    createdAt: z.iso.datetime(),
  })
  .meta({ id: 'User' });

/** One page of users. */
export const UserPageSchema = z
  .strictObject({ items: z.array(UserSchema), nextCursor: z.string().nullable() })
  .meta({ id: 'UserPage' });

/** An invitation, once: only a hash of the token is stored. */
export const InvitationSchema = z
  .strictObject({
    token: z.string(),
    /** The page where the password is set, on this origin. The token is in the fragment, which is sent to no server. */
    link: z.string(),
    expiresAt: z.iso.datetime(),
  })
  .meta({ id: 'Invitation' });

/** A user that was just created, with their invitation; null for who signs in through a provider. */
export const CreatedUserSchema = z
  .strictObject({ user: UserSchema, invitation: InvitationSchema.nullable() })
  .meta({ id: 'CreatedUser' });

/** `POST /invitations/accept`. */
export const AcceptInvitationSchema = z
  .strictObject({
    token: z
      .string({ error: 'The invitation is missing.' })
      .min(1, 'The invitation is missing.')
      .max(256, 'This is no invitation.'),
    password: NewPasswordSchema,
  })
  .meta({ id: 'AcceptInvitation' });

/** Whose password was set. */
export const AcceptedInvitationSchema = z
  .strictObject({ username: z.string() })
  .meta({ id: 'AcceptedInvitation' });

/** A user. */
export type User = z.infer<typeof UserSchema>;
/** A permission that somebody holds, and where it comes from. */
export type EffectivePermission = z.infer<typeof EffectivePermissionSchema>;
/** `POST /users`, checked. */
export type CreateUser = z.infer<typeof CreateUserSchema>;
/** `POST /users` as it is sent. */
export type CreateUserInput = z.input<typeof CreateUserSchema>;
/** `PATCH /users/{id}`, checked. */
export type UpdateUser = z.infer<typeof UpdateUserSchema>;
/** `PATCH /users/{id}` as it is sent. */
export type UpdateUserInput = z.input<typeof UpdateUserSchema>;
/** One page of users. */
export type UserPage = z.infer<typeof UserPageSchema>;
/** A user that was just created, with their invitation. */
export type CreatedUser = z.infer<typeof CreatedUserSchema>;
/** An invitation, once. */
export type Invitation = z.infer<typeof InvitationSchema>;

/**
 * What a user may do and where each permission comes from: granted directly, by teams, or both. Pure. The session query
 * computes the same union in the database.
 */
export function effectivePermissions(
  direct: readonly Permission[],
  teams: readonly {
    id: string;
    name: string;
    permissions: readonly string[];
    isDisabled: boolean;
  }[],
): EffectivePermission[] {
  return permissionNames.flatMap((permission) => {
    const isDirect = direct.includes(permission);
    const granting = teams
      .filter(({ permissions, isDisabled }) => !isDisabled && permissions.includes(permission))
      .map(({ id, name }) => ({ id, name }));
    return isDirect || granting.length > 0 ? [{ permission, isDirect, teams: granting }] : [];
  });
}
