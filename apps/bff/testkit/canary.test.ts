import { expect, test } from 'vitest';
import { newCanary, sweep, sweepStream } from './canary.ts';

const canary = newCanary(2);
const bytes = Buffer.from(canary);

test.each([
  ['raw', `x${canary}y`],
  ['one line of it', canary.slice(0, canary.indexOf('\n'))],
  ['base64', bytes.toString('base64')],
  ['base64, one byte in', Buffer.concat([Buffer.from('a'), bytes]).toString('base64')],
  ['base64, two bytes in', Buffer.concat([Buffer.from('ab'), bytes]).toString('base64')],
  ['base64url', Buffer.concat([Buffer.from('ab'), bytes]).toString('base64url')],
  ['hex', bytes.toString('hex')],
  ['HEX', bytes.toString('hex').toUpperCase()],
  ['URL-encoded', encodeURIComponent(canary)],
  ['form-encoded', new URLSearchParams([['v', canary]]).toString()],
  ['JSON', JSON.stringify({ canary })],
  ['JSON in JSON', JSON.stringify(JSON.stringify({ canary }))],
  ['HTML', canary.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')],
  ['UTF-16', Buffer.from(canary, 'utf16le')],
])('the sweep finds a canary written as %s', (_, planted) => {
  expect(sweep('here', planted)).not.toEqual([]);
});

test('each way of writing a canary down is found by its own needle', () => {
  const base64 = [0, 1, 2].map((offset) =>
    Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64'),
  );
  expect(base64.map((text) => sweep('here', text).map(({ encoding }) => encoding))).toEqual([
    expect.arrayContaining(['base64 at 0']),
    expect.arrayContaining(['base64 at 1']),
    expect.arrayContaining(['base64 at 2']),
  ]);
});

test('the sweep finds nothing in ordinary text', () => {
  expect(sweep('here', 'Enter a value. Canary Wharf, zqcanaryxw.')).toEqual([]);
});

test('a stream is searched across the seams of its parts', async () => {
  async function* inPieces() {
    const text = Buffer.from(`before ${canary} after`);
    for (let at = 0; at < text.length; at += 5) yield text.subarray(at, at + 5);
  }
  expect(await sweepStream('here', inPieces())).not.toEqual([]);
});
