/**
 * @file Keeps the catalogue in step: the rows of secrets whose values live elsewhere, and which of several of one name is
 * used. None of this changes a secret, so it has no events; one advisory lock, so that nodes take turns.
 */
import type { SecretName, SecretState } from '@dropsafe/contract/secrets';
import { eq, sql, type SQL } from 'drizzle-orm';
import { makePgArray } from 'drizzle-orm/pg-core';
import { isUniqueViolation, type Database, type Transaction } from '../base/database.ts';
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

/**
 * The moment of the database, and how many secrets of a provider the catalogue knows at it: what is listed afterwards is
 * newer than rows from before. Cut off like the moments of rows, so that none of the same millisecond is taken for older.
 */
export async function readCatalogueMoment(
  { queries }: Database,
  provider: string,
): Promise<{ now: string; count: number }> {
  const [row] = await queries.execute<{ now: string; count: number }>(sql`
    select date_trunc('milliseconds', clock_timestamp())::text as now, (
      select count(*)::int from ${secrets}
      where provider <> 'database' and standing <> 'gone' and provider = ${provider}) as count`);
  return row ?? { now: '-infinity', count: 0 };
}

/** What a list tells of one secret. */
export interface ListedSecret extends Pick<OutsideSecret, 'name' | 'state' | 'changedAt'> {
  /** What all nodes know the value by; null where there is no such thing. */
  revision: string | null;
  /** Where there is not: true when the value is another than when this node looked last. */
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
  )}::json) as listed(name text, state text, revision text, "isOther" boolean, "changedAt" timestamptz)`;
  const author = `provider ${provider}`;
  const mayMove = sql`${secrets.provider} = ${provider} and ${secrets.standingAt} < ${since}::timestamptz`;
  const isOther = sql`(listed."isOther" or coalesce(listed.revision <> there.revision, false))`;

  return inItsTurn(database, async (tx) => {
    const gone = await tx
      .update(secrets)
      .set({ standing: 'gone', standingAt: sql`now()` })
      .where(
        sql`${mayMove} and ${secrets.standing} <> 'gone' and ${secrets.name} not in (select name from ${listed})`,
      )
      .returning({ id: secrets.id });
    // Its value may be another than before it was gone, so its version is.
    const revived = await tx.execute(sql`
      update ${secrets} there set standing = 'shadowed', standing_at = now(), state = listed.state,
        revision = listed.revision, ${changeElsewhere(author, sql`true`, sql`listed."changedAt"`)}
      from ${listed}
      where there.provider = ${provider} and there.name = listed.name and there.standing = 'gone'
        and there.standing_at < ${since}::timestamptz
        and not exists (select from ${secrets} twin where twin.name = there.name
          and twin.provider = there.provider and twin.id <> there.id
          and (twin.standing <> 'gone' or (twin.standing_at, twin.id) > (there.standing_at, there.id)))
      returning there.id`);
    const added = await tx.execute(sql`
      insert into ${secrets} (id, name, provider, standing, state, revision, version, destinations, value_version,
        created_at, created_by, value_updated_at)
      select gen_random_uuid(), name, ${provider}, 'shadowed', state, revision, 1, '{}', 1,
        now(), ${author}, coalesce("changedAt", now())
      from ${listed}
      where not exists (select from ${secrets} there where there.name = listed.name and there.provider = ${provider})
      on conflict do nothing
      returning id`);
    const changed = await tx.execute(sql`
      update ${secrets} there set
        state = listed.state, revision = coalesce(listed.revision, there.revision),
        ${changeElsewhere(author, isOther, sql`listed."changedAt"`)}
      from ${listed}
      where there.provider = ${provider} and there.name = listed.name and there.standing <> 'gone'
        and there.standing_at < ${since}::timestamptz and (there.state <> listed.state or ${isOther})
      returning there.id`);
    // What is gone is kept for what people wrote to it, else for long enough that no older list brings it back.
    await tx.execute(sql`
      delete from ${secrets} old where old.provider = ${provider} and old.standing <> 'used' and old.standing = 'gone' and (
        (old.description is null and old.destinations = '{}' and old.standing_at < now() - interval '1 hour')
        or exists (select from ${secrets} twin where twin.name = old.name and twin.provider = old.provider
          and twin.standing <> 'gone'))`);
    await settle(tx, order);
    return {
      found: added.length + revived.length,
      changed: changed.length,
      gone: gone.length,
      clashes: await findClashes(tx, order),
    };
  });
}

/** Decides anew which of several secrets of one name is used, after one that was used is gone. */
export async function settleCatalogue(
  database: Database,
  order: readonly string[],
): Promise<Clash[]> {
  return inItsTurn(database, async (tx) => {
    await settle(tx, order);
    return findClashes(tx, order);
  });
}

/**
 * The same at the start, when the order may be another. What lives in a provider that is not configured any more is kept, and
 * stands in nobody's way.
 */
export async function openCatalogue(
  database: Database,
  order: readonly string[],
): Promise<Clash[]> {
  const putAside = (which: SQL) => sql`
    update ${secrets} set standing = 'shadowed', standing_at = now()
    where standing = 'used' and ${which} and not provider = any(${makePgArray([...order])}::text[])`;
  return inItsTurn(database, async (tx) => {
    await tx.execute(putAside(sql`provider <> 'database'`));
    if (!order.includes('database')) await tx.execute(putAside(sql`provider = 'database'`));
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
      standing_at = now(), ${changeElsewhere(author, isOther, sql`${secret.changedAt?.toISOString() ?? null}::timestamptz`)}
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

/** What is gone may come back, but not to where its next author does not want it: that names destinations anew (P2). */
export async function unbindGone(
  { queries }: Database,
  provider: string,
  name: SecretName,
): Promise<void> {
  await queries
    .update(secrets)
    .set({ destinations: [], destinationsMac: null })
    .where(
      sql`${secrets.standing} <> 'used' and ${secrets.standing} = 'gone'
          and ${secrets.provider} = ${provider} and ${secrets.name} = ${name}`,
    );
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

/**
 * A change of the catalogue, one at a time on all nodes. Changes of secrets take no such turns; when one of them takes a name in
 * the same instant, everything is looked at anew.
 */
async function inItsTurn<T>(database: Database, work: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      return await database.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(${catalogueLock})`);
        return work(tx);
      });
    } catch (error) {
      if (attempts === 5 || !isUniqueViolation(error)) throw error;
    }
  }
}

