/**
 * @file What is really stored, read past the product: rows by SQL, opened with the keyset file. Uses the envelope of the
 * product (whose format has test vectors of its own) and nothing else of it.
 */
import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { findRunningEmbeddedPostgres } from '../src/base/embedded-postgres.ts';
import type { DatabaseTarget } from '../src/base/database.ts';
import { Redacted } from '../src/base/redacted.ts';
import { openValue } from '../src/keys/envelope.ts';
import { parseKeyset } from '../src/keys/keyring.ts';

/** A stored secret with its value. */
export interface OpenedSecret {
  name: string;
  value: string;
  description: string | null;
  destinations: string[];
  version: number;
}

/** One event about a secret, such as `created value` or `updated description`. */
export type TrailEntry = string;

/** Everything that is stored about secrets of the database; of others there are events only. */
export interface Stored {
  /** Throws when any row does not open. */
  secrets: Map<string, OpenedSecret>;
  /** The audit events of each name, in order. */
  trail: Map<string, TrailEntry[]>;
}

/** A connection of one's own, beside the product's. */
export function connectTo(target: DatabaseTarget): postgres.Sql {
  const options = { max: 1, connect_timeout: 5, onnotice: () => {} };
  return typeof target === 'string'
    ? postgres(target, options)
    : postgres({ ...options, ...target });
}

/** A connection to the embedded server that somebody else runs in this data directory. */
export async function connectBeside(dataDir: string): Promise<postgres.Sql> {
  const connection = await findRunningEmbeddedPostgres(dataDir);
  if (connection === undefined) throw new Error('No embedded server is running there.');
  return connectTo(connection);
}

/** Reads and opens everything, in one transaction: rows and events of the same moment. */
export async function readStored(sql: postgres.Sql, keysetFile: string): Promise<Stored> {
  const keyring = parseKeyset(new Redacted(await readFile(keysetFile, 'utf8')), keysetFile);
  const { rows, events } = await sql.begin('isolation level repeatable read', async (tx) => ({
    rows: await tx<SecretRow[]>`
      select id, name, description, destinations, version, value_version, kek_id, wrapped_dek, sealed_value from secrets
      where provider = 'database'`,
    events: await tx<EventRow[]>`
      select action, subject, fields from audit_events where action like 'secret.%' order by id`,
  }));
  const secrets = new Map(
    rows.map((row) => {
      const { id, name, description, destinations, version } = row;
      const kek = keyring.byId.get(row.kek_id);
      if (kek === undefined) throw new Error(`No key for the secret ${name}.`);
      const opened = openValue(
        kek,
        { secretId: id, name, valueVersion: row.value_version, destinations },
        { kekId: row.kek_id, wrappedDek: row.wrapped_dek, sealedValue: row.sealed_value },
      );
      const value = Buffer.from(opened.reveal()).toString('utf8');
      return [name, { name, value, description, destinations, version }];
    }),
  );
  const trail = new Map<string, TrailEntry[]>();
  for (const { action, subject, fields } of events) {
    const entry = [action.replace('secret.', ''), ...(fields ?? [])].join(' ');
    const entries = trail.get(subject);
    if (entries === undefined) trail.set(subject, [entry]);
    else entries.push(entry);
  }
  return { secrets, trail };
}

interface SecretRow {
  id: string;
  name: string;
  description: string | null;
  destinations: string[];
  version: number;
  value_version: number;
  kek_id: string;
  wrapped_dek: Uint8Array;
  sealed_value: Uint8Array;
}

interface EventRow {
  action: string;
  subject: string;
  fields: string[] | null;
}
