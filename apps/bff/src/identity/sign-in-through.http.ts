import { operations } from '@dropsafe/contract/operations';
import type { RequestContext, Routes } from '../base/route.http.ts';
import type { SessionCookie } from './authenticate.http.ts';
import type { Cookies, OwnCookie } from './cookies.http.ts';
import { sessionOf } from './identity.http.ts';
import type { SessionLimits } from './identity.ts';
import { isLoopback } from './sign-in-providers.ts';
import type { SignInThrough } from './sign-in-through.ts';
import { summariseUserAgent } from './user-agent.ts';

/** How many sign-ins one browser can have under way: each has a cookie, and a request has only so much room for them. */
const mostAtOnce = 8;

/** Routes of signing in through a provider. */
export function mountSignInThrough(
  { mount }: Routes,
  signInThrough: SignInThrough,
  session: SessionCookie,
  limits: SessionLimits,
  cookies: Cookies,
  publicOrigin: string | undefined,
): void {
  const beginning = 'dropsafe-oidc-';
  /** One for each sign-in, so that two tabs do not take it from each other. */
  const cookieOf = (state: string) => cookies.named(beginning + state.slice(0, 12));

  mount(operations.signInMethods, async ({ caller }) => ({ body: signInThrough.methods(caller) }));

  mount(operations.beginSignInThrough, async ({ caller, params }, c) => {
    const { url, token, state } = await signInThrough.begin(caller, {
      provider: params.provider,
      origin: publicOrigin ?? ownOrigin(c),
    });
    cookies.clearOldest(c, beginning, mostAtOnce - 1);
    cookieOf(state).set(c, token, 600);
    return { body: { url } };
  });

  mount(operations.finishSignInThrough, async ({ caller, params, body }, c) => {
    let cookie: OwnCookie | undefined;
    const opened = await signInThrough.finish(caller, {
      provider: params.provider,
      origin: publicOrigin ?? ownOrigin(c),
      parameters: body.parameters,
      tokenOf: (state) => {
        cookie = cookieOf(state);
        return cookie.read(c);
      },
      agent: summariseUserAgent(c.req.header('User-Agent')),
    });
    cookie?.clear(c);
    session.set(c, opened.token);
    return { body: sessionOf(opened.caller, limits) };
  });

  mount(operations.logOutByProvider, async ({ caller, params, body }) => {
    await signInThrough.logOut(caller, params.provider, body.logout_token);
    return { body: undefined };
  });

  mount(operations.logOutInFrame, async ({ caller, params, query }) => {
    await signInThrough.logOutInFrame(caller, params.provider, query);
    return { body: undefined };
  });
}

/** Without a public address only this machine is served: by the name under which the browser knows it, or its cookie would not come back. */
function ownOrigin(c: RequestContext): string {
  const url = URL.parse(`http://${c.req.header('Host') ?? 'localhost'}`);
  if (url === null) return 'http://localhost';
  if (!isLoopback(url.hostname)) url.hostname = 'localhost';
  return url.origin;
}
