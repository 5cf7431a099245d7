/**
 * @file From a request to a caller. A request by cookie that can change something must prove that it comes from our own
 * page: the header `X-Requested-With: dropsafe` and a same-origin `Origin` or `Sec-Fetch-Site`, whatever its content
 * type, signing in included (login CSRF). A browser adds neither for a foreign page without asking us first.
 */
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { Problem } from '../base/problem.ts';
import type { Authenticate, RequestContext } from '../base/route.http.ts';
import type { Identity } from './identity.ts';

/** Writes and removes the session cookie. */
export interface SessionCookie {
  set(c: RequestContext, token: string): void;
  clear(c: RequestContext): void;
}

/** Cookie and caller of this installation. `publicOrigin` with https makes the cookie a `__Host-` one (RFC 6265bis, 4.1.3.2). */
export function createAuthentication(
  identity: Identity,
  publicOrigin: string | undefined,
): { authenticate: Authenticate; cookie: SessionCookie } {
  const isSecure = publicOrigin?.startsWith('https:') ?? false;
  const name = isSecure ? '__Host-dropsafe' : 'dropsafe';
  const attributes = { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure } as const;

  function demandSameOrigin(c: RequestContext): void {
    if (['GET', 'HEAD'].includes(c.req.method)) return;
    const origin = c.req.header('Origin');
    const isOurs =
      origin === undefined
        ? c.req.header('Sec-Fetch-Site') === 'same-origin'
        : origin === (publicOrigin ?? `http://${c.req.header('Host')}`);
    if (c.req.header('X-Requested-With') !== 'dropsafe' || !isOurs)
      throw new Problem('cross-site-request');
  }

  return {
    authenticate: {
      async demandUser(c) {
        const token = getCookie(c, name);
        if (token === undefined) throw new Problem('unauthenticated');
        demandSameOrigin(c);
        const caller = await identity.authenticate(token, {
          requestId: c.var.requestId,
          address: c.var.address,
        });
        if (caller === undefined) throw new Problem('unauthenticated');
        return caller;
      },
      anonymous(c) {
        demandSameOrigin(c);
        return {
          kind: 'anonymous',
          id: null,
          name: null,
          requestId: c.var.requestId,
          address: c.var.address,
        };
      },
    },
    cookie: {
      set: (c, token) =>
        setCookie(c, name, token, { ...attributes, maxAge: identity.limits.hours * 3600 }),
      clear: (c) => deleteCookie(c, name, attributes),
    },
  };
}
