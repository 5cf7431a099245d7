import { z } from 'zod';

/**
 * @file Passkeys: sign-in by a key that a person's device or password manager keeps ([WebAuthn level 3](https://www.w3.org/TR/webauthn-3/)).
 * Bytes travel in base64url without padding, as the browser's own `toJSON` writes them; of what a browser says only that
 * is sent which the server looks at.
 */

/** How many passkeys one user may have. */
export const mostPasskeys = 20;

/** How long the name of a passkey may be, in characters. */
export const passkeyNameLength = 64;

/** What its person calls it: usually the device or the password manager that keeps it. The trail writes a slash before it. */
export const PasskeyNameSchema = z
  .string({ error: 'Enter a name.' })
  .transform((text) => text.trim().normalize('NFC'))
  .pipe(
    z
      .string()
      .min(1, 'Enter a name.')
      .refine(
        (text) => [...text].length <= passkeyNameLength,
        `Use at most ${passkeyNameLength} characters.`,
      )
      .refine(
        // No control characters, line ends, half surrogates, nor what cannot be seen.
        (text) => !/[/\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u.test(text),
        'Use one line of letters, digits, blanks and signs, without a slash.',
      ),
  );

const bytesOf = (most: number) =>
  z
    .string({ error: 'Must be base64url.' })
    .max(Math.ceil((most * 4) / 3), `Must be at most ${most} bytes.`)
    .regex(/^[\w-]*$/, 'Must be base64url.');

/** At most 1023 bytes (WebAuthn, 4, "Credential ID"). */
const CredentialIdSchema = bytesOf(1023).min(1, 'Must be base64url.');

/** How a browser reaches an authenticator: `internal`, `hybrid`, `usb` and others to come. */
const TransportsSchema = z
  .array(z.string().regex(/^[a-z-]{1,32}$/, 'Must be a transport of WebAuthn.'), {
    error: 'Must be a list.',
  })
  .max(16, 'Must be at most 16.')
  .default([]);

/** `POST /session/passkey/options`: what the browser is asked for. The same for everybody, so it tells nothing about anybody. */
export const PasskeyRequestSchema = z
  .strictObject({
    challenge: z.string(),
    rpId: z.string(),
    timeout: z.int(),
    userVerification: z.literal('required'),
  })
  .meta({ id: 'PasskeyRequest' });

/** `POST /session/passkey`: the assertion of the authenticator. */
export const PasskeySignInSchema = z
  .strictObject({
    id: CredentialIdSchema,
    clientDataJSON: bytesOf(4096),
    authenticatorData: bytesOf(4096),
    signature: bytesOf(1024),
    /** Whose passkey it is, as the authenticator remembers it. One that a server did not name always says so. */
    userHandle: bytesOf(64).nullable(),
  })
  .meta({ id: 'PasskeySignIn' });

/** `POST /passkeys/options`. The password, because a stolen session must not plant a way in that lasts. */
export const BeginPasskeySchema = z
  .strictObject({
    currentPassword: z
      .string({ error: 'Enter your current password.' })
      .min(1, 'Enter your current password.')
      .max(1024, 'Too long for a password.'),
  })
  .meta({ id: 'BeginPasskey' });

/** What the browser is asked for to make a passkey. */
export const PasskeyCreationSchema = z
  .strictObject({
    challenge: z.string(),
    rp: z.strictObject({ id: z.string(), name: z.string() }),
    user: z.strictObject({ id: z.string(), name: z.string(), displayName: z.string() }),
    pubKeyCredParams: z.array(z.strictObject({ type: z.literal('public-key'), alg: z.int() })),
    timeout: z.int(),
    attestation: z.literal('none'),
    authenticatorSelection: z.strictObject({
      residentKey: z.literal('required'),
      requireResidentKey: z.literal(true),
      userVerification: z.literal('required'),
    }),
    /** Those that the person has: no authenticator makes a second one. */
    excludeCredentials: z.array(
      z.strictObject({
        type: z.literal('public-key'),
        id: z.string(),
        transports: z.array(z.string()),
      }),
    ),
  })
  .meta({ id: 'PasskeyCreation' });

/** `POST /passkeys`: the passkey that was made, and what it is called. */
export const AddPasskeySchema = z
  .strictObject({
    name: PasskeyNameSchema,
    clientDataJSON: bytesOf(4096),
    attestationObject: bytesOf(16_384),
    transports: TransportsSchema,
  })
  .meta({ id: 'AddPasskey' });

/** `PATCH /passkeys/{id}`. */
export const RenamePasskeySchema = z
  .strictObject({ name: PasskeyNameSchema })
  .meta({ id: 'RenamePasskey' });

/** A passkey as its person sees it. */
export const PasskeySchema = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    /** A password manager keeps it on several devices; otherwise it is lost with the one that it is on. */
    isSynced: z.boolean(),
    createdAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'Passkey' });

/** One's own passkeys, the oldest first. */
export const PasskeyListSchema = z
  .strictObject({ items: z.array(PasskeySchema) })
  .meta({ id: 'PasskeyList' });

/** The path of one passkey. */
export const PasskeyPathSchema = z.strictObject({ id: z.string() });

/** What the browser is asked for to sign in. */
export type PasskeyRequest = z.infer<typeof PasskeyRequestSchema>;
/** `POST /session/passkey`, checked. */
export type PasskeySignIn = z.infer<typeof PasskeySignInSchema>;
/** What the browser is asked for to make a passkey. */
export type PasskeyCreation = z.infer<typeof PasskeyCreationSchema>;
/** `POST /passkeys`, checked. */
export type AddPasskey = z.infer<typeof AddPasskeySchema>;
/** A passkey as its person sees it. */
export type Passkey = z.infer<typeof PasskeySchema>;
