/**
 * @file The keyset in memory: the KEKs of this node, one of them primary. As a text it is a JWK Set (RFC 7517) of `oct`
 * keys (RFC 7518, 6.4) with one member more, `primary`, the key id that new values are sealed under.
 */
import { createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { z } from 'zod';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';

/** One key encryption key. */
export interface Kek {
  id: string;
  /** Shows itself in no way of printing; made once, because Node takes it in a third of the time of raw bytes. */
  key: KeyObject;
}

/** The KEKs of this node. Never changes while the process runs. */
export interface Keyring {
  primary: Kek;
  byId: ReadonlyMap<string, Kek>;
}

const KeysetSchema = z.object({
  primary: z.string(),
  keys: z
    .array(
      z.object({
        kty: z.literal('oct'),
        kid: z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/),
        // 32 bytes in base64url without padding are 43 characters, the last of which carries four bits.
        k: z.string().regex(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/),
      }),
    )
    .min(1),
});

/** Reads a keyset. Throws a `StartError` that names `source` and what is wrong, never any of the content. */
export function parseKeyset(text: Redacted<string>, source: string): Keyring {
  const wrong = (what: string) =>
    new StartError(`The keyset in ${source} cannot be used: ${what}. Nothing was changed.`);
  let json: unknown;
  try {
    json = JSON.parse(text.reveal());
  } catch {
    throw wrong('it is not JSON');
  }
  const parsed = KeysetSchema.safeParse(json);
  if (!parsed.success) {
    throw wrong(
      'it must be {"primary": id, "keys": [{"kty": "oct", "kid": id, "k": 32 bytes in base64url}]}',
    );
  }
  const byId = new Map<string, Kek>();
  for (const { kid, k } of parsed.data.keys) {
    if (byId.has(kid)) throw wrong(`the key id ${kid} is there twice`);
    const bytes = Buffer.from(k, 'base64url');
    byId.set(kid, { id: kid, key: createSecretKey(bytes) });
    bytes.fill(0);
  }
  const primary = byId.get(parsed.data.primary);
  if (primary === undefined) throw wrong('"primary" names a key that is not in it');
  return { primary, byId };
}

/** A new keyset with one random key, as a text. The id tells nothing about the key. */
export function makeKeyset(now: Date): Redacted<string> {
  const kid = `kek-${now.toISOString().slice(0, 10)}-${randomBytes(4).toString('hex')}`;
  const key = { kty: 'oct', use: 'enc', kid, k: randomBytes(32).toString('base64url') };
  return new Redacted(`${JSON.stringify({ primary: kid, keys: [key] }, null, 2)}\n`);
}