/**
 * In two steps, so that no name is used twice in between, which the unique index would refuse. Each begins with the few that
 * are not used and finds the others by the index of their names: what was just listed may be thousands, of which the planner knows nothing.
 */
async function settle(tx: Transaction, order: readonly string[]): Promise<void> {
  const configured = sql`${makePgArray([...order])}::text[]`;
  const rankOf = (row: SQL) => sql`coalesce(array_position(${configured}, ${row}.provider), 10000)`;
  const waiting = sql`waiting.standing <> 'used' and waiting.standing = 'shadowed' and waiting.provider = any(${configured})`;
  await tx.execute(sql`
    update ${secrets} there set standing = 'shadowed', standing_at = now()
    where there.id in (
      select used.id from ${secrets} waiting join ${secrets} used on used.name = waiting.name and used.standing = 'used'
      where ${waiting} and ${rankOf(sql`waiting`)} < ${rankOf(sql`used`)})`);
  await tx.execute(sql`
    update ${secrets} there set standing = 'used', standing_at = now()
    where there.id in (
      select distinct on (waiting.name) waiting.id from ${secrets} waiting
      where ${waiting} and not exists (select from ${secrets} used where used.name = waiting.name and used.standing = 'used')
      order by waiting.name, ${rankOf(sql`waiting`)}, waiting.created_at, waiting.id)`);
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
