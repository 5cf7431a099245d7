/**
 * @file Secrets in variables of the environment: `DROPSAFE_SECRET_<NAME>`. They are taken out of it once, at the start, so
 * that no child process and no dump of the environment holds them. What they are changes with the next start only.
 */
import { secretLimits, SecretNameSchema, type SecretName } from '@dropsafe/contract/secrets';
import type { Log } from '../base/log.ts';
import { Redacted } from '../base/redacted.ts';
import { readOnly, type OutsideProvider, type OutsideSecret } from './outside-provider.ts';
import { shownName } from './shown-name.ts';

/** Why a variable is no secret that can be used. `none`: there is no variable at all. */
export type EnvironmentProblemKind =
  | 'invalid-name'
  | 'ambiguous'
  | 'empty'
  | 'too-large'
  | 'not-text'
  | 'none';

/** Something wrong with variables, told by their names, never by what they hold. Fit to be logged. */
export interface EnvironmentProblem {
  kind: EnvironmentProblemKind;
  /** Sorted. Control characters are replaced, and what is too long is cut off. Without any for `none`. */
  variables: string[];
}

/** What the environment held. */
export interface EnvironmentSecrets {
  /** Those that can be used, byte for byte. */
  secrets: Map<SecretName, Redacted<Uint8Array>>;
  /** Those that are there, but cannot be used. They keep their names, so that no later provider fills in for them. */
  unusable: Map<SecretName, UnusableState>;
  problems: EnvironmentProblem[];
}

type UnusableState = Exclude<OutsideSecret['state'], 'ready'>;

/** The `i` ignores the case of the letters of ASCII only: without `u` nothing else becomes one of them. */
const variablePattern = /^DROPSAFE_SECRET_([^]*)$/i;

/**
 * Takes every variable whose name begins with `DROPSAFE_SECRET_`, in any case, out of `env`; the rest of the name is the
 * name of the secret, letter by letter. Several that differ in the case of the prefix alone are one secret that cannot be
 * used: whichever was chosen, somebody may have meant the other.
 */
export function takeSecretsFromEnvironment(env: NodeJS.ProcessEnv): EnvironmentSecrets {
  const found: EnvironmentSecrets = { secrets: new Map(), unusable: new Map(), problems: [] };
  const report = (kind: EnvironmentProblemKind, variables: string[] = []) =>
    found.problems.push({ kind, variables: variables.map(shownName).toSorted() });

  const byName = Map.groupBy(
    Object.keys(env).filter((variable) => variablePattern.test(variable)),
    (variable) => variablePattern.exec(variable)?.[1] ?? '',
  );
  if (byName.size === 0) report('none');

  for (const [text, variables] of byName) {
    const contents = variables.map((variable) => {
      const content = env[variable] ?? '';
      delete env[variable];
      return content;
    });
    const name = SecretNameSchema.safeParse(text);
    if (!name.success) {
      report('invalid-name', variables);
    } else if (contents.length > 1) {
      found.unusable.set(name.data, 'ambiguous');
      report('ambiguous', variables);
    } else {
      const read = readContent(contents[0] ?? '');
      if (read instanceof Redacted) {
        found.secrets.set(name.data, read);
      } else {
        found.unusable.set(name.data, read);
        report(read, variables);
      }
    }
  }
  return found;
}

/** Tells the log what is wrong with the variables. */
export function reportEnvironmentProblems(
  problems: readonly EnvironmentProblem[],
  log: Pick<Log, 'warn'>,
): void {
  for (const { kind, variables } of problems) {
    log.warn('secrets.environment', { problem: kind, variables });
  }
}

/** The provider of what was found at the start. Read-only; its revision is the start itself, as nothing changes before the next one. */
export function createEnvProvider(
  found: Pick<EnvironmentSecrets, 'secrets' | 'unusable'>,
): OutsideProvider {
  // Never another: nothing changes before the next start, and nodes that start at other times hold the same.
  const revision = 'start';

  function describe(name: SecretName): OutsideSecret | undefined {
    const state = found.secrets.has(name) ? 'ready' : found.unusable.get(name);
    return state && { name, state, revision, changedAt: null };
  }

  return {
    ...readOnly,
    type: 'env',
    list: async () =>
      [...found.secrets.keys(), ...found.unusable.keys()].flatMap((name) => describe(name) ?? []),
    read: async (name) => describe(name),
    resolve: async (name) => {
      const kept = found.secrets.get(name);
      // A copy, as whoever asked overwrites it after use.
      if (kept !== undefined)
        return { kind: 'value', value: new Redacted(Uint8Array.from(kept.reveal())), revision };
      const state = found.unusable.get(name);
      return state === undefined ? { kind: 'missing' } : { kind: 'unusable', state };
    },
    health: async () => ({ status: 'up', reason: null }),
    close: async () => {},
  };
}

function readContent(content: string): Redacted<Uint8Array> | 'empty' | 'too-large' | 'not-text' {
  if (content === '') return 'empty';
  // Node puts U+FFFD in the place of every byte that is not UTF-8: the bytes that were meant are lost then.
  if (content.includes('\uFFFD') || !content.isWellFormed()) return 'not-text';
  const bytes = new TextEncoder().encode(content);
  return bytes.length > secretLimits.valueBytes ? 'too-large' : new Redacted(bytes);
}
