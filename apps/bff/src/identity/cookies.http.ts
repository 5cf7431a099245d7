import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import type { RequestContext } from '../base/route.http.ts';

/** A cookie of ours. No script reads it, and a browser sends it with requests of our own pages only. */
export interface OwnCookie {
  read(c: RequestContext): string | undefined;
  set(c: RequestContext, content: string, seconds: number): void;
  clear(c: RequestContext): void;
}

/** The cookies of this installation: over TLS they are `__Host-` ones (RFC 6265bis, 4.1.3.2), which no other host can set. */
export interface Cookies {
  named(name: string): OwnCookie;
  /** Removes all but the newest of those whose names begin so. */
  clearOldest(c: RequestContext, beginning: string, kept: number): void;
}

/** `publicOrigin` says whether browsers come by TLS. */
export function createCookies(publicOrigin: string | undefined): Cookies {
  const isSecure = publicOrigin?.startsWith('https:') ?? false;
  const prefix = isSecure ? '__Host-' : '';
  const attributes = { path: '/', httpOnly: true, sameSite: 'Strict', secure: isSecure } as const;
  return {
    named: (name) => ({
      read: (c) => getCookie(c, prefix + name),
      set: (c, content, seconds) =>
        setCookie(c, prefix + name, content, { ...attributes, maxAge: seconds }),
      clear: (c) => void deleteCookie(c, prefix + name, attributes),
    }),
    clearOldest(c, beginning, kept) {
      const names = Object.keys(getCookie(c)).filter((name) => name.startsWith(prefix + beginning));
      // A browser sends the oldest first (RFC 6265, 5.4).
      for (const name of names.slice(0, Math.max(0, names.length - kept)))
        deleteCookie(c, name, attributes);
    },
  };
}
