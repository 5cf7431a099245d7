/**
 * @file The verdict on one resolved address: may a request of ours go there? Refused is whatever belongs to this machine,
 * to the network around it or to nobody, so that nobody can use the safe to reach what only the safe can reach (SSRF); an
 * operator allows networks of his own by `DROPSAFE_OUTBOUND_ALLOW`. Where clouds hand out credentials is refused always.
 * An address that carries an IPv4 address inside (mapped, NAT64, 6to4, Teredo and others) is judged by both.
 * Source: the special-purpose registries of IANA, [IPv4](https://www.iana.org/assignments/iana-ipv4-special-registry) and
 * [IPv6](https://www.iana.org/assignments/iana-ipv6-special-registry).
 */

/** Why an address is refused. */
export type AddressRefusal =
  | 'metadata'
  | 'loopback'
  | 'private'
  | 'link-local'
  | 'shared'
  | 'multicast'
  | 'broadcast'
  | 'unspecified'
  | 'documentation'
  | 'benchmarking'
  | 'reserved'
  | 'unreadable';

/** Networks of the operator: a `BlockList` of Node is one. */
export interface Networks {
  check(address: string, family: 'ipv4' | 'ipv6'): boolean;
}

/** Whether a request may go to an address. */
export type AddressVerdict = { kind: 'allowed' } | { kind: 'refused'; reason: AddressRefusal };

/** Judges one address, an IPv4 or IPv6 literal without brackets. What cannot be read is refused. */
export function judgeAddress(text: string, allowed: Networks): AddressVerdict {
  const bytes = parseAddress(text);
  if (bytes === undefined) return refused('unreadable');
  // The address itself first, then every IPv4 address that it may lead to. Each has to be allowed on its own.
  const all = [bytes, ...embedded(bytes)];
  if (all.some(isMetadata)) return refused('metadata');
  if (isIn(bytes, allowed)) return { kind: 'allowed' };
  for (const one of all) {
    if (isIn(one, allowed)) continue;
    const reason = one.length === 4 ? refusalOf(one, ranges4) : refusalOfIpv6(one);
    if (reason !== undefined) return refused(reason);
  }
  return { kind: 'allowed' };
}

const refused = (reason: AddressRefusal): AddressVerdict => ({ kind: 'refused', reason });

function isIn(bytes: Bytes, networks: Networks): boolean {
  return networks.check(print(bytes), bytes.length === 4 ? 'ipv4' : 'ipv6');
}

// --- reading ---

/** Four bytes or sixteen. */
type Bytes = readonly number[];

function parseAddress(text: string): Bytes | undefined {
  return text.includes(':') ? parseIpv6(text.replace(/%[\w.-]+$/, '')) : parseIpv4(text);
}

/** Dotted, decimal, without leading zeros: what a resolver and a WHATWG URL give. Other spellings are not read. */
function parseIpv4(text: string): Bytes | undefined {
  if (!/^(0|[1-9]\d{0,2})(\.(0|[1-9]\d{0,2})){3}$/.test(text)) return undefined;
  const bytes = text.split('.').map(Number);
  return bytes.every((byte) => byte < 256) ? bytes : undefined;
}

/** [RFC 4291, 2.2](https://www.rfc-editor.org/rfc/rfc4291#section-2.2). */
function parseIpv6(text: string): Bytes | undefined {
  const dotted = /^(.*:)([\d.]+\.[\d.]+)$/.exec(text);
  if (dotted !== null) {
    const [, before = '', last = ''] = dotted;
    const tail = parseIpv4(last);
    if (tail === undefined) return undefined;
    return parseIpv6(`${before}${groupOf(tail, 0)}:${groupOf(tail, 2)}`);
  }
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...left, ...Array<string>(missing).fill('0'), ...right];
  if (!groups.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return groups.flatMap((group) => [
    Number.parseInt(group, 16) >> 8,
    Number.parseInt(group, 16) & 255,
  ]);
}

