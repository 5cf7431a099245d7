/**
 * @file One request to a host that somebody configured: the one way out for a value. Promises: the name is resolved once, all of
 * its addresses are judged, and the connection goes to one of them (`host-guard.ts`); `Host`, SNI and the name in the
 * certificate stay those of the URL; TLS is verified; no redirect is followed, and one is told as such; nothing is decompressed;
 * time, size and number have limits; a connection is used again only for the same host, address, authority and client
 * certificate. An error is an `OutboundFailure`, a reason out of a closed list, and holds nothing else.
 */
import { createHash, createPrivateKey, X509Certificate } from 'node:crypto';
import { createWayOut, WayFailure, type WayOut } from '../base/way-out.ts';
import { OutboundFailure } from './failure.ts';
import type { HostGuard } from './host-guard.ts';
import { checkRequest, type OutboundRequest, type Trust } from './request.ts';
import { createTurns, type TurnLimits } from './turns.ts';
import { reasonOf } from './way-reason.ts';

/** What came back. It may repeat what was sent: nobody is shown it before `scrub.ts` has been over it. */
export interface OutboundAnswer {
  status: number;
  /** By name in lower case. */
  headers: Record<string, string | string[] | undefined>;
  body: Uint8Array<ArrayBuffer>;
}

/** Sends requests. */
export interface GuardedFetch {
  /** Throws an `OutboundFailure`; a status of 400 and more is an answer. Overwrites the body that it was given. */
  send(request: OutboundRequest, signal?: AbortSignal): Promise<OutboundAnswer>;
  /** Breaks every connection. */
  close(): void;
}

/** What ends a request. */
export interface OutboundLimits extends TurnLimits {
  /** From the first step to the last byte of the answer, waiting for a turn included. */
  totalMs: number;
  /** For one address, TLS included. */
  connectMs: number;
  /** How long a connection is kept that nothing comes over, and with it the key of its client certificate. */
  idleMs: number;
  maxHeaderBytes: number;
  maxBodyBytes: number;
}

/** The limits of the product. */
export const usualLimits: OutboundLimits = {
  totalMs: 20_000,
  connectMs: 5_000,
  // Many servers end a connection after 5 s of silence; a request that meets this end is lost.
  idleMs: 4_000,
  maxHeaderBytes: 16 * 1024,
  maxBodyBytes: 1024 * 1024,
  perNode: 64,
  perHost: 8,
  waitingPerHost: 64,
};

/** A host with more addresses is behind a balancer, and the next ones fail as these do. */
const maxTriedAddresses = 4;
/** Places to which connections are kept. */
const maxKeptPlaces = 64;

/** Sends requests to whatever host the guard lets pass. */
export function createGuardedFetch(
  guard: HostGuard,
  limits: OutboundLimits = usualLimits,
): GuardedFetch {
  const turns = createTurns(limits);
  const places = createPlaces(limits);

  /** The answer from the first address that takes a connection. */
  async function ask(request: OutboundRequest, signal: AbortSignal): Promise<OutboundAnswer> {
    const { url, trust } = request;
    const addresses = await guard.addressesOf(url.hostname, signal);
    let last: unknown;
    for (const address of addresses.slice(0, maxTriedAddresses)) {
      try {
        return await places.use(url, address, trust, (way) => sendBy(way, request, signal));
      } catch (error) {
        last = error;
        if (!(error instanceof WayFailure) || error.stage !== 'connecting' || signal.aborted) break;
      }
    }
    throw last instanceof WayFailure ? new OutboundFailure(reasonOf(last)) : last;
  }

  async function sendBy(way: WayOut, request: OutboundRequest, signal: AbortSignal) {
    const { method, url, headers, body } = request;
    const outgoing = {
      method,
      // Its own prototype: `__proto__` is a name that a header may have.
      headers: Object.assign(Object.create(null), Object.fromEntries(headers), {
        Host: url.host,
      }) as Record<string, string>, // as: names and contents
      body,
      signal,
      maxBytes: limits.maxBodyBytes,
    };
    try {
      return await way.send(url, outgoing);
    } catch (error) {
      // The other side had given up the connection before we used it again (RFC 9112, 9.3.1).
      const isStale =
        error instanceof WayFailure &&
        error.stage === 'asking again' &&
        error.code === 'ECONNRESET' &&
        !signal.aborted;
      if (isStale && ['GET', 'HEAD'].includes(method)) return way.send(url, outgoing);
      throw error;
    }
  }

  return {
    async send(request, signal) {
      checkRequest(request);
      checkTrust(request.trust);
      const total = AbortSignal.timeout(limits.totalMs);
      const end = signal === undefined ? total : AbortSignal.any([signal, total]);
      const giveBack = await turns.take(request.url.host, end);
      try {
        const answer = await ask(request, end);
        const { status } = answer;
        // Node takes any three digits, and what is below 400 would count as a success.
        if (status < 200) throw new OutboundFailure('not-http');
        if (status >= 300 && status < 400 && status !== 304)
          throw new OutboundFailure('redirect', { status });
        return answer;
      } finally {
        giveBack();
        request.body?.fill(0);
      }
    },
    close: () => places.close(),
  };
}

