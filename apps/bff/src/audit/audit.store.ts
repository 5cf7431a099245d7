import { sql } from 'drizzle-orm';
import { bigint, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Caller } from '../base/caller.ts';
import type { Queries } from '../base/database.ts';
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

/** Appends one event. */
export async function insertEvent(
  queries: Queries,
  caller: Caller,
  event: AuditEvent,
): Promise<void> {
  await queries
    .insert(auditEvents)
    .values({
      principalKind: caller.kind,
      principalId: caller.id,
      principalName: caller.name,
      action: event.action,
      subject: event.subject,
      fields: 'fields' in event ? event.fields : null,
      permissions: 'permissions' in event ? [...event.permissions] : null,
      address: caller.address,
      requestId: caller.requestId,
    })
    .prepare('insert_audit_event')
    .execute();
}
