/**
 * @file Places values into a request, at the last moment: the only file of this room that takes them out of their wrapper to
 * send them (`scrub.ts` does to remove them). Promises: each is encoded as its place needs it, so that it can become no second header, no
 * other parameter and no address elsewhere; what cannot be sent as it is, is refused with a reason that holds nothing of it; a
 * value wins over what a caller set under the same name.
 */
import { createHmac } from 'node:crypto';
import type { Tainted, ValueOperations } from '@dropsafe/contract/expression-evaluation';
import { Redacted } from '../base/redacted.ts';
import { withValues, type AllowedTarget, type Referenced } from './destination.ts';
import { OutboundFailure, type OutboundReason } from './failure.ts';
import type { OutboundMethod, OutboundRequest } from './request.ts';

/** What stands in a field: text, or what an expression with secrets came to. */
export type Content = string | Tainted<Redacted<string>>;

/** How a request proves who sends it. */
export type Authentication =
  /** RFC 6750, 2.1. */
  | { kind: 'bearer'; token: Content }
  /** RFC 7617; in UTF-8. */
  | { kind: 'basic'; userName: Content; password: Content }
  | { kind: 'header'; name: string; content: Content }
  | { kind: 'query'; name: string; content: Content }
  /** HMAC (RFC 2104) over the bytes of the body, as GitHub and others sign webhooks; `prefix` is a text like `sha256=`. */
  | {
      kind: 'signature';
      header: string;
      hash: 'sha256' | 'sha512';
      encoding: 'hex' | 'base64';
      prefix: string;
      key: Content;
    };

/** A request before its values are placed. */
export interface RequestDraft {
  method: OutboundMethod;
  target: AllowedTarget;
  /** The whole address, where secrets are in its path or query: `target` has words in their places. */
  address?: { content: Content; secrets: readonly Referenced[] } | undefined;
  headers?: readonly (readonly [name: string, content: Content])[];
  query?: readonly (readonly [name: string, content: Content])[];
  authentication?: Authentication | undefined;
  body?: Content | undefined;
  trust?:
    | {
        authorities?: string | undefined;
        clientCertificate?: { certificate: string; key: Content } | undefined;
      }
    | undefined;
}

/** The same without its target: where secrets are in the address, that is there once more. */
export type HttpRest = Omit<RequestDraft, 'target' | 'address'> & { address?: Content | undefined };

/** Who we are to a mail server. */
export interface Login {
  userName: Content;
  password: Content;
}

/**
 * What filters and concatenation may come to in one request, in characters: four times what a body may have. A long value, encoded again
 * and again in many fields, would hold up this node for seconds before anybody looks at how long the request is.
 */
const maxEvaluated = 4 * 1024 * 1024;

/**
 * What evaluation needs to know of values that are `Redacted`, for all fields of one request. `lookUp` gives those that were opened for it.
 * Throws an `OutboundFailure` when they come to too much.
 */
export function redactedOperations(
  lookUp: (name: string) => Redacted<string> | undefined,
): ValueOperations<Redacted<string>> {
  let left = maxEvaluated;
  const made = (text: string) => {
    left -= text.length;
    return left < 0 ? refuse('request-too-large') : new Redacted(text);
  };
  return {
    lookUp,
    fromText: (text) => new Redacted(text),
    filter: (value, apply) => made(apply(value.reveal())),
    concat: (values) => made(values.map((value) => value.reveal()).join('')),
  };
}

/**
 * A value as text, byte for byte; its bytes are overwritten. Throws an `OutboundFailure` for what is no UTF-8, as it would arrive
 * changed.
 */
export function textOf(value: Redacted<Uint8Array>): Redacted<string> {
  try {
    // The decoder's message repeats nothing, but it is no sentence either.
    return new Redacted(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value.reveal()),
    );
  } catch {
    return refuse('value-not-text');
  } finally {
    value.wipe();
  }
}

/** The request as it is sent. Throws an `OutboundFailure` for a value that cannot be placed where it belongs. */
export function inject(draft: RequestDraft): OutboundRequest {
  const { method, authentication: proof, trust } = draft;
  const body = draft.body === undefined ? undefined : bytesOf(draft.body);
  const headers = new HeaderList();
  headers.set('User-Agent', 'Dropsafe');
  for (const [name, content] of draft.headers ?? []) headers.set(name, headerOf(content));
  const query = (draft.query ?? []).map(([name, content]) => [name, plainOf(content)] as const);
  // Last, so that it wins.
  if (proof?.kind === 'query') query.push([proof.name, plainOf(proof.content)]);
  else if (proof !== undefined) headers.set(...headerOfProof(proof, body));
  return {
    method,
    url: withQuery(addressOf(draft).href, query),
    headers: headers.all(),
    body,
    trust: trust && {
      authorities: trust.authorities,
      clientCertificate: trust.clientCertificate && {
        certificate: trust.clientCertificate.certificate,
        key: plainOf(trust.clientCertificate.key),
      },
    },
  };
}

