import { describe, expect, test } from 'vitest';
import { signInPath, wantedPath } from './paths.ts';

describe('the way back after signing in', () => {
  test.each(['/secrets', '/secrets?q=a%2Fb&sort=-name', '/secrets#x'])('%s is kept', (path) => {
    expect(wantedPath(path)).toBe(path);
  });

  test.each([
    null,
    '',
    'secrets',
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/secrets\\..\\',
    'javascript:alert(1)',
    '/sign-in?next=/secrets',
  ])('%j leads to the start page', (path) => {
    expect(wantedPath(path)).toBe('/');
  });

  test('survives the round trip through the query string', () => {
    const address = new URL(signInPath('/secrets?q=a&b=c'), 'http://localhost');
    expect(wantedPath(address.searchParams.get('next'))).toBe('/secrets?q=a&b=c');
  });
});
