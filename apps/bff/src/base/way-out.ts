/**
 * @file The one file that opens sockets outward: requests over HTTP, and connections for mail. Promises: no redirect is
 * followed; every request ends with its signal, however slowly a body comes; an answer has an end in size; TLS is verified
 * whatever the environment says; an authority that is configured is trusted in place of the usual ones. Nothing of Node's
 * errors leaves this file but a code: they hold headers, addresses and parts of answers. Where a request may go is not decided
 * here: a server that the operator has configured is asked as it is; before anybody else's stands the room `outbound`, which
 * gives the address.
 */
import { once } from 'node:events';
import { Agent as PlainAgent, request as requestHttp, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent, request as requestHttps, type RequestOptions } from 'node:https';
import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';

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
  /** How far it had come. While it is connecting or securing, nothing of the request has been sent. */
  readonly stage: Stage;

  constructor(kind: WayFailure['kind'], code?: string, stage: Stage = 'asking') {
    super(kind);
    this.name = 'WayFailure';
    this.kind = kind;
    this.code = code;
    this.stage = stage;
  }
}

/**
 * What a request does: TCP, TLS, then HTTP, until its answer begins; `asking again` is that on a connection that was used before,
 * which the other side may have given up meanwhile.
 */
type Stage = 'connecting' | 'securing' | 'asking' | 'asking again' | 'answering';

/** How to go. */
export interface WayOutOptions {
  /** PEM: trusted in place of the usual authorities. */
  authorities: string | undefined;
  /** How many connections to one server are kept and used again; 0: each request has its own. */
  keptConnections: number;
  /**
   * Connect to this address, and resolve nothing. The host of the URL stays the one in `Host`, in SNI and in the certificate.
   * Such a way leads to one host only.
   */
  address?: string;
  /** PEM, both. */
  clientCertificate?: { certificate: string; key: string } | undefined;
  /** How long it may take to connect, TLS included. Default: as long as the request. */
  connectMs?: number;
  /** How long a connection is kept that nothing comes over. Default: 15 s. */
  idleMs?: number;
  /** How long the headers of an answer may be together. Default: 16 KiB, Node's. */
  maxHeaderBytes?: number;
}

/** Longer than any request lasts, shorter than servers and proxies keep a connection that nothing comes over. */
const usualIdleMs = 15_000;

