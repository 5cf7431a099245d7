/**
 * @file Envelope format v1: how a value is stored ([Note: Envelope format v1] in docs/encryption.md, with test vectors).
 * A fresh DEK and fresh IVs for every value written; AES-256-GCM (NIST SP 800-38D) for both layers; what the value is
 * bound to is additional authenticated data, so that a ciphertext moved to another row, rolled back to an older
 * version or given other destinations does not open. One error for every failure.
 */
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { Redacted } from '../base/redacted.ts';
import type { Kek } from './keyring.ts';

/** What a value is bound to. */
export interface SealContext {
  secretId: string;
  name: string;
  /** Counts the sealings of this secret's value; never used twice. */
  valueVersion: number;
  /** Canonical and sorted, as they are stored. */
  destinations: readonly string[];
}

/** A value as it is stored. */
export interface SealedValue {
  kekId: string;
  /** The DEK under the KEK. */
  wrappedDek: Uint8Array;
  /** The value under the DEK. */
  sealedValue: Uint8Array;
}

/** What was stored does not open: altered, moved, rolled back, or under another key. Says no more, to nobody. */
export class OpenError extends Error {
  constructor() {
    super('The stored value does not open.');
    this.name = 'OpenError';
  }
}

/** The randomness of one sealing. Given only by the test vectors; everything else draws it fresh. */
export interface SealRandomness {
  dek: Uint8Array;
  dekIv: Uint8Array;
  valueIv: Uint8Array;
}

const keyBytes = 32;
const ivBytes = 12;
const tagBytes = 16;
const formatVersion = 1;

/** Seals a value for its row. */
export function sealValue(
  kek: Kek,
  context: SealContext,
  value: Redacted<Uint8Array>,
  randomness: SealRandomness = drawRandomness(),
): SealedValue {
  const { dek, dekIv, valueIv } = randomness;
  try {
    return {
      kekId: kek.id,
      wrappedDek: encrypt(kek.key, dekIv, dekContext(context.secretId, kek.id), dek),
      sealedValue: encrypt(createSecretKey(dek), valueIv, valueContext(context), value.reveal()),
    };
  } finally {
    dek.fill(0);
  }
}

/** Opens what `sealValue` made for the very same context. Throws an `OpenError`, whatever is wrong. */
export function openValue(
  kek: Kek,
  context: SealContext,
  sealed: SealedValue,
): Redacted<Uint8Array> {
  const dek = decrypt(kek.key, dekContext(context.secretId, kek.id), sealed.wrappedDek);
  try {
    if (dek.length !== keyBytes) throw new OpenError();
    return new Redacted(decrypt(createSecretKey(dek), valueContext(context), sealed.sealedValue));
  } finally {
    dek.fill(0);
  }
}

/** In one draw: each costs a call into OpenSSL. */
function drawRandomness(): SealRandomness {
  const drawn = randomBytes(keyBytes + 2 * ivBytes);
  return {
    dek: drawn.subarray(0, keyBytes),
    dekIv: drawn.subarray(keyBytes, keyBytes + ivBytes),
    valueIv: drawn.subarray(keyBytes + ivBytes),
  };
}

/** Additional data of a value. */
export function valueContext({
  secretId,
  name,
  valueVersion,
  destinations,
}: SealContext): Uint8Array {
  return encode([
    'dropsafe/value/v1/A256GCM',
    secretId,
    name,
    String(valueVersion),
    String(destinations.length),
    ...destinations,
  ]);
}

/** Additional data of a wrapped DEK. */
export function dekContext(secretId: string, kekId: string): Uint8Array {
  return encode(['dropsafe/dek/v1/A256GCM', secretId, kekId]);
}

/** A check value that opens under this KEK only: what proves a key is opening, not a matching id. */
export function sealCheck(kek: Kek): Uint8Array {
  return encrypt(kek.key, randomBytes(ivBytes), checkContext(kek.id), Buffer.from(checkText));
}

/** True when the stored check value opens under this KEK. */
export function opensCheck(kek: Kek, check: Uint8Array): boolean {
  try {
    return Buffer.from(decrypt(kek.key, checkContext(kek.id), check)).toString() === checkText;
  } catch {
    return false;
  }
}

const checkText = 'dropsafe key check';
const checkContext = (kekId: string) => encode(['dropsafe/check/v1/A256GCM', kekId]);

/** Seals a key of another room under a KEK, bound to its name. */
export function sealNamedKey(kek: Kek, name: string, key: Uint8Array): Uint8Array {
  return encrypt(kek.key, randomBytes(ivBytes), namedKeyContext(name, kek.id), key);
}

/** Opens what `sealNamedKey` made for the same name. Throws an `OpenError`, whatever is wrong. */
export function openNamedKey(kek: Kek, name: string, sealed: Uint8Array): Redacted<Uint8Array> {
  return new Redacted(decrypt(kek.key, namedKeyContext(name, kek.id), sealed));
}

const namedKeyContext = (name: string, kekId: string) =>
  encode(['dropsafe/key/v1/A256GCM', name, kekId]);

/** Every part with its length in front (4 bytes, big-endian), so that no two lists of parts make the same bytes. */
function encode(parts: readonly string[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part, 'utf8');
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

// Keys are key objects: Node takes one in half the time that it takes raw bytes. Its copy is overwritten when it is collected.
function encrypt(
  key: KeyObject,
  iv: Uint8Array,
  context: Uint8Array,
  plain: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: tagBytes });
  cipher.setAAD(context);
  return Buffer.concat([
    Buffer.of(formatVersion),
    iv,
    cipher.update(plain),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
}

function decrypt(key: KeyObject, context: Uint8Array, sealed: Uint8Array): Uint8Array {
  if (sealed.length < 1 + ivBytes + tagBytes || sealed[0] !== formatVersion) throw new OpenError();
  // Without authTagLength Node accepts tags of 4 bytes, which can be guessed.
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(1, 1 + ivBytes), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(-tagBytes));
  // update() hands out bytes that nothing vouches for yet; final() is what vouches.
  const plain = decipher.update(sealed.subarray(1 + ivBytes, -tagBytes));
  try {
    decipher.final();
  } catch {
    plain.fill(0);
    throw new OpenError();
  }
  return plain;
}
