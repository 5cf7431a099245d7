/**
 * @file An authenticator of the tests, with the browser in front of it: makes passkeys and signs with them, with real keys,
 * real signatures and the real formats (WebAuthn, 5.8.1, 6.1, 6.5). What is wrong with an answer is asked for by name.
 */
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import type {
  AddPasskey,
  PasskeyCreation,
  PasskeyRequest,
  PasskeySignIn,
} from '@dropsafe/contract/passkeys';
import type { Answer, Client } from './client.ts';
import { testPassword } from './node.ts';

/** The kinds of keys that the server takes, by their number in COSE. */
export type Algorithm = -7 | -8 | -257;

/** What deviates from what an honest browser and authenticator say. */
export interface Deviation {
  origin?: string;
  rpId?: string;
  challenge?: string;
  type?: string;
  isUserVerified?: boolean;
  isUserPresent?: boolean;
  isBackedUp?: boolean;
  counter?: number;
  userHandle?: string | null;
  /** Signed by another key. */
  signedBy?: KeyObject;
  /** The attestation: none, by the passkey itself, or one that brings a certificate. */
  attestation?: 'none' | 'self' | Uint8Array;
  topOrigin?: string;
}

/** A passkey, with its private half. */
export interface SoftPasskey {
  id: string;
  algorithm: Algorithm;
  privateKey: KeyObject;
  /** What the next signature counts. */
  counter: number;
  make(asked: PasskeyCreation, deviation?: Deviation): Omit<AddPasskey, 'name'>;
  sign(asked: PasskeyRequest, deviation?: Deviation): PasskeySignIn;
}

/** A new key on an authenticator that is used at `origin`. One that does not count says 0 for ever. */
export function createPasskey(
  origin: string,
  { algorithm = -7, isCounting = true }: { algorithm?: Algorithm; isCounting?: boolean } = {},
): SoftPasskey {
  const { publicKey, privateKey } = generate(algorithm);
  const credentialId = randomBytes(32);
  let userHandle: string | undefined;

  const clientData = (type: string, challenge: string, deviation: Deviation) =>
    Buffer.from(
      JSON.stringify({
        type: deviation.type ?? type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? origin,
        crossOrigin: deviation.topOrigin !== undefined,
        ...(deviation.topOrigin !== undefined && { topOrigin: deviation.topOrigin }),
      }),
    );

  function authenticatorData(rpId: string, deviation: Deviation, attested: Buffer): Buffer {
    const { isUserVerified = true, isUserPresent = true, isBackedUp = false } = deviation;
    const flags =
      (isUserPresent ? 0x01 : 0) |
      (isUserVerified ? 0x04 : 0) |
      (isBackedUp ? 0x18 : 0) |
      (attested.length > 0 ? 0x40 : 0);
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(deviation.counter ?? passkey.counter);
    return Buffer.concat([sha256(deviation.rpId ?? rpId), Buffer.from([flags]), counter, attested]);
  }

  const signed = (data: Buffer, client: Buffer, key = privateKey) =>
    sign(algorithm === -8 ? null : 'sha256', Buffer.concat([data, sha256(client)]), key);

  const passkey: SoftPasskey = {
    id: base64url(credentialId),
    algorithm,
    privateKey,
    counter: isCounting ? 1 : 0,

    make(asked, deviation = {}) {
      userHandle = asked.user.id;
      const client = clientData('webauthn.create', asked.challenge, deviation);
      const length = Buffer.alloc(2);
      length.writeUInt16BE(credentialId.length);
      const data = authenticatorData(
        asked.rp.id,
        deviation,
        Buffer.concat([Buffer.alloc(16), length, credentialId, coseOf(publicKey, algorithm)]),
      );
      const { attestation = 'none' } = deviation;
      const statement = new Map<string, Cbor>();
      if (attestation !== 'none') {
        statement.set('alg', algorithm).set('sig', signed(data, client, deviation.signedBy));
        if (attestation !== 'self') statement.set('x5c', [attestation]);
      }
      const object = new Map<string, Cbor>([
        ['fmt', attestation === 'none' ? 'none' : 'packed'],
        ['attStmt', statement],
        ['authData', data],
      ]);
      return {
        clientDataJSON: base64url(client),
        attestationObject: base64url(cbor(object)),
        transports: ['internal'],
      };
    },

    sign(asked, deviation = {}) {
      if (isCounting) passkey.counter += 1;
      const client = clientData('webauthn.get', asked.challenge, deviation);
      const data = authenticatorData(asked.rpId, deviation, Buffer.alloc(0));
      return {
        id: passkey.id,
        clientDataJSON: base64url(client),
        authenticatorData: base64url(data),
        signature: base64url(signed(data, client, deviation.signedBy)),
        userHandle:
          deviation.userHandle === undefined ? (userHandle ?? null) : deviation.userHandle,
      };
    },
  };
  return passkey;
}

