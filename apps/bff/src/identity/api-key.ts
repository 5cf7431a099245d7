/**
 * @file The form of API keys (docs/api-keys.md): `dsk_`, 256 random bits in base62, and a checksum, as GitHub's tokens
 * are made. A scanner finds one that leaked, whole by double click and without false alarms, and a slip of the hand is
 * told from a key that is not known, without asking the database. Pure.
 */
import { crc32 } from 'node:zlib';

const prefix = 'dsk_';
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** As many as 256 bits need: 62^43 is more than 2^256. */
const randomDigits = 43;
/** As many as 32 bits need. */
const checksumDigits = 6;

/** Writes 32 random bytes down as a key. */
export function printApiKey(random: Uint8Array): string {
  const body = prefix + base62(BigInt(`0x${Buffer.from(random).toString('hex')}`), randomDigits);
  return body + checksumOf(body);
}

/** True for what may be a key of this or of another Dropsafe; false when a character is wrong or missing. */
export function isApiKey(text: string): boolean {
  if (!/^dsk_[0-9A-Za-z]{49}$/.test(text)) return false;
  const body = text.slice(0, -checksumDigits);
  return checksumOf(body) === text.slice(-checksumDigits);
}

/** What is kept of a key to tell which one it is. All of it belongs to the checksum. */
export function endOf(key: string): string {
  return key.slice(-4);
}

/** What the header `Authorization` says: a key, or why it cannot be one. */
export type Authorization = { kind: 'key'; key: string } | { kind: 'malformed'; reason: string };

/** Reads the header `Authorization` (RFC 6750, 2.1). No reason repeats any of it. */
export function readAuthorization(header: string): Authorization {
  const token = /^Bearer +([\w.~+/-]+=*)$/i.exec(header)?.[1];
  if (token === undefined) {
    return {
      kind: 'malformed',
      reason: 'The header "Authorization" must be the word "Bearer", a blank and an API key.',
    };
  }
  if (!isApiKey(token)) {
    return {
      kind: 'malformed',
      reason:
        'What was sent is not an API key: it must be "dsk_" and 49 letters and digits. Perhaps a character is missing or wrong.',
    };
  }
  return { kind: 'key', key: token };
}

function checksumOf(body: string): string {
  return base62(BigInt(crc32(body)), checksumDigits);
}

function base62(number: bigint, length: number): string {
  let text = '';
  for (let rest = number; text.length < length; rest /= 62n)
    text = digits[Number(rest % 62n)] + text;
  return text;
}
