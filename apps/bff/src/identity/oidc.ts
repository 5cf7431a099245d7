/**
 * @file The adapter to providers of OpenID Connect, over openid-client: where to send somebody who signs in, and who came
 * back. The only file of this room that goes outside. Promises: every ID token is checked by signature, issuer, audience,
 * nonce and time; keys are asked for anew at every sign-in, so that rotated ones need no restart; no redirect is followed;
 * every request has an end in time and size. Nothing of a library's error leaves this file but a reason out of a closed list.
 */
import {
  createRemoteJWKSet,
  customFetch as joseFetch,
  errors as joseErrors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyGetKey,
} from 'jose';
import * as client from 'openid-client';
import { createWayOut, WayFailure, type Incoming } from '../base/way-out.ts';
import { derive } from './challenge.ts';
import { Refusal, type RefusalReason } from './refusal.ts';
import { isLoopback, type SignInProvider } from './sign-in-providers.ts';

/** Somebody whom a provider vouches for. */
export interface Proven {
  subject: string;
  /** The session at the provider; null when it has none of its own. */
  sid: string | null;
  /** The claim of the user name. */
  userName: unknown;
  /** The claim of the groups. */
  groups: unknown;
}

/** A provider's word that a session of theirs has ended. */
export interface ProvenLogout {
  /** Names this token among those of the provider. */
  jti: string;
  subject: string | null;
  sid: string | null;
}

/** One provider. Everything here throws a `Refusal`. */
export interface Oidc {
  /** Where to send a browser that holds `token`. */
  authorizationUrl(redirectUri: string, token: string): Promise<string>;
  /** Who came back to `redirectUri` with this query string, to the browser that holds `token`. */
  exchange(redirectUri: string, token: string, query: URLSearchParams): Promise<Proven>;
  /** Reads a logout token ([Back-Channel Logout 1.0, 2.6](https://openid.net/specs/openid-connect-backchannel-1_0.html#Validation)). */
  readLogout(logoutToken: string): Promise<ProvenLogout>;
}

/** How long what a provider says of itself is kept. */
const keptMs = 10 * 60_000;
/** Two minutes, and a little for the way. */
const toleranceSeconds = 150;
const requestMs = 5_000;
/** All requests of one step together: the route gives up after 15 s (base/route.http.ts). */
const stepMs = 10_000;
/** 5 000 groups of 255 characters in a token, with room to spare. */
const maxBytes = 4 * 1024 * 1024;
/** How old a logout token may be: providers try again for a while. */
const logoutMinutes = 10;

