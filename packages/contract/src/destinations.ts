/**
 * @file Destinations: where a value may be sent. One parser, one canonical form and one comparison for the form and
 * the server, so that no spelling of an address can pass as another. Pure: no I/O, no name is resolved here.
 */
import { isSharedByStrangers } from './shared-domains.ts';
import { isPathWithin, readPath } from './url-path.ts';

/** Default port of each scheme that a destination may have. */
const defaultPort = { https: 443, http: 80, smtps: 465, smtp: 25 } as const;
type Scheme = keyof typeof defaultPort;

/** How many destinations one secret may have. */
export const maxDestinations = 32;
/** How long one destination may be, in characters, as it is typed and in canonical form. */
export const maxDestinationLength = 300;
/** How long the address of one request may be, in characters. */
export const maxTargetLength = 8192;

/** A place: what destinations and the targets of requests have in common. */
interface Place {
  scheme: Scheme;
  /** Lower case, punycode, no trailing dot; IPv4 dotted, IPv6 in brackets. */
  host: string;
  port: number;
}

/** An origin with an optional path; a pattern that stands for every host one label below `host` when `isWildcard`. */
export interface Destination extends Place {
  kind: 'destination';
  isWildcard: boolean;
  /** Empty, or the path that everything has to be at or below: `/repos/acme`. */
  path: string;
  /** The one spelling that is stored, shown, compared and sealed with the value. */
  canonical: string;
}

/** Why a text is no destination, in words for the person who typed it. Never repeats the text: it may be a pasted value. */
export interface DestinationRefusal {
  kind: 'refused';
  reason: string;
}

const refused = (reason: string): DestinationRefusal => ({ kind: 'refused', reason });

// --- reading ---

/**
 * Reads one destination: `https://api.github.com`, `https://*.example.com`, `https://api.github.com/repos/acme`,
 * `smtps://mail.example.com:465`. Case, international names, default ports, a trailing dot or slash and every spelling
 * of an IP address fall together. An IPv4-mapped IPv6 address (`[::ffff:127.0.0.1]`) is not the same place as its IPv4
 * address: certificates and `Host` tell them apart, and what is not the same is not covered.
 */
export function parseDestination(text: string): Destination | DestinationRefusal {
  if (text.length > maxDestinationLength) return tooLong;
  const match =
    /^(?<scheme>[a-zA-Z]+):\/\/(?<wildcard>\*\.)?(?<authority>[^/\\?#@%*\s\p{Cc}]+)(?<path>\/[^\\?#*\s\p{Cc}]*)?$/u.exec(
      text,
    );
  if (match === null || !text.isWellFormed()) return refused(explain(text));
  const { scheme = '', wildcard, authority = '', path: pathText = '' } = match.groups ?? {};
  const place = readPlace(scheme, authority);
  if ('kind' in place) return place;
  const isWildcard = wildcard !== undefined;
  if (isWildcard && (isAddress(place.host) || !place.host.includes('.')))
    return refused(
      'A wildcard needs a domain of at least two labels, such as https://*.example.com.',
    );
  if (isWildcard && isSharedByStrangers(place.host))
    return refused(
      'Everybody can get a name below this domain. Put the name of yours before it, or leave out the "*".',
    );
  const read = readPath(pathText);
  if (read.kind === 'ambiguous') return refused(read.reason);
  const { path } = read;
  if (path !== '' && isMail(place.scheme)) return refused('A mail server has no path.');
  const canonical = `${place.scheme}://${isWildcard ? '*.' : ''}${place.host}${shownPort(place)}${path}`;
  if (canonical.length > maxDestinationLength) return tooLong;
  return { kind: 'destination', ...place, isWildcard, path, canonical };
}

const tooLong = refused(`Use at most ${maxDestinationLength} characters.`);

function readPlace(schemeText: string, authority: string): Place | DestinationRefusal {
  const scheme = schemeText.toLowerCase();
  if (!isScheme(scheme)) return refused('Start with https://, http://, smtps:// or smtp://.');
  // Read every scheme with the rules of https (WHATWG URL): others keep the host as it is spelled.
  const url = URL.parse(`https://${authority}`);
  if (url === null || url.hostname === '') return refused('The host or the port is not valid.');
  const host = url.hostname.replace(/\.$/, '');
  // WHATWG lets through what no host name has ("a,b", "a*b"), and what others may split a name at.
  if (!/^(\[[\da-f:]+\]|[\w-]+(\.[\w-]+)*)$/.test(host)) return refused('The host is not valid.');
  // WHATWG drops a port of 443; read it from the text so that smtp://host:443 keeps its own.
  const portText = /:(\d*)$/.exec(authority.replace(/^\[.*\]/, ''))?.[1] ?? '';
  const port = portText === '' ? defaultPort[scheme] : Number(portText);
  if (port === 0) return refused('The port is not valid.');
  return { scheme, host, port };
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(defaultPort, text);
}

function isMail(scheme: Scheme): boolean {
  return scheme === 'smtp' || scheme === 'smtps';
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host);
}

function shownPort({ scheme, port }: Place): string {
  return port === defaultPort[scheme] ? '' : `:${port}`;
}

