/** @file What one request may look like. It is checked here before any library sees it, as libraries repeat what they refuse. */
import { OutboundFailure } from './failure.ts';

/** The methods that there are. */
export const outboundMethods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
] as const;
/** One of them. */
export type OutboundMethod = (typeof outboundMethods)[number];

/** Whom a connection trusts, and how it proves who we are. */
export interface Trust {
  /** PEM: trusted in place of the usual authorities. */
  authorities?: string | undefined;
  /** PEM, both. */
  clientCertificate?: { certificate: string; key: string } | undefined;
}

/** One request, as it is sent; values are in it. */
export interface OutboundRequest {
  method: OutboundMethod;
  /** https or http, without user name and fragment. What was compared with the destinations. */
  url: URL;
  headers: readonly (readonly [name: string, content: string])[];
  body?: Uint8Array | undefined;
  trust?: Trust | undefined;
}

/** How long an address may be with its query, in characters. */
const maxUrlLength = 16_384;
const maxHeaders = 64;
/** Names and contents together; most servers take 16 KiB, and some 32. */
const maxHeaderLength = 32 * 1024;
const maxBodyBytes = 1024 * 1024;

/** Throws an `OutboundFailure` when the request cannot be sent just as it is. */
export function checkRequest({ method, url, headers, body }: OutboundRequest): void {
  if (!outboundMethods.includes(method)) throw new OutboundFailure('method-unusable');
  checkUrl(url);
  const seen = new Set<string>();
  for (const [name, content] of headers) {
    const reason = refusalOfHeader(name, content);
    if (reason !== undefined) throw new OutboundFailure(reason);
    // Two programs could read two of a name in two ways.
    if (seen.has(name.toLowerCase())) throw new OutboundFailure('header-repeated');
    seen.add(name.toLowerCase());
  }
  const headerLength = headers.reduce(
    (sum, [name, content]) => sum + name.length + content.length,
    0,
  );
  if (
    headers.length > maxHeaders ||
    headerLength > maxHeaderLength ||
    (body?.length ?? 0) > maxBodyBytes
  )
    throw new OutboundFailure('request-too-large');
}

function checkUrl(url: URL): void {
  const isUsable =
    (url.protocol === 'https:' || url.protocol === 'http:') &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    url.port !== '0' &&
    // No dot at the end: SNI and certificates have none (RFC 6066, 3).
    /^(\[[\da-f:]+\]|[\w-]+(\.[\w-]+)*)$/.test(url.hostname);
  if (!isUsable) throw new OutboundFailure('target-unusable');
  if (url.href.length > maxUrlLength) throw new OutboundFailure('request-too-large');
}

// --- headers ---

/** What is set here, or means something to the connection and not to who answers ([RFC 9110, 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)). */
const reserved = new Set([
  'host',
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'upgrade',
  'expect',
  'http2-settings',
]);

/** Cookies of ours: whoever speaks to us must not find a way to send them elsewhere (Grafana, CVE-2022-39201). */
const ownCookie = /(^|[;,\s])(__Host-)?dropsafe/i;

/** Why a header cannot be sent, or undefined. */
export function refusalOfHeader(
  name: string,
  content: string,
): 'header-unusable' | 'header-reserved' | undefined {
  // RFC 9110, 5.6.2 and 5.5.
  if (!/^[\w!#$%&'*+.^`|~-]{1,128}$/.test(name) || !/^[\t\x20-\x7e\x80-\xff]*$/.test(content))
    return 'header-unusable';
  const lower = name.toLowerCase();
  if (reserved.has(lower) || lower.startsWith('proxy-')) return 'header-reserved';
  return lower === 'cookie' && ownCookie.test(content) ? 'header-reserved' : undefined;
}
