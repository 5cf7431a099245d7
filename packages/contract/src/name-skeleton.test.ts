import { expect, test } from 'vitest';
import { nameSkeleton } from './name-skeleton.ts';

test.each([
  ['Cyrillic', 'сора', 'copa'],
  ['Cyrillic capitals', 'ВОТ', 'BOT'],
  ['Cyrillic with accents', 'ёїё', 'ëïë'],
  ['Cyrillic with signs and digits', 'ас-2.х@ос', 'ac-2.x@oc'],
  ['Ukrainian and Serbian letters', 'јѕі', 'jsi'],
  ['Greek', 'νοο', 'voo'],
  ['Greek capitals', 'ΝΙΚΗ', 'NIKH'],
  ['Greek with accents', 'όίό', 'óíó'],
  ['Armenian', 'հոօս', 'hnou'],
  ['Armenian capitals', 'ՍՕՏ', 'UOS'],
])('%s letters that look like Latin ones make the same skeleton: %s and %s', (_, one, other) => {
  expect(one.normalize('NFC')).not.toBe(other);
  expect(nameSkeleton(one)).toBe(nameSkeleton(other));
});

test.each([
  ['spellings of one name', ' СОРА ', 'ｃｏｐａ'],
  ['a letter and its accent apart', 'e\u0301va', 'éva'],
])('%s have one skeleton', (_, one, other) => {
  expect(nameSkeleton(one)).toBe(nameSkeleton(other));
});

test.each([
  ['a letter that looks like no Latin one', 'бора', 'бopa'],
  ['small letters whose capitals look alike', 'вот', 'bot'],
  ['a digit', 'r00t', 'root'],
  ['an accent', 'eva', 'éva'],
  ['another script', '山田', 'yamada'],
  ['two Cyrillic names', 'сора', 'соря'],
])('%s makes a difference: %s and %s', (_, one, other) => {
  expect(nameSkeleton(one)).not.toBe(nameSkeleton(other));
});

test.each([
  'anna',
  'Zoë',
  'бухгалтер',
  'Ελένη',
  '山田はなこ',
  '김철수',
  'كريم',
  'a.b_c@example.com',
])('a name that looks like no other is its own skeleton, in canonical form: %s', (name) => {
  expect(nameSkeleton(name)).toBe(name.normalize('NFKC').toLowerCase());
});
