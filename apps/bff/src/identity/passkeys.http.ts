import { operations } from '@dropsafe/contract/operations';
import { Problem } from '../base/problem.ts';
import { Redacted } from '../base/redacted.ts';
import type { RequestContext, Routes } from '../base/route.http.ts';
import type { SessionCookie } from './authenticate.http.ts';
import type { Cookies } from './cookies.http.ts';
import { sessionOf } from './identity.http.ts';
import type { Identity } from './identity.ts';
import { challengeMinutes, type Passkeys } from './passkeys.ts';
import { relyingPartyOf } from './relying-party.ts';
import { summariseUserAgent } from './user-agent.ts';

/** Routes of passkeys. What was begun is remembered by a cookie of its own, which no script and no other site can use. */
export function mountPasskeys(
  { mount }: Routes,
  passkeys: Passkeys,
  { limits }: Identity,
  sessionCookie: SessionCookie,
  cookies: Cookies,
  publicOrigin: string | undefined,
): void {
  const cookie = cookies.named('dropsafe-passkey');

  function siteOf(c: RequestContext) {
    const site = relyingPartyOf(publicOrigin, c.req.header('Host'));
    if (site === undefined) throw new Problem('passkeys-unavailable');
    return site;
  }

  function remember(c: RequestContext, token: string): void {
    cookie.set(c, token, challengeMinutes * 60);
  }

  /** What the browser remembers, which it forgets with this. */
  function recall(c: RequestContext): string | undefined {
    const token = cookie.read(c);
    if (token !== undefined) cookie.clear(c);
    return token;
  }

  mount(operations.beginPasskeySignIn, async ({ caller }, c) => {
    const { asked, token } = await passkeys.beginSignIn(caller, siteOf(c));
    remember(c, token);
    return { body: asked };
  });

  mount(operations.signInWithPasskey, async ({ caller, body }, c) => {
    const opened = await passkeys.signIn(caller, {
      site: siteOf(c),
      token: recall(c),
      answer: body,
      agent: summariseUserAgent(c.req.header('User-Agent')),
    });
    sessionCookie.set(c, opened.token);
    return { body: sessionOf(opened.caller, limits) };
  });

  mount(operations.listPasskeys, async ({ caller }) => ({
    body: { items: await passkeys.listOwn(caller) },
  }));

  mount(operations.beginPasskey, async ({ caller, body }, c) => {
    const { asked, token } = await passkeys.begin(caller, {
      site: siteOf(c),
      currentPassword: new Redacted(body.currentPassword),
    });
    remember(c, token);
    return { body: asked };
  });

  mount(operations.addPasskey, async ({ caller, body }, c) => ({
    body: await passkeys.add(caller, { site: siteOf(c), token: recall(c), answer: body }),
  }));

  mount(operations.renamePasskey, async ({ caller, params, body }) => ({
    body: await passkeys.renameOwn(caller, params.id, body.name),
  }));

  mount(operations.removePasskey, async ({ caller, params }) => {
    await passkeys.removeOwn(caller, params.id);
    return { body: undefined };
  });
}
