/** @file Security headers ([OWASP HTTP headers](https://cheatsheetseries.owasp.org/cheatsheets/HTTP_Headers_Cheat_Sheet.html)). Pure. */

/** Policy of everything that is not the page: nothing may be loaded or framed. */
const strictPolicy =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/**
 * Headers of every answer; the page and its files replace the policy and the caching by their own. HSTS for one year,
 * over TLS only (RFC 6797).
 */
export function securityHeaders(isSecure: boolean): [string, string][] {
  return [
    ['Cache-Control', 'no-store'],
    ['Content-Security-Policy', strictPolicy],
    ['Cross-Origin-Opener-Policy', 'same-origin'],
    ['Cross-Origin-Resource-Policy', 'same-origin'],
    ['Origin-Agent-Cluster', '?1'],
    ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
    ['Referrer-Policy', 'no-referrer'],
    ['X-Content-Type-Options', 'nosniff'],
    ['X-Frame-Options', 'DENY'],
    ...(isSecure
      ? [
          ['Strict-Transport-Security', 'max-age=31536000; includeSubDomains'] satisfies [
            string,
            string,
          ],
        ]
      : []),
  ];
}

/** Policy of the page: our own files, inline styles by nonce, no string ever becomes code (Trusted Types). */
export function pagePolicy(nonce: string, isSecure: boolean): string {
  return [
    "default-src 'none'",
    `script-src 'self' 'nonce-${nonce}'`,
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self'",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    ...(isSecure ? ['upgrade-insecure-requests'] : []),
  ].join('; ');
}
