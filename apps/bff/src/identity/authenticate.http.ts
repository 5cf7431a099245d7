/**
 * @file From a request to a caller: a person by the session cookie, a program by `Authorization: Bearer` and its API key
 * (RFC 6750), never both. A request by cookie that can change something must prove that it comes from our own
 * page: the header `X-Requested-With: dropsafe` and a same-origin `Origin` or `Sec-Fetch-Site`, whatever its content
 * type, signing in included (login CSRF). A browser adds neither for a foreign page without asking us first.
 */
import type { KeyCaller, UserCaller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';
import type { Authenticate, RequestContext } from '../base/route.http.ts';
import { readAuthorization } from './api-key.ts';
import type { Cookies } from './cookies.http.ts';
import type { Identity } from './identity.ts';

/** Writes and removes the session cookie. */
export interface SessionCookie {
  set(c: RequestContext, token: string): void;
  clear(c: RequestContext): void;
}

/** Cookie and caller of this installation. `publicOrigin` is where its own pages come from. */
export function createAuthentication(
  identity: Identity,
  cookies: Cookies,
  publicOrigin: string | undefined,
): { authenticate: Authenticate; cookie: SessionCookie } {
  const cookie = cookies.named('dropsafe');

  function isSameOrigin(c: RequestContext): boolean {
    if (['GET', 'HEAD'].includes(c.req.method)) return true;
    const origin = c.req.header('Origin');
    const isOurs =
      origin === undefined
        ? c.req.header('Sec-Fetch-Site') === 'same-origin'
        : origin === (publicOrigin ?? `http://${c.req.header('Host')}`);
    return isOurs && c.req.header('X-Requested-With') === 'dropsafe';
  }

  /** No rule for cookies holds here: what a browser does not add by itself, another site cannot make it send. */
  async function demandProgram(
    header: string,
    hasCookie: boolean,
    origin: { requestId: string; address: string | null },
  ): Promise<KeyCaller> {
    if (hasCookie) {
      throw new Problem('unauthenticated', {
        challenge: 'invalid_request',
        detail:
          'Send either the session cookie or an API key, not both: it must be clear who asks.',
      });
    }
    const read = readAuthorization(header);
    if (read.kind === 'malformed')
      throw new Problem('unauthenticated', { challenge: 'invalid_request', detail: read.reason });
    const caller = await identity.apiKeys.authenticate(read.key, origin);
    if (caller !== undefined) return caller;
    throw new Problem('unauthenticated', {
      challenge: 'invalid_token',
      detail: 'This API key is unknown, revoked or expired. Ask for a new one.',
    });
  }

  async function demandCaller(c: RequestContext): Promise<UserCaller | KeyCaller> {
    const token = cookie.read(c);
    const header = c.req.header('Authorization');
    const origin = { requestId: c.var.requestId, address: c.var.address };
    if (header !== undefined) return demandProgram(header, token !== undefined, origin);
    if (token === undefined) throw new Problem('unauthenticated');
    if (!isSameOrigin(c)) {
      // In whose name the other site asked, for the trail. It must not keep their session alive.
      const victim = await identity.recognise(token, origin);
      if (victim === undefined) throw new Problem('cross-site-request');
      throw await identity.deny(victim, c.var.operation, 'cross-site-request');
    }
    const caller = await identity.authenticate(token, origin);
    if (caller === undefined) throw new Problem('unauthenticated');
    return caller;
  }

  return {
    authenticate: {
      demandCaller,
      async demandPerson(c) {
        const caller = await demandCaller(c);
        if (caller.kind === 'user') return caller;
        throw await identity.deny(caller, c.var.operation, 'person-required');
      },
      anonymous(c, isSentByServer) {
        if (!isSentByServer && !isSameOrigin(c)) throw new Problem('cross-site-request');
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
      set: (c, token) => cookie.set(c, token, identity.limits.hours * 3600),
      clear: (c) => cookie.clear(c),
    },
  };
}
