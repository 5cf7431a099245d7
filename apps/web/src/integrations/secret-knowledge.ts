import type { SecretKnowledge } from '@dropsafe/contract/expression-check';
import type { ConfigurationReference } from '@dropsafe/contract/integration-check';
import { knowledgeOf } from '@dropsafe/contract/secret-knowledge';
import { SecretNameSchema, type SecretMetadata } from '@dropsafe/contract/secrets';
import { useQueries } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiProblem } from '../api/client.ts';
import { useCanReadSecrets } from '../permissions/can.ts';
import { describeSecret } from '../secrets/secrets.queries.ts';

/**
 * @file What the form knows of the secrets that a configuration mentions, so that it can say at once what the server would say
 * when it is saved. The server decides; what is not known yet is not held against anybody.
 */

/** Below the key of the list of secrets: whoever creates or changes one has this asked anew, too. */
export const mentionedKey = ['secrets', 'mentioned'] as const;

/** What is known: metadata by name, null for a secret that is not there; none of those that are still asked for. */
export interface KnownSecrets {
  /** The person may see which secrets there are. */
  canSee: boolean;
  found: ReadonlyMap<string, Pick<SecretMetadata, 'state' | 'destinations'> | null>;
}

/** Asks about secrets by name, once nobody is typing. */
export function useKnownSecrets(names: readonly string[]): KnownSecrets {
  const canSee = useCanReadSecrets();
  const wanted = useSettled([...new Set(names.filter(isSecretName))].toSorted().join());
  return useQueries({
    queries: (canSee && wanted !== '' ? wanted.split(',') : []).map((name) => ({
      queryKey: [...mentionedKey, name],
      queryFn: ({ signal }: { signal: AbortSignal }) => look(name, signal),
    })),
    combine: (results) => ({
      canSee,
      found: new Map(results.flatMap(({ data }) => (data ? [[data.name, data.secret]] : []))),
    }),
  });
}

async function look(name: string, signal: AbortSignal) {
  try {
    return { name, secret: (await describeSecret(name, signal)).metadata };
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'not-found') return { name, secret: null };
    throw error;
  }
}

/**
 * What is known of the secret of a mention. `before` are the settings of the mentions that the integration has already: they need
 * no permission, and nothing is known of them without one.
 */
export function judgeMention(
  { secret, setting }: ConfigurationReference,
  target: string | undefined,
  before: ReadonlySet<string>,
  { canSee, found }: KnownSecrets,
): SecretKnowledge {
  if (!canSee) return before.has(setting) ? 'known' : 'not-permitted';
  if (!isSecretName(secret)) return 'unknown';
  const seen = found.get(secret);
  return seen === undefined ? 'known' : knowledgeOf(seen ?? undefined, target);
}

const isSecretName = (text: string) => SecretNameSchema.safeParse(text).success;

/** The text that has not changed for a moment. */
function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
