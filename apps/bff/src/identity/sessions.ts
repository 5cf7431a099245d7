/**
 * @file Sessions as people see and end them, a part of this room's front door. Promise: an ended session is refused on
 * the very next request to any node. (Opening one, and signing out, belong to signing in: identity.ts.)
 */
import { manageAccess } from '@dropsafe/contract/permissions';
import type { ListSessions, Session, SessionPage } from '@dropsafe/contract/sessions';
import { z } from 'zod';
import type { Audit } from '../audit/audit.ts';
import type { Caller, UserCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { printCursor } from '../base/cursor.ts';
import { Problem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { parseCursor } from './page-cursor.ts';
import {
  countSessions,
  endSessions,
  listSessions,
  type SeenSession,
  type SessionChoice,
} from './sessions.store.ts';
import { isUuid } from './uuid.ts';

/** The operations on sessions that are open. */
export interface Sessions {
  /** The caller's own; there are few (`mostSessionsOfUser`). */
  listOwn(caller: UserCaller): Promise<Session[]>;
  /** Ends one of the caller's own. Throws `not-found`, for somebody else's as well. */
  endOwn(caller: UserCaller, id: string): Promise<void>;
  /** Ends all of the caller's own but this one. */
  endOthers(caller: UserCaller): Promise<void>;
  /** Everybody's. */
  list(caller: Caller, input: ListSessions): Promise<SessionPage>;
  /** Ends anybody's. Throws `not-found`. */
  end(caller: Caller, id: string): Promise<void>;
}

/** Sessions in this database. */
export function createSessions(
  database: Database,
  audit: Audit,
  permissions: Permissions,
  idleMinutes: number,
): Sessions {
  /** Ends what is chosen, with an event for each; answers how many there were. */
  const end = (caller: Caller, choice: SessionChoice) =>
    audit.change(caller, async (tx, tell) => {
      const names = await endSessions(tx, choice, idleMinutes);
      for (const name of names) tell({ action: 'session.ended', subject: name });
      return names.length;
    });

  return {
    async listOwn(caller) {
      const rows = await listSessions(database.queries, { userId: caller.id }, idleMinutes);
      return rows.map((row) => present(row, caller));
    },

    async endOwn(caller, id) {
      const choice = { userId: caller.id, id };
      if (!isUuid(id) || (await end(caller, choice)) === 0) throw new Problem('not-found');
    },

    async endOthers(caller) {
      await end(caller, { userId: caller.id, exceptId: caller.session.id });
    },

    async list(caller, input) {
      await permissions.demand(caller, manageAccess, 'sessions');
      const after =
        input.cursor === undefined ? undefined : parseCursor(input.cursor, orders, input);
      const q = after?.q ?? input.q ?? '';
      // One row more than asked for tells whether there is a next page.
      const choice = { q, after, limit: input.limit + 1 };
      const [rows, total] = await Promise.all([
        listSessions(database.queries, choice, idleMinutes),
        countSessions(database.queries, { q }, idleMinutes),
      ]);
      const items = rows.slice(0, input.limit);
      const last = rows.length > input.limit ? items.at(-1) : undefined;
      const nextCursor = last
        ? printCursor({ sort, q, key: last.createdAt.toISOString(), id: last.id })
        : null;
      return { items: items.map((row) => present(row, caller)), nextCursor, total };
    },

    async end(caller, id) {
      await permissions.demand(caller, manageAccess, 'sessions');
      if (!isUuid(id) || (await end(caller, { id })) === 0) throw new Problem('not-found');
    },
  };
}

/** The one order of the list: the latest sign-in first. When a session was last seen changes while one turns pages. */
const sort = '-createdAt';
const orders = z.enum([sort]);

function present({ userId, userName, ...session }: SeenSession, caller: Caller): Session {
  return {
    ...session,
    user: { id: userId, name: userName },
    createdAt: session.createdAt.toISOString(),
    lastSeenAt: session.lastSeenAt.toISOString(),
    expiresAt: session.expiresAt.toISOString(),
    isCurrent: caller.kind === 'user' && caller.session.id === session.id,
  };
}
