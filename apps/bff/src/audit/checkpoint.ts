/**
 * @file Checkpoints: signed statements of where the chain ended. Kept apart from the database, one shows that events were
 * cut off the end of the chain, which the chain itself cannot. Ed25519 (RFC 8032). Pure.
 */
import {
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  sign,
  verify,
  type KeyObject,
} from 'node:crypto';
import { z } from 'zod';
import type { ChainEnd } from './chain.ts';

const CheckpointSchema = z.strictObject({
  /** The last event at that time, and its MAC in hexadecimal. */
  id: z.int().min(0),
  mac: z.string().regex(/^[0-9a-f]{64}$/),
  /** When it was the last: the database's clock. */
  at: z.iso.datetime(),
  /** For whoever has no key of the trail; 32 bytes in base64url. Dropsafe itself goes by its own key. */
  publicKey: z.string(),
  signature: z.string(),
});

/** The statement that the chain ended with this event at this time. */
export type Checkpoint = z.infer<typeof CheckpointSchema>;

/** The two halves of the signing key. */
export interface CheckpointKeys {
  privateKey: KeyObject;
  publicKey: KeyObject;
}

const format = 'dropsafe/audit/checkpoint/v1';

/** What stands before the 32 bytes of an Ed25519 key in PKCS #8 (RFC 8410, 7). */
const pkcs8Head = Buffer.from('302e020100300506032b657004220420', 'hex');

/** The signing key, derived from the key of the trail (HKDF, RFC 5869). */
export function checkpointKeysOf(trailKey: Uint8Array): CheckpointKeys {
  const seed = Buffer.from(hkdfSync('sha256', trailKey, '', format, 32));
  const der = Buffer.concat([pkcs8Head, seed]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  seed.fill(0);
  der.fill(0);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

/** Signs where the chain ended, and when. */
export function signCheckpoint(
  { privateKey, publicKey }: CheckpointKeys,
  { id, mac, at }: ChainEnd & { at: string },
): Checkpoint {
  const statement = { id, mac: Buffer.from(mac).toString('hex'), at };
  return {
    ...statement,
    publicKey: publicKey.export({ format: 'jwk' }).x ?? '',
    signature: sign(null, bytesOf(statement), privateKey).toString('base64url'),
  };
}

/** Reads a checkpoint; undefined when it is none, or was not signed with this key. */
export function parseCheckpoint(
  { publicKey }: CheckpointKeys,
  text: string,
): Checkpoint | undefined {
  const checkpoint = CheckpointSchema.safeParse(parseJson(text)).data;
  if (checkpoint === undefined) return undefined;
  const signature = Buffer.from(checkpoint.signature, 'base64url');
  return verify(null, bytesOf(checkpoint), publicKey, signature) ? checkpoint : undefined;
}

/** The end of the chain that a checkpoint tells of. */
export const endOf = ({ id, mac }: Checkpoint): ChainEnd => ({ id, mac: Buffer.from(mac, 'hex') });

const bytesOf = ({ id, mac, at }: Pick<Checkpoint, 'id' | 'mac' | 'at'>) =>
  Buffer.from(JSON.stringify([format, id, mac, at]));

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
