import { isIP, type BlockList } from 'node:net';

/**
 * The address that a request came from. `X-Forwarded-For` counts only as far as trusted proxies wrote it: read from the
 * right, the first entry that is no trusted proxy. Anything further left can be made up by the client.
 */
export function clientAddress(
  remote: string | undefined,
  forwardedFor: string | undefined,
  trusted: BlockList,
): string | null {
  const peer = plain(remote ?? '');
  if (peer === null || !isTrusted(peer, trusted)) return peer;
  let client = peer;
  for (const entry of (forwardedFor ?? '').split(',').toReversed()) {
    const address = plain(entry.trim());
    if (address === null) return client;
    client = address;
    if (!isTrusted(address, trusted)) return client;
  }
  return client;
}

function isTrusted(address: string, trusted: BlockList): boolean {
  return trusted.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}

/** An IPv4 address that arrived on an IPv6 socket is the IPv4 address. */
function plain(address: string): string | null {
  const text = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return isIP(text) === 0 ? null : text.toLowerCase();
}
