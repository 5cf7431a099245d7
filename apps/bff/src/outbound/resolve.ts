/**
 * @file Secrets of one request: found as they are at this moment, and opened when the verdict on all of them is there ([Note:
 * Destination before secret]), all of them or none. What is opened is text from here on; its bytes are overwritten.
 */
import type { ProblemCode } from '@dropsafe/contract/problems';
import type { Caller } from '../base/caller.ts';
import { unlessAborted } from '../base/in-time.ts';
import { Problem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { SecretUses, UsableSecret } from '../secrets/secrets.ts';
import { WithoutValues } from './calls.ts';
import { textOf } from './inject.ts';

/** The values that were opened for one request, by the names of their secrets. */
export type Values = ReadonlyMap<string, Redacted<string>>;

/** What was found of the secrets of a request. */
export interface FoundSecrets {
  /** Those that are there; the verdict is about them. */
  secrets: readonly UsableSecret[];
  /** Throws `WithoutValues`, and `Overtaken` when one of them is another by now: then all is to be found and judged anew. */
  open(): Promise<Values>;
}

/** A secret is another than the one that the verdict was about. */
export class Overtaken extends Error {}

/**
 * Finds secrets by name. The signal ends the waiting; what is opened after it is overwritten. `shownName` is what is told of one in place
 * of its name.
 */
export async function findSecrets(
  uses: Pick<SecretUses, 'find'>,
  caller: Caller,
  names: readonly string[],
  signal: AbortSignal,
  shownName: (name: string) => string,
): Promise<FoundSecrets> {
  if (names.length === 0) return { secrets: [], open: () => Promise.resolve(new Map()) };
  try {
    const secrets = await untilEnd(uses.find(caller, names), signal);
    return {
      secrets,
      async open() {
        demandUsable(names, secrets, shownName);
        return openAll(secrets, signal, shownName);
      },
    };
  } catch (error) {
    // It is told where it belongs; nothing is opened.
    if (error instanceof WithoutValues) return { secrets: [], open: () => Promise.reject(error) };
    throw error;
  }
}

/** Before the first is opened. */
function demandUsable(
  names: readonly string[],
  found: readonly UsableSecret[],
  shownName: (name: string) => string,
): void {
  const sentences = names.flatMap((name) => {
    const secret = found.find((one) => one.name === name);
    if (secret === undefined) return [`${shownName(name)}: ${sentencesByCode['not-found']}`];
    return secret.state === 'ready'
      ? []
      : [`${shownName(name)}: ${sentencesByCode['secret-unusable']}`];
  });
  demandNone(sentences);
}

function demandNone(failures: readonly string[]): void {
  if (failures.length > 0) throw new WithoutValues([...new Set(failures)].join(' '));
}

async function openAll(
  secrets: readonly UsableSecret[],
  signal: AbortSignal,
  shownName: (name: string) => string,
): Promise<Values> {
  const opening = secrets.map((secret) => secret.open());
  try {
    const settled = await untilEnd(Promise.allSettled(opening), signal);
    const failures = settled.flatMap((one, index) =>
      one.status === 'rejected'
        ? [`${shownName(secrets[index]?.name ?? '')}: ${explain(one.reason)}`]
        : [],
    );
    demandNone(failures);
    const opened = await Promise.all(opening);
    return new Map(
      secrets.map(({ name }, index) => {
        const value = opened[index];
        if (value === undefined) throw new Overtaken();
        return [name, textOf(value)];
      }),
    );
  } finally {
    // What comes later, too: nobody is there to take it any more.
    for (const one of opening)
      void one.then(
        (value) => value?.wipe(),
        () => {},
      );
  }
}

/** What a person is told of a secret that did not open. Throws on what is no matter of the secret. */
function explain(error: unknown): string {
  const sentence = error instanceof Problem ? sentencesByCode[error.code] : undefined;
  if (sentence === undefined) throw error;
  return sentence;
}

const sentencesByCode: Partial<Record<ProblemCode, string>> = {
  'not-found': 'There is no secret of this name.',
  'secret-unusable': 'This secret cannot be read at the moment. Its page says why.',
  'secret-unreadable':
    'The stored value does not open. Set a new value; the operator finds the cause in the log.',
  'provider-unavailable': 'Its provider does not give it at the moment. Try again in a moment.',
};

/** What `work` comes to; `WithoutValues` when the signal comes first. */
function untilEnd<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return unlessAborted(
    work,
    signal,
    () => new WithoutValues('The values were not there within the time that a request has.'),
  );
}
