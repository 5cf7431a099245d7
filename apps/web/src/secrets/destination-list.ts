import { parseDestination } from '@dropsafe/contract/destinations';

/** @file Text that a person types or pastes, made into destinations. */

/** What became of a text: the longer list, what could not be read, and why. */
export interface AddedDestinations {
  destinations: string[];
  /** Left in the field to be corrected. */
  rest: string;
  /** Why something is left; never repeats it. */
  refusal: string | undefined;
}

/** Adds every destination in `text`, separated by commas, blanks or line breaks, in canonical form and each once. */
export function addDestinations(list: readonly string[], text: string): AddedDestinations {
  const destinations = new Set(list);
  const refused: string[] = [];
  let refusal: string | undefined;
  for (const part of text.split(/[\s,;]+/)) {
    if (part === '') continue;
    const parsed = parseDestination(part);
    if (parsed.kind === 'destination') {
      destinations.add(parsed.canonical);
    } else {
      refused.push(part);
      refusal ??= parsed.reason;
    }
  }
  return { destinations: [...destinations], rest: refused.join(' '), refusal };
}
