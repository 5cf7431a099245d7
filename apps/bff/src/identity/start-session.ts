/**
 * @file The end of every sign-in, by whatever means: the session, its audit event, and the caller whom it is for, in one
 * transaction with what the means has to write of its own.
 */
import { randomUUID } from 'node:crypto';
import type { Permission } from '@dropsafe/contract/permissions';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import type { AnonymousCaller, UserCaller } from '../base/caller.ts';
import type { Transaction } from '../base/database.ts';
import { pruneAttempts, takeFailureBack } from './attempts.store.ts';
import { addressKey } from './attempts.ts';
import { endOldestSessions, insertSession, pruneSessions } from './sessions.store.ts';
import { hashToken, mintToken } from './token.ts';

/** A session that was just opened: who it is for, and the token for the cookie. */
export interface OpenedSession {
  caller: UserCaller;
  token: string;
}

/** Who is signed in, as they are in the transaction that opens the session. */
export interface SignedIn {
  id: string;
  name: string;
  permissions: Permission[];
}

/** How somebody signed in, and with what. */
export interface SignInMeans {
  /** `password`, `passkey`, or `oidc:` and the name of the provider. */
  means: string;
  /** Browser and system in words. */
  agent: string | null;
  /** Who that is at the provider, and in which session there; absent for other means. */
  identity?: { subject: string; sid: string | null };
}

/**
 * Opens a session for whom `confirm` answers, and takes back the attempt that was counted against the address. `confirm` runs
 * first in the transaction: it makes sure that the user may still sign in, holding their row, and throws what refuses
 * them; then there is no session.
 */
export type StartSession = (
  caller: AnonymousCaller,
  how: SignInMeans,
  confirm: (tx: Transaction, tell: (event: AuditEvent) => void) => Promise<SignedIn>,
) => Promise<OpenedSession>;

/** The one way to open a session. Ends the oldest of somebody who has too many, and removes some that are over, whosever they were. */
export function createStartSession(
  audit: Audit,
  { idleMinutes, hours }: { idleMinutes: number; hours: number },
): StartSession {
  return async (caller, { means, agent, identity }, confirm) => {
    const { requestId, address } = caller;
    const token = mintToken();
    const id = randomUUID();
    const { user, expiresAt } = await audit.change(caller, async (tx, tell) => {
      const confirmed = await confirm(tx, tell);
      await takeFailureBack(tx, addressKey(address).keyHash);
      await pruneAttempts(tx);
      const tokenHash = hashToken(token);
      const session = {
        id,
        tokenHash,
        userId: confirmed.id,
        means,
        address,
        agent,
        providerSubject: identity?.subject ?? null,
        providerSid: identity?.sid ?? null,
      };
      await pruneSessions(tx);
      const ended = await endOldestSessions(tx, confirmed.id, idleMinutes);
      for (let n = 0; n < ended; n += 1) tell({ action: 'session.ended', subject: confirmed.name });
      const until = await insertSession(tx, session, hours);
      tell({ action: 'session.started', subject: confirmed.name, means });
      return { user: confirmed, expiresAt: until };
    });
    return {
      caller: { kind: 'user', ...user, session: { id, expiresAt, means }, requestId, address },
      token,
    };
  };
}
