/**
 * @file The front door to the audit trail. A change and its event are one transaction (P6): `record` takes the
 * transaction of the change. What was refused has no change to go with and is recorded on its own; when that cannot be
 * written, the request fails.
 */
import type { Caller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import { prepareInsertEvent } from './audit.store.ts';
import type { AuditEvent } from './event.ts';

/** Writes the trail. */
export interface Audit {
  /** Appends an event to the transaction of the change that it tells of. */
  record(tx: Transaction, caller: Caller, event: AuditEvent): Promise<void>;
  /** Appends an event about something that did not happen, in a transaction of its own. */
  recordRefusal(caller: Caller, event: AuditEvent): Promise<void>;
}

/** The trail of this database. */
export function createAudit(database: Database): Audit {
  const insertEvent = prepareInsertEvent(database);
  return {
    record: insertEvent,
    recordRefusal: (caller, event) => insertEvent(undefined, caller, event),
  };
}
