/**
 * @file Passwords: hashing with argon2id and the refusal of guessable ones. At most two hashes run at once and few
 * wait: each takes 19 MiB, and sign-in can be called by anybody.
 */
import { NewPasswordSchema } from '@dropsafe/contract/identity';
import { hash, verify } from '@node-rs/argon2';
import { randomBytes } from 'node:crypto';
import { Problem, fieldProblem } from '../base/problem.ts';
import { Redacted } from '../base/redacted.ts';

/** [OWASP](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html): m=19456 KiB, t=2, p=1. argon2id is the library's default. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const atOnce = 2;
const mostWaiting = 32;

let places = 0;
let running = 0;
const waiting: (() => void)[] = [];

/** Does work that makes a hash, when there is a place for it among those that run or wait. */
async function inPlace<T>(work: () => Promise<T>): Promise<T> {
  if (places >= atOnce + mostWaiting) throw new Problem('overloaded', { retryAfterSeconds: 5 });
  places += 1;
  try {
    return await work();
  } finally {
    places -= 1;
  }
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running -= 1;
  }
}

/** Hashes a password for storage. Throws `overloaded` when too many are waiting. */
export function hashPassword(password: Redacted<string>): Promise<string> {
  return inPlace(() => inTurn(() => hash(password.reveal(), cost)));
}

let decoy: Promise<string> | undefined;

/**
 * Compares a password with a stored hash. Without a hash (no such user) it does the same work on a decoy and answers
 * false, so that the time tells nothing.
 */
export type VerifyPassword = (
  stored: string | undefined,
  password: Redacted<string>,
) => Promise<boolean>;

/**
 * Does work that compares a password. Its place is taken before it begins, so that what counts as an attempt is compared
 * as well. Throws `overloaded` without having begun.
 */
export function verifyInPlace<T>(work: (verify: VerifyPassword) => Promise<T>): Promise<T> {
  return inPlace(() => work(verifyPassword));
}

async function verifyPassword(
  stored: string | undefined,
  password: Redacted<string>,
): Promise<boolean> {
  decoy ??= hash(randomBytes(32), cost);
  const against = stored ?? (await decoy);
  const isRight = await inTurn(() => verify(against, password.reveal()));
  return isRight && stored !== undefined;
}

/** Makes the decoy ahead of the first sign-in, which would otherwise be slower for an unknown name than all later ones. */
export async function warmUp(): Promise<void> {
  decoy ??= hash(randomBytes(32), cost);
  await decoy;
}

/** A random password of 150 bits, in groups that can be read aloud (Crockford's base32: no letter looks like another). */
export function randomPassword(): Redacted<string> {
  const letters = Array.from(
    randomBytes(30),
    (byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte % 32],
  ).join('');
  return new Redacted(letters.replaceAll(/.{5}(?=.)/g, '$&-'));
}

/** Checks a password that somebody chooses. Throws `validation-failed` for `field`. */
export async function checkNewPassword(
  password: Redacted<string>,
  userName: string,
  field: string,
): Promise<void> {
  const parsed = NewPasswordSchema.safeParse(password.reveal());
  if (!parsed.success)
    throw fieldProblem(field, parsed.error.issues[0]?.message ?? 'Choose another password.');
  await refuseGuessable(password, userName, field);
}

/**
 * Refuses passwords that a guesser tries first: common ones, words of the product or the user's own name, repeats and
 * keyboard rows (NIST SP 800-63B-4, 3.1.1.2). Throws `validation-failed` for `field`.
 */
async function refuseGuessable(
  password: Redacted<string>,
  userName: string,
  field: string,
): Promise<void> {
  // Loaded when needed: the word lists take some 30 MB that a node without such a change never pays for.
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ]);
  const estimator = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  const { guessesLog10 } = estimator.check(password.reveal(), [userName, 'dropsafe', 'drop safe']);
  if (guessesLog10 < 10) {
    throw fieldProblem(
      field,
      'This password is too easy to guess. Avoid common passwords, repeats, rows of keys and your own name; a few unrelated words are good.',
    );
  }
}
