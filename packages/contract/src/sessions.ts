import { z } from 'zod';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';

/** @file Sessions as people see them: their own, and everybody's for who manages access. Only such that are alive. */

/** How many sessions of one user are alive at a time: signing in once more ends the oldest. */
export const mostSessionsOfUser = 100;

/** A session that is alive. */
export const SessionSchema = z
  .strictObject({
    id: z.uuid(),
    user: z.strictObject({ id: z.uuid(), name: z.string() }),
    /** How one signed in: `password`, `passkey`, or `oidc:` and the name of the provider. */
    means: z.string(),
    createdAt: z.iso.datetime(),
    /** Up to a minute behind. */
    lastSeenAt: z.iso.datetime(),
    /** It ends then at the latest. */
    expiresAt: z.iso.datetime(),
    /** Where one signed in from. */
    address: z.string().nullable(),
    /** Browser and system in words, as the browser said at sign-in. */
    agent: z.string().nullable(),
    /** The session that asks. */
    isCurrent: z.boolean(),
  })
  .meta({ id: 'Session' });

/** One's own sessions, the latest first. */
export const SessionListSchema = z
  .strictObject({ items: z.array(SessionSchema) })
  .meta({ id: 'SessionList' });

/** `GET /all-sessions`: `q` is a case-insensitive part of the name of a user. A cursor carries it. */
export const ListSessionsSchema = z.strictObject({
  q: SearchSchema.optional(),
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** One page of everybody's sessions, the latest first. */
export const SessionPageSchema = z
  .strictObject({
    items: z.array(SessionSchema),
    /** Pass it as `cursor` for the next page; null on the last one. */
    nextCursor: z.string().nullable(),
    /** How many sessions match; null for more than 1000. */
    total: z.int().nullable(),
  })
  .meta({ id: 'SessionPage' });

/** The path of one session. */
export const SessionPathSchema = z.strictObject({ id: z.string() });

/** A session that is alive. */
export type Session = z.infer<typeof SessionSchema>;
/** `GET /all-sessions`, checked. */
export type ListSessions = z.infer<typeof ListSessionsSchema>;
/** One page of everybody's sessions. */
export type SessionPage = z.infer<typeof SessionPageSchema>;
