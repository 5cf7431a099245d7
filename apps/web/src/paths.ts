/** @file Every URL of the web app, built by functions. */

/** Where one signs in, and then comes back to `wanted`. */
export const signInPath = (wanted?: string): string =>
  wanted === undefined || wanted === '/'
    ? '/sign-in'
    : `/sign-in?next=${encodeURIComponent(wanted)}`;

/** Where a provider sends somebody back to who signs in through it. */
export const providerReturnPath = '/sign-in/oidc/:provider';

/** The start page: leads to the first page that the person may see. */
export const startPath = '/';

/** The table of secrets. */
export const secretsPath = '/secrets';

/** The table of the secrets of one provider. */
export const secretsOfPath = (provider: string): string =>
  `${secretsPath}?provider=${encodeURIComponent(provider)}`;

/** The page of one secret. */
export const secretPath = (name: string): string => `${secretsPath}/${encodeURIComponent(name)}`;

/** The table of integrations. */
export const integrationsPath = '/integrations';

/** One integration, open in its dialog above the table. */
export const integrationPath = (id: string): string =>
  `${integrationsPath}?edit=${encodeURIComponent(id)}`;

/** The providers, with what they can do and how they are doing. */
export const systemPath = '/system';

/** The table of users. */
export const usersPath = '/users';

/** The table of teams. */
export const teamsPath = '/teams';

/** Where somebody who was invited sets a password. The token is in the fragment, which is sent to no server. */
export const invitationPath = '/invitation';
/** The audit trail. */
export const auditPath = '/audit';

/** The keys of programs. */
export const apiKeysPath = '/api-keys';

/** One's own sessions; for who manages access, everybody's as well. */
export const sessionsPath = '/sessions';

/** One's own passkeys. */
export const passkeysPath = '/passkeys';

/** Everybody's sessions. */
export const allSessionsPath = '/sessions/everybody';

/**
 * Where to go after signing in. Only a path of this origin passes: `//host`, `/\host` and control characters, which
 * browsers drop, would leave it. Anything else leads to the start page.
 */
export function wantedPath(next: string | null): string {
  if (next === null || !/^\/(?![/\\])[^\p{Cc}\\]*$/u.test(next)) return startPath;
  return next.startsWith('/sign-in') ? startPath : next;
}