/** Speaks to a provider. */
export function createOidc(provider: SignInProvider): Oidc {
  const isPlain = provider.issuer.startsWith('http:');
  const { clientSecret } = provider;
  let kept: { metadata: Promise<client.ServerMetadata>; until: number } | undefined;
  let logoutKeys: { uri: string; keys: JWTVerifyGetKey } | undefined;

  async function discover(fetch: client.CustomFetch): Promise<client.ServerMetadata> {
    const found = await client.discovery(
      new URL(provider.issuer),
      provider.clientId,
      undefined,
      client.None(),
      {
        [client.customFetch]: fetch,
        timeout: requestMs / 1000,
        ...(isPlain && { execute: [client.allowInsecureRequests] }),
      },
    );
    const metadata = found.serverMetadata();
    // The library lets some providers answer with the template of an issuer, for tenants of anybody.
    if (metadata.issuer !== provider.issuer) throw new Refusal('issuer-wrong');
    return metadata;
  }

  /** What the provider says of itself; whoever asks while it is being asked for waits for the same answer. */
  async function findMetadata(fetch: client.CustomFetch): Promise<client.ServerMetadata> {
    if (kept === undefined || kept.until < Date.now())
      kept = { metadata: discover(fetch), until: Date.now() + keptMs };
    const mine = kept;
    try {
      return await mine.metadata;
    } catch (error) {
      if (kept === mine) kept = undefined;
      throw error;
    }
  }

  function authenticationOf(metadata: client.ServerMetadata): client.ClientAuth {
    if (clientSecret === undefined) return client.None();
    const methods = metadata.token_endpoint_auth_methods_supported;
    // `client_secret_basic` is what a provider can that says nothing (Discovery 1.0, 3).
    return methods?.includes('client_secret_post') === true
      ? client.ClientSecretPost(clientSecret.reveal())
      : client.ClientSecretBasic(clientSecret.reveal());
  }

  /** A new one for every step: the library keeps keys with it, and would not look for rotated ones within a minute. */
  async function open(): Promise<client.Configuration> {
    const fetch = limitedFetch(provider, AbortSignal.timeout(stepMs));
    const metadata = await findMetadata(fetch);
    const configuration = new client.Configuration(
      metadata,
      provider.clientId,
      { [client.clockTolerance]: toleranceSeconds },
      authenticationOf(metadata),
    );
    configuration[client.customFetch] = fetch;
    configuration.timeout = requestMs / 1000;
    if (isPlain) client.allowInsecureRequests(configuration);
    // Signatures are checked although the token came straight from the provider: TLS may end before it does.
    client.enableNonRepudiationChecks(configuration);
    return configuration;
  }

  return {
    authorizationUrl: (redirectUri, token) =>
      refusing(async () => {
        const verifier = derive(token, 'code-verifier');
        return client.buildAuthorizationUrl(await open(), {
          redirect_uri: redirectUri,
          scope: provider.scopes,
          state: derive(token, 'state'),
          nonce: derive(token, 'nonce'),
          code_challenge: await client.calculatePKCECodeChallenge(verifier),
          code_challenge_method: 'S256',
        }).href;
      }),

    exchange: (redirectUri, token, query) =>
      refusing(async () => {
        const configuration = await open();
        const { issuer, authorization_response_iss_parameter_supported: namesIssuer } =
          configuration.serverMetadata();
        // RFC 9207. The library looks as well, but its error does not say what was wrong.
        const issuers = query.getAll('iss');
        if (issuers.some((iss) => iss !== issuer) || (namesIssuer === true && issuers.length === 0))
          throw new Refusal('issuer-wrong');
        const tokens = await client.authorizationCodeGrant(
          configuration,
          new URL(`${redirectUri}?${query.toString()}`),
          {
            expectedState: derive(token, 'state'),
            expectedNonce: derive(token, 'nonce'),
            pkceCodeVerifier: derive(token, 'code-verifier'),
            idTokenExpected: true,
          },
        );
        const claims = tokens.claims();
        if (claims === undefined) throw new Refusal('answer-invalid');
        // The library looks at the authorised party of several audiences only (OpenID Connect Core 1.0, 3.1.3.7).
        if (claims.azp !== undefined && claims.azp !== provider.clientId)
          throw new Refusal('audience-wrong');
        // It was made for this very request: one of another time comes from a clock that is wrong, or from a store.
        if (Math.abs(claims.iat - Date.now() / 1000) > toleranceSeconds)
          throw new Refusal('token-of-another-time');
        const { userNameClaim, groupsClaim } = provider;
        const isComplete = claims[userNameClaim] !== undefined && claims[groupsClaim] !== undefined;
        const more: Record<string, unknown> =
          isComplete || configuration.serverMetadata().userinfo_endpoint === undefined
            ? {}
            : await client.fetchUserInfo(configuration, tokens.access_token, claims.sub);
        return {
          subject: claims.sub,
          sid: textOf(claims['sid']),
          userName: claims[userNameClaim] ?? more[userNameClaim],
          groups: claims[groupsClaim] ?? more[groupsClaim],
        };
      }),

    readLogout: (logoutToken) =>
      refusing(async () => {
        const fetch = limitedFetch(provider, AbortSignal.timeout(stepMs));
        const { jwks_uri: uri } = await findMetadata(fetch);
        if (uri === undefined) throw new Refusal('logout-token-invalid');
        // Kept, unlike at sign-in: anybody can send something here, and must not make us ask the provider each time.
        if (logoutKeys?.uri !== uri) {
          const keys = createRemoteJWKSet(new URL(uri), {
            [joseFetch]: (url, options) =>
              limitedFetch(provider, AbortSignal.timeout(requestMs))(url, {
                method: options.method,
                headers: Object.fromEntries(options.headers),
                redirect: 'manual',
                body: undefined,
                signal: options.signal,
              }),
            timeoutDuration: requestMs,
            cooldownDuration: 5_000,
            cacheMaxAge: keptMs,
          });
          logoutKeys = { uri, keys };
        }
        // By a key pair: a set of keys from elsewhere is never taken for a shared secret.
        const { payload } = await jwtVerify(logoutToken, logoutKeys.keys, {
          issuer: provider.issuer,
          audience: provider.clientId,
          clockTolerance: toleranceSeconds,
          maxTokenAge: logoutMinutes * 60,
          requiredClaims: ['iat', 'exp', 'jti'],
        });
        return readLogoutClaims(payload);
      }),
  };
}

