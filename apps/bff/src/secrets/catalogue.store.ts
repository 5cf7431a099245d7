/**
 * @file Keeps the catalogue in step: the rows of secrets whose values live elsewhere, and which of several of one name is
 * used. None of this changes a secret, so it has no events; one advisory lock, so that nodes take turns.
 */
import type { SecretName, SecretState } from '@dropsafe/contract/secrets';
import { eq, sql, type SQL } from 'drizzle-orm';
import { makePgArray } from 'drizzle-orm/pg-core';
import type { Database, Transaction } from '../base/database.ts';
import type { OutsideSecret } from './outside-provider.ts';
import { secrets } from './secrets.store.ts';

/** Held by whoever changes the catalogue. The number has no meaning. */
const catalogueLock = 7_263_004;

/** A secret that is not used, because an earlier provider has one of the same name. */
export interface Clash {
  name: SecretName;
  provider: string;
  used: string;
}

/** What came of bringing a provider's part in step. */
export interface InStep {
  found: number;
  changed: number;
  gone: number;
  clashes: Clash[];
}

/** The moment of the database: what is listed afterwards is newer than rows from before. */
export async function readCatalogueClock({ queries }: Database): Promise<string> {
  const [row] = await queries.execute<{ now: string }>(sql`select clock_timestamp()::text as now`);
  return row?.now ?? '';
}

/** What a list tells of one secret. */
export interface ListedSecret extends Pick<OutsideSecret, 'name' | 'state' | 'changedAt'> {
  /** True when its value is another than when this node looked last. */
  isOther: boolean;
}

/**
 * Brings the rows of one provider in step with a list that was begun at `since`. Rows that were changed after that are left
 * alone: the list may be the older one. `order` are all providers, the first one first.
 */
export async function keepCatalogueInStep(
  database: Database,
  provider: string,
  list: readonly ListedSecret[],
  since: string,
  order: readonly string[],
): Promise<InStep> {
  const listed = sql`json_to_recordset(${JSON.stringify(
    list.map(({ changedAt, ...secret }) => ({
      ...secret,
      changedAt: changedAt?.toISOString() ?? null,
    })),
  )}::json) as listed(name text, state text, "isOther" boolean, "changedAt" timestamptz)`;
  const author = `provider ${provider}`;
  const mayMove = sql`${secrets.provider} = ${provider} and ${secrets.standingAt} < ${since}::timestamptz`;

  return database.transaction(async (tx) => {
    await lockCatalogue(tx);
    const gone = await tx
      .update(secrets)
      .set({ standing: 'gone', standingAt: sql`now()` })
      .where(
        sql`${mayMove} and ${secrets.standing} <> 'gone' and ${secrets.name} not in (select name from ${listed})`,
      )
      .returning({ id: secrets.id });
    const revived = await tx
      .update(secrets)
      .set({ standing: 'shadowed', standingAt: sql`now()` })
      .where(
        sql`${mayMove} and ${secrets.standing} = 'gone' and ${secrets.name} in (select name from ${listed})
            and not exists (select from ${secrets} twin where twin.name = ${secrets.name}
              and twin.provider = ${secrets.provider} and twin.id <> ${secrets.id}
              and (twin.standing <> 'gone' or twin.standing_at > ${secrets.standingAt}))`,
      )
      .returning({ id: secrets.id });
    const added = await tx.execute(sql`
      insert into ${secrets} (id, name, provider, standing, state, version, destinations, value_version,
        created_at, created_by, value_updated_at)
      select gen_random_uuid(), name, ${provider}, 'shadowed', state, 1, '{}', 1,
        now(), ${author}, coalesce("changedAt", now())
      from ${listed}
      where not exists (select from ${secrets} there where there.name = listed.name and there.provider = ${provider})
      returning id`);
    const changed = await tx.execute(sql`
      update ${secrets} there set
        state = listed.state,
        ${changeElsewhere(author, sql`listed."isOther"`, sql`listed."changedAt"`)}
      from ${listed}
      where there.provider = ${provider} and there.name = listed.name and there.standing <> 'gone'
        and (there.state <> listed.state or listed."isOther")
      returning id`);
    // What is gone is kept for what people wrote to it, else for long enough that no older list brings it back.
    await tx.execute(sql`
      delete from ${secrets} old where old.provider = ${provider} and old.standing <> 'used' and (
        (old.standing = 'gone' and old.description is null and old.destinations = '{}'
          and old.standing_at < now() - interval '1 hour')
        or exists (select from ${secrets} twin where twin.name = old.name and twin.provider = old.provider
          and twin.standing = 'used'))`);
    await settle(tx, order);
    return {
      found: added.length + revived.length,
      changed: changed.length,
      gone: gone.length,
      clashes: await findClashes(tx, order),
    };
  });
}

