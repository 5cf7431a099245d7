/**
 * @file A real provider of OpenID Connect on loopback, which asks who somebody is and believes it. It can be down, be
 * slow, have other keys from one moment to the next, and answer with tokens that are wrong in any way that a test names.
 */
import type { webcrypto } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import {
  SignJWT,
  UnsecuredJWT,
  decodeJwt,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  type JWK,
  type JWTPayload,
} from 'jose';
import OidcProvider, { interactionPolicy, type ClientMetadata } from 'oidc-provider';

/** What a provider says of somebody, beside who it is. */
export type Claims = Record<string, unknown>;

/** How an ID token is signed anew before it goes out: by these claims, and with what. */
export interface Spoiled {
  claims?: JWTPayload;
  /** `own` is what the provider publishes; `foreign` has its name and is another; `former` is the one before. */
  signature?:
    | 'own'
    | 'foreign'
    | 'unknown key'
    | 'former'
    | 'none'
    | 'client secret'
    | 'public key as secret';
}

/** A provider that runs. */
export interface IdentityProvider {
  issuer: string;
  /** For `DROPSAFE_OIDC`: this provider under that name. */
  settings(name: string, more?: object): object;
  /** Puts claims on an account; without, its name is all that is said. */
  setClaims(account: string, claims: Claims): void;
  /** Signs in by the form of the provider, as a browser without a human; answers where it sends the browser back to. */
  signIn(url: string, account: string): Promise<URL>;
  /** New keys from this moment on; the old ones are gone. */
  rotateKeys(): Promise<void>;
  /** Stops listening and breaks every connection, or listens again. */
  setDown(isDown: boolean): Promise<void>;
  /** Takes the next request below this path and never answers it; done when it has come. */
  silence(path: string): Promise<void>;
  /** Answers a request below a path in place of the provider. */
  answer(path: string, with_: ((res: ServerResponse) => void) | undefined): void;
  /** Changes what becomes of an ID token. */
  spoil(spoiler: ((claims: JWTPayload) => Spoiled) | undefined): void;
  /** Whether claims are in the ID token, or only told when asked for by the access token. */
  setClaimsAtUserInfo(isAtUserInfo: boolean): Promise<void>;
  /** The algorithms that it says of itself it signs with. */
  setAlgorithms(algorithms: readonly string[]): void;
  /** Where it says that sessions have ended. */
  setLogoutAddress(url: string): Promise<void>;
  /** What its page has a frame of for somebody who has signed out there (Front-Channel Logout 1.0, 3). */
  setLogoutFrame(url: string): Promise<void>;
  /** Says so, as it does by itself. */
  sendLogout(account: string, sid: string): Promise<void>;
  /** A logout token of its own, with other claims where they are given (undefined takes one out). */
  logoutToken(claims: Claims, signature?: Spoiled['signature']): Promise<string>;
  stop: () => Promise<void>;
}

const clientId = 'dropsafe';
const clientSecret = 'a-client-secret-of-the-tests-alone';

