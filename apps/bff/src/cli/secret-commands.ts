/** @file `dropsafe secrets …`: where values may be sent that the operator has put into a provider past Dropsafe. */
import { BindSecretSchema } from '@dropsafe/contract/secrets';
import type { Caller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';
import type { Secrets } from '../secrets/secrets.ts';

/** Why a `secrets` command did not come to its end, in the operator's words. */
export class SecretCommandError extends Error {}

/** What was asked for, as it was typed. */
export interface BindOptions {
  provider: string;
  description: string | undefined;
  /** Undefined to keep what is bound, empty for none at all. */
  destinations: readonly string[] | undefined;
}

/** Says what a secret is for and where it may be sent. Throws a `SecretCommandError` that repeats nothing of what was typed. */
export async function bindSecret(
  secrets: Secrets,
  caller: Caller,
  name: string,
  { provider, description, destinations }: BindOptions,
): Promise<string> {
  const parsed = BindSecretSchema.safeParse({
    name,
    provider,
    ...(description !== undefined && { description }),
    ...(destinations !== undefined && { destinations }),
  });
  if (!parsed.success)
    throw new SecretCommandError(
      parsed.error.issues
        .map(({ path: [field = '', index], message }) =>
          // Of several destinations the operator wants to know which.
          typeof index === 'number'
            ? `destination ${index + 1}: ${message}`
            : `${String(field)}: ${message}`,
        )
        .join('\n'),
    );
  const bound = await secrets.bind(caller, parsed.data).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'validation-failed')
      throw new SecretCommandError(
        'There is no provider of this name. This command reads DROPSAFE_PROVIDERS or DROPSAFE_PROVIDERS_FILE, as the node does.',
      );
    throw error;
  });
  const where = bound.destinations.join(', ');
  return `${bound.name} in ${bound.provider} may be sent ${where === '' ? 'nowhere' : `to: ${where}`}.`;
}
