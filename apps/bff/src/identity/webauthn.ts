/**
 * @file The adapter to @simplewebauthn/server, which checks what browsers and authenticators send (WebAuthn, 7.1 and 7.2).
 * Promises: a refusal is one word of a closed list, since the library's messages repeat what was sent; and the library
 * never goes to the network, since it sees no certificate.
 */
import type { AddPasskey, PasskeySignIn } from '@dropsafe/contract/passkeys';
import type { RelyingParty } from './relying-party.ts';

/** Why a passkey was refused. For log and trail; from outside all of them look the same. */
export type RefusalReason =
  /** None under way in this browser, or it was used, or too old. */
  | 'no-challenge'
  | 'wrong-challenge'
  | 'foreign-origin'
  | 'foreign-site'
  | 'not-verified'
  | 'wrong-signature'
  | 'unknown-passkey'
  | 'wrong-user'
  | 'user-disabled'
  | 'counter-went-back'
  | 'unwanted-attestation'
  | 'known-already'
  | 'malformed';

/** A passkey was refused. */
export class PasskeyRefusal extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(reason);
    this.name = 'PasskeyRefusal';
    this.reason = reason;
  }
}

/** Signature algorithms, best first: EdDSA, ES256, RS256 (RFC 9053, 2; RFC 8812, 2). Every authenticator has one of them. */
export const algorithms = [-8, -7, -257];

/** What belongs to a ceremony: the challenge that was given out, and the site that it was given out for. */
export interface Ceremony {
  challenge: string;
  site: RelyingParty;
}

/** A credential that was made. */
export interface MadeCredential {
  credentialId: Uint8Array;
  publicKey: Uint8Array;
  counter: number;
  isBackedUp: boolean;
}

/** Checks a credential that was made (WebAuthn, 7.1). Throws `PasskeyRefusal`. */
export async function verifyCreation(
  made: Pick<AddPasskey, 'clientDataJSON' | 'attestationObject'>,
  { challenge, site }: Ceremony,
): Promise<MadeCredential> {
  const { verifyRegistrationResponse, decodeAttestationObject } = await library();
  return orRefusal(async () => {
    const attestation = decodeAttestationObject(bytesOf(made.attestationObject));
    // None was asked for: then it is none, or signed by the passkey itself (WebAuthn, 5.1.3, step 21). Any other brings a
    // certificate, and of one the library would fetch the list of those revoked, from wherever the certificate says.
    const isOfItself =
      attestation.get('fmt') === 'packed' && attestation.get('attStmt').get('x5c') === undefined;
    if (attestation.get('fmt') !== 'none' && !isOfItself)
      throw new PasskeyRefusal('unwanted-attestation');
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response: {
        // Not looked at: the id that counts is in the attestation.
        id: 'made',
        rawId: 'made',
        type: 'public-key',
        clientExtensionResults: {},
        response: made,
      },
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.id,
      requireUserVerification: true,
      supportedAlgorithmIDs: algorithms,
    });
    if (!verified) throw new PasskeyRefusal('wrong-signature');
    const { credential, credentialBackedUp } = registrationInfo;
    return {
      credentialId: bytesOf(credential.id),
      publicKey: credential.publicKey,
      counter: credential.counter,
      isBackedUp: credentialBackedUp,
    };
  });
}

/** What an authenticator said when it signed. */
export interface Assertion {
  counter: number;
  isBackedUp: boolean;
}

/**
 * Checks an assertion, all but its counter (WebAuthn, 7.2): the library would compare that before the signature, and
 * anybody could then bring a passkey under the suspicion of being a copy. Throws `PasskeyRefusal`.
 */
export async function verifyAssertion(
  { id, clientDataJSON, authenticatorData, signature }: PasskeySignIn,
  publicKey: Uint8Array,
  { challenge, site }: Ceremony,
): Promise<Assertion> {
  const { verifyAuthenticationResponse } = await library();
  return orRefusal(async () => {
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id,
        rawId: id,
        type: 'public-key',
        clientExtensionResults: {},
        response: { clientDataJSON, authenticatorData, signature },
      },
      expectedChallenge: challenge,
      expectedOrigin: site.origin,
      expectedRPID: site.id,
      requireUserVerification: true,
      credential: { id, publicKey: new Uint8Array(publicKey), counter: 0 },
    });
    if (!verified) throw new PasskeyRefusal('wrong-signature');
    const { newCounter, credentialBackedUp } = authenticationInfo;
    return { counter: newCounter, isBackedUp: credentialBackedUp };
  });
}

/**
 * True when a passkey can say this count after that one: it grew, or the authenticator does not count at all. Anything else
 * tells that there are two of it (WebAuthn, 6.1.1).
 */
export function isCounterPlausible(before: number, now: number): boolean {
  return now > before || (now === 0 && before === 0);
}

/** Bytes of base64url. */
export const bytesOf = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.from(text, 'base64url'));

/** Loaded when needed: it takes some 27 MB and 0.15 s, which a node without passkeys never pays for. */
async function library() {
  const [server, helpers] = await Promise.all([
    import('@simplewebauthn/server'),
    import('@simplewebauthn/server/helpers'),
  ]);
  return { ...server, decodeAttestationObject: helpers.decodeAttestationObject };
}

/** What the library says, by how its sentences begin; what comes after repeats the request. Decides nothing. */
const sayings: [RegExp, RefusalReason][] = [
  [/^Unexpected (registration|authentication) response challenge/, 'wrong-challenge'],
  [/^Unexpected (registration|authentication) response origin/, 'foreign-origin'],
  [/^(Detected cross-origin|Unexpected (cross-origin|top origin))/, 'foreign-origin'],
  [/^Unexpected RP ID hash/, 'foreign-site'],
  [/^User (verification|presence|not present)/, 'not-verified'],
];

async function orRefusal<T>(check: () => Promise<T>): Promise<T> {
  try {
    return await check();
  } catch (error) {
    if (error instanceof PasskeyRefusal) throw error;
    const message = error instanceof Error ? error.message : '';
    throw new PasskeyRefusal(sayings.find(([saying]) => saying.test(message))?.[1] ?? 'malformed');
  }
}
