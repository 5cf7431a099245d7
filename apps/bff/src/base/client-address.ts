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

/**
 * What limits count an address by. Of IPv6 the first 64 bits, as one line or machine has all the rest to itself (RFC 6177);
 * an IPv4 address by itself, in whatever form it is written.
 */
export function networkOf(address: string): string {
  // The one spelling that URLs have for an address (URL Standard, 3.5).
  const host = isIP(address) === 6 ? URL.parse(`http://[${address}]`)?.hostname : undefined;
  if (host === undefined) return address;
  const [front = [], back = []] = host
    .slice(1, -1)
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - front.length - back.length).fill('0');
  const groups = [...front, ...zeros, ...back].map((group) => parseInt(group, 16));
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 6).join() === '0,0,0,0,0,65535')
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`;
}
