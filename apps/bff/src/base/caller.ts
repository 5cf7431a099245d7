import type { Permission } from '@dropsafe/contract/permissions';

/** From where a call came. */
interface Origin {
  /** Names the request in answers, log and audit trail. */
  requestId: string;
  /** The client's address; null for the operator's terminal. */
  address: string | null;
}

/** A signed-in user with the permissions that the database held when this request came in. Kept for one request only. */
export interface UserCaller extends Origin {
  kind: 'user';
  id: string;
  name: string;
  permissions: readonly Permission[];
  session: { id: string; expiresAt: Date; means: string };
}

/** A program with an API key, and the permissions that the database held when this request came in. Kept for one request only. */
export interface KeyCaller extends Origin {
  kind: 'api-key';
  id: string;
  name: string;
  permissions: readonly Permission[];
}

/** The operator at the terminal of the machine, or Dropsafe itself at the start. Holds every permission. */
export interface SystemCaller extends Origin {
  kind: 'system';
  id: null;
  name: 'terminal' | 'start';
}

/** Nobody known: somebody who is about to sign in. Holds no permission. */
export interface AnonymousCaller extends Origin {
  kind: 'anonymous';
  id: null;
  name: null;
}

/** A provider that people sign in through, when it says that sessions have ended. Holds no permission. */
export interface IdentityProviderCaller extends Origin {
  kind: 'identity-provider';
  id: null;
  name: `oidc:${string}`;
}

/** Who asks. The first parameter of every operation. */
export type Caller =
  | UserCaller
  | KeyCaller
  | SystemCaller
  | AnonymousCaller
  | IdentityProviderCaller;

/** How a row names who made or changed it. No name of a user has a blank, so that a key cannot pass for one. */
export function signatureOf(caller: Caller): string {
  if (caller.kind === 'api-key') return `API key ${caller.name}`;
  return caller.name ?? 'nobody';
}

/** A caller for work that nobody asked for over HTTP. */
export function systemCaller(name: SystemCaller['name'], requestId: string): SystemCaller {
  return { kind: 'system', id: null, name, requestId, address: null };
}
