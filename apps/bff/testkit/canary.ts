/**
 * @file Canaries: values that can be recognised wherever they turn up, and the sweep that looks for them. Every canary
 * carries the same mark at its beginning, on each of its lines and at its end, so that one search finds any of them,
 * and a part of one, too.
 */
import { randomBytes } from 'node:crypto';

/** What every canary contains: no text of the product does. The characters after the letters differ in every escaping. */
const mark = 'ZqCanaryXw<&"é%+\\';

/** The part of the mark that no escaping changes. */
const plainMark = 'ZqCanaryXw';

/** A value that nobody else has. `lines` makes it a text of several lines, as keys in PEM are. */
export function newCanary(lines = 1): string {
  const line = () => `${mark}${randomBytes(12).toString('hex')}${mark}`;
  return Array.from({ length: lines }, line).join('\n');
}

/** The mark in one way of writing it down. */
interface Needle {
  encoding: string;
  text: string;
}

/** Every way in which a canary could have been written down. */
export function needles(): Needle[] {
  const bytes = Buffer.from(mark, 'utf8');
  const plain = Buffer.from(plainMark);
  return [
    { encoding: 'raw', text: plainMark },
    { encoding: 'raw, whole', text: mark },
    ...([0, 1, 2] as const).flatMap((offset) => {
      const text = base64At(bytes, offset);
      return [
        { encoding: `base64 at ${offset}`, text },
        {
          encoding: `base64url at ${offset}`,
          text: text.replaceAll('+', '-').replaceAll('/', '_'),
        },
      ];
    }),
    { encoding: 'hex', text: plain.toString('hex') },
    { encoding: 'HEX', text: plain.toString('hex').toUpperCase() },
    // PostgreSQL's text form of bytea is hex; C-style escapes and UTF-16 (browser files) break the letters up.
    {
      encoding: 'hex escapes',
      text: plainMark.replaceAll(/./g, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`),
    },
    { encoding: 'UTF-16', text: [...plainMark].join('\0') },
    { encoding: 'URL', text: encodeURIComponent(mark) },
    { encoding: 'form', text: new URLSearchParams([['', mark]]).toString().slice(1) },
    {
      encoding: 'percent, every letter',
      text: plainMark.replaceAll(
        /./g,
        (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
      ),
    },
    { encoding: 'JSON', text: JSON.stringify(mark).slice(1, -1) },
    { encoding: 'JSON in JSON', text: JSON.stringify(JSON.stringify(mark)).slice(3, -3) },
    {
      encoding: 'HTML',
      text: mark.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;'),
    },
    {
      encoding: 'HTML, numeric',
      text: [...plainMark].map((letter) => `&#${letter.charCodeAt(0)};`).join(''),
    },
    {
      encoding: 'HTML, hexadecimal',
      text: [...plainMark].map((letter) => `&#x${letter.charCodeAt(0).toString(16)};`).join(''),
    },
  ];
}

/** Base64 of the bytes as it reads when they begin `offset` bytes into a group of three; edges that neighbours decide are cut. */
function base64At(bytes: Buffer, offset: 0 | 1 | 2): string {
  const text = Buffer.concat([Buffer.alloc(offset), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const firstWhole = [0, 2, 3][offset];
  const whole = Math.floor(((offset + bytes.length) * 8) / 6);
  return text.slice(firstWhole, whole);
}

/** Where a canary was found. */
export interface Leak {
  where: string;
  encoding: string;
  /** Bytes around the find, for whoever has to look for its cause. */
  excerpt: string;
}

/** Looks for canaries, in every way of writing them down. */
export function sweep(where: string, content: string | Uint8Array): Leak[] {
  const haystack =
    typeof content === 'string'
      ? Buffer.from(content)
      : Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  return needles().flatMap(({ encoding, text }) => {
    const at = haystack.indexOf(text);
    return at < 0
      ? []
      : [
          {
            where,
            encoding,
            excerpt: haystack.subarray(Math.max(0, at - 60), at + 60).toString('latin1'),
          },
        ];
  });
}

/** Looks for canaries in something too large to be held at once. Parts overlap, so that none is missed at a seam. */
export async function sweepStream(
  where: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<Leak[]> {
  const overlap = Math.max(...needles().map(({ text }) => Buffer.byteLength(text)));
  let seam: Uint8Array = new Uint8Array();
  const leaks: Leak[] = [];
  for await (const chunk of chunks) {
    const part = Buffer.concat([seam, chunk]);
    leaks.push(...sweep(where, part));
    seam = part.subarray(-overlap);
  }
  return leaks;
}
