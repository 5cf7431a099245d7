import { hash, randomBytes } from 'node:crypto';
import { printApiKey } from './api-key.ts';

/** A session token with 256 random bits; only the browser ever has it. */
export function mintToken(): string {
  return randomBytes(32).toString('base64url');
}

/** What is stored of a token. A plain hash is enough for something that nobody can guess. */
export function hashToken(token: string): Uint8Array {
  return hash('sha256', token, 'buffer');
}

/** An API key with 256 random bits; shown once, and never kept. */
export function mintApiKey(): string {
  return printApiKey(randomBytes(32));
}
