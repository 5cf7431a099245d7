/**
 * @file The token that requests to a vault carry: signs in when one is needed, one sign-in at a time; renews the token in
 * the background once two thirds of its time are over; signs in anew when it cannot be renewed any more.
 */
import { z } from 'zod';
import { Redacted } from '../base/redacted.ts';
import { vaultFailure } from './vault-answers.ts';
import type { VaultClient } from './vault-client.ts';
import { unlessOver, within } from './vault-deadline.ts';
import type { VaultAuth, VaultCredential, VaultSettings } from './vault-settings.ts';

/** The token of one vault. Everything here throws a `ProviderFailure`. */
export interface VaultLogin {
  /** A token whose time is not over. */
  token(signal: AbortSignal): Promise<Redacted<string>>;
  /** Another token in place of one that was refused; undefined when there is none to be had. */
  another(refused: Redacted<string>, signal: AbortSignal): Promise<Redacted<string> | undefined>;
  /** Stops renewing. */
  close(): void;
}

/** What it needs. */
export interface VaultLoginOptions {
  client: VaultClient;
  settings: Pick<VaultSettings, 'auth' | 'timeoutMs'>;
  /** Reads a file; what it throws is taken for a file that is not there. */
  readFile: (path: string) => Promise<string>;
  /** Milliseconds of a clock that never goes back. */
  now: () => number;
}

interface Session {
  token: Redacted<string>;
  since: number;
  /** Infinity: it has no end, or none that is known. */
  until: number;
  leaseMs: number;
  isRenewable: boolean;
}

/**
 * A token that is younger is not replaced when it is refused: it is the policy that refuses, and to sign in for each such
 * request would flood the vault. Older ones are: they may be revoked, or from before a policy was given.
 */
const youngMs = 10_000;
/** A token whose end is near is not looked at more often. */
const shortestTimerMs = 250;
/** Longer ones would fire at once. */
const longestTimerMs = 2 ** 31 - 1;

const LeaseSchema = z.object({ lease_duration: z.number().min(0), renewable: z.boolean() });
const AuthSchema = z.object({
  auth: LeaseSchema.extend({
    client_token: z
      .string()
      .min(1)
      .transform((token) => new Redacted(token)),
  }),
});
const RenewedSchema = z.object({ auth: LeaseSchema });
const LookupSchema = z.object({
  data: z.object({ ttl: z.number(), expire_time: z.string().nullish(), renewable: z.boolean() }),
});

