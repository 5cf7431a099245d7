/**
 * @file Which site passkeys belong to (WebAuthn, 5.1.2, "RP ID"): the host name that people open, and the one origin
 * whose pages may ask for them. Pure.
 */
/** The site as an authenticator knows it. */
export interface RelyingParty {
  /** A host name: a passkey belongs to it for good. */
  id: string;
  /** Compared byte by byte with what the browser says. */
  origin: string;
}

/**
 * The site that is asked for, or undefined where browsers know no passkeys: over plain http on another host than
 * `localhost`, and at an address without a name. Without a public origin `host` is the request's own header, which a
 * browser lets no page choose; it counts for this machine only.
 */
export function relyingPartyOf(
  publicOrigin: string | undefined,
  host: string | undefined,
): RelyingParty | undefined {
  const url = URL.parse(publicOrigin ?? `http://${host ?? ''}`);
  if (url === null || url.username !== '') return undefined;
  const isHere = url.hostname === 'localhost';
  if (!isHere && (publicOrigin === undefined || url.protocol !== 'https:')) return undefined;
  // URLs know one spelling of an address: brackets, or four numbers.
  if (/^\[|^[\d.]+$/.test(url.hostname)) return undefined;
  return { id: url.hostname, origin: url.origin };
}
