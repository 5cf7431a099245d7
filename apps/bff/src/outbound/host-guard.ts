/**
 * @file Resolves the name of a host, once, and lets go on only if every address that it has may be reached. Whoever connects
 * does so to one of the addresses that this gave, and asks nobody for the name again: an answer that changes between the
 * check and the connection (DNS rebinding) changes nothing.
 */
import { lookup } from 'node:dns/promises';
import { unlessAborted } from '../base/in-time.ts';
import { judgeAddress, type Networks } from './address.ts';
import { OutboundFailure } from './failure.ts';
import { createTurns } from './turns.ts';

/** The addresses of a name, in the order in which they are to be tried; throws, or gives none, when there are none. */
export type LookUp = (name: string) => Promise<readonly string[]>;

/** Stands before every connection. */
export interface HostGuard {
  /**
   * The addresses of a host as it stands in a URL, a literal included; at least one. Throws an `OutboundFailure` with
   * `name-not-found`, `address-refused` or `name-timeout`.
   */
  addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]>;
}

/** How it finds and judges. */
export interface HostGuardOptions {
  /** Networks of the operator. */
  allowed: Networks;
  /** Default: as the system does. */
  lookUp?: LookUp;
}

const lookUpBySystem: LookUp = async (name) =>
  (await lookup(name, { all: true, order: 'verbatim' })).map(({ address }) => address);

/**
 * The system looks names up in the four threads that hash passwords, too, and cannot be stopped: a name service that does not
 * answer may hold two of them.
 */
const lookUpsAtOnce = { perNode: 2, perHost: 2, waitingPerHost: 64 };

/** Makes the guard. */
export function createHostGuard({ allowed, lookUp = lookUpBySystem }: HostGuardOptions): HostGuard {
  const turns = createTurns(lookUpsAtOnce);

  async function find(name: string, signal: AbortSignal): Promise<readonly string[]> {
    const giveBack = await turns.take(name, signal);
    // It is over when the system is done, not when nobody waits any more.
    return inTime(lookUp(name).finally(giveBack), signal);
  }

  return {
    async addressesOf(host, signal) {
      const literal = literalOf(host);
      const addresses = literal === undefined ? await find(host, signal) : [literal];
      if (addresses.length === 0) throw new OutboundFailure('name-not-found');
      // All, not the one that is taken: a name that points inside as well was made for that.
      for (const address of addresses) {
        const verdict = judgeAddress(address, allowed);
        if (verdict.kind === 'refused')
          throw new OutboundFailure('address-refused', { address: verdict.reason });
      }
      return addresses;
    },
  };
}

/** The address that a host of a URL is, or undefined for a name. */
export function literalOf(host: string): string | undefined {
  if (host.startsWith('[')) return host.slice(1, -1);
  // What a WHATWG URL leaves of an IPv4 address; a name cannot end in a number.
  return /^[\d.]+$/.test(host) ? host : undefined;
}

/** The system's look-up cannot be stopped; it ends by itself, and nobody waits for it. */
function inTime(work: Promise<readonly string[]>, signal: AbortSignal) {
  const found = work.catch(() => {
    // Its message holds the name.
    throw new OutboundFailure('name-not-found');
  });
  return unlessAborted(found, signal, () => new OutboundFailure('name-timeout'));
}
