import { secretStates, type SecretMetadata } from '@dropsafe/contract/secrets';
import { firstOf, listed } from '../providers/provider-words.ts';
import type { SeenProvider } from '../providers/providers.queries.ts';

/** Something about a secret that its row says: a few words, and what they mean. */
export interface SecretNote {
  tone: 'warning' | 'quiet';
  words: string;
  meaning: string;
}

/** What is to be said about a secret because of where it lives; nothing about most of them. */
export function notesOf(
  { provider, state, isUsed, alsoIn }: SecretMetadata,
  providers: readonly SeenProvider[],
): SecretNote[] {
  const notes: SecretNote[] = [];
  const trouble = providers.find(({ name }) => name === provider)?.trouble;
  if (trouble !== undefined)
    notes.push({ tone: 'warning', words: `${provider} is down`, meaning: trouble });
  if (state !== 'ready')
    notes.push({ tone: 'warning', words: 'cannot be used', meaning: secretStates[state] });
  if (!isUsed) {
    const used = firstOf(providers, alsoIn);
    const meaning = `${used} comes first, so its secret is used.`;
    notes.push({ tone: 'quiet', words: 'not used', meaning });
  } else if (alsoIn.length > 0) {
    const meaning = `${provider} comes first, so its secret is used.`;
    notes.push({ tone: 'quiet', words: `also in ${listed(alsoIn)}`, meaning });
  }
  return notes;
}
