/**
 * @file Removes known values from a text that has to be shown or logged, however they are written in it: raw, by line, in Base64, hexadecimal,
 * as URLs, JSON and HTML escape them, and in mixtures of these. Nothing is searched for by a part of a value: whoever chooses the text
 * could guess a value piece by piece. The time is linear in the text. It is the second net: no text is shown that need not be.
 */
import type { Redacted } from '../base/redacted.ts';

/** Stands where a value stood. */
const removed = '[removed]';
/** Instead of a text that cannot be shown. */
const withheld = '[withheld]';
/**
 * Where so short a value stood could be seen from what is around it, and it would be found all over the text. So nothing is
 * shown then. A line of a longer value that is as short is not searched for.
 */
const shortest = 4;
/** A longer text is withheld; cut before it is searched, it could end in the middle of a value. */
const longestText = 256 * 1024;

/** Removes these values. They are opened here, and kept as long as the function is. */
export function createScrub(values: readonly Redacted<string>[]): (text: string) => string {
  const plain = values.map((value) => value.reveal()).filter((text) => text !== '');
  const isTooShort = plain.some((text) => text.trim().length < shortest);
  const needles = plain.flatMap(partsOf).flatMap(spellingsOf).map(toNeedle);

  return (text) => {
    if (plain.length === 0) return text;
    if (isTooShort || text.length > longestText) return withheld;
    const shown = text.toWellFormed();
    const found = viewsOf(shown).flatMap((view) =>
      needles.flatMap((one) => (one.view === view.kind ? search(one, view) : [])),
    );
    return cut(shown, found);
  };
}

/** A value and, as programs print keys line by line, its lines. Blanks around do not count: they get lost on the way. */
function partsOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  return [...new Set([value.trim(), ...lines.filter((line) => line.length >= shortest)])];
}

// --- what is searched for ---

interface Spelling {
  view: View['kind'];
  bytes: Uint8Array;
  /** Letters before and after that hold a part of the value, and one of its neighbours. */
  sharedBefore?: number;
  sharedAfter?: number;
}

interface Needle extends Spelling {
  /** Of Knuth, Morris and Pratt: how much of the beginning still stands when the next byte does not. */
  fallback: Uint32Array;
}

/** The text itself, Base64 at each of its three offsets in the letters of both alphabets, and hexadecimal. */
function spellingsOf(text: string): Spelling[] {
  const bytes = Buffer.from(text, 'utf8');
  return [
    { view: 'text', bytes },
    ...([0, 1, 2] as const).map((offset) => base64At(bytes, offset)),
    { view: 'hexadecimal', bytes: Buffer.from(bytes.toString('hex')) },
  ];
}

/** How it reads when it begins so many bytes into a group of three. */
function base64At(bytes: Buffer, offset: 0 | 1 | 2): Spelling {
  const text = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64');
  const end = offset + bytes.length;
  return {
    view: 'Base64',
    bytes: Buffer.from(text.slice([0, 2, 3][offset], Math.floor((end * 8) / 6))),
    sharedBefore: offset === 0 ? 0 : 1,
    sharedAfter: end % 3 === 0 ? 0 : 1,
  };
}

function toNeedle(spelling: Spelling): Needle {
  const { bytes } = spelling;
  const fallback = new Uint32Array(bytes.length);
  for (let at = 1, length = 0; at < bytes.length; at += 1) {
    while (length > 0 && bytes[at] !== bytes[length]) length = fallback[length - 1] ?? 0;
    if (bytes[at] === bytes[length]) length += 1;
    fallback[at] = length;
  }
  return { ...spelling, fallback };
}

// --- what is searched ---

/** A text as bytes, and where in the text each of them comes from. */
interface View {
  kind: 'text' | 'Base64' | 'hexadecimal';
  bytes: Uint8Array;
  starts: Uint32Array;
  ends: Uint32Array;
}

