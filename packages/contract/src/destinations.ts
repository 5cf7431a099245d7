/**
 * @file Destinations: where a value may be sent. One parser, one canonical form and one comparison for the form and
 * the server, so that no spelling of an address can pass as another. Pure: no I/O, no name is resolved here.
 */

/** Default port of each scheme that a destination may have. */
const defaultPort = { https: 443, http: 80, smtps: 465, smtp: 25 } as const;
type Scheme = keyof typeof defaultPort;

/** How many destinations one secret may have. */
export const maxDestinations = 32;
/** How long one destination may be, in characters. */
export const maxDestinationLength = 300;

/** An origin, or a pattern that stands for every host one label below `host` when `isWildcard`. */
export interface Destination {
  kind: 'destination';
  scheme: Scheme;
  isWildcard: boolean;
  /** Lower case, punycode, no trailing dot; IPv4 dotted, IPv6 in brackets. */
  host: string;
  port: number;
  /** The one spelling that is stored, shown, compared and sealed with the value. */
  canonical: string;
}

/** Why a text is no destination, in words for the person who typed it. Never repeats the text: it may be a pasted value. */
export interface DestinationRefusal {
  kind: 'refused';
  reason: string;
}

const refused = (reason: string): DestinationRefusal => ({ kind: 'refused', reason });

/**
 * Reads one destination: `https://api.github.com`, `https://*.example.com`, `smtps://mail.example.com:465`.
 * Case, international names, default ports, a trailing dot or slash and every spelling of an IP address fall together.
 */
export function parseDestination(text: string): Destination | DestinationRefusal {
  if (text.length > maxDestinationLength)
    return refused(`Use at most ${maxDestinationLength} characters.`);
  const match = /^([a-z]+):\/\/(?<wildcard>\*\.)?(?<authority>[^/\\?#@%*\s\p{Cc}]+)\/?$/iu.exec(
    text,
  );
  if (match === null) return refused(explain(text));
  const scheme = match[1]?.toLowerCase() ?? '';
  if (!isScheme(scheme)) return refused('Start with https://, http://, smtps:// or smtp://.');
  const authority = match.groups?.['authority'] ?? '';
  // Read every scheme with the rules of https (WHATWG URL): others keep the host as it is spelled.
  const url = URL.parse(`https://${authority}`);
  if (url === null || url.hostname === '') return refused('The host or the port is not valid.');
  const host = url.hostname.replace(/\.$/, '');
  if (host === '' || host.split('.').includes('')) return refused('The host is not valid.');
  // WHATWG drops a port of 443; read it from the text so that smtp://host:443 keeps its own.
  const portText = /:(\d*)$/.exec(authority.replace(/^\[.*\]/, ''))?.[1] ?? '';
  const port = portText === '' ? defaultPort[scheme] : Number(portText);
  if (port === 0) return refused('The port is not valid.');
  const isWildcard = match.groups?.['wildcard'] !== undefined;
  if (isWildcard && (isAddress(host) || !host.includes('.'))) {
    return refused(
      'A wildcard needs a domain of at least two labels, such as https://*.example.com.',
    );
  }
  const shownPort = port === defaultPort[scheme] ? '' : `:${port}`;
  const canonical = `${scheme}://${isWildcard ? '*.' : ''}${host}${shownPort}`;
  return { kind: 'destination', scheme, isWildcard, host, port, canonical };
}

function isScheme(text: string): text is Scheme {
  return Object.hasOwn(defaultPort, text);
}

function isAddress(host: string): boolean {
  return host.startsWith('[') || /^\d+(\.\d+){3}$/.test(host);
}

function explain(text: string): string {
  if (text.trim() === '') return 'Enter a destination, such as https://api.example.com.';
  if (/[\s\p{Cc}]/u.test(text)) return 'A destination has no blanks or line breaks.';
  if (!/^[a-z]+:\/\//i.test(text)) return 'Start with https://, http://, smtps:// or smtp://.';
  if (text.includes('@')) return 'Leave out user name and password.';
  if (/^[a-z]+:\/\/[^/]*\*/i.test(text))
    return 'Use "*" only once, as the first label: https://*.example.com.';
  if (/^[a-z]+:\/\/[^/?#]+[/?#]./i.test(text))
    return 'Name the origin only, without path, query or fragment.';
  return 'Use the form https://host or https://host:port.';
}

/** True when everything that `inner` lets through, `outer` lets through as well. A wildcard stands for exactly one label. */
function covers(outer: Destination, inner: Destination): boolean {
  if (outer.scheme !== inner.scheme || outer.port !== inner.port) return false;
  if (outer.isWildcard === inner.isWildcard) return outer.host === inner.host;
  return (
    outer.isWildcard &&
    !isAddress(inner.host) &&
    inner.host.slice(inner.host.indexOf('.') + 1) === outer.host
  );
}

/** True when one of these destinations lets a value through to `origin`. All are canonical. */
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
