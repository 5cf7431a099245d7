/** The pattern of LIKE for a part of a text: `%`, `_` (common in names of secrets) and `\` are taken literally. */
export const patternOf = (part: string): string => `%${part.replaceAll(/[\\%_]/g, '\\$&')}%`;
