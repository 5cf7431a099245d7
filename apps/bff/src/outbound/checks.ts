/**
 * @file What a test of a connection tells: how far it came, as named checks, each with a sentence that helps. Promises: nothing of
 * what the other side answered is told but the status, and nothing of what was sent; every sentence is written here, in
 * `failure.ts` or in the contract.
 */
import { checkNames, type Check, type CheckName } from '@dropsafe/contract/outbound';
import type { AddressRefusal } from './address.ts';
import { outboundFailures, type OutboundFailure, type OutboundReason } from './failure.ts';

/** What is known of a connection before it is made. */
export interface Way {
  /** The host is given by its address. */
  isLiteral: boolean;
  isTls: boolean;
  /** Something of what is sent proves who sends it. There is nothing else that a value is for. */
  hasCredentials: boolean;
}

/** What a test ended with. */
export type Outcome =
  | { kind: 'not-allowed'; explanation: string }
  /** The values were not there to be sent. */
  | { kind: 'without-values'; explanation: string }
  | { kind: 'failed'; failure: OutboundFailure }
  | { kind: 'status'; status: number }
  /** A mail server took the login, or the connection of somebody who has none. */
  | { kind: 'signed-in' };

/** True for what an operator would call a use that worked. */
export function hasSucceeded(outcome: Outcome): boolean {
  // A redirect is a failure of its own.
  return outcome.kind === 'signed-in' || (outcome.kind === 'status' && outcome.status < 400);
}

/** Every check, as it follows from what the test ended with; the first that fails ends the test. */
export function describeChecks(way: Way, outcome: Outcome): Check[] {
  const ended = endOf(way, outcome);
  const endAt = checkNames.indexOf(ended.name);
  return checkNames.map((name, index): Check => {
    if (index === endAt) return ended;
    if (index > endAt) return { name, status: 'SKIPPED', explanation: 'It did not come to this.' };
    const skipped = explainSkipped(name, way);
    if (skipped !== undefined) return { name, status: 'SKIPPED', explanation: skipped };
    const explanation =
      name === 'answer' && outcome.kind === 'status'
        ? `${passed.answer} (${outcome.status})`
        : passed[name];
    return { name, status: 'PASSED', explanation };
  });
}

/** Why there is nothing to check. */
function explainSkipped(name: CheckName, way: Way): string | undefined {
  if (name === 'secrets' && !way.hasCredentials) return 'There is no secret in it.';
  if (name === 'name' && way.isLiteral) return 'The host is given by its address.';
  if (name === 'tls' && !way.isTls)
    return 'Without TLS everybody on the way can read what is sent. Use https:// if you can.';
  return undefined;
}

const passed: Record<CheckName, string> = {
  destination: 'Everything in it may be sent there.',
  secrets: 'The values of all secrets in it were opened.',
  request: 'The request can be made.',
  name: 'The name of the host was found.',
  address: 'The address of the host may be reached.',
  connection: 'The host takes connections.',
  tls: 'The connection is encrypted, and the certificate of the host is valid.',
  answer: 'The host answers.',
  // Many systems answer at a path that is open to everybody, whatever comes with the question.
  authentication: 'The host raised no objection to the credentials.',
};

function endOf(way: Way, outcome: Outcome): Check {
  if (outcome.kind === 'status') return ofStatus(way, outcome.status);
  if (outcome.kind === 'signed-in')
    return way.hasCredentials
      ? ofAuthentication('PASSED', 'The mail server accepts the user name and the password.')
      : withoutCredentials;
  if (outcome.kind !== 'failed')
    return {
      name: outcome.kind === 'not-allowed' ? 'destination' : 'secrets',
      status: 'FAILED',
      explanation: outcome.explanation,
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
  'value-leads-elsewhere': 'request',
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
  'login-refused': 'authentication',
};

const ofAuthentication = (status: Check['status'], explanation: string): Check => ({
  name: 'authentication',
  status,
  explanation,
});

const withoutCredentials = ofAuthentication('SKIPPED', 'There are no credentials in it.');

function ofStatus({ hasCredentials }: Way, status: number): Check {
  if (status < 400)
    return hasCredentials ? ofAuthentication('PASSED', passed.authentication) : withoutCredentials;
  const explanation = `${explainStatus(status, hasCredentials)} (${status})`;
  return [401, 403, 407].includes(status)
    ? ofAuthentication('FAILED', explanation)
    : { name: 'answer', status: 'FAILED', explanation };
}

function explainStatus(status: number, hasCredentials: boolean): string {
  switch (status) {
    case 401:
      return hasCredentials
        ? 'The host does not accept the credentials. Are they those of this host, and still valid?'
        : 'The host wants credentials, and there are none in it.';
    case 403:
      return hasCredentials
        ? 'The host knows the credentials or does not say so, but they may not do this.'
        : 'The host does not let everybody do this, and there are no credentials in it.';
    case 404:
    case 410:
      return 'The host has nothing at this address, or nothing for these credentials. Is the path right?';
    case 405:
      return 'The host does not take this method at this address.';
    case 407:
      return 'A proxy before the host wants credentials of its own.';
    case 429:
      return 'The host takes no more requests for now. Try again later.';
    default:
      return status < 500
        ? 'The host does not accept the request.'
        : 'The host has a problem of its own. Try again later.';
  }
}