/** Decides anew which of several secrets of one name is used, after one that was used is gone, or the order is another. */
export async function settleCatalogue(
  database: Database,
  order: readonly string[],
): Promise<Clash[]> {
  return database.transaction(async (tx) => {
    await lockCatalogue(tx);
    await settle(tx, order);
    return findClashes(tx, order);
  });
}

/** Notes what a provider said of one secret. False when the row has changed meanwhile. */
export async function noteOutsideSecret(
  { queries }: Database,
  provider: string,
  seen: { id: string; version: number },
  secret: { state: SecretState; revision: string | null; changedAt: Date | null },
): Promise<boolean> {
  const author = `provider ${provider}`;
  const { state, revision } = secret;
  const isOther = sql`(there.revision is not null and there.revision <> ${revision}::text)`;
  const rows = await queries.execute(sql`
    update ${secrets} there set state = ${state}, revision = coalesce(${revision}::text, there.revision),
      ${changeElsewhere(author, isOther, sql`${secret.changedAt?.toISOString() ?? null}::timestamptz`)}
    where there.id = ${seen.id} and there.version = ${seen.version}
    returning id`);
  return rows.length > 0;
}

/** Notes that a secret is not there any more. */
export async function noteGone({ queries }: Database, id: string): Promise<void> {
  await queries
    .update(secrets)
    .set({ standing: 'gone', standingAt: sql`now()` })
    .where(eq(secrets.id, id));
}

/** What a row tells when somebody has changed the value elsewhere. */
function changeElsewhere(author: string, isOther: SQL, changedAt: SQL): SQL {
  return sql`
    version = there.version + (case when ${isOther} then 1 else 0 end),
    value_version = there.value_version + (case when ${isOther} then 1 else 0 end),
    updated_at = case when ${isOther} then coalesce(${changedAt}, now()) else there.updated_at end,
    updated_by = case when ${isOther} then ${author} else there.updated_by end,
    value_updated_at = coalesce(${changedAt}, case when ${isOther} then now() else there.value_updated_at end)`;
}

const lockCatalogue = (tx: Transaction) =>
  tx.execute(sql`select pg_advisory_xact_lock(${catalogueLock})`);

/**
 * In two steps, so that no name is used twice in between, which the unique index would refuse. Both are about what was seen
 * at one moment: a copy that arrives between them is settled by who made it.
 */
async function settle(tx: Transaction, order: readonly string[]): Promise<void> {
  const moves = await tx.execute<{ id: string; isFirst: boolean }>(sql`
    with ranked as (
      select id, standing, row_number() over (
          partition by name order by coalesce(array_position(${makePgArray([...order])}::text[], provider), 10000), created_at, id
        ) = 1 as is_first
      from ${secrets}
      where standing in ('used', 'shadowed') and name in (select name from ${secrets} where standing <> 'used' and standing = 'shadowed'))
    select id, is_first as "isFirst" from ranked where is_first = (standing = 'shadowed')`);
  for (const [isFirst, before, after] of [
    [false, 'used', 'shadowed'],
    [true, 'shadowed', 'used'],
  ] as const) {
    const ids = [...moves].filter((move) => move.isFirst === isFirst).map(({ id }) => id);
    if (ids.length === 0) continue;
    await tx.execute(sql`
      update ${secrets} set standing = ${after}, standing_at = now()
      where id = any(${makePgArray(ids)}::uuid[]) and standing = ${before}`);
  }
}

async function findClashes(tx: Transaction, order: readonly string[]): Promise<Clash[]> {
  const rows = await tx.execute<{ name: SecretName; provider: string; used: string }>(sql`
    select shadowed.name, shadowed.provider, used.provider as used
    from ${secrets} shadowed
      join ${secrets} used on used.name = shadowed.name and used.standing = 'used'
    where shadowed.standing <> 'used' and shadowed.standing = 'shadowed'
      and shadowed.provider = any(${makePgArray([...order])}::text[])
    order by shadowed.name limit 1000`);
  return [...rows];
}
