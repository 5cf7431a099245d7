import { BlockList } from 'node:net';
import { describe, expect, test } from 'vitest';
import { judgeAddress } from './address.ts';

const nothing = new BlockList();

function networks(...texts: string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', bits] = text.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** `allowed`, or the reason. */
function verdict(address: string, allowed = nothing): string {
  const found = judgeAddress(address, allowed);
  return found.kind === 'allowed' ? 'allowed' : found.reason;
}

test.each([
  ['140.82.121.4', 'allowed'],
  ['1.1.1.1', 'allowed'],
  ['172.15.255.255', 'allowed'],
  ['172.32.0.0', 'allowed'],
  ['100.63.255.255', 'allowed'],
  ['100.128.0.0', 'allowed'],
  ['223.255.255.255', 'allowed'],
  ['2606:4700:4700::1111', 'allowed'],
  ['2a00:1450:4001::200e', 'allowed'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['::', 'unspecified'],
  ['10.0.0.0', 'private'],
  ['10.255.255.255', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.1.1', 'private'],
  ['fc00::1', 'private'],
  ['fdff:ffff::1', 'private'],
  ['fec0::1', 'private'],
  ['169.254.1.1', 'link-local'],
  ['fe80::1', 'link-local'],
  ['fe80::1%eth0', 'link-local'],
  ['febf::1', 'link-local'],
  ['100.64.0.1', 'shared'],
  ['100.127.255.255', 'shared'],
  ['192.0.2.1', 'documentation'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.7', 'documentation'],
  ['2001:db8::1', 'documentation'],
  ['3fff::1', 'documentation'],
  ['198.18.0.1', 'benchmarking'],
  ['198.19.255.255', 'benchmarking'],
  ['2001:2::1', 'benchmarking'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.255', 'multicast'],
  ['ff02::1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.1', 'reserved'],
  ['192.0.0.8', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['100::1', 'reserved'],
  ['2001:20::1', 'reserved'],
  ['5f00::1', 'reserved'],
  ['4000::1', 'reserved'],
])('%s: %s', (address, expected) => {
  expect(verdict(address)).toBe(expected);
});

describe('an address that carries another one is judged by both', () => {
  // 127.0.0.1 is 7f00:1, 10.0.0.1 is a00:1, 169.254.169.254 is a9fe:a9fe, 1.1.1.1 is 101:101.
  test.each([
    ['mapped', '::ffff:7f00:1', 'loopback'],
    ['mapped, dotted', '::ffff:127.0.0.1', 'loopback'],
    ['mapped, at length', '0:0:0:0:0:FFFF:7F00:0001', 'loopback'],
    ['mapped, private', '::ffff:10.0.0.1', 'private'],
    ['mapped, public', '::ffff:1.1.1.1', 'allowed'],
    ['mapped, any', '::ffff:0:0', 'unspecified'],
    ['compatible', '::7f00:1', 'loopback'],
    ['compatible, dotted', '::10.0.0.1', 'private'],
    ['translated (SIIT)', '::ffff:0:7f00:1', 'loopback'],
    ['NAT64', '64:ff9b::7f00:1', 'loopback'],
    ['NAT64, public', '64:ff9b::101:101', 'allowed'],
    ['NAT64 within a network', '64:ff9b:1::101:101', 'private'],
    ['6to4', '2002:7f00:1::1', 'loopback'],
    ['6to4, private', '2002:a00:1::', 'private'],
    ['Teredo, its server', '2001:0:7f00:1::', 'loopback'],
    ['Teredo, its client', '2001:0:101:101:0:0:80ff:fffe', 'loopback'],
    ['ISATAP', '2606:4700::5efe:10.0.0.1', 'private'],
    ['ISATAP, with a global identifier', '2606:4700::200:5efe:10.0.0.1', 'private'],
    ['ISATAP, public', '2606:4700::5efe:1.1.1.1', 'allowed'],
  ])('%s: %s', (_, address, expected) => {
    expect(verdict(address)).toBe(expected);
  });
});

describe('networks of the operator', () => {
  test.each([
    ['10.1.2.3', '10.0.0.0/8', 'allowed'],
    ['11.1.2.3', '10.0.0.0/8', 'allowed'],
    ['192.168.0.1', '10.0.0.0/8', 'private'],
    ['::ffff:10.1.2.3', '10.0.0.0/8', 'allowed'],
    ['::ffff:192.168.0.1', '10.0.0.0/8', 'private'],
    ['fd12::1', 'fd12::/16', 'allowed'],
    ['fd13::1', 'fd12::/16', 'private'],
    ['127.0.0.1', '127.0.0.1/32', 'allowed'],
    ['127.0.0.2', '127.0.0.1/32', 'loopback'],
    ['::1', '127.0.0.1/32', 'loopback'],
    // Teredo: a server that is allowed, and a client that is not.
    ['2001:0:a00:1:0:0:80ff:fffe', '10.0.0.0/8', 'loopback'],
  ])('%s with %s: %s', (address, network, expected) => {
    expect(verdict(address, networks(network))).toBe(expected);
  });
});

describe('where clouds hand out credentials nobody gets, whatever is allowed', () => {
  const everything = networks('0.0.0.0/0', '::/0');
  test.each([
    '169.254.169.254',
    '169.254.170.2',
    '100.100.100.200',
    '168.63.129.16',
    'fd00:ec2::254',
    'FD00:EC2:0:0:0:0:0:254',
    'fe80::a9fe:a9fe%eth0',
    '::ffff:169.254.169.254',
    '::a9fe:a9fe',
    '64:ff9b::a9fe:a9fe',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '2002:a9fe:a9fe::1',
    '2001:0:0:0:0:0:5601:5601',
    '2606:4700::5efe:169.254.169.254',
  ])('%s', (address) => {
    expect(verdict(address, everything)).toBe('metadata');
    expect(verdict(address)).toBe('metadata');
  });

  test('everything else is, then', () => {
    expect(
      ['127.0.0.1', '10.0.0.1', '::1', 'fe80::1'].map((one) => verdict(one, everything)),
    ).toEqual(Array(4).fill('allowed'));
  });
});

test.each([
  '',
  'localhost',
  '127.1',
  '2130706433',
  '0x7f.0.0.1',
  '0177.0.0.1',
  '127.0.0.1.',
  '127.0.0.256',
  '[::1]',
  '::1::',
  '1:2:3:4:5:6:7',
  '1:2:3:4:5:6:7:8:9',
  '1:2:3:4:5:6:7::8',
  '::ffff:127.0.0.01',
  '::12345',
  ' 1.1.1.1',
  '1.1.1.1\n',
])('what cannot be read is refused: %j', (address) => {
  expect(verdict(address, networks('0.0.0.0/0', '::/0'))).toBe('unreadable');
});