function readLogoutClaims(claims: JWTPayload): ProvenLogout {
  const { jti, events } = claims;
  const [subject, sid] = [textOf(claims.sub), textOf(claims['sid'])];
  const event = 'http://schemas.openid.net/event/backchannel-logout';
  const isLogout =
    typeof events === 'object' &&
    events !== null &&
    event in events &&
    typeof (events as Record<string, unknown>)[event] === 'object'; // as: `in` has looked
  if (!isLogout || 'nonce' in claims || jti === undefined || (subject === null && sid === null))
    throw new Refusal('logout-token-invalid');
  return { jti, subject, sid };
}

function textOf(claim: unknown): string | null {
  return typeof claim === 'string' && claim !== '' ? claim : null;
}

// --- what went wrong ---

async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw refusalOf(error);
  }
}

/** The reason behind an error of the libraries, or of the way to the provider. */
function refusalOf(error: unknown): Refusal {
  const chain = chainOf(error);
  const known = chain.find((link) => link instanceof Refusal);
  if (known !== undefined) return known;
  for (const link of chain) {
    const reason = reasonOf(link);
    if (reason !== undefined) return new Refusal(reason);
  }
  return new Refusal('answer-invalid');
}

function chainOf(error: unknown): object[] {
  const chain: object[] = [];
  for (let link = error; typeof link === 'object' && link !== null && chain.length < 8;) {
    chain.push(link);
    link = 'cause' in link ? link.cause : undefined;
  }
  return chain;
}

const reasonsOfClaims = new Map<unknown, RefusalReason>([
  ['iss', 'issuer-wrong'],
  ['aud', 'audience-wrong'],
  ['azp', 'audience-wrong'],
  ['nonce', 'nonce-wrong'],
  ['exp', 'token-expired'],
  ['nbf', 'token-of-another-time'],
  ['iat', 'token-of-another-time'],
]);

function reasonOf(link: object): RefusalReason | undefined {
  if (link instanceof client.AuthorizationResponseError) {
    const isDown = ['server_error', 'temporarily_unavailable'].includes(link.error);
    return isDown ? 'provider-failed' : 'provider-said-no';
  }
  if (link instanceof client.ResponseBodyError)
    return link.error === 'invalid_grant' ? 'code-refused' : 'client-refused';
  if (link instanceof client.WWWAuthenticateChallengeError) return 'client-refused';
  if (link instanceof Response) return link.status >= 500 ? 'provider-failed' : 'answer-invalid';
  if (link instanceof joseErrors.JWKSTimeout) return 'provider-slow';
  if (link instanceof joseErrors.JOSEError) return 'logout-token-invalid';
  if (link instanceof DOMException && link.name === 'TimeoutError') return 'provider-slow';
  // What openid-client tells beside the message: the claim that was compared, a signature, a header.
  if ('claim' in link) return reasonsOfClaims.get(link.claim);
  if ('attribute' in link && link.attribute === 'issuer') return 'issuer-wrong';
  if ('candidates' in link) return 'key-unknown';
  if ('signature' in link) return 'signature-wrong';
  if ('reason' in link || 'alg' in link) return 'algorithm-refused';
  return undefined;
}

// --- the way to a provider ---

/**
 * A fetch for one step: to https, or to this machine where the issuer is; trusting what the operator says; with no
 * redirect, and an end in time and size.
 */
function limitedFetch(provider: SignInProvider, step: AbortSignal): client.CustomFetch {
  const wayOut = createWayOut({ authorities: provider.authorities, keptConnections: 0 });
  return async (address, { method, headers, body, signal }) => {
    const url = new URL(address);
    if (url.protocol !== 'https:' && !isLoopback(url.hostname)) throw new Refusal('answer-invalid');
    try {
      const answer = await wayOut.send(url, {
        method,
        headers,
        body: body instanceof URLSearchParams ? body.toString() : (body as string | undefined), // as: nothing else is sent by a code flow
        signal: signal ? AbortSignal.any([signal, step]) : step,
        maxBytes,
      });
      // A status without a body does not take one, not even an empty one.
      return new Response(answer.body.length === 0 ? null : answer.body, {
        status: answer.status,
        headers: headersOf(answer),
      });
    } catch (error) {
      throw error instanceof WayFailure ? refusalOfWay(error) : error;
    }
  };
}

function headersOf(answer: Incoming): Headers {
  const headers = new Headers();
  for (const name of ['content-type', 'www-authenticate']) {
    const content = answer.headers[name];
    if (typeof content === 'string') headers.set(name, content);
  }
  return headers;
}

const reasonsOfWay = {
  time: 'provider-slow',
  size: 'answer-too-large',
  certificate: 'certificate-refused',
  unreachable: 'provider-unreachable',
} as const;

const refusalOfWay = ({ kind, code }: WayFailure) => new Refusal(reasonsOfWay[kind], code);
