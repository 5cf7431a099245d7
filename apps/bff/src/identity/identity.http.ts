import type { CurrentSession } from '@dropsafe/contract/identity';
import { operations } from '@dropsafe/contract/operations';
import type { UserCaller } from '../base/caller.ts';
import { Redacted } from '../base/redacted.ts';
import type { Routes } from '../base/route.http.ts';
import type { SessionCookie } from './authenticate.http.ts';
import type { Identity, SessionLimits } from './identity.ts';
import { summariseUserAgent } from './user-agent.ts';

/** A session as its person sees it, by whatever means it was opened. */
export function sessionOf(
  { id, kind, name, permissions, session }: UserCaller,
  { idleMinutes }: SessionLimits,
): CurrentSession {
  return {
    principal: { id, kind, name },
    permissions: [...permissions],
    expiresAt: session.expiresAt.toISOString(),
    idleTimeoutSeconds: idleMinutes * 60,
  };
}

/** Routes of signing in and out, of sessions, and of API keys. */
export function mountIdentity({ mount }: Routes, identity: Identity, cookie: SessionCookie): void {
  const { sessions, apiKeys, limits } = identity;

  mount(operations.signIn, async ({ caller, body }, c) => {
    const opened = await identity.signIn(caller, {
      username: body.username,
      password: new Redacted(body.password),
      agent: summariseUserAgent(c.req.header('User-Agent')),
    });
    cookie.set(c, opened.token);
    return { body: sessionOf(opened.caller, limits) };
  });

  mount(operations.currentSession, async ({ caller }) => ({ body: sessionOf(caller, limits) }));

  mount(operations.signOut, async ({ caller }, c) => {
    await identity.signOut(caller);
    cookie.clear(c);
    // What the browser kept of this origin goes as well (W3C Clear Site Data).
    c.header('Clear-Site-Data', '"cache", "cookies", "storage"');
    return { body: undefined };
  });

  mount(operations.changePassword, async ({ caller, body }) => {
    await identity.changePassword(caller, {
      currentPassword: new Redacted(body.currentPassword),
      newPassword: new Redacted(body.newPassword),
    });
    return { body: undefined };
  });

  mount(operations.listSessions, async ({ caller }) => ({
    body: { items: await sessions.listOwn(caller) },
  }));

  mount(operations.endOtherSessions, async ({ caller }) => {
    await sessions.endOthers(caller);
    return { body: undefined };
  });

  mount(operations.endSession, async ({ caller, params }) => {
    await sessions.endOwn(caller, params.id);
    return { body: undefined };
  });

  mount(operations.listAllSessions, async ({ caller, query }) => ({
    body: await sessions.list(caller, query),
  }));

  mount(operations.endAnySession, async ({ caller, params }) => {
    await sessions.end(caller, params.id);
    return { body: undefined };
  });

  mount(operations.listApiKeys, async ({ caller, query }) => ({
    body: await apiKeys.list(caller, query),
  }));

  mount(operations.createApiKey, async ({ caller, body }) => {
    const { apiKey, etag, token } = await apiKeys.create(caller, body);
    return { body: { ...apiKey, token }, etag, location: `/api/v1/api-keys/${apiKey.id}` };
  });

  mount(operations.describeApiKey, async ({ caller, params }) => {
    const { apiKey, etag } = await apiKeys.describe(caller, params.id);
    return { body: apiKey, etag };
  });

  mount(operations.updateApiKey, async ({ caller, params, body, ifMatch }) => {
    const { apiKey, etag } = await apiKeys.update(caller, params.id, ifMatch, body);
    return { body: apiKey, etag };
  });

  mount(operations.revokeApiKey, async ({ caller, params }) => {
    await apiKeys.revoke(caller, params.id);
    return { body: undefined };
  });
}
