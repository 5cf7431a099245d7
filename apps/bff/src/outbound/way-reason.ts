import type { WayFailure } from '../base/way-out.ts';
import type { OutboundReason } from './failure.ts';

/** Codes of TLS, of Node ([tls](https://nodejs.org/api/tls.html#x509-certificate-error-codes)) and of OpenSSL. */
const reasonByCode: readonly (readonly [RegExp, OutboundReason])[] = [
  [/^ERR_TLS_CERT_ALTNAME/, 'tls-name'],
  [/^CERT_(HAS_EXPIRED|NOT_YET_VALID)$/, 'tls-expired'],
  // The alerts that say something of our certificate (RFC 8446, 6.2).
  [/^ERR_SSL_\w*ALERT_\w*(CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/, 'tls-client-certificate'],
  [
    /^(SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|CERT_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME)/,
    'tls-untrusted',
  ],
  [/^(ERR_SSL|ERR_TLS|EPROTO)/, 'tls-failed'],
  [/^HPE_/, 'not-http'],
];

/** The reason for whoever asked, out of where a request had come to and the code of the network or of TLS. */
export function reasonOf({ kind, code = '', stage }: WayFailure): OutboundReason {
  if (kind === 'size') return 'too-large';
  if (kind === 'time') {
    if (stage === 'connecting') return 'connect-timeout';
    return stage === 'securing' ? 'tls-timeout' : 'timeout';
  }
  const known = reasonOfCode(code);
  if (known !== undefined) return known;
  if (stage === 'securing') return 'tls-failed';
  if (stage !== 'connecting') return 'connection-lost';
  if (code === 'ECONNREFUSED') return 'connection-refused';
  return code === 'ETIMEDOUT' ? 'connect-timeout' : 'unreachable';
}

/** What a code of TLS or HTTP says by itself. */
export function reasonOfCode(code: string): OutboundReason | undefined {
  return reasonByCode.find(([pattern]) => pattern.test(code))?.[1];
}
