/**
 * @file The one file that opens sockets outward: requests over HTTP to a server that the operator has configured. Promises:
 * no redirect is followed; every request ends with its signal, however slowly a body comes; an answer has an end in size; an
 * authority that is configured is trusted in place of the usual ones. Nothing of Node's errors leaves this file but a code:
 * they hold headers, addresses and parts of answers.
 */
import { Agent as PlainAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestHttps } from 'node:https';

/** What is sent. */
export interface Outgoing {
  method: string;
  headers: Record<string, string>;
  body?: string | Uint8Array | undefined;
  /** The end of the request, its body included. */
  signal: AbortSignal;
  /** An answer that is longer is a `WayFailure`. */
  maxBytes: number;
}

/** What came back. */
export interface Incoming {
  status: number;
  /** By name in lower case. */
  headers: Record<string, string | string[] | undefined>;
  /** Whoever reads a value out of it overwrites it. */
  body: Uint8Array<ArrayBuffer>;
}

/** A way to servers outside. */
export interface WayOut {
  /** Throws a `WayFailure`. */
  send(url: URL, outgoing: Outgoing): Promise<Incoming>;
  /** Breaks every connection. */
  close(): void;
}

/** Why nothing came back that can be used. `code` names an error of the network or of TLS, and holds nothing that was sent. */
export class WayFailure extends Error {
  readonly kind: 'unreachable' | 'certificate' | 'time' | 'size';
  readonly code: string | undefined;

  constructor(kind: WayFailure['kind'], code?: string) {
    super(kind);
    this.name = 'WayFailure';
    this.kind = kind;
    this.code = code;
  }
}

/** How to go. */
export interface WayOutOptions {
  /** PEM: trusted in place of the usual authorities. */
  authorities: string | undefined;
  /** How many connections to one server are kept and used again; 0: each request has its own. */
  keptConnections: number;
}

/** Longer than any request lasts, shorter than servers and proxies keep a connection that nothing comes over. */
const idleMs = 15_000;

/** Opens a way out. Connections that are kept do not keep the process alive. */
export function createWayOut({ authorities, keptConnections }: WayOutOptions): WayOut {
  const keeping = { keepAlive: true, maxSockets: keptConnections, timeout: idleMs };
  const plain = keptConnections > 0 && new PlainAgent(keeping);
  const tls = keptConnections > 0 && new TlsAgent(keeping);

  return {
    async send(url, { method, headers, body, signal, maxBytes }) {
      let request: ReturnType<typeof requestHttp> | undefined;
      try {
        const isTls = url.protocol === 'https:';
        // Throws for a header that cannot be sent, with its content in the message.
        request = (isTls ? requestHttps : requestHttp)(url, {
          method,
          headers,
          agent: isTls ? tls : plain,
          signal,
          ...(isTls && authorities !== undefined && { ca: authorities }),
        });
        const sent = request;
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          sent.once('response', resolve);
          // Stays on: an error that comes while the body is read is that of the reading, too.
          sent.on('error', reject);
          sent.end(body);
        });
        return {
          status: response.statusCode ?? 500,
          headers: response.headers,
          body: await readLimited(response, maxBytes),
        };
      } catch (error) {
        // Not after an answer that was read: the connection is to be used again.
        request?.destroy();
        throw failureOf(error, signal);
      }
    },
    close() {
      if (plain !== false) plain.destroy();
      if (tls !== false) tls.destroy();
    },
  };
}

async function readLimited(
  response: IncomingMessage,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let length = 0;
  // as: no encoding was set
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new WayFailure('size');
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
    // There may be a value in it, and nobody else looks at it any more.
    chunk.fill(0);
  }
  return whole;
}

function failureOf(error: unknown, signal: AbortSignal): WayFailure {
  if (error instanceof WayFailure) return error;
  const code =
    error instanceof Error && 'code' in error && /^[A-Z_]{1,40}$/.test(String(error.code))
      ? String(error.code)
      : undefined;
  if (signal.aborted) return new WayFailure('time', code);
  const isOfTls = code !== undefined && /CERT|TLS|SIGNATURE/.test(code);
  return new WayFailure(isOfTls ? 'certificate' : 'unreachable', code);
}
