import { describe, expect, test } from 'vitest';
import { ApiKeyNameSchema, TeamNameSchema, UserNameSchema, canonicalName } from './names.ts';

const messageOf = (name: string) => UserNameSchema.safeParse(name).error?.issues[0]?.message;

describe('a name that looks like another', () => {
  test.each([
    ['a Cyrillic a in a Latin name', '\u0430dmin'],
    ['a Greek omicron in a Latin name', 'r\u03BFot'],
    ['a Latin letter in a Cyrillic name', 'бухгалтеp'],
    ['an Armenian letter in a Latin name', 'j\u0585hn'],
    ['a Cherokee letter in a Latin name', '\u13AApril'],
  ])('is refused: %s', (_, name) => {
    expect(messageOf(name)).toMatch(/letters of one script only/);
    expect(messageOf(name)).not.toContain(name);
  });

  test.each([
    ['a Hangul filler', 'admin\u3164'],
    ['a zero width joiner', 'ad\u200Dmin'],
    ['a combining mark of its own', 'admin\u0332'],
    ['a blank inside', 'ad min'],
    ['a slash', 'a/b'],
    ['a control character', 'a\u0000b'],
  ])('is refused: %s', (_, name) => {
    expect(messageOf(name)).toMatch(/letters, digits and the characters/);
  });

  test.each(['ADMIN', ' admin ', 'ａｄｍｉｎ', 'Admin'])(
    'has one canonical form: %j',
    (spelling) => {
      expect(canonicalName(spelling)).toBe('admin');
    },
  );
});

test.each([
  'anna',
  'Zoë',
  'müller-lüdenscheidt',
  'a.b_c@example.com',
  'бухгалтер',
  'Ελένη',
  '山田はなこ',
  '김철수',
  'كريم',
])('a name of one script is taken: %s', (name) => {
  expect(UserNameSchema.parse(name)).toBe(name.normalize('NFC'));
});

test('blanks around are dropped, and too long is refused', () => {
  expect(UserNameSchema.parse(' anna ')).toBe('anna');
  expect(messageOf('')).toMatch(/Enter a name/);
  expect(messageOf('a'.repeat(65))).toMatch(/at most 64/);
  expect(messageOf('𐐀'.repeat(64))).toMatch(/one script/);
});

test('an API key is named like a team', () => {
  for (const name of ['Nightly import 2', 'бухгалтер'])
    expect(ApiKeyNameSchema.parse(name)).toBe(name);
  for (const name of ['p\u0430y', 'pay\u3164', '\u3164', 'a  b', 'a/b', ''])
    expect(ApiKeyNameSchema.safeParse(name).success).toBe(false);
});

test('a team may have single blanks in its name', () => {
  expect(TeamNameSchema.parse('Platform team 2')).toBe('Platform team 2');
  expect(TeamNameSchema.safeParse('Platform  team').success).toBe(false);
  expect(TeamNameSchema.safeParse('Pl\u0430tform').success).toBe(false);
});
