import { createHmac } from 'node:crypto';

/**
 * @file What a sign-in by another party than the password has to be recognised by when it comes back: one random token,
 * in a cookie of the browser that began. Everything that is sent out (state, nonce, code verifier, challenge) is derived from it, so
 * that nothing in the database is of use to who reads it, and what comes back fits only that browser.
 */

/** What is derived from a token. Each in its own way, so that one tells nothing about another. */
export type Derived = 'state' | 'nonce' | 'code-verifier' | 'webauthn-challenge';

/** 256 bits, base64url: 43 characters, as a code verifier needs at least (RFC 7636, 4.1). */
export function derive(token: string, what: Derived): string {
  return createHmac('sha256', token).update(`dropsafe ${what}`).digest('base64url');
}
