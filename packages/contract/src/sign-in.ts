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

/** The path of a provider. */
export const SignInProviderPathSchema = z.strictObject({ provider: z.string() });

/** `POST /oidc/{provider}/sign-in`. */
export const BeginSignInSchema = z.strictObject({}).meta({ id: 'BeginSignIn' });

/** Where the browser goes to sign in. */
export const BegunSignInSchema = z
  .strictObject({ url: z.string().regex(/^https?:/) })
  .meta({ id: 'BegunSignIn' });

/** `POST /oidc/{provider}/callback`. */
export const FinishSignInSchema = z
  .strictObject({
    /** The query string by which the browser came back, as it was. */
    parameters: z
      .string({ error: 'The answer of the provider is missing.' })
      .min(1, 'The answer of the provider is missing.')
      .max(16_384, 'Too long for the answer of a provider.'),
  })
  .meta({ id: 'FinishSignIn' });

/** `POST /oidc/{provider}/backchannel-logout`. Further fields are passed over (Back-Channel Logout 1.0, 2.5). */
export const BackChannelLogoutSchema = z
  .object({
    logout_token: z
      .string({ error: 'The logout token is missing.' })
      .min(1, 'The logout token is missing.')
      .max(16_384, 'Too long for a logout token.'),
  })
  .meta({ id: 'BackChannelLogout' });

/**
 * `GET /oidc/{provider}/frontchannel-logout` ([Front-Channel Logout 1.0, 2](https://openid.net/specs/openid-connect-frontchannel-1_0.html)).
 * Further parameters are passed over: a provider may add its own, as to any address of a client.
 */
export const FrontChannelLogoutSchema = z.object({
  iss: z.string({ error: 'The issuer is missing.' }).max(1024, 'Too long for an issuer.'),
  sid: z
    .string({ error: 'The session is missing.' })
    .min(1, 'The session is missing.')
    .max(1024, 'Too long for the id of a session.'),
});

/** How one can sign in beside the password. */
export type SignInMethods = z.infer<typeof SignInMethodsSchema>;
