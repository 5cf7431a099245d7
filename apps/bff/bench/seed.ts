/**
 * @file Fills the product's own tables with secrets as an installation of years would have them: the values really
 * sealed by the node's keyset, the rows written in bulk past the API. Deterministic but for the cryptography.
 */
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type postgres from 'postgres';
import { Redacted } from '../src/base/redacted.ts';
import { sealValue } from '../src/keys/envelope.ts';
import { parseKeyset, type Kek } from '../src/keys/keyring.ts';
import { readKeysetFile } from '../src/keys/keyset-file.ts';

const systems = [
  'stripe', 'github', 'slack', 'twilio', 'sendgrid', 'datadog', 'salesforce', 'hubspot', 'zendesk', 'shopify',
  'paypal', 'adyen', 'okta', 'auth0', 'pagerduty', 'jira', 'confluence', 'snowflake', 'mongodb', 'segment',
]; // prettier-ignore
const teams = ['billing', 'checkout', 'search', 'identity', 'logistics', 'marketing', 'platform'];
const kinds = ['api-key', 'client-secret', 'password', 'token', 'webhook-signing-key'];
const stages = ['production', 'staging', 'test', 'development'];

/** Terms to search for: what they match is known. */
export const terms = {
  /** In about twenty names. */
  selective: '4711',
  /** In a quarter of all descriptions. */
  common: 'production',
} as const;

/** The name of the n-th secret. */
export function nameOf(n: number): string {
  const { system, team, kind } = traitsOf(n);
  const name = `${system}_${team}_${kind}_${String(n).padStart(6, '0')}`;
  return n % 3 === 0 ? name.replaceAll('-', '_').toUpperCase() : name;
}

/** What the n-th secret is about. The upper bits of a multiplicative hash, so that no trait goes with another. */
function traitsOf(n: number) {
  const hash = Math.imul(n + 1, 2_654_435_761) >>> 8;
  return {
    system: pick(systems, hash),
    team: pick(teams, hash >>> 6),
    kind: pick(kinds, hash >>> 10),
    stage: pick(stages, hash >>> 14),
  };
}

/** Makes sure that exactly `count` of our secrets are there. */
export async function seed(sql: postgres.Sql, dataDir: string, count: number): Promise<void> {
  const [found] = await sql<{ count: number }[]>`select count(*)::int as count from secrets`;
  if (found?.count === count) return;
  await sql`truncate secrets`;
  const text = await readKeysetFile(join(dataDir, 'keys', 'keyset.json'));
  if (text === undefined) throw new Error('The product has no keyset.');
  const { primary } = parseKeyset(text, 'keyset.json');
  const batch = 2_000;
  for (let from = 0; from < count; from += batch) {
    const size = Math.min(batch, count - from);
    const rows = Array.from({ length: size }, (_, index) => rowOf(from + index, primary));
    await sql`insert into secrets ${sql(rows)}`;
  }
  // As autovacuum would have done by the time anybody looks: statistics, visibility, no pending entries in the indexes.
  await sql`vacuum analyze secrets`;
}

function rowOf(n: number, kek: Kek) {
  const id = randomUUID();
  const name = nameOf(n);
  const { system, team, stage } = traitsOf(n);
  const destinations = [`https://api.${system}.com`, `https://*.${system}.example`].slice(n % 2);
  const sealed = sealValue(
    kek,
    { secretId: id, name, valueVersion: 1, destinations },
    new Redacted<Uint8Array>(Buffer.alloc(40 + (n % 80), 'bench')),
  );
  const createdAt = new Date(Date.UTC(2024, 0, 1) + n * 600_000);
  const isUpdated = n % 5 < 2;
  return {
    id,
    name,
    description: n % 10 === 9 ? null : `${system} for ${team}, ${stage}; see runbook ${n % 997}`,
    provider: 'database',
    version: isUpdated ? 2 : 1,
    destinations,
    value_version: 1,
    kek_id: sealed.kekId,
    wrapped_dek: sealed.wrappedDek,
    sealed_value: sealed.sealedValue,
    created_at: createdAt,
    created_by: 'admin',
    updated_at: isUpdated ? new Date(createdAt.getTime() + 86_400_000) : null,
    updated_by: isUpdated ? 'admin' : null,
    value_updated_at: createdAt,
    last_used_at: n % 2 === 0 ? new Date(createdAt.getTime() + 172_800_000) : null,
  };
}

function pick(list: readonly string[], n: number): string {
  return list[n % list.length] ?? '';
}
