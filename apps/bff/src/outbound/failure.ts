/** @file Why a request did not go out, or nothing came back that can be used: a closed list, and the one error that says so. */
import type { AddressRefusal } from './address.ts';

/** Each reason with its sentence for whoever set the request up. None repeats an address, a header or a part of an answer. */
export const outboundFailures = {
  'target-unusable': 'The address of the request cannot be used.',
  'method-unusable': 'The method of the request cannot be used.',
  'header-unusable':
    'A header has a name or a content that no header can have: line breaks, control characters, or letters beyond Latin-1.',
  'header-reserved': 'A header is set that Dropsafe sets itself, or that belongs to a connection.',
  'header-repeated': 'A header is set twice.',
  'value-has-line-break':
    'The value has a line break, which cannot be sent at this place. Often it was pasted with one at its end: set it again, or use the filter trim.',
  'value-has-control-character':
    'The value has a control character, which cannot be sent at this place.',
  'value-beyond-latin-1':
    'The value has letters that a header cannot have. The filters base64 and urlencode make a text of it that can be sent.',
  'value-has-blank': 'The value has a blank, which a bearer token cannot have.',
  'value-not-text': 'The value is not a whole text, and would arrive changed.',
  'value-leads-elsewhere':
    'A value in the address would lead elsewhere than the address says. It has to be one part of the path or of the query.',
  'user-name-has-colon': 'The user name has a colon, which ends it in basic authentication.',
  'request-too-large': 'The request is too large.',
  'authorities-unusable': 'The own certificate authority is not a certificate in PEM.',
  'client-certificate-unusable':
    'The client certificate and its key are not PEM, or do not belong together.',
  'name-not-found': 'The name of the host was not found.',
  'name-timeout': 'The name service does not answer within the time that it has.',
  'address-refused':
    'The host is not in the public internet. An operator can allow its network by DROPSAFE_OUTBOUND_ALLOW.',
  'connection-refused': 'The host refuses connections at this port.',
  unreachable: 'The host cannot be reached from here.',
  'connect-timeout': 'The host does not take a connection within the time that it has.',
  'tls-untrusted':
    'The certificate of the host is not from an authority that is trusted. If it is your own, name it as the own certificate authority.',
  'tls-expired': 'The certificate of the host has expired, or is not valid yet.',
  'tls-name': 'The certificate of the host belongs to another name.',
  'tls-client-certificate': 'The host wants a client certificate, or does not take this one.',
  'tls-timeout': 'The host takes a connection, but does not secure it within the time that it has.',
  'tls-failed': 'The host does not speak TLS at this port, or none that is safe.',
  timeout: 'The answer did not come within the time that it has.',
  'too-large': 'The answer is too large.',
  redirect: 'The host answers with a redirect. Dropsafe follows none: name the final address.',
  'connection-lost': 'The connection ended before the answer was complete.',
  'not-http': 'What the host answers is not HTTP.',
  'starttls-missing':
    'The mail server does not offer STARTTLS, so everybody on the way could read the password. Use smtps:// if it takes that.',
  'not-smtp': 'What the host answers is not SMTP, or it does not take us.',
  'login-refused': 'The mail server does not accept the user name and the password.',
  busy: 'Too many requests are under way. Try again.',
} as const;

/** Why. */
export type OutboundReason = keyof typeof outboundFailures;

/** The one error of this room. It holds nothing that was sent or received, and no error of a library. */
export class OutboundFailure extends Error {
  readonly reason: OutboundReason;
  /** Of `address-refused`: what the address is. */
  readonly address: AddressRefusal | undefined;
  /** Of `redirect`: the status of the answer. */
  readonly status: number | undefined;

  constructor(reason: OutboundReason, about: { address?: AddressRefusal; status?: number } = {}) {
    super(reason);
    this.name = 'OutboundFailure';
    this.reason = reason;
    this.address = about.address;
    this.status = about.status;
  }
}