/** The text as it would be read by whoever takes one escape off, or two. */
function viewsOf(text: string): View[] {
  const raw = asBytes(text);
  const [url, form] = [unescape(raw, percent), unescape(raw, percentAndPlus)];
  const [json, html] = [unescape(raw, backslash), unescape(raw, entity)];
  const others = [
    unescape(raw, backslashOfC),
    unescape(url, percent),
    unescape(json, backslash),
    unescape(json, percent),
    unescape(json, entity),
    unescape(html, entity),
    unescape(html, backslash),
    unescape(html, percent),
  ];
  const all = [raw, url, form, json, html, ...others];
  return [
    ...all,
    // In an address or in JSON, "+", "/" and "=" are escaped.
    ...[raw, url, json, html].map((view) => ({
      ...mapped(view, ofBase64),
      kind: 'Base64' as const,
    })),
    { ...mapped(raw, ofHexadecimal), kind: 'hexadecimal' },
    { ...withoutNul(raw), kind: 'text' },
  ];
}

function asBytes(text: string): View {
  const bytes = Buffer.from(text, 'utf8');
  const starts = new Uint32Array(bytes.length);
  const ends = new Uint32Array(bytes.length);
  let at = 0;
  let unit = 0;
  for (const character of text) {
    const length = Buffer.byteLength(character);
    starts.fill(unit, at, at + length);
    ends.fill(unit + character.length, at, at + length);
    at += length;
    unit += character.length;
  }
  return { kind: 'text', bytes, starts, ends };
}

/** What an escape at this place means, and how many bytes it is long; undefined when there is none. */
type Escape = (
  bytes: Uint8Array,
  at: number,
) => { meaning: Uint8Array; length: number } | undefined;

function unescape(view: View, escape: Escape): View {
  const { length } = view.bytes;
  // No escape is shorter than what it means, so there is room.
  const to: View = {
    kind: 'text',
    bytes: new Uint8Array(length),
    starts: new Uint32Array(length),
    ends: new Uint32Array(length),
  };
  let end = 0;
  for (let at = 0; at < length;) {
    const found = escape(view.bytes, at);
    const meaning = found?.meaning ?? view.bytes.subarray(at, at + 1);
    const taken = found?.length ?? 1;
    to.bytes.set(meaning, end);
    to.starts.fill(view.starts[at] ?? 0, end, end + meaning.length);
    to.ends.fill(view.ends[at + taken - 1] ?? 0, end, end + meaning.length);
    end += meaning.length;
    at += taken;
  }
  return {
    kind: 'text',
    bytes: to.bytes.subarray(0, end),
    starts: to.starts.subarray(0, end),
    ends: to.ends.subarray(0, end),
  };
}

const latin = (bytes: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...bytes.subarray(from, to));
const one = (code: number) => Uint8Array.of(code);

/** `%41`, in any case (RFC 3986, 2.1). */
const percent: Escape = (bytes, at) => {
  if (bytes[at] !== 0x25) return undefined;
  const hex = /^[\da-f]{2}$/i.exec(latin(bytes, at + 1, at + 3));
  return hex === null ? undefined : { meaning: one(Number.parseInt(hex[0], 16)), length: 3 };
};

/** As forms are sent. */
const percentAndPlus: Escape = (bytes, at) =>
  bytes[at] === 0x2b ? { meaning: one(0x20), length: 1 } : percent(bytes, at);

const letters: Record<string, number> = { n: 10, r: 13, t: 9, b: 8, f: 12, v: 11, '0': 0 };

/** Of C, where `\\x` is a byte. */
const backslashOfC: Escape = (bytes, at) => {
  const hex = /^\\x([\da-f]{2})/i.exec(latin(bytes, at, at + 4));
  if (hex === null) return backslash(bytes, at);
  return { meaning: one(Number.parseInt(hex[1] ?? '', 16)), length: 4 };
};

