import { z } from 'zod';
import { PermissionSchema } from './permissions.ts';

/** Limits of a password. The only factor, so 15 or more characters (NIST SP 800-63B-4, 3.1.1.2); no composition rules. */
export const passwordLength = { min: 15, max: 256 } as const;

/** `POST /session`. Too long to be right is refused here; everything else looks the same from outside. */
export const SignInSchema = z
  .strictObject({
    username: z
      .string({ error: 'Enter your user name.' })
      .min(1, 'Enter your user name.')
      .max(256, 'Too long for a user name.'),
    password: z
      .string({ error: 'Enter your password.' })
      .min(1, 'Enter your password.')
      .max(1024, 'Too long for a password.'),
  })
  .meta({ id: 'SignIn' });

/** Who is signed in, and what they may do at this moment. */
export const CurrentSessionSchema = z
  .strictObject({
    principal: z.strictObject({ id: z.string(), kind: z.enum(['user']), name: z.string() }),
    permissions: z.array(PermissionSchema),
    /** The session ends then at the latest, whatever is done with it. */
    expiresAt: z.iso.datetime(),
    /** The session ends after so many seconds without a request. */
    idleTimeoutSeconds: z.int(),
  })
  .meta({ id: 'CurrentSession' });

/** A password that somebody chooses. The server also refuses common ones, which it alone has the list of. */
export const NewPasswordSchema = z
  .string({ error: 'Enter a new password.' })
  .refine((text) => text.isWellFormed(), 'Contains characters that are not text.')
  .refine(
    (text) => [...text].length >= passwordLength.min,
    `Use at least ${passwordLength.min} characters. A few words in a row are fine.`,
  )
  .refine(
    (text) => [...text].length <= passwordLength.max,
    `Use at most ${passwordLength.max} characters.`,
  );

/** `PUT /session/password`: change one's own password. Every other session of this user ends. */
export const ChangePasswordSchema = z
  .strictObject({
    currentPassword: z
      .string({ error: 'Enter your current password.' })
      .min(1, 'Enter your current password.')
      .max(1024, 'Too long for a password.'),
    newPassword: NewPasswordSchema,
  })
  .meta({ id: 'ChangePassword' });

/** Who is signed in, and what they may do at this moment. */
export type CurrentSession = z.infer<typeof CurrentSessionSchema>;