/** Starts one. */
export async function startIdentityProvider(): Promise<IdentityProvider> {
  const claimsByAccount = new Map<string, Claims>();
  const answers = new Map<string, (res: ServerResponse) => void>();
  let key = await newKey();
  const foreign = await newKey();
  let former = key;
  let algorithms: readonly string[] = ['RS256'];
  const silenced = new Map<string, () => void>();
  let spoiler: ((claims: JWTPayload) => Spoiled) | undefined;
  let isAtUserInfo = false;
  let logoutAddress: string | undefined;
  let logoutFrame: string | undefined;
  let leavingSid = '';
  let handle: (req: IncomingMessage, res: ServerResponse) => void = () => {};

  const server = createServer((req, res) => {
    const path = req.url ?? '/';
    const [begin, onCome] = [...silenced].find(([wanted]) => path.startsWith(wanted)) ?? [];
    if (begin !== undefined) {
      silenced.delete(begin);
      onCome?.();
      return;
    }
    const answer = [...answers].find(([wanted]) => path.startsWith(wanted))?.[1];
    if (answer === undefined) handle(req, res);
    else answer(res);
  });
  await listen(0);
  const { port } = server.address() as AddressInfo; // as: a TCP server
  const issuer = `http://127.0.0.1:${port}`;
  let provider = serve();

  /** The provider itself, made anew where its settings change; it knows nobody then and has forgotten its codes. */
  function serve(): OidcProvider {
    const client: ClientMetadata = {
      client_id: clientId,
      client_secret: clientSecret,
      // Native: any port of the loopback will do.
      application_type: 'native',
      token_endpoint_auth_method: 'client_secret_post',
      redirect_uris: ['corp', 'other'].map((name) => `http://127.0.0.1/sign-in/oidc/${name}`),
      ...((logoutAddress ?? logoutFrame) !== undefined && {
        // It tells the id of a session to those only that have an address: for frames alone one where nothing listens.
        backchannel_logout_uri: logoutAddress ?? 'http://127.0.0.1:9',
        backchannel_logout_session_required: true,
      }),
    };
    const made = new OidcProvider(issuer, {
      clients: [client],
      jwks: { keys: [key.jwk] },
      cookies: { keys: ['tests'] },
      // Those of `openid` would always be in the ID token.
      claims: { openid: ['sub', 'sid'], profile: claimNames },
      conformIdTokenClaims: isAtUserInfo,
      // The agent that comes with it refuses this machine.
      fetch: (url, options = {}) => {
        Reflect.deleteProperty(options, 'dispatcher');
        // oxlint-disable-next-line no-restricted-globals -- the provider sends, not the product
        return fetch(url, options);
      },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: {
          enabled: true,
          logoutSource(ctx, form) {
            leavingSid = ctx.oidc.session?.sidFor(clientId) ?? '';
            ctx.body = page(`${form}<button form="op.logoutForm" name="logout" value="yes">
Sign out everywhere</button>`);
          },
          postLogoutSuccessSource(ctx) {
            const query = new URLSearchParams({
              iss: issuer,
              sid: leavingSid,
              more: 'passed over',
            });
            ctx.body = page(
              logoutFrame === undefined
                ? '<p>Signed out</p>'
                : `<p>Signed out</p><iframe src="${logoutFrame}?${query.toString().replaceAll('&', '&amp;')}"></iframe>`,
            );
          },
        },
      },
      interactions: { policy, url: (_, { uid }) => `/interaction/${uid}` },
      findAccount: (_, account) => ({
        accountId: account,
        claims: async () => ({
          sub: account,
          preferred_username: account,
          ...claimsByAccount.get(account),
        }),
      }),
      // Nobody is asked whether they consent.
      async loadExistingGrant(ctx) {
        const { client: asking, session } = ctx.oidc;
        const grant = new made.Grant({
          clientId: asking?.clientId ?? '',
          accountId: session?.accountId ?? '',
        });
        grant.addOIDCScope('openid profile email');
        await grant.save();
        return grant;
      },
      ttl: {
        AccessToken: 600,
        AuthorizationCode: 60,
        Grant: 600,
        IdToken: 3600,
        Interaction: 600,
        Session: 600,
      },
    });
    made.use(async (ctx, next) => {
      await next();
      const body: unknown = ctx.body;
      if (ctx.path.startsWith('/.well-known/'))
        Object.assign(ctx.body, { id_token_signing_alg_values_supported: algorithms });
      if (spoiler === undefined || typeof body !== 'object' || body === null) return;
      if ('id_token' in body && typeof body.id_token === 'string') {
        const { claims = decodeJwt(body.id_token), signature } = spoiler(decodeJwt(body.id_token));
        body.id_token = await sign(claims, signature);
      }
    });
    const callback = made.callback();
    handle = (req, res) => {
      const uid = /^\/interaction\/[\w-]+$/.test(req.url ?? '');
      if (uid) void interact(made, req, res);
      else void callback(req, res);
    };
    return made;
  }

  /** The form of the provider: whoever says who they are is. */
  async function interact(
    made: OidcProvider,
    req: IncomingMessage,
    res: ServerResponse,
  ): Promise<void> {
    if (req.method === 'GET') {
      res.setHeader('Content-Type', 'text/html; charset=utf-8');
      res.end(form);
      return;
    }
    const sent = new URLSearchParams(await readAll(req));
    const account = sent.get('account') ?? '';
    const claims = sent.get('claims');
    if (claims) claimsByAccount.set(account, JSON.parse(claims) as Claims); // as: a test wrote it
    const result =
      sent.get('cancel') === null
        ? { login: { accountId: account } }
        : { error: 'access_denied', error_description: 'the person pressed cancel' };
    await made.interactionFinished(req, res, result);
  }

  async function sign(
    claims: JWTPayload,
    signature: Spoiled['signature'] = 'own',
    typ?: string,
  ): Promise<string> {
    if (signature === 'none') return new UnsecuredJWT(claims).encode();
    const { kid = '' } = key.jwk;
    const {
      alg = 'RS256',
      name = kid,
      by,
    }: { alg?: string; name?: string; by: webcrypto.CryptoKey | Uint8Array } = {
      own: { by: key.privateKey },
      foreign: { by: foreign.privateKey },
      'unknown key': { by: foreign.privateKey, name: 'unknown' },
      former: { by: former.privateKey, name: former.jwk.kid ?? '' },
      'client secret': { alg: 'HS256', by: Buffer.from(clientSecret) },
      'public key as secret': { alg: 'HS256', by: key.publicPem },
    }[signature];
    return new SignJWT(claims)
      .setProtectedHeader({ alg, kid: name, ...(typ !== undefined && { typ }) })
      .sign(by);
  }

  function listen(at: number): Promise<void> {
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(at, '127.0.0.1', resolve);
    });
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  return {
    issuer,
    settings: (name, more = {}) => ({
      name,
      label: 'Example Corp',
      issuer,
      clientId,
      clientSecret,
      ...more,
    }),
    setClaims: (account, claims) => void claimsByAccount.set(account, claims),
    signIn: (url, account) => walk(url, issuer, account),
    async rotateKeys() {
      former = key;
      key = await newKey();
      provider = serve();
    },
    setDown: (isDown) => (isDown ? close() : listen(port)),
    silence: (path) => new Promise((resolve) => silenced.set(path, resolve)),
    answer: (path, with_) =>
      void (with_ === undefined ? answers.delete(path) : answers.set(path, with_)),
    spoil: (wanted) => void (spoiler = wanted),
    async setClaimsAtUserInfo(wanted) {
      isAtUserInfo = wanted;
      provider = serve();
    },
    setAlgorithms: (wanted) => void (algorithms = wanted),
    async setLogoutAddress(url) {
      logoutAddress = url;
      provider = serve();
    },
    async setLogoutFrame(url) {
      logoutFrame = url;
      provider = serve();
    },
    async sendLogout(account, sid) {
      const client = await provider.Client.find(clientId);
      // as: the types leave it out
      const { backchannelLogout } = client as unknown as {
        backchannelLogout: (sub: string, sid: string) => Promise<void>;
      };
      await backchannelLogout.call(client, account, sid);
    },
    logoutToken: (claims, signature) => {
      const now = Math.floor(Date.now() / 1000);
      const event = 'http://schemas.openid.net/event/backchannel-logout';
      const usual = {
        iss: issuer,
        aud: clientId,
        iat: now,
        exp: now + 120,
        events: { [event]: {} },
      };
      return sign({ ...usual, jti: crypto.randomUUID(), ...claims }, signature, 'logout+jwt');
    },
    stop: close,
  };
}

