import { expect, test } from 'vitest';
import { addDestinations } from './destination-list.ts';

test('adds one destination in canonical form', () => {
  expect(addDestinations([], ' HTTPS://Api.Example.com:443/ ')).toEqual({
    destinations: ['https://api.example.com'],
    rest: '',
    refusal: undefined,
  });
});

test('adds several, whatever stands between them, each once', () => {
  const text = 'https://a.example,https://b.example\r\nhttps://a.example;\n smtp://c.example';
  expect(addDestinations(['https://b.example'], text).destinations).toEqual([
    'https://b.example',
    'https://a.example',
    'smtp://c.example',
  ]);
});

test('keeps what cannot be read for correction, says why of the first, and adds the rest', () => {
  const added = addDestinations([], 'https://a.example ftp://b.example https://c.example/?path');
  expect(added).toEqual({
    destinations: ['https://a.example'],
    rest: 'ftp://b.example https://c.example/?path',
    refusal: 'Start with https://, http://, smtps:// or smtp://.',
  });
});

test('blanks alone are nothing', () => {
  expect(addDestinations(['https://a.example'], ' \n,')).toEqual({
    destinations: ['https://a.example'],
    rest: '',
    refusal: undefined,
  });
});