// --- the ceremonies, as a browser goes through them ---

/** What was begun: what is asked for, and the cookie that the answer has to come with. */
export interface Begun<Asked> {
  answer: Answer;
  asked: Asked;
  cookie: string;
}

/** Begins to add a passkey. */
export async function beginPasskey(
  client: Client,
  currentPassword: string = testPassword,
): Promise<Begun<PasskeyCreation>> {
  return begun(await client.send('POST', '/passkeys/options', { currentPassword }));
}

/** Adds a passkey to whom `client` is signed in as. */
export async function addPasskey(
  client: Client,
  passkey: SoftPasskey,
  { name = 'Laptop', ...deviation }: Deviation & { name?: string } = {},
): Promise<Answer> {
  const { asked, cookie } = await beginPasskey(client);
  return client.send(
    'POST',
    '/passkeys',
    { name, ...passkey.make(asked, deviation) },
    { Cookie: `${client.cookie}; ${cookie}` },
  );
}

/** Begins to sign in. */
export async function beginPasskeySignIn(client: Client): Promise<Begun<PasskeyRequest>> {
  return begun(await client.send('POST', '/session/passkey/options'));
}

/** Signs in; `client` then has the session. */
export async function signInByPasskey(
  client: Client,
  passkey: SoftPasskey,
  deviation: Deviation = {},
): Promise<Answer> {
  const { asked, cookie } = await beginPasskeySignIn(client);
  return client.send('POST', '/session/passkey', passkey.sign(asked, deviation), {
    Cookie: cookie,
  });
}

function begun<Asked>(answer: Answer): Begun<Asked> {
  const set = answer.headers.getSetCookie().find((line) => /dropsafe-passkey=./.test(line)) ?? '';
  return { answer, asked: answer.json, cookie: set.split(';')[0] ?? '' };
}

// --- keys ---

function generate(algorithm: Algorithm): { publicKey: KeyObject; privateKey: KeyObject } {
  if (algorithm === -8) return generateKeyPairSync('ed25519');
  if (algorithm === -257) return generateKeyPairSync('rsa', { modulusLength: 2048 });
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** The public half as COSE_Key (RFC 9053, 7; RFC 8230, 4). */
function coseOf(publicKey: KeyObject, algorithm: Algorithm): Buffer {
  const { x = '', y = '', n = '', e = '' } = publicKey.export({ format: 'jwk' });
  const part = (text: string) => Buffer.from(text, 'base64url');
  const ofKind: Record<Algorithm, [number, Cbor][]> = {
    [-7]: [
      [1, 2],
      [3, -7],
      [-1, 1],
      [-2, part(x)],
      [-3, part(y)],
    ],
    [-8]: [
      [1, 1],
      [3, -8],
      [-1, 6],
      [-2, part(x)],
    ],
    [-257]: [
      [1, 3],
      [3, -257],
      [-1, part(n)],
      [-2, part(e)],
    ],
  };
  return cbor(new Map(ofKind[algorithm]));
}

const sha256 = (bytes: Buffer | string) => createHash('sha256').update(bytes).digest();
const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');

// --- CBOR (RFC 8949, 3), as much of it as there is in here ---

type Cbor = number | string | Uint8Array | Cbor[] | Map<number | string, Cbor>;

function cbor(item: Cbor): Buffer {
  if (typeof item === 'number') return item < 0 ? head(1, -1 - item) : head(0, item);
  if (typeof item === 'string')
    return Buffer.concat([head(3, Buffer.byteLength(item)), Buffer.from(item)]);
  if (item instanceof Uint8Array) return Buffer.concat([head(2, item.length), item]);
  if (Array.isArray(item)) return Buffer.concat([head(4, item.length), ...item.map(cbor)]);
  return Buffer.concat([
    head(5, item.size),
    ...[...item].flatMap(([key, content]) => [cbor(key), cbor(content)]),
  ]);
}

function head(major: number, count: number): Buffer {
  if (count < 24) return Buffer.from([(major << 5) | count]);
  if (count < 256) return Buffer.from([(major << 5) | 24, count]);
  return Buffer.from([(major << 5) | 25, count >> 8, count & 0xff]);
}
