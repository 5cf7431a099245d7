/**
 * @file The front door to the audit trail. A change and its event are one transaction (P6). Where the change is a single
 * statement, the event is a part of that statement: `recorded` and `eventOf`. Where it takes several, `record` takes
 * their transaction. What was refused has no change to go with and is recorded on its own; when that cannot be written,
 * the request fails.
 */
import type { Caller } from '../base/caller.ts';
import type { Database, Transaction } from '../base/database.ts';
import { eventValues, insertEvent, recordedPart, type EventValues } from './audit.store.ts';
import type { AuditEvent } from './event.ts';

export type { EventValues } from './audit.store.ts';

/** The part of a statement that appends its event: for every row of the part named `changed`, so with a change or not at all. */
export type RecordedPart = ReturnType<typeof recordedPart>;

/** Writes the trail. */
export interface Audit {
  /** Goes into the statement of a change, which is then run with `eventOf` beside its own values. */
  recorded: RecordedPart;
  eventOf(caller: Caller, event: AuditEvent): EventValues;
  /** Appends an event to the transaction of the change that it tells of. */
  record(tx: Transaction, caller: Caller, event: AuditEvent): Promise<void>;
  /** Appends an event about something that changed nothing, in a transaction of its own. */
  recordAlone(caller: Caller, event: AuditEvent): Promise<void>;
}

/** The trail of this database. */
export function createAudit(database: Database): Audit {
  return {
    recorded: recordedPart(database),
    eventOf: eventValues,
    record: (tx, caller, event) => insertEvent(tx, caller, event),
    recordAlone: (caller, event) => insertEvent(database.queries, caller, event),
  };
}