/** Throws when what is trusted or proven cannot be read; the library would say so with parts of it. */
function checkTrust({ authorities, clientCertificate }: Trust = {}): void {
  if (authorities !== undefined) {
    try {
      void new X509Certificate(authorities);
    } catch {
      throw new OutboundFailure('authorities-unusable');
    }
  }
  if (clientCertificate === undefined) return;
  let isPair: boolean;
  try {
    const { certificate, key } = clientCertificate;
    isPair = new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key));
  } catch {
    isPair = false;
  }
  if (!isPair) throw new OutboundFailure('client-certificate-unusable');
}

// --- connections that are kept ---

/** What may share connections is one place, with a way of its own: nothing else can come over them. */
function createPlaces({ connectMs, idleMs, maxHeaderBytes, perHost }: OutboundLimits) {
  interface Place {
    way: WayOut;
    users: number;
    idle?: NodeJS.Timeout;
  }
  /** By place, the one that was used longest ago first. */
  const ways = new Map<string, Place>();

  function wayTo(url: URL, address: string, { authorities, clientCertificate }: Trust) {
    const { certificate, key } = clientCertificate ?? {};
    // A digest, so that no key is kept as the name of a place.
    const place = createHash('sha256')
      .update(JSON.stringify([url.origin, address, authorities, certificate, key]))
      .digest('base64');
    const found: Place = ways.get(place) ?? {
      way: createWayOut({
        authorities,
        clientCertificate,
        address,
        connectMs,
        idleMs,
        maxHeaderBytes,
        keptConnections: perHost,
      }),
      users: 0,
    };
    clearTimeout(found.idle);
    ways.delete(place);
    ways.set(place, found);
    return { place, found };
  }

  function forget(place: string, { way, idle }: Place): void {
    clearTimeout(idle);
    ways.delete(place);
    way.close();
  }

  function forgetOldest(): void {
    for (const [place, found] of ways) {
      if (ways.size <= maxKeptPlaces) return;
      if (found.users === 0) forget(place, found);
    }
  }

  return {
    async use<T>(url: URL, address: string, trust: Trust = {}, work: (way: WayOut) => Promise<T>) {
      const { place, found } = wayTo(url, address, trust);
      found.users += 1;
      try {
        return await work(found.way);
      } finally {
        found.users -= 1;
        // Its connections are over by then, and the key of a client certificate is a value.
        if (found.users === 0 && ways.get(place) === found)
          found.idle = setTimeout(() => forget(place, found), idleMs).unref();
        forgetOldest();
      }
    },
    close(): void {
      for (const [place, found] of ways) forget(place, found);
    },
  };
}
