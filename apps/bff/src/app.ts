/** @file The HTTP side in one list: what happens to a request, in order, and every mount. */
import { randomUUID } from 'node:crypto';
import { operations } from '@dropsafe/contract/operations';
import { problems } from '@dropsafe/contract/problems';
import { getConnInfo } from '@hono/node-server/conninfo';
import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { BlockList } from 'node:net';
import { mountAudit } from './audit/audit.http.ts';
import { clientAddress } from './base/client-address.ts';
import { problemOfDatabase } from './base/database.ts';
import { Problem, toResponse } from './base/problem.ts';
import { createRoutes, type RequestContext, type RequestEnv } from './base/route.http.ts';
import { securityHeaders } from './headers.ts';
import { createAuthentication } from './identity/authenticate.http.ts';
import { createCookies } from './identity/cookies.http.ts';
import { mountIdentity } from './identity/identity.http.ts';
import { mountOidcGroups } from './identity/oidc-groups.http.ts';
import { mountSignInThrough } from './identity/sign-in-through.http.ts';
import { mountPasskeys } from './identity/passkeys.http.ts';
import { mountTeams } from './identity/teams.http.ts';
import { mountUsers } from './identity/users.http.ts';
import { mountIntegrations } from './integrations/integrations.http.ts';
import { describeApi } from './openapi.ts';
import { mountOutbound } from './outbound/outbound.http.ts';
import { mountSecrets } from './secrets/secrets.http.ts';
import { mountWebApp, type WebApp } from './web.http.ts';
import type { Rooms } from './wiring.ts';

/** A value has 64 KiB at most, which JSON can write as up to six times as many bytes; the rest of a body is small. */
const maxBodyBytes = 512 * 1024;

/** What the HTTP side needs beside the rooms. */
export interface AppOptions {
  version: string;
  publicOrigin: string | undefined;
  trustedProxies: BlockList;
  webApp: WebApp;
}

/** Everything that answers HTTP. */
export function createApp(rooms: Rooms, options: AppOptions): Hono<RequestEnv> {
  const { log, database } = rooms;
  const app = new Hono<RequestEnv>();
  const isSecure = options.publicOrigin?.startsWith('https:') ?? false;
  const headers = new Map(securityHeaders(isSecure));

  app.use(async (c, next) => {
    const requestId = randomUUID();
    c.set('requestId', requestId);
    c.set(
      'address',
      clientAddress(
        getConnInfo(c).remote.address,
        c.req.header('X-Forwarded-For'),
        options.trustedProxies,
      ),
    );
    c.set('operation', c.req.method);
    // On Node's own answer, so that they go out whoever answers: a route, an error, the adapter itself.
    c.env.outgoing.setHeaders(headers);
    c.env.outgoing.setHeader('X-Request-Id', requestId);
    await next();
    // Reading without trouble is not worth a line. The operation, not the address: a pasted value may be in that.
    if (c.res.status >= 400 || !isRead(c)) {
      log.info('request', {
        requestId,
        operation: c.var.operation,
        status: c.res.status,
        address: c.var.address,
      });
    }
  });
  const limitBody = bodyLimit({
    maxSize: maxBodyBytes,
    onError: () => {
      throw new Problem('payload-too-large');
    },
  });
  // A length that was declared is all that Node lets through. Only a body without one has to be counted, for which it is
  // read as a web stream: that costs more than all else on the way to the route.
  app.use('/api/*', (c, next) => {
    if (c.req.header('Transfer-Encoding') !== undefined) return limitBody(c, next);
    if (Number(c.req.header('Content-Length') ?? 0) > maxBodyBytes)
      throw new Problem('payload-too-large');
    return next();
  });

  app.get('/healthz', (c) => c.json({ status: 'ok' }));
  app.get('/readyz', async (c) =>
    (await database.isReady())
      ? c.json({ status: 'ready' })
      : c.json({ status: 'database unavailable' }, 503),
  );

  const cookies = createCookies(options.publicOrigin);
  const { authenticate, cookie } = createAuthentication(
    rooms.identity,
    cookies,
    options.publicOrigin,
  );
  const routes = createRoutes(authenticate, (error, c) =>
    log.error('answer.cut-off', error, {
      requestId: c.var.requestId,
      operation: c.var.operation,
    }),
  );
  mountIdentity(routes, rooms.identity, cookie);
  mountSignInThrough(
    routes,
    rooms.signInThrough,
    cookie,
    rooms.identity.limits,
    cookies,
    options.publicOrigin,
  );
  mountPasskeys(routes, rooms.passkeys, rooms.identity, cookie, cookies, options.publicOrigin);
  mountUsers(routes, rooms.users, rooms.invitations);
  mountTeams(routes, rooms.teams);
  mountOidcGroups(routes, rooms.oidcGroups);
  mountSecrets(routes, rooms.secrets, rooms.providers);
  // Before those with an id in their path, as "tests" would be taken for one.
  mountOutbound(routes, rooms.outbound);
  mountIntegrations(routes, rooms.integrations);
  mountAudit(routes, rooms.trail, rooms.permissions, rooms.identity);
  const document = JSON.stringify(describeApi(options.version));
  routes.api.get('/openapi.json', (c) =>
    c.body(document, 200, { 'Content-Type': 'application/json' }),
  );
  mountOtherMethods(routes.api);
  app.route('/api/v1', routes.api);
  app.all('/api/*', () => {
    throw new Problem('not-found');
  });
  mountWebApp(app, options.webApp, isSecure);

  app.notFound((c) => toResponse(new Problem('not-found'), c.var.requestId));
  app.onError((error, c) => {
    const problem = asProblem(error);
    if (problems[problem.code].status >= 500)
      log.error('request.failed', error, {
        requestId: c.var.requestId,
        operation: c.var.operation,
        problem: problem.code,
      });
    return toResponse(problem, c.var.requestId);
  });
  return app;
}

/** True for a request that changes nothing. */
function isRead(c: RequestContext): boolean {
  return c.req.method === 'GET' || c.req.method === 'HEAD';
}

function asProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  return new Problem(problemOfDatabase(error) ?? 'internal', {}, { cause: error });
}

/** Answers 405 with the methods that a known path has. */
function mountOtherMethods(api: Hono<RequestEnv>): void {
  const byPath = Map.groupBy(Object.values(operations), ({ path }) =>
    path.replaceAll(/\{(\w+)\}/g, ':$1'),
  );
  for (const [path, ofPath] of byPath) {
    const methods: string[] = ofPath.map(({ method }) => method);
    const allow = methods.includes('GET') ? ['HEAD', ...methods] : methods;
    api.all(path, () => {
      throw new Problem('method-not-allowed', { allow });
    });
  }
}