function groupOf(bytes: Bytes, at: number): string {
  return (((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)).toString(16);
}

function print(bytes: Bytes): string {
  if (bytes.length === 4) return bytes.join('.');
  return Array.from({ length: 8 }, (_, group) => groupOf(bytes, group * 2)).join(':');
}

// --- comparing ---

type Range = readonly [bytes: Bytes, bits: number];

/** `10.0.0.0/8` as bytes. */
function range(text: string): Range {
  const [address = '', bits] = text.split('/');
  const bytes = parseAddress(address);
  if (bytes === undefined) throw new TypeError('A range of this file cannot be read.');
  return [bytes, bits === undefined ? bytes.length * 8 : Number(bits)];
}

function isWithin(bytes: Bytes, [start, bits]: Range): boolean {
  if (bytes.length !== start.length) return false;
  return start.every((byte, index) => {
    const counted = Math.min(8, Math.max(0, bits - index * 8));
    return (byte ^ (bytes[index] ?? 0)) >> (8 - counted) === 0;
  });
}

const table = (rows: readonly (readonly [AddressRefusal, ...string[]])[]) =>
  rows.flatMap(([reason, ...texts]) => texts.map((text) => ({ reason, range: range(text) })));

function refusalOf(bytes: Bytes, rows: ReturnType<typeof table>): AddressRefusal | undefined {
  return rows.find((row) => isWithin(bytes, row.range))?.reason;
}

// --- what is refused ---

const ranges4 = table([
  ['unspecified', '0.0.0.0/8'],
  ['loopback', '127.0.0.0/8'],
  ['private', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16'],
  ['link-local', '169.254.0.0/16'],
  // Between customers and their provider (RFC 6598), and inside of some clouds.
  ['shared', '100.64.0.0/10'],
  ['documentation', '192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24'],
  ['benchmarking', '198.18.0.0/15'],
  ['multicast', '224.0.0.0/4'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '192.0.0.0/24', '192.88.99.0/24', '240.0.0.0/4'],
]);

const ranges6 = table([
  ['unspecified', '::'],
  ['loopback', '::1'],
  ['private', 'fc00::/7', 'fec0::/10', '64:ff9b:1::/48'],
  ['link-local', 'fe80::/10'],
  ['multicast', 'ff00::/8'],
  ['documentation', '2001:db8::/32', '3fff::/20'],
  ['benchmarking', '2001:2::/48'],
]);
/** Of those the IPv4 address inside decides. */
const carriers = ['::/96', '::ffff:0:0/96', '::ffff:0:0:0/96', '64:ff9b::/96', '2001::/32'].map(
  range,
);
/** What IETF keeps for protocols: nobody's servers are there. */
const ofProtocols = range('2001::/23');
const global = range('2000::/3');

function refusalOfIpv6(bytes: Bytes): AddressRefusal | undefined {
  const reason = refusalOf(bytes, ranges6);
  if (reason !== undefined) return reason;
  if (carriers.some((carrier) => isWithin(bytes, carrier))) return undefined;
  return isWithin(bytes, global) && !isWithin(bytes, ofProtocols) ? undefined : 'reserved';
}

const metadata = [
  // AWS, Azure, Google, Oracle, OpenStack, DigitalOcean and most others
  '169.254.169.254',
  'fd00:ec2::254',
  'fd20:ce::254',
  'fe80::a9fe:a9fe',
  // tasks and pods of AWS
  '169.254.170.2',
  '169.254.170.23',
  'fd00:ec2::23',
  // Alibaba, Tencent
  '100.100.100.200',
  '169.254.0.23',
  // Azure, by a public address
  '168.63.129.16',
  // Oracle Classic
  '192.0.0.192',
  // Scaleway
  '169.254.42.42',
  'fd00:42::42',
].map(range);

function isMetadata(bytes: Bytes): boolean {
  return metadata.some((one) => isWithin(bytes, one));
}

const six4 = range('2002::/16');
const teredo = range('2001::/32');
/** Translation within one network: where the IPv4 address stands depends on the length of the prefix (RFC 6052, 2.2). */
const localTranslation = range('64:ff9b:1::/48');

/** The IPv4 addresses that an IPv6 address may lead to. */
function embedded(bytes: Bytes): Bytes[] {
  if (bytes.length === 4) return [];
  const at = (...places: number[]) => places.map((place) => bytes[place] ?? 0);
  const last = at(12, 13, 14, 15);
  if (isWithin(bytes, six4)) return [at(2, 3, 4, 5)];
  // The server, and the client in reverse bits (RFC 4380, 4).
  if (isWithin(bytes, teredo)) return [at(4, 5, 6, 7), last.map((byte) => byte ^ 255)];
  if (isWithin(bytes, localTranslation))
    return [at(6, 7, 9, 10), at(7, 9, 10, 11), at(9, 10, 11, 12), last];
  // `::` and `::1` are addresses of their own, and carry nothing.
  if (carriers.some((carrier) => isWithin(bytes, carrier)))
    return refusalOf(bytes, ranges6) === undefined ? [last] : [];
  // ISATAP (RFC 5214, 6.1), whatever the network.
  const isIsatap =
    [0, 2].includes(bytes[8] ?? 0) && print(at(9, 10, 11, 8)).startsWith('0.94.254.');
  return isIsatap ? [last] : [];
}