/** Of JSON (RFC 8259, 7) and JavaScript, where it is a letter. */
const backslash: Escape = (bytes, at) => {
  if (bytes[at] !== 0x5c) return undefined;
  const text = latin(bytes, at + 1, at + 11);
  const pair = /^u(d[89ab][\da-f]{2})\\u(d[c-f][\da-f]{2})/i.exec(text);
  if (pair !== null) {
    const halves = pair.slice(1).map((hex) => Number.parseInt(hex, 16));
    return { meaning: Buffer.from(String.fromCharCode(...halves)), length: 12 };
  }
  const hex = /^(?:u([\da-f]{4})|x([\da-f]{2}))/i.exec(text);
  if (hex !== null) {
    const code = Number.parseInt(hex[1] ?? hex[2] ?? '', 16);
    return { meaning: Buffer.from(String.fromCharCode(code)), length: hex[0].length + 1 };
  }
  const letter = bytes[at + 1];
  if (letter === undefined || letter > 0x7f) return undefined;
  return { meaning: one(letters[String.fromCharCode(letter)] ?? letter), length: 2 };
};

const named: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** Of HTML and XML: by name, decimal and hexadecimal. */
const entity: Escape = (bytes, at) => {
  if (bytes[at] !== 0x26) return undefined;
  const match = /^&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]{2,4}));/i.exec(latin(bytes, at, at + 11));
  if (match === null) return undefined;
  const [whole, decimal, hex, name = ''] = match;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number(decimal);
  const meaning = name === '' ? characterOf(code) : named[name.toLowerCase()];
  return meaning === undefined
    ? undefined
    : { meaning: Buffer.from(meaning), length: whole.length };
};

function characterOf(code: number): string | undefined {
  return code <= 0x10_ffff && (code < 0xd8_00 || code > 0xdf_ff)
    ? String.fromCodePoint(code)
    : undefined;
}

function mapped(view: View, map: (byte: number) => number): View {
  return { ...view, bytes: view.bytes.map(map) };
}

/** The alphabet of addresses (RFC 4648, 5) as the usual one. */
const ofBase64 = (byte: number) => (byte === 0x2d ? 0x2b : byte === 0x5f ? 0x2f : byte);
const ofHexadecimal = (byte: number) => (byte >= 0x41 && byte <= 0x46 ? byte + 0x20 : byte);

/** UTF-16, read as bytes. */
function withoutNul(view: View): View {
  return unescape(view, (bytes, at) =>
    bytes[at] === 0 ? { meaning: new Uint8Array(), length: 1 } : undefined,
  );
}

// --- searching and cutting ---

/** A part of the text, in its units. */
type Stretch = readonly [start: number, end: number];

/** Every place where it stands, overlapping ones too. */
function search(sought: Needle, { bytes, starts, ends }: View): Stretch[] {
  const { bytes: wanted, fallback, sharedBefore = 0, sharedAfter = 0 } = sought;
  const found: Stretch[] = [];
  for (let at = 0, length = 0; at < bytes.length; at += 1) {
    while (length > 0 && bytes[at] !== wanted[length]) length = fallback[length - 1] ?? 0;
    if (bytes[at] === wanted[length]) length += 1;
    if (length === wanted.length) {
      const first = Math.max(0, at - length + 1 - sharedBefore);
      const last = Math.min(bytes.length - 1, at + sharedAfter);
      found.push([starts[first] ?? 0, ends[last] ?? 0]);
      length = fallback[length - 1] ?? 0;
    }
  }
  return found;
}

function cut(text: string, found: readonly Stretch[]): string {
  let shown = '';
  let at = 0;
  for (const [start, end] of found.toSorted((a, b) => a[0] - b[0] || b[1] - a[1])) {
    if (end <= at) continue;
    // Those that touch or overlap become one.
    if (start > at || at === 0) shown += text.slice(at, start) + removed;
    at = end;
  }
  return shown + text.slice(at);
}
