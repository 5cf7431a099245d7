/**
 * @file What a test of a connection tells: how far it came, as named checks, each with a sentence that helps. Promises: nothing of
 * what the other side answered is told but the status, and nothing of what was sent; every sentence is written here, in
 * `failure.ts` or in the contract.
 */
import type { AddressRefusal } from './address.ts';
import { outboundFailures, type OutboundFailure, type OutboundReason } from './failure.ts';

/** What is checked, in this order; the first that fails ends the test. */
export const checkNames = [
  'destination',
  'request',
  'name',
  'address',
  'connection',
  'tls',
  'answer',
] as const;
/** One of them. */
export type CheckName = (typeof checkNames)[number];

/** What one check came to, with a sentence that helps. */
export interface Check {
  name: CheckName;
  status: 'PASSED' | 'FAILED' | 'SKIPPED';
  explanation: string;
}

/** What is known of a connection before it is made. */
export interface Way {
  /** The host is given by its address. */
  isLiteral: boolean;
  isTls: boolean;
}

/** What a test ended with. */
export type Outcome =
  | { kind: 'not-allowed'; explanation: string }
  | { kind: 'failed'; failure: OutboundFailure }
  | { kind: 'status'; status: number }
  | { kind: 'signed-in' };

/** Every check, as it follows from what the test ended with. */
export function describeChecks(way: Way, outcome: Outcome): Check[] {
  const ended = endOf(outcome);
  const endAt = checkNames.indexOf(ended.name);
  return checkNames.map((name, index): Check => {
    if (index === endAt) return ended;
    if (index > endAt) return { name, status: 'SKIPPED', explanation: 'It did not come to this.' };
    if (name === 'name' && way.isLiteral)
      return { name, status: 'SKIPPED', explanation: 'The host is given by its address.' };
    if (name === 'tls' && !way.isTls)
      return {
        name,
        status: 'SKIPPED',
        explanation:
          'Without TLS everybody on the way can read what is sent. Use https:// if you can.',
      };
    return { name, status: 'PASSED', explanation: passed[name] };
  });
}

const passed: Record<CheckName, string> = {
  destination: 'All secrets in it may be sent there.',
  request: 'The request can be made.',
  name: 'The name of the host was found.',
  address: 'The address of the host may be reached.',
  connection: 'The host takes connections.',
  tls: 'The connection is encrypted, and the certificate of the host is valid.',
  answer: 'The host answers.',
};

function endOf(outcome: Outcome): Check {
  if (outcome.kind === 'status') return ofStatus(outcome.status);
  if (outcome.kind === 'not-allowed')
    return { name: 'destination', status: 'FAILED', explanation: outcome.explanation };
  if (outcome.kind === 'signed-in')
    return {
      name: 'answer',
      status: 'PASSED',
      explanation: 'The mail server accepts the user name and the password.',
    };
  const { reason, address, status } = outcome.failure;
  const what = address === undefined ? '' : `It leads to ${addressWords[address]}. `;
  const code = status === undefined ? '' : ` (${status})`;
  return {
    name: failedAt[reason],
    status: 'FAILED',
    explanation:
      address === 'metadata'
        ? `${what}No request of Dropsafe goes there.`
        : `${what}${outboundFailures[reason]}${code}`,
  };
}

const addressWords: Record<AddressRefusal, string> = {
  metadata: 'an address where a cloud hands out credentials',
  loopback: 'this machine itself',
  private: 'a private network',
  'link-local': 'the network next to this machine',
  shared: 'a network within a provider',
  multicast: 'a group of machines',
  broadcast: 'all machines at once',
  unspecified: 'no certain machine',
  documentation: 'an address that is for examples only',
  benchmarking: 'an address that is for measuring only',
  reserved: 'an address that nobody has',
  unreadable: 'an address that cannot be read',
};

/** The check at which each reason ends the test. */
const failedAt: Record<OutboundReason, CheckName> = {
  'target-unusable': 'request',
  'method-unusable': 'request',
  'header-unusable': 'request',
  'header-reserved': 'request',
  'header-repeated': 'request',
  'value-has-line-break': 'request',
  'value-has-control-character': 'request',
  'value-beyond-latin-1': 'request',
  'value-has-blank': 'request',
  'value-not-text': 'request',
  'user-name-has-colon': 'request',
  'request-too-large': 'request',
  'authorities-unusable': 'request',
  'client-certificate-unusable': 'request',
  busy: 'request',
  'name-not-found': 'name',
  'name-timeout': 'name',
  'address-refused': 'address',
  'connection-refused': 'connection',
  unreachable: 'connection',
  'connect-timeout': 'connection',
  'tls-untrusted': 'tls',
  'tls-expired': 'tls',
  'tls-name': 'tls',
  'tls-client-certificate': 'tls',
  'tls-timeout': 'tls',
  'tls-failed': 'tls',
  'starttls-missing': 'tls',
  timeout: 'answer',
  'too-large': 'answer',
  redirect: 'answer',
  'connection-lost': 'answer',
  'not-http': 'answer',
  'not-smtp': 'answer',
  'login-refused': 'answer',
};

function ofStatus(status: number): Check {
  const failed = (explanation: string): Check => ({
    name: 'answer',
    status: 'FAILED',
    explanation: `${explanation} (${status})`,
  });
  if (status < 400)
    return { name: 'answer', status: 'PASSED', explanation: `The host answers. (${status})` };
  switch (status) {
    case 401:
      return failed(
        'The host does not accept the credentials. Are they those of this host, and still valid?',
      );
    case 403:
      return failed('The host knows the credentials or does not say so, but they may not do this.');
    case 404:
    case 410:
      return failed(
        'The host has nothing at this address, or nothing for these credentials. Is the path right?',
      );
    case 405:
      return failed('The host does not take this method at this address.');
    case 407:
      return failed('A proxy before the host wants credentials of its own.');
    case 429:
      return failed('The host takes no more requests for now. Try again later.');
    default:
      return failed(
        status < 500
          ? 'The host does not accept the request.'
          : 'The host has a problem of its own. Try again later.',
      );
  }
}