/** Signs in at the first request, not here. */
export function createVaultLogin({
  client,
  settings: { auth, timeoutMs },
  readFile,
  now,
}: VaultLoginOptions): VaultLogin {
  let session: Session | undefined;
  let underWay: Promise<Session> | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  // --- signing in ---

  /** One for all who ask meanwhile. It has a time limit of its own: who has begun it may have given up. */
  async function signIn(): Promise<Session> {
    underWay ??= within(timeoutMs, begin).finally(() => {
      underWay = undefined;
    });
    return underWay;
  }

  async function begin(signal: AbortSignal): Promise<Session> {
    const signedIn =
      auth.method === 'token' ? await lookUp(auth.token, signal) : await ask(auth, signal);
    session = signedIn;
    plan(signedIn, signedIn.leaseMs);
    return signedIn;
  }

  /** AppRole and Kubernetes (https://developer.hashicorp.com/vault/api-docs/auth/approle#login-with-approle). */
  async function ask(
    by: Exclude<VaultAuth, { method: 'token' }>,
    signal: AbortSignal,
  ): Promise<Session> {
    const body =
      by.method === 'approle'
        ? { role_id: by.roleId, secret_id: await contentOf(by.secretId) }
        : { role: by.role, jwt: await contentOf(by.jwt) };
    const path = ['auth', ...by.mount.split('/'), 'login'];
    const answer = await client.send({ method: 'POST', path, body }, undefined, signal);
    // 400: wrong role or secret id. 403: wrong service account, or no such auth method.
    if (answer.status === 400 || answer.status === 403)
      throw vaultFailure('denied', `LOGIN_HTTP_${answer.status}`);
    const parsed = AuthSchema.safeParse(answer.content);
    if (!parsed.success) throw vaultFailure('misconfigured', `LOGIN_HTTP_${answer.status}`);
    const { client_token: token, lease_duration: seconds, renewable } = parsed.data.auth;
    return sessionOf(token, seconds, renewable);
  }

  /** A token that was given: what the vault says of its time. */
  async function lookUp(given: VaultCredential, signal: AbortSignal): Promise<Session> {
    const token = await contentOf(given);
    const answer = await client.send(
      { method: 'GET', path: ['auth', 'token', 'lookup-self'] },
      token,
      signal,
    );
    // Without the policy `default` a good token may not look at itself: what it may, the next request will tell.
    if (answer.status === 403) return sessionOf(token, 0, false);
    const parsed = LookupSchema.safeParse(answer.content);
    if (!parsed.success) throw vaultFailure('misconfigured', `LOOKUP_HTTP_${answer.status}`);
    const { ttl, expire_time: end, renewable } = parsed.data.data;
    // Whole seconds are told: a token with an end may have less than one left.
    return sessionOf(token, ttl === 0 && typeof end === 'string' ? 0.5 : ttl, renewable);
  }

  async function contentOf(credential: VaultCredential): Promise<Redacted<string>> {
    if (credential.kind === 'text') return credential.text;
    let content: string;
    try {
      content = (await readFile(credential.path)).trim();
    } catch {
      throw vaultFailure('misconfigured', 'CREDENTIAL_FILE');
    }
    if (content === '') throw vaultFailure('misconfigured', 'CREDENTIAL_FILE');
    return new Redacted(content);
  }

  /** A lease of 0 seconds never ends (root tokens). */
  function sessionOf(token: Redacted<string>, seconds: number, isRenewable: boolean): Session {
    const since = now();
    const leaseMs = seconds === 0 ? Number.POSITIVE_INFINITY : seconds * 1000;
    return { token, since, until: since + leaseMs, leaseMs, isRenewable };
  }

  // --- renewing ---

  /** Sees to the session again when two thirds of `leftMs` are over. */
  function plan(current: Session, leftMs: number): void {
    clearTimeout(timer);
    if (isClosed || leftMs === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.min(Math.max((leftMs * 2) / 3, shortestTimerMs), longestTimerMs);
    timer = setTimeout(() => void refresh(current), delayMs).unref();
  }

  /** Never throws: whoever asks next signs in, and sees why that fails. */
  async function refresh(current: Session): Promise<void> {
    if (session !== current || isClosed) return;
    try {
      if (current.isRenewable && (await renew(current))) return;
      if (canSignInAnew) await signIn();
    } catch {
      const leftMs = current.until - now();
      if (session === current && leftMs > 0) plan(current, leftMs);
    }
  }

  /** False when signing in is better: it was refused, or the longest time of the token comes near. */
  async function renew(current: Session): Promise<boolean> {
    const { status, content } = await within(timeoutMs, (signal) =>
      client.send(
        { method: 'POST', path: ['auth', 'token', 'renew-self'], body: {} },
        current.token,
        signal,
      ),
    );
    const parsed = RenewedSchema.safeParse(content);
    if (session !== current || isClosed) return true;
    if (status !== 200 || !parsed.success) return false;
    const { lease_duration: seconds, renewable } = parsed.data.auth;
    if (seconds === 0) return false;
    const renewed = sessionOf(current.token, seconds, renewable);
    const isShort = renewed.leaseMs < current.leaseMs / 2;
    session = { ...renewed, since: current.since, leaseMs: current.leaseMs };
    if (isShort && canSignInAnew) return signIn().then(() => true);
    plan(session, renewed.leaseMs);
    return true;
  }

  // --- for requests ---

  /** A token that stands in the configuration is the only one there will be. */
  const canSignInAnew = auth.method !== 'token' || auth.token.kind === 'file';

  return {
    async token(signal) {
      if (session !== undefined && (session.until > now() || !canSignInAnew)) return session.token;
      return (await unlessOver(signIn(), signal)).token;
    },
    async another(refused, signal) {
      if (session !== undefined && session.token !== refused) return session.token;
      if (!canSignInAnew) return undefined;
      if (session !== undefined && now() - session.since < youngMs) return undefined;
      return (await unlessOver(signIn(), signal)).token;
    },
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
