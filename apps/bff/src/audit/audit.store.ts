import { sql } from 'drizzle-orm';
import { bigint, makePgArray, pgTable, text, timestamp, uuid } from 'drizzle-orm/pg-core';
import type { Caller } from '../base/caller.ts';
import { inTransaction, type Database, type Transaction } from '../base/database.ts';
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

/** Makes what appends one event, in a transaction or on its own; prepared once, as every change runs it. */
export function prepareInsertEvent({
  queries,
}: Database): (tx: Transaction | undefined, caller: Caller, event: AuditEvent) => Promise<void> {
  const statement = queries
    .insert(auditEvents)
    .values({
      principalKind: sql.placeholder('principalKind'),
      principalId: sql.placeholder('principalId'),
      principalName: sql.placeholder('principalName'),
      action: sql.placeholder('action'),
      subject: sql.placeholder('subject'),
      fields: sql`${sql.placeholder('fields')}`,
      permissions: sql`${sql.placeholder('permissions')}`,
      address: sql.placeholder('address'),
      requestId: sql.placeholder('requestId'),
    })
    .prepare('insert_audit_event');

  return async (tx, caller, event) => {
    await (tx === undefined ? statement : inTransaction(tx, statement)).execute({
      principalKind: caller.kind,
      principalId: caller.id,
      principalName: caller.name,
      action: event.action,
      subject: event.subject,
      fields: 'fields' in event ? makePgArray(event.fields) : null,
      permissions: 'permissions' in event ? makePgArray([...event.permissions]) : null,
      address: caller.address,
      requestId: caller.requestId,
    });
  };
}
