/** @file The filters of expressions, one function each: pure, total, and the same for every reader. */

/** What each filter does, as a sentence for people, with an example. */
export const filters = {
  base64: {
    help: 'The bytes of the text (UTF-8) in Base64, as HTTP Basic wants them.',
    example: ['user:pass', 'dXNlcjpwYXNz'],
    apply: (text: string): string =>
      btoa(
        Array.from(new TextEncoder().encode(text), (byte) => String.fromCodePoint(byte)).join(''),
      ),
  },
  urlencode: {
    help: 'Safe within an address: all but letters, digits and - . _ ~ is encoded.',
    example: ['a b&c', 'a%20b%26c'],
    // RFC 3986, 2.3; encodeURIComponent leaves five more as they are, and throws on half a surrogate pair.
    apply: (text: string): string =>
      encodeURIComponent(text.toWellFormed()).replaceAll(
        /[!'()*]/g,
        (character) => `%${character.codePointAt(0)?.toString(16).toUpperCase()}`,
      ),
  },
  json: {
    help: 'A string of JSON, with its quotes.',
    example: ['say "hi"', String.raw`"say \"hi\""`],
    apply: (text: string): string => JSON.stringify(text),
  },
  trim: {
    help: 'Without blanks and line breaks at both ends.',
    example: [' abc\n', 'abc'],
    apply: (text: string): string => text.trim(),
  },
  upper: {
    help: 'In capitals.',
    example: ['abc', 'ABC'],
    apply: (text: string): string => text.toUpperCase(),
  },
  lower: {
    help: 'In small letters.',
    example: ['ABC', 'abc'],
    apply: (text: string): string => text.toLowerCase(),
  },
} as const satisfies Record<
  string,
  {
    help: string;
    example: readonly [before: string, after: string];
    apply: (text: string) => string;
  }
>;

/** The name of a filter. */
export type FilterName = keyof typeof filters;

/** All names, in the order in which they are shown. */
// as: Object.keys forgets the names
export const filterNames = Object.keys(filters) as readonly FilterName[];

/** True for the name of a filter, exactly as it is written. */
export function isFilterName(name: string): name is FilterName {
  return Object.hasOwn(filters, name);
}
