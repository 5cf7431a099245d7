/**
 * @file Browser and system in words, out of the header `User-Agent`: enough for a person to know their own sessions
 * again. Nothing is decided by it, and nothing else of the header is kept. Pure.
 */

/** The first that fits counts: browsers call themselves by the names of others, too. */
const browsers = [
  [/\bEdg(?:e|A|iOS)?\//, 'Edge'],
  [/\b(?:OPR|Opera)\//, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\b(?:Firefox|FxiOS)\//, 'Firefox'],
  [/\b(?:Headless)?(?:Chrome|Chromium|CriOS)\//, 'Chrome'],
  [/\bVersion\/[\d.]+ .*\bSafari\//, 'Safari'],
  [/^curl\//, 'curl'],
] as const;

const systems = [
  [/\biPhone\b/, 'iPhone'],
  [/\biPad\b/, 'iPad'],
  [/\bAndroid\b/, 'Android'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bWindows\b/, 'Windows'],
  [/\bMacintosh\b|\bMac OS X\b/, 'macOS'],
  [/\bLinux\b|\bX11\b/, 'Linux'],
] as const;

/** Such as `Firefox on Windows`; null for a program that says nothing known. */
export function summariseUserAgent(header: string | undefined): string | null {
  // Browsers stay far below. What is longer was made to be slow to search.
  const text = (header ?? '').slice(0, 512);
  const browser = browsers.find(([pattern]) => pattern.test(text))?.[1];
  const system = systems.find(([pattern]) => pattern.test(text))?.[1];
  if (browser === undefined) return system === undefined ? null : `Unknown browser on ${system}`;
  return system === undefined ? browser : `${browser} on ${system}`;
}
