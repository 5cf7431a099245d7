/**
 * @file One request to a vault: the only file of this room that goes outside, and that takes tokens and values out of their
 * wrapper to do so. Promises: no text of the vault, of a proxy before it or of a library leaves it, only the reasons of
 * `providerFailures`; and no token or value, but in the request itself.
 */
import { createWayOut, WayFailure, type Incoming } from '../base/way-out.ts';
import { Redacted } from '../base/redacted.ts';
import { hasError, isSealed, vaultFailure, type VaultAnswer } from './vault-answers.ts';
import type { ProviderFailure } from './outside-provider.ts';
import type { VaultSettings } from './vault-settings.ts';

/** What is asked of a vault. */
export interface VaultRequest {
  /** Lists are asked for with GET and `list=true`, as proxies do not all know the method LIST. */
  method: 'GET' | 'POST' | 'DELETE';
  /** Below `/v1/`; its parts are encoded here. */
  path: readonly string[];
  query?: string;
  /** Not in the namespace. */
  isAtRoot?: boolean;
  /** JSON; what is `Redacted` in it goes as it is. */
  body?: Record<string, unknown>;
  /** What may come back at most. */
  maxBytes?: number;
}

/** Speaks to one vault. */
export interface VaultClient {
  /** Throws a `ProviderFailure`, except for answers that mean something to who asks: 400, 403 and 404. */
  send(
    request: VaultRequest,
    token: Redacted<string> | undefined,
    signal: AbortSignal,
  ): Promise<VaultAnswer>;
  close(): void;
}

/** One entry: a value of 64 KiB may be six times as long in JSON. */
const maxBytes = 1024 * 1024;
/** A list: 100 000 names, with room to spare. */
export const maxListBytes = 16 * 1024 * 1024;
/** So many requests go at once; more wait for one of these. */
const keptConnections = 16;

/** Opens no connection yet. */
export function createVaultClient({
  address,
  namespace,
  authorities,
}: Pick<VaultSettings, 'address' | 'namespace' | 'authorities'>): VaultClient {
  const wayOut = createWayOut({ authorities, keptConnections });

  return {
    async send(request, token, signal) {
      const { method, path, query, body, isAtRoot = false } = request;
      const url = new URL(`${address}/v1/${path.map(encodeURIComponent).join('/')}`);
      if (query !== undefined) url.search = query;
      const sent = body === undefined ? undefined : Buffer.from(toJson(body));
      try {
        const answer = await wayOut.send(url, {
          method,
          headers: {
            // Against requests forged by pages: agents and proxies of the vault can ask for it.
            'X-Vault-Request': 'true',
            ...(namespace !== undefined && !isAtRoot && { 'X-Vault-Namespace': namespace }),
            ...(token !== undefined && { 'X-Vault-Token': headerOf(token) }),
            ...(sent !== undefined && {
              'Content-Type': 'application/json',
              'Content-Length': String(sent.length),
            }),
          },
          body: sent,
          signal,
          maxBytes: request.maxBytes ?? maxBytes,
        });
        return understand(answer);
      } catch (error) {
        throw error instanceof WayFailure ? failureOfWay(error) : error;
      } finally {
        sent?.fill(0);
      }
    },
    close: () => wayOut.close(),
  };
}

/** A token as a header. Node would repeat one that cannot be sent in its error. */
function headerOf(token: Redacted<string>): string {
  const text = token.reveal();
  if (!/^[\x21-\x7e]+$/.test(text)) throw vaultFailure('misconfigured', 'TOKEN');
  return text;
}

function toJson(body: Record<string, unknown>): string {
  return JSON.stringify(body, function (this: unknown, key: string, shown: unknown) {
    // What `Redacted` shows of itself stands in `shown` already; the thing itself is still where it was.
    const content = (this as Record<string, unknown>)[key]; // as: JSON.stringify walks objects and lists only
    if (!(content instanceof Redacted)) return shown;
    // as: a Redacted holds a text or bytes
    const plain = content.reveal() as string | Uint8Array;
    return typeof plain === 'string' ? plain : Buffer.from(plain).toString('utf8');
  });
}

function failureOfWay({ kind, code = kind.toUpperCase() }: WayFailure): ProviderFailure {
  const reasons = {
    unreachable: 'unreachable',
    certificate: 'unreachable',
    time: 'timeout',
    size: 'misconfigured',
  } as const;
  return vaultFailure(reasons[kind], code);
}

function understand({ status, body }: Incoming): VaultAnswer {
  const content = parse(body);
  body.fill(0);
  const code = `HTTP_${status}`;
  switch (status) {
    case 200:
    case 403:
    case 404:
      // What is not JSON was not sent by a vault: it is another server, or a proxy that speaks for it.
      if (content === undefined && status !== 403) throw vaultFailure('misconfigured', code);
      return { status, content };
    case 204:
      return { status, content };
    case 400:
      // "Upgrading from non-versioned to versioned data": for some seconds after a mount was made.
      if (hasError(content, /^Upgrading from non-versioned/))
        throw vaultFailure('failing', 'UPGRADING');
      return { status, content };
    case 429:
      throw vaultFailure('rate-limited', code);
    case 503:
      throw vaultFailure(isSealed(content) ? 'sealed' : 'failing', code);
    default:
      // Redirects, too: a token is sent to the address that was configured, and nowhere else.
      throw vaultFailure(status >= 500 ? 'failing' : 'misconfigured', code);
  }
}

/**
 * JSON in UTF-8, or undefined. Numbers that JavaScript would round or write otherwise stay as they were sent: what else is
 * in an entry is put back by an update just as it was.
 */
function parse(bytes: Uint8Array): unknown {
  try {
    return exactJson.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), exactNumber);
  } catch {
    // The library's message repeats the text.
    return undefined;
  }
}

// as: in Node since 21, not yet in the types (https://tc39.es/proposal-json-parse-with-source/)
const exactJson = JSON as unknown as {
  parse(
    text: string,
    reviver: (key: string, content: unknown, context: { source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
};

function exactNumber(_key: string, content: unknown, { source }: { source?: string }): unknown {
  return typeof content === 'number' && source !== undefined && String(content) !== source
    ? exactJson.rawJSON(source)
    : content;
}
