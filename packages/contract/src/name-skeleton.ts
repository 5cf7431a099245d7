/**
 * @file What a name looks like. "сора" in Cyrillic letters and "copa" in Latin ones are names of one script each, and one name for
 * whoever reads them. So names that have to be unique are unique in their skeleton as well
 * ([UTS 39, 4](https://www.unicode.org/reports/tr39/#Confusable_Detection)). Pure.
 */
import { canonicalName } from './names.ts';

/**
 * Letters of other scripts, each above the Latin one that it looks like
 * ([confusables.txt](https://www.unicode.org/Public/security/latest/confusables.txt)); capital and small letters may look like
 * different ones. No digits: "0" is not "O" here.
 */
const lookAlikes = [
  // Cyrillic
  ['АВЕЅІЈКМНОРСТУХѴҮԌԜӀ', 'ABESIJKMHOPCTYXVYGWl'],
  ['аеорсухѕіјьгһҽѵүԁԛԝӏ', 'aeopcyxsijbrhevydqwi'],
  // Greek
  ['ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ', 'ABEZHIKMNOPTYX'],
  ['αγινορσυ', 'ayivopou'],
  // Armenian
  ['ՍՏՕ', 'USO'],
  ['ագզհոռսցքօ', 'wqqhnnugfo'],
] as const;

const latinOf = new Map(
  lookAlikes.flatMap(([letters, latin]) =>
    [...letters].map((letter, place) => [letter, latin.charAt(place)] as const),
  ),
);
const isLatin = /^[\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]*$/u;

/**
 * The form in which names that look the same are equal: a name all of whose letters look like Latin ones becomes these, accents
 * included, and any other stays its canonical form, as one letter that is no Latin one tells it apart.
 */
export function nameSkeleton(name: string): string {
  const letters = [...name.normalize('NFKD')].map((letter) => latinOf.get(letter) ?? letter);
  const latin = letters.join('');
  return canonicalName(isLatin.test(latin) ? latin : name);
}
