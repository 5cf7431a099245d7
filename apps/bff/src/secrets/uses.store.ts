/** @file How often secrets were used, by the hour, and when last. By the database's clock, so that all nodes agree. */
import { sql } from 'drizzle-orm';
import { index, integer, makePgArray, pgTable, primaryKey, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import type { Queries } from '../base/database.ts';
import { secrets } from './secrets.store.ts';

/**
 * Uses of a secret in an hour, by each integration; `together` has the sum, with those of configurations that are not saved. So what a chart
 * reads does not grow with the number of integrations. No foreign key: it would lock the row of the secret.
 */
export const secretUses = pgTable(
  'secret_uses',
  {
    secretId: uuid().notNull(),
    integrationId: uuid().notNull(),
    hour: moment().notNull(),
    uses: integer().notNull(),
    failures: integer().notNull(),
    /** The last use of that hour. */
    lastUsedAt: moment().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.secretId, table.integrationId, table.hour] }),
    // What is old enough to go.
    index('secret_uses_by_hour').on(table.hour),
  ],
);

/** Stands for all integrations together. */
export const together = '00000000-0000-0000-0000-000000000000';

/** What a node counted since it wrote last. */
export interface UseCount {
  secretId: string;
  integrationId: string;
  uses: number;
  failures: number;
  /** Milliseconds since the last of them. */
  age: number;
}

/** Adds to what all nodes have counted. Sorted, so that nodes which write at the same time do not wait in a circle. */
export async function addUses(queries: Queries, counts: readonly UseCount[]): Promise<void> {
  await queries.execute(sql`
    insert into ${secretUses} (secret_id, integration_id, hour, uses, failures, last_used_at)
    select "secretId", "integrationId", date_trunc('hour', at), uses, failures, at
    from json_to_recordset(${JSON.stringify(counts)}::json)
        counted("secretId" uuid, "integrationId" uuid, uses int, failures int, age float),
      lateral (select now() - age * interval '1 millisecond' as at) moment
    order by 1, 2, 3
    on conflict (secret_id, integration_id, hour) do update set
      uses = secret_uses.uses + excluded.uses, failures = secret_uses.failures + excluded.failures,
      last_used_at = greatest(secret_uses.last_used_at, excluded.last_used_at)`);
}

/** So many rows of secrets are locked at once. */
const touchedAtOnce = 1_000;

/**
 * Notes at the secrets themselves when they were used; up to a minute behind, so that not every use is a write. Answers those that are still to
 * be noted. It waits for no row: a change that holds one may hold the end of the chain as well, and wait for one of these.
 */
export async function touchSecrets(
  queries: Queries,
  used: readonly { id: string; age: number }[],
): Promise<string[]> {
  const rows = await queries.execute<{ id: string }>(sql`
    with due as (
      select id, at
      from json_to_recordset(${JSON.stringify(used)}::json) used(id uuid, age float)
        join ${secrets} secret using (id),
        lateral (select now() - age * interval '1 millisecond' as at) moment
      where coalesce(secret.last_used_at < at - interval '1 minute', true)
    ), free as (
      select id from ${secrets} where id in (select id from due)
      order by id limit ${touchedAtOnce} for no key update skip locked
    ), touched as (
      update ${secrets} secret set last_used_at = greatest(secret.last_used_at, due.at)
      from due join free using (id) where secret.id = due.id
      returning secret.id
    )
    select id from due where id not in (select id from touched)`);
  return rows.map(({ id }) => id);
}

/** When each of these integrations last used a secret: of each the newest row by the primary key, however many there are. */
export async function findLastUses(
  queries: Queries,
  secretId: string,
  integrationIds: readonly string[],
): Promise<Map<string, string>> {
  if (integrationIds.length === 0) return new Map();
  const newest = queries
    .select({ at: secretUses.lastUsedAt })
    .from(secretUses)
    .where(sql`${secretUses.secretId} = ${secretId} and ${secretUses.integrationId} = wanted.id`)
    .orderBy(sql`${secretUses.hour} desc`)
    .limit(1)
    .as('newest');
  const rows = await queries
    .select({ id: sql<string>`wanted.id`, at: newest.at })
    .from(sql`unnest(${makePgArray([...integrationIds])}::uuid[]) as wanted(id)`)
    .innerJoinLateral(newest, sql`true`);
  return new Map(rows.map(({ id, at }) => [id, at]));
}

/** Uses of a secret on one day. */
export interface UsesOfDay {
  /** Such as `2026-01-31`, in UTC. */
  day: string;
  uses: number;
  failures: number;
}

/** The uses of a secret on each of the last days, oldest first, today included. */
export async function listUsesByDay(
  queries: Queries,
  secretId: string,
  days: number,
): Promise<UsesOfDay[]> {
  const rows = await queries.execute<Record<keyof UsesOfDay, string>>(sql`
    select to_char(day, 'YYYY-MM-DD') as day, coalesce(sum(uses), 0) as uses, coalesce(sum(failures), 0) as failures
    from generate_series(date_trunc('day', now(), 'UTC') - ${days - 1}::int * interval '1 day',
        date_trunc('day', now(), 'UTC'), interval '1 day') day
      left join ${secretUses} on secret_id = ${secretId} and integration_id = ${together}
        and hour >= day and hour < day + interval '1 day'
    group by day order by day`);
  return rows.map(({ day, uses, failures }) => ({
    day,
    uses: Number(uses),
    failures: Number(failures),
  }));
}

/** So many rows go at once. */
const prunedAtOnce = 5_000;

/**
 * Removes hours that nobody asks for any more. Of each secret and integration the newest stays as long as the secret does: it tells the last
 * use. True when there may be more.
 */
export async function pruneUses(queries: Queries): Promise<boolean> {
  const rows = await queries.execute(sql`
    delete from ${secretUses} where (secret_id, integration_id, hour) in (
      select secret_id, integration_id, hour from ${secretUses} old
      where hour < now() - interval '31 days' and (
        exists (select from ${secretUses} newer where newer.secret_id = old.secret_id
          and newer.integration_id = old.integration_id and newer.hour > old.hour)
        or not exists (select from ${secrets} secret where secret.id = old.secret_id))
      limit ${prunedAtOnce} for update skip locked)
    returning 1`);
  return rows.length === prunedAtOnce;
}