/** Name and password for a mail server; nothing of SMTP can be smuggled in by them, as they are encoded on the way. */
export function loginOf(
  _target: AllowedTarget,
  { userName, password }: Login,
): { user: string; pass: string } {
  const [user, pass] = [userName, password].map((content) => {
    const plain = plainOf(content);
    if (plain.includes('\0')) refuse('value-has-control-character');
    return plain;
  });
  return { user: user ?? '', pass: pass ?? '' };
}

function plainOf(content: Content): string {
  const plain = typeof content === 'string' ? content : content.take().reveal();
  // A half of a pair of surrogates: it would be replaced on the way, and the URL functions repeat what they refuse.
  if (!plain.isWellFormed()) refuse('value-not-text');
  return plain;
}

function refuse(reason: OutboundReason): never {
  throw new OutboundFailure(reason);
}

// --- places ---

/** Headers by name in any case, in the order in which they were set first. */
class HeaderList {
  readonly #byName = new Map<string, readonly [name: string, content: string]>();

  set(name: string, content: string): void {
    this.#byName.set(name.toLowerCase(), [name, content]);
  }

  all(): (readonly [name: string, content: string])[] {
    return [...this.#byName.values()];
  }
}

function headerOf(content: Content): string {
  const plain = plainOf(content);
  if (/[\r\n]/.test(plain)) refuse('value-has-line-break');
  // RFC 9110, 5.5: a tab is all that a header may have of them.
  if (/[^\t\P{Cc}]/u.test(plain)) refuse('value-has-control-character');
  if (/[^\0-\xff]/.test(plain)) refuse('value-beyond-latin-1');
  return plain;
}

function headerOfProof(
  proof: Exclude<Authentication, { kind: 'query' }>,
  body: Uint8Array | undefined,
): [name: string, content: string] {
  switch (proof.kind) {
    case 'bearer': {
      const token = headerOf(proof.token);
      if (/\s/.test(token)) refuse('value-has-blank');
      return ['Authorization', `Bearer ${token}`];
    }
    case 'basic': {
      const [user, password] = [plainOf(proof.userName), plainOf(proof.password)];
      if (user.includes(':')) refuse('user-name-has-colon');
      // RFC 7617, 2: neither may have one. It is base64, so this protects the other side only, and tells of a pasted line break.
      for (const part of [user, password]) {
        if (/[\r\n]/.test(part)) refuse('value-has-line-break');
        if (/\p{Cc}/u.test(part)) refuse('value-has-control-character');
      }
      return ['Authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`];
    }
    case 'header':
      return [proof.name, headerOf(proof.content)];
    case 'signature': {
      const mac = createHmac(proof.hash, plainOf(proof.key)).update(body ?? new Uint8Array());
      return [proof.header, headerOf(`${proof.prefix}${mac.digest(proof.encoding)}`)];
    }
  }
}

/** Judged once more when values are in it; whatever a value did to it, it is the address that was judged first or none. */
function addressOf({ target, address }: RequestDraft): AllowedTarget {
  if (address === undefined) return target;
  return (
    withValues(target, plainOf(address.content), address.secrets) ?? refuse('value-leads-elsewhere')
  );
}

function bytesOf(content: Content): Uint8Array {
  return new Uint8Array(Buffer.from(plainOf(content), 'utf8'));
}

/** The address with these parameters; those that it had under the same names are gone. Nothing else of it changes. */
function withQuery(href: string, parameters: readonly (readonly [string, string])[]): URL {
  if (parameters.length === 0) return new URL(href);
  const at = href.indexOf('?');
  const place = at < 0 ? href : href.slice(0, at);
  const ours = new Map(parameters);
  const others = (at < 0 ? '' : href.slice(at + 1))
    .split('&')
    .filter((part) => part !== '' && !ours.has(nameOf(part)));
  // Not by `URLSearchParams`, which would write the others anew.
  const added = [...ours].map((pair) => pair.map((text) => encodeURIComponent(text)).join('='));
  return new URL(`${place}?${[...others, ...added].join('&')}`);
}

function nameOf(part: string): string {
  const [name = ''] = new URLSearchParams(part).keys();
  return name;
}
