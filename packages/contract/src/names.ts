/**
 * @file Names of people, teams, programs and integrations. Two names must not look like one: spellings of one name are one name, and letters of
 * different scripts do not mix, or "аdmin" with a Cyrillic letter would pass for "admin" (UTS 39, 5.1). Pure, so that
 * the form and the server agree.
 */
import { z } from 'zod';

/** How long a name may be, in characters. */
export const nameLength = 64;

/**
 * The one form in which names are compared: compatibility form, no blanks around, lower case. Spellings of one name must
 * also share one counter of failed sign-ins, or each spelling is a fresh row of guesses (Vault CVE-2025-6004).
 */
export function canonicalName(name: string): string {
  return name.normalize('NFKC').trim().toLowerCase().normalize('NFKC');
}

/** Scripts in wide modern use ([UAX 31, table 5](https://www.unicode.org/reports/tr31/#Table_Recommended_Scripts)). */
const scripts =
  `Latin Greek Cyrillic Armenian Georgian Hebrew Arabic Thaana Devanagari Bengali Gurmukhi Gujarati
  Oriya Tamil Telugu Kannada Malayalam Sinhala Thai Lao Tibetan Myanmar Khmer Ethiopic Hangul Hiragana Katakana Bopomofo
  Han`.split(/\s+/);
/** Scripts that one way of writing uses together count as one (UTS 39, 5.1, augmented script sets). */
const writings = [
  ...scripts.map((script) => [script]),
  ['Han', 'Hiragana', 'Katakana'],
  ['Han', 'Bopomofo'],
  ['Han', 'Hangul'],
].map((together) => {
  const letters = together.map((script) => `\\p{Script_Extensions=${script}}`).join('');
  return new RegExp(`^[${letters}\\p{Script=Common}\\p{Script=Inherited}]*$`, 'u');
});

/** True when all letters belong to one way of writing. */
export function isOfOneScript(name: string): boolean {
  return writings.some((writing) => writing.test(name));
}

const nameOf = (what: string, characters: RegExp, sentence: string) =>
  z
    .string({ error: `Enter a name for the ${what}.` })
    .transform((text) => text.trim().normalize('NFC'))
    .pipe(
      z
        .string()
        .min(1, `Enter a name for the ${what}.`)
        .refine((text) => [...text].length <= nameLength, `Use at most ${nameLength} characters.`)
        .refine(
          (text) => characters.test(text) && !/\p{Default_Ignorable_Code_Point}/u.test(text),
          sentence,
        )
        .refine(
          isOfOneScript,
          'Use letters of one script only: letters of another can look the same and pass for a different name.',
        ),
    );

/** The name of a user. Unique in its canonical form, and in what it looks like (name-skeleton.ts). */
export const UserNameSchema = nameOf(
  'user',
  /^[\p{L}\p{N}._@+-]*$/u,
  `Use up to ${nameLength} letters, digits and the characters . _ @ + -`,
);

/** The name of a team. Unique as that of a user is. */
export const TeamNameSchema = nameOf(
  'team',
  /^[\p{L}\p{N}._@+-]*( [\p{L}\p{N}._@+-]+)*$/u,
  'Use letters, digits, single blanks and the characters . _ @ + -',
);

/** The name of an API key: usually the program that has it. Unique in its canonical form among the keys that are not revoked. */
export const ApiKeyNameSchema = nameOf(
  'API key',
  /^[\p{L}\p{N}._@+-]*( [\p{L}\p{N}._@+-]+)*$/u,
  'Use letters, digits, single blanks and the characters . _ @ + -',
);

/** The name of an integration. Unique in its canonical form. */
export const IntegrationNameSchema = nameOf(
  'integration',
  /^[\p{L}\p{N}._@+-]*( [\p{L}\p{N}._@+-]+)*$/u,
  'Use letters, digits, single blanks and the characters . _ @ + -',
);
