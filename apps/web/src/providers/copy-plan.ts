import { isCoveredBy } from '@dropsafe/contract/destinations';
import { secretStates, type SecretMetadata } from '@dropsafe/contract/secrets';

/** @file What becomes of the secrets of a provider when they are copied into another one; told before it is done. */

/** A secret that is not copied, and why. */
export interface NotCopied {
  name: string;
  why: string;
}

/** What is to happen. Every secret is in one of the lists. */
export interface CopyPlan {
  toCopy: string[];
  /** The other provider has one of this name; it is never overwritten. */
  already: string[];
  unusable: NotCopied[];
  /** Their values may not be sent to where the other provider keeps them. */
  unbound: string[];
}

/** The plan for these secrets. The server decides all the same, with every single one. */
export function planCopies(
  secrets: readonly SecretMetadata[],
  target: { name: string; origin: string | null },
): CopyPlan {
  const plan: CopyPlan = { toCopy: [], already: [], unusable: [], unbound: [] };
  for (const { name, alsoIn, state, destinations } of secrets) {
    if (alsoIn.includes(target.name)) plan.already.push(name);
    else if (state !== 'ready') plan.unusable.push({ name, why: secretStates[state] });
    else if (target.origin !== null && !isCoveredBy(target.origin, destinations))
      plan.unbound.push(name);
    else plan.toCopy.push(name);
  }
  return plan;
}
