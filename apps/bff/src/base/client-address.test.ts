import { BlockList } from 'node:net';
import { expect, test } from 'vitest';
import { clientAddress, networkOf } from './client-address.ts';

const trusted = new BlockList();
trusted.addSubnet('10.0.0.0', 8, 'ipv4');
trusted.addAddress('fd00::1', 'ipv6');

test.each([
  ['no proxy: the peer', '203.0.113.7', undefined, '203.0.113.7'],
  [
    'a forged header from a stranger counts for nothing',
    '203.0.113.7',
    '198.51.100.1',
    '203.0.113.7',
  ],
  ['a trusted proxy: who it names', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
  [
    'what the client wrote further left is ignored',
    '10.0.0.1',
    '127.0.0.1, 198.51.100.1',
    '198.51.100.1',
  ],
  ['through two trusted proxies', '10.0.0.1', '198.51.100.1, 10.0.0.2', '198.51.100.1'],
  ['nothing but trusted proxies: the outermost', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
  ['an entry that is no address ends the walk', '10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1'],
  ['a trusted proxy without the header', '10.0.0.1', undefined, '10.0.0.1'],
  ['IPv4 on an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
  ['IPv6', 'fd00::1', '2001:DB8::5', '2001:db8::5'],
  ['no peer known', undefined, '198.51.100.1', null],
])('%s', (_, remote, forwardedFor, expected) => {
  expect(clientAddress(remote, forwardedFor, trusted)).toBe(expected);
});

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::', '2001:db8:1:2::/64'],
  ['2001:DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:c000:201', '192.0.2.1'],
  ['', ''],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
