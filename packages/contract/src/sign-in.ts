import { z } from 'zod';

/** @file Signing in through somebody else than Dropsafe: a provider of OpenID Connect, as the operator configured it. */

/** The name of a provider: a part of addresses, and of `oidc:NAME` where the means of a session is told. */
export const SignInProviderNameSchema = z
  .string({ error: 'Must be the name of a provider.' })
  .regex(/^[a-z0-9-]{1,32}$/, 'Must be 1 to 32 of the characters a-z 0-9 -');

/** `GET /sign-in-methods`: how one can sign in beside the password. */
export const SignInMethodsSchema = z
  .strictObject({
    /** Empty when none is configured. */
    providers: z.array(
      z.strictObject({
        name: SignInProviderNameSchema,
        /** In words for people. */
        label: z.string(),
      }),
    ),
  })
  .meta({ id: 'SignInMethods' });

/** How one can sign in beside the password. */
export type SignInMethods = z.infer<typeof SignInMethodsSchema>;
