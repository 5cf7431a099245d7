/** @file The audit chain as it is stored, read past the product and checked link by link with the key from the keyset. */
import type postgres from 'postgres';
import {
  emptyChain,
  faultOf,
  macKeyOf,
  type ChainEnd,
  type StoredEvent,
} from '../src/audit/chain.ts';
import { readTrailKey } from './trail.ts';

/** The whole chain. */
export interface ReadChain {
  events: StoredEvent[];
  /** Every link that does not hold, such as `17 missing`. */
  faults: string[];
  end: ChainEnd;
}

/** Reads and checks the chain. */
export async function readChain(sql: postgres.Sql, keysetFile: string): Promise<ReadChain> {
  const events = await sql<StoredEvent[]>`
    select id::int, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at, principal_kind as "principalKind",
      principal_id as "principalId", principal_name as "principalName", means, action, subject, fields, permissions, address,
      request_id as "requestId", mac from audit_events order by id`;
  const key = macKeyOf(await readTrailKey(sql, keysetFile));
  const faults: string[] = [];
  let end: ChainEnd = emptyChain;
  for (const { mac, ...event } of events) {
    const fault = faultOf(key, end, event, mac);
    if (fault !== undefined) faults.push(`${event.id} ${fault}`);
    end = { id: event.id, mac };
  }
  return { events, faults, end };
}