/** Opens a way out. Connections that are kept do not keep the process alive. */
export function createWayOut(options: WayOutOptions): WayOut {
  const { keptConnections, connectMs } = options;
  // No sessions of TLS: Node would file them under all that makes a connection, the key included.
  const keeping = {
    keepAlive: true,
    maxSockets: keptConnections,
    timeout: options.idleMs ?? usualIdleMs,
    maxCachedSessions: 0,
  };
  const plain = keptConnections > 0 && new PlainAgent(keeping);
  const tls = keptConnections > 0 && new TlsAgent(keeping);

  return {
    async send(url, { method, headers, body, signal, maxBytes }) {
      let request: ReturnType<typeof requestHttp> | undefined;
      let stage: Stage = 'connecting';
      try {
        const isTls = url.protocol === 'https:';
        // Throws for a header that cannot be sent, with its content in the message.
        request = (isTls ? requestHttps : requestHttp)(url, {
          method,
          headers,
          agent: isTls ? tls : plain,
          signal,
          ...placeOf(options),
          ...(isTls && trustOf(url, options)),
        });
        const sent = request;
        const response = await new Promise<IncomingMessage>((resolve, reject) => {
          sent.once('socket', (socket) => {
            if (sent.reusedSocket) {
              stage = 'asking again';
              return;
            }
            const isLate = () => sent.destroy(new WayFailure('time', 'CONNECT_TIMEOUT', stage));
            const timer = connectMs === undefined ? undefined : setTimeout(isLate, connectMs);
            socket.once('connect', () => (stage = isTls ? 'securing' : 'asking'));
            socket.once('secureConnect', () => (stage = 'asking'));
            socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(timer));
            socket.once('close', () => clearTimeout(timer));
          });
          sent.once('response', (answer) => {
            stage = 'answering';
            resolve(answer);
          });
          // Nobody asked for another protocol (101); without this Node waits on.
          sent.once('upgrade', (_, socket) => {
            socket.destroy();
            reject(new WayFailure('unreachable', 'UPGRADE', stage));
          });
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
        throw failureOf(error, signal, stage);
      }
    },
    close() {
      if (plain !== false) plain.destroy();
      if (tls !== false) tls.destroy();
    },
  };
}

/** Where to connect to, if not to the host of the URL. Node makes `Host` of it, and of SNI the address, unless it is told. */
function placeOf({ address, maxHeaderBytes }: WayOutOptions): RequestOptions {
  return {
    ...(address !== undefined && { hostname: address }),
    ...(maxHeaderBytes !== undefined && { maxHeaderSize: maxHeaderBytes }),
  };
}

function trustOf(url: URL, { authorities, clientCertificate }: WayOutOptions): RequestOptions {
  return {
    // NODE_TLS_REJECT_UNAUTHORIZED=0 would switch it off.
    ...tlsOptions(url.hostname, authorities),
    ...(clientCertificate !== undefined && {
      cert: clientCertificate.certificate,
      key: clientCertificate.key,
    }),
  };
}

/** Where a connection goes to. */
export interface SocketPlace {
  /** No name: nothing is resolved. */
  address: string;
  port: number;
  /** Wraps it in TLS, with the name that the certificate has to hold; undefined: it is plain. */
  tls: { host: string; authorities: string | undefined } | undefined;
  connectMs: number;
  /** Breaks the connection, also after it was handed over. */
  signal: AbortSignal;
}

/** Opens a connection and hands it over. Throws a `WayFailure`. */
export async function openSocket(place: SocketPlace): Promise<Socket> {
  const { address, port, tls, connectMs, signal } = place;
  let stage: Stage = 'connecting';
  const socket =
    tls === undefined
      ? connect({ host: address, port })
      : connectTls({ host: address, port, ...tlsOptions(tls.host, tls.authorities) });
  const isLate = () => socket.destroy(new WayFailure('time', 'CONNECT_TIMEOUT', stage));
  const timer = setTimeout(isLate, connectMs);
  const end = () => socket.destroy(new WayFailure('time', undefined, stage));
  signal.addEventListener('abort', end, { once: true });
  socket.once('close', () => signal.removeEventListener('abort', end));
  // Stays on: an error that comes later must not end the process; whoever has the socket listens, too.
  socket.on('error', () => {});
  try {
    if (signal.aborted) end();
    socket.once('connect', () => (stage = 'securing'));
    await once(socket, tls === undefined ? 'connect' : 'secureConnect');
    stage = 'answering';
    return socket;
  } catch (error) {
    socket.destroy();
    throw failureOf(error, signal, stage);
  } finally {
    clearTimeout(timer);
  }
}

/** What TLS is told of a host as it stands in a URL: it is verified, by its name or its address, which has no SNI (RFC 6066, 3). */
export function tlsOptions(host: string, authorities: string | undefined): ConnectionOptions {
  const isName = !host.startsWith('[') && isIP(host) === 0;
  return {
    servername: isName ? host : '',
    rejectUnauthorized: true,
    ...(authorities !== undefined && { ca: authorities }),
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

function failureOf(error: unknown, signal: AbortSignal, stage: Stage): WayFailure {
  if (error instanceof WayFailure) return error;
  const code =
    error instanceof Error && 'code' in error && /^[A-Z\d_]{1,60}$/.test(String(error.code))
      ? String(error.code)
      : undefined;
  if (signal.aborted) return new WayFailure('time', code, stage);
  if (code === 'HPE_HEADER_OVERFLOW') return new WayFailure('size', code, stage);
  const isOfTls = code !== undefined && /CERT|TLS|SIGNATURE/.test(code);
  return new WayFailure(isOfTls ? 'certificate' : 'unreachable', code, stage);
}
