import { sql } from 'drizzle-orm';
import { bigint, makePgArray, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Caller } from '../base/caller.ts';
import type { Database, Queries } from '../base/database.ts';
import type { AuditEvent } from './event.ts';

/** The trail. Insert-only. */
export const auditEvents = pgTable('audit_events', {
  id: bigint({ mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
  /** The database's clock: one order for all nodes. */
  at: timestamp({ withTimezone: true, precision: 3 })
    .notNull()
    .default(sql`clock_timestamp()`),
  principalKind: text().notNull(),
  principalId: uuid(),
  principalName: text(),
  action: text().notNull(),
  subject: text().notNull(),
  fields: text().array(),
  permissions: text().array(),
  address: text(),
  requestId: text().notNull(),
});

/** An event as it is written. */
export interface EventValues extends Record<string, string | null> {
  principalKind: string;
  principalId: string | null;
  principalName: string | null;
  action: string;
  subject: string;
  /** Lists as PostgreSQL writes them. */
  fields: string | null;
  permissions: string | null;
  address: string | null;
  requestId: string;
}

/** The event of this caller. */
export function eventValues(caller: Caller, event: AuditEvent): EventValues {
  return {
    principalKind: caller.kind,
    principalId: caller.id,
    principalName: caller.name,
    action: event.action,
    subject: event.subject,
    fields: 'fields' in event ? makePgArray(event.fields) : null,
    permissions: 'permissions' in event ? makePgArray([...event.permissions]) : null,
    address: caller.address,
    requestId: caller.requestId,
  };
}

const placeholders = {
  principalKind: sql`${sql.placeholder('principalKind')}::text`,
  principalId: sql`${sql.placeholder('principalId')}::uuid`,
  principalName: sql`${sql.placeholder('principalName')}::text`,
  action: sql`${sql.placeholder('action')}::text`,
  subject: sql`${sql.placeholder('subject')}::text`,
  fields: sql`${sql.placeholder('fields')}::text[]`,
  permissions: sql`${sql.placeholder('permissions')}::text[]`,
  address: sql`${sql.placeholder('address')}::text`,
  requestId: sql`${sql.placeholder('requestId')}::text`,
};

/** Appends one event. */
export async function insertEvent(
  queries: Queries,
  caller: Caller,
  event: AuditEvent,
): Promise<void> {
  await queries
    .insert(auditEvents)
    .values(placeholders)
    .prepare('insert_audit_event')
    .execute(eventValues(caller, event));
}

/** The part of a statement that appends the event of the change: one for every row of its part `changed`. */
export function recordedPart({ queries }: Database) {
  return queries.$with('recorded', {}).as(
    sql`insert into ${auditEvents} (principal_kind, principal_id, principal_name, action, subject, fields, permissions, address, request_id)
        select ${sql.join(Object.values(placeholders), sql`, `)} from changed`,
  );
}
