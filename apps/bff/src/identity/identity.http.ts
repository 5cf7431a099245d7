import type { CurrentSession } from '@dropsafe/contract/identity';
import { operations } from '@dropsafe/contract/operations';
import type { UserCaller } from '../base/caller.ts';
import { Redacted } from '../base/redacted.ts';
import type { Routes } from '../base/route.http.ts';
import type { SessionCookie } from './authenticate.http.ts';
import type { Identity } from './identity.ts';

/** Routes of signing in and out. */
export function mountIdentity({ mount }: Routes, identity: Identity, cookie: SessionCookie): void {
  const sessionOf = ({ id, kind, name, permissions, session }: UserCaller): CurrentSession => ({
    principal: { id, kind, name },
    permissions: [...permissions],
    expiresAt: session.expiresAt.toISOString(),
    idleTimeoutSeconds: identity.limits.idleMinutes * 60,
  });

  mount(operations.signIn, async ({ caller, body }, c) => {
    const opened = await identity.signIn(caller, {
      username: body.username,
      password: new Redacted(body.password),
    });
    cookie.set(c, opened.token);
    return { body: sessionOf(opened.caller) };
  });

  mount(operations.currentSession, async ({ caller }) => ({ body: sessionOf(caller) }));

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
}
