/** Characters of a name that was refused, as the log shows them. */
const longest = 80;

/**
 * A name that somebody else gave, such as that of a variable or of a file, fit for a line of the log: control characters
 * and characters that change the direction of reading are replaced, and what is too long is cut off.
 */
export function shownName(name: string): string {
  const characters = [...name.toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '\uFFFD')];
  return characters.length <= longest
    ? characters.join('')
    : `${characters.slice(0, longest).join('')}…`;
}