// A native application is asked for consent every time: nothing on its way proves who it is.
const policy = interactionPolicy.base();
policy.get('consent')?.checks.remove('native_client_prompt');

/** Claims that an account can have. */
const claimNames = ['preferred_username', 'nickname', 'groups', 'roles', 'email'];

async function newKey(): Promise<Key> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const name = { kid: crypto.randomUUID(), use: 'sig', alg: 'RS256' };
  const publicPem = Buffer.from(await exportSPKI(publicKey));
  return { jwk: { ...(await exportJWK(privateKey)), ...name }, privateKey, publicPem };
}

interface Key {
  jwk: JWK;
  privateKey: webcrypto.CryptoKey;
  publicPem: Uint8Array;
}

const page = (content: string) =>
  `<!doctype html><html lang="en"><title>Example Corp</title><h1>Example Corp</h1>${content}</html>`;

const form = page(`<form method="post">
<label>Account <input name="account"></label><label>Claims <input name="claims"></label>
<button>Go on</button><button name="cancel" value="yes">Cancel</button></form>`);

/** Follows redirects with the cookies of a browser until they lead away from the provider. */
async function walk(start: string, issuer: string, account: string): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = new URL(start);
  let body: URLSearchParams | undefined;
  for (let step = 0; step < 10; step += 1) {
    // oxlint-disable-next-line no-restricted-globals -- a test is a browser, not the product
    const answer = await fetch(url, {
      redirect: 'manual',
      method: body === undefined ? 'GET' : 'POST',
      headers: { Cookie: [...cookies].map(([name, content]) => `${name}=${content}`).join('; ') },
      ...(body !== undefined && { body }),
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', content = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, content);
    }
    const location = answer.headers.get('Location');
    if (location === null) {
      if (answer.status !== 200 || body !== undefined)
        throw new Error(`The provider answered ${answer.status}: ${await answer.text()}`);
      body = new URLSearchParams(account === '' ? { cancel: 'yes' } : { account });
    } else {
      body = undefined;
      url = new URL(location, url);
      if (url.origin !== issuer) return url;
    }
  }
  throw new Error('The provider redirects for ever.');
}