function explain(text: string): string {
  if (text.trim() === '') return 'Enter a destination, such as https://api.example.com.';
  if (/[\s\p{Cc}]/u.test(text)) return 'A destination has no blanks or line breaks.';
  if (!/^[a-z]+:\/\//i.test(text)) return 'Start with https://, http://, smtps:// or smtp://.';
  if (/^[^/]+\/\/[^/]*@/.test(text)) return 'Leave out user name and password.';
  if (text.includes('*')) return 'Use "*" only once, as the first label: https://*.example.com.';
  if (/[?#]/.test(text)) return 'Leave out query and fragment.';
  return 'Use the form https://host, https://host:port or https://host/path.';
}

// --- comparing ---

/** True when everything that `inner` lets through, `outer` lets through as well. A wildcard stands for exactly one label. */
function covers(outer: Destination, inner: Destination): boolean {
  return coversHost(outer, inner, inner.isWildcard) && isPathWithin(inner.path, outer.path);
}

function coversHost(outer: Destination, inner: Place, isInnerWildcard: boolean): boolean {
  if (outer.scheme !== inner.scheme || outer.port !== inner.port) return false;
  return matchesHost(outer, inner.host, isInnerWildcard);
}

function matchesHost(outer: Destination, host: string, isInnerWildcard: boolean): boolean {
  if (outer.isWildcard === isInnerWildcard) return outer.host === host;
  return outer.isWildcard && !isAddress(host) && host.slice(host.indexOf('.') + 1) === outer.host;
}

/** True when one of these destinations lets a value through to all of `origin`. All are canonical. */
export function isCoveredBy(origin: string, destinations: readonly string[]): boolean {
  return !isWidened(destinations, [origin]);
}

/** True when `after` could let a value reach a place that `before` did not (P2). Both lists are canonical. */
export function isWidened(before: readonly string[], after: readonly string[]): boolean {
  const outer = before.map(parseDestination);
  return after
    .map(parseDestination)
    .some(
      (inner) =>
        inner.kind === 'refused' ||
        !outer.some((candidate) => candidate.kind === 'destination' && covers(candidate, inner)),
    );
}

// --- the target of a request ---

/** Why a value may not go to a target; each with its sentence in `targetRefusals`. */
export type TargetRefusalCode = keyof typeof targetRefusals;

/** Why a value may not go to a target, from the farthest to the nearest miss. No sentence repeats the target. */
export const targetRefusals = {
  'no-destinations': 'It has no destinations, so it cannot be sent anywhere.',
  'not-a-target':
    'This address cannot be read without doubt. Use the form https://host/path, without user name, blanks, "\\" or "#".',
  'other-host': 'Its destinations do not name this host.',
  'other-port': 'Its destinations name this host, but with another port or protocol.',
  'other-path': 'Its destinations name this host, but other paths.',
  'doubtful-path':
    'Its destinations name paths, and the path of this address can be read in more than one way.',
} as const;

/** What is to be decided before a value is opened: whether it may go there. */
export type TargetVerdict =
  | {
      kind: 'allowed';
      /** The destination that lets it through, canonical. */
      destination: string;
      /** What was compared, and what is to be requested: nothing else. */
      href: string;
      /** Lower case, punycode, no trailing dot; IPv4 dotted, IPv6 in brackets. */
      host: string;
      port: number;
    }
  | { kind: 'refused'; code: TargetRefusalCode; reason: string };

/**
 * Says whether a value with these (canonical) destinations may be sent to `target`: the whole URL of a request of http or
 * https, or `smtps://host:port`. It is read as it will be sent (WHATWG URL); what programs read differently is refused.
 * The caller requests `href`, and no text of his own.
 */
export function judgeTarget(target: string, destinations: readonly string[]): TargetVerdict {
  const read = readTarget(target);
  if (read === undefined) return refuse('not-a-target');
  if (destinations.length === 0) return refuse('no-destinations');
  let nearest: TargetRefusalCode = 'other-host';
  for (const text of destinations) {
    const destination = parseDestination(text);
    if (destination.kind === 'refused') continue;
    if (coversHost(destination, read, false)) {
      const isWithin =
        destination.path === '' ||
        (read.path !== undefined && isPathWithin(read.path, destination.path));
      const { href, host, port } = read;
      if (isWithin)
        return { kind: 'allowed', destination: destination.canonical, href, host, port };
      nearest = read.path === undefined ? 'doubtful-path' : 'other-path';
    } else if (nearest === 'other-host' && matchesHost(destination, read.host, false)) {
      nearest = 'other-port';
    }
  }
  return refuse(nearest);
}

function refuse(code: TargetRefusalCode): TargetVerdict {
  return { kind: 'refused', code, reason: targetRefusals[code] };
}

interface Target extends Place {
  /** Undefined when it can be read in more than one way; then only a destination without a path covers it. */
  path: string | undefined;
  href: string;
}

function readTarget(text: string): Target | undefined {
  if (text.length > maxTargetLength || !text.isWellFormed()) return undefined;
  const match =
    /^(?<scheme>[a-zA-Z]+):\/\/(?<authority>[^/\\?#@%*\s\p{Cc}]+)(?<path>\/[^\\?#\s\p{Cc}]*)?(?<query>\?[^\\#\s\p{Cc}]*)?$/u.exec(
      text,
    );
  const { scheme = '', authority = '', path: pathText = '', query } = match?.groups ?? {};
  const place = readPlace(scheme, authority);
  if ('kind' in place) return undefined;
  const origin = `${place.scheme}://${place.host}${shownPort(place)}`;
  if (isMail(place.scheme)) {
    if (pathText !== '' || query !== undefined) return undefined;
    return { ...place, path: '', href: origin };
  }
  const url = URL.parse(`${origin}${pathText}${query ?? ''}`);
  if (url === null) return undefined;
  const read = readPath(pathText);
  return { ...place, path: read.kind === 'path' ? read.path : undefined, href: url.href };
}
