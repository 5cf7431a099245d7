/** @file The audit chain as it is stored, read past the product and checked link by link with the key from the keyset. */
import { readFile } from 'node:fs/promises';
import type postgres from 'postgres';
import type { StoredEvent } from '../src/audit/audit.store.ts';
import { emptyChain, faultOf, macKeyOf, type ChainEnd } from '../src/audit/chain.ts';
import { Redacted } from '../src/base/redacted.ts';
import { openNamedKey } from '../src/keys/envelope.ts';
import { parseKeyset } from '../src/keys/keyring.ts';

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
  const [stored] = await sql<
    { sealed_key: Uint8Array }[]
  >`select sealed_key from named_keys where name = 'audit'`;
  const { primary } = parseKeyset(new Redacted(await readFile(keysetFile, 'utf8')), keysetFile);
  const trailKey = openNamedKey(primary, 'audit', stored?.sealed_key ?? new Uint8Array());
  const key = macKeyOf(trailKey.reveal());
  const faults: string[] = [];
  let end: ChainEnd = emptyChain;
  for (const { mac, ...event } of events) {
    const fault = faultOf(key, end, event, mac);
    if (fault !== undefined) faults.push(`${event.id} ${fault}`);
    end = { id: event.id, mac };
  }
  return { events, faults, end };
}
