/**
 * @file What a provider says of somebody, read with the distrust that foreign data deserves. Pure.
 */

/** As many groups as anybody was seen to have, and more. */
const mostGroups = 5_000;
const longestGroup = 255;

/** The groups of a claim. */
export interface ReadGroups {
  groups: string[];
  /** What kept the claim from being taken as it is, for the log; undefined when nothing did. */
  fault: 'missing' | 'unreadable' | undefined;
  /** How many entries were passed over: no text, empty, too long, or too many. */
  ignored: number;
}

/** Reads a claim of groups: a list of texts, or one text. Never refuses: who is in no group that is known holds nothing by it. */
export function readGroups(claim: unknown): ReadGroups {
  if (claim === undefined || claim === null) return { groups: [], fault: 'missing', ignored: 0 };
  const entries: unknown[] | undefined =
    typeof claim === 'string' ? [claim] : Array.isArray(claim) ? claim : undefined;
  if (entries === undefined) return { groups: [], fault: 'unreadable', ignored: 0 };
  const fitting = entries.filter(isGroup).slice(0, mostGroups);
  return {
    groups: [...new Set(fitting)],
    fault: undefined,
    ignored: entries.length - fitting.length,
  };
}

/** Text that the database can hold. */
function isGroup(entry: unknown): entry is string {
  return (
    typeof entry === 'string' &&
    entry !== '' &&
    entry.length <= longestGroup &&
    entry.isWellFormed() &&
    !entry.includes('\0')
  );
}
