/** @file The audit trail behind the application's back: its key as it is stored, and as many events as a test wants. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type postgres from 'postgres';
import { macKeyOf, macOf, type ChainedEvent, type ChainEnd } from '../src/audit/chain.ts';
import { Redacted } from '../src/base/redacted.ts';
import { openNamedKey } from '../src/keys/envelope.ts';
import { parseKeyset } from '../src/keys/keyring.ts';

/** The key that the trail of this database is chained under, opened with the keyset. */
export async function readTrailKey(sql: postgres.Sql, keysetFile: string): Promise<Uint8Array> {
  const [stored] = await sql<
    { sealed_key: Uint8Array }[]
  >`select sealed_key from named_keys where name = 'audit'`;
  const { primary } = parseKeyset(new Redacted(await readFile(keysetFile, 'utf8')), keysetFile);
  return openNamedKey(primary, 'audit', stored?.sealed_key ?? new Uint8Array()).reveal();
}

/** Appends genuine events, as a node would have done it. Without a change each is a sign-in of nobody, a second apart from 2030 on. */
export async function appendEvents(
  sql: postgres.Sql,
  dataDir: string,
  count: number,
  changeOf: (index: number) => Partial<ChainedEvent> = () => ({}),
): Promise<void> {
  const key = macKeyOf(await readTrailKey(sql, join(dataDir, 'keys/keyset.json')));
  await sql.begin(async (tx) => {
    const [found] = await tx<ChainEnd[]>`
      select last_id::int as id, last_mac as mac from audit_chain for update`;
    let end = found;
    if (end === undefined) throw new Error('The chain has no end.');
    for (let done = 0; done < count;) {
      const rows: object[] = [];
      for (; done < count && rows.length < 5_000; done += 1) {
        const event: ChainedEvent = {
          id: end.id + 1,
          at: new Date(Date.UTC(2030, 0, 1) + done * 1_000).toISOString(),
          principalKind: 'anonymous',
          principalId: null,
          principalName: null,
          means: null,
          action: 'session.started',
          subject: 'nobody',
          fields: null,
          permissions: null,
          address: '192.0.2.1',
          requestId: `request-${done}`,
          ...changeOf(done),
        };
        const mac = macOf(key, end, event);
        rows.push({ ...event, mac: `\\x${mac.toString('hex')}` });
        end = { id: event.id, mac };
      }
      await tx`insert into audit_events
        select id, at, "principalKind", "principalId", "principalName", action, subject, fields, permissions, address,
          "requestId", means, mac
        from json_to_recordset(${JSON.stringify(rows)}::text::json) as event(id bigint, at timestamptz, "principalKind" text,
          "principalId" uuid, "principalName" text, means text, action text, subject text, fields text[], permissions text[],
          address text, "requestId" text, mac bytea)`;
    }
    await tx`update audit_chain set last_id = ${end.id}, last_mac = ${end.mac}`;
  });
}
