import {
  SortSchema,
  countedUpTo,
  type SecretMetadata,
  type SecretName,
  type Sort,
  type SortField,
} from '@dropsafe/contract/secrets';
import { and, or, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { index, integer, makePgArray, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { isInTurn, type GroupStatement } from '../audit/audit.ts';
import { bytes, byteaText, moment } from '../base/columns.ts';
import type { Database } from '../base/database.ts';
import { gather } from '../base/gather.ts';
import { patternOf } from '../base/search-pattern.ts';
import type { SealedValue } from '../keys/keys.ts';
import type { CursorContent } from './cursor.ts';

/**
 * Kilobytes of new entries that a trigram index keeps aside, unsorted. Every search reads all of them, and past some
 * megabytes (the default) the planner prefers to read the whole table.
 */
const searchOptions = { gin_pending_list_limit: 64 };

/** Secrets of the provider `database`. */
export const secrets = pgTable(
  'secrets',
  {
    id: uuid().primaryKey(),
    name: text().$type<SecretName>().notNull(),
    description: text(),
    provider: text().$type<SecretMetadata['provider']>().notNull(),
    version: integer().notNull(),
    destinations: text().array().notNull(),
    valueVersion: integer().notNull(),
    kekId: text().notNull(),
    wrappedDek: bytes().notNull(),
    sealedValue: bytes().notNull(),
    createdAt: moment().notNull(),
    createdBy: text().notNull(),
    updatedAt: moment(),
    updatedBy: text(),
    valueUpdatedAt: moment().notNull(),
    lastUsedAt: moment(),
  },
  (table) => [
    uniqueIndex('secrets_name').on(table.name),
    // One index per sort order; the name decides between equal keys. Read backwards for descending.
    index('secrets_by_name').on(sortKeys(table).name, table.name),
    index('secrets_by_created_at').on(table.createdAt, table.name),
    index('secrets_by_updated_at').on(sortKeys(table).updatedAt, table.name),
    index('secrets_by_last_used_at').on(sortKeys(table).lastUsedAt, table.name),
    // Searching a part of a text: trigrams.
    index('secrets_name_search')
      .using('gin', sql`${table.name} gin_trgm_ops`)
      .with(searchOptions),
    index('secrets_description_search')
      .using('gin', sql`${table.description} gin_trgm_ops`)
      .with(searchOptions),
  ],
);

/** What each sort order compares. Written so that nothing is null: `never` is the earliest of all moments. */
function sortKeys(table: {
  name: SQLWrapper;
  createdAt: SQLWrapper;
  updatedAt: SQLWrapper;
  lastUsedAt: SQLWrapper;
}) {
  return {
    name: sql`lower(${table.name})`,
    createdAt: sql`${table.createdAt}`,
    updatedAt: sql`coalesce(${table.updatedAt}, '-infinity')`,
    lastUsedAt: sql`coalesce(${table.lastUsedAt}, '-infinity')`,
  };
}

const metadataColumns = {
  name: secrets.name,
  description: secrets.description,
  provider: secrets.provider,
  version: secrets.version,
  destinations: secrets.destinations,
  createdAt: secrets.createdAt,
  createdBy: secrets.createdBy,
  updatedAt: secrets.updatedAt,
  updatedBy: secrets.updatedBy,
  valueUpdatedAt: secrets.valueUpdatedAt,
  lastUsedAt: secrets.lastUsedAt,
};
const identifiedColumns = { id: secrets.id, ...metadataColumns };
const sealedColumns = {
  ...identifiedColumns,
  valueVersion: secrets.valueVersion,
  kekId: secrets.kekId,
  wrappedDek: secrets.wrappedDek,
  sealedValue: secrets.sealedValue,
};

/** The row of a secret without anything of its value. */
export interface IdentifiedSecret {
  id: string;
  metadata: SecretMetadata;
}
/** The row of a secret with its sealed value. */
export interface SealedSecret extends IdentifiedSecret {
  valueVersion: number;
  sealed: SealedValue;
}

type IdentifiedRow = SecretMetadata & { id: string };

const identifiedOf = ({ id, ...metadata }: IdentifiedRow): IdentifiedSecret => ({
  id,
  metadata,
});

const sealedOf = ({
  valueVersion,
  kekId,
  wrappedDek,
  sealedValue,
  ...rest
}: SecretMetadata & { id: string; valueVersion: number } & SealedValue): SealedSecret => ({
  ...identifiedOf(rest),
  valueVersion,
  sealed: { kekId, wrappedDek, sealedValue },
});

/** Makes the look-up of one secret's metadata by the unique index on the name; one query serves all of the same moment. */
export function prepareFindSecret(
  database: Database,
): (name: SecretName) => Promise<IdentifiedSecret | undefined> {
  const query = database.queries
    .select(identifiedColumns)
    .from(secrets)
    .where(hasName)
    .prepare('find_secret');
  return gather(async (names: readonly SecretName[]) => {
    const rows = await query.execute({ names: makePgArray([...names]) });
    const byName = new Map(rows.map((row) => [row.name, identifiedOf(row)]));
    return (name) => byName.get(name);
  });
}

/** Makes the look-up of a secret with its sealed value, in the same way. */
export function prepareFindSealedSecret({
  queries,
}: Database): (name: SecretName) => Promise<SealedSecret | undefined> {
  const query = queries
    .select(sealedColumns)
    .from(secrets)
    .where(hasName)
    .prepare('find_sealed_secret');
  return gather(async (names: readonly SecretName[]) => {
    const rows = await query.execute({ names: makePgArray([...names]) });
    const byName = new Map(rows.map((row) => [row.name, sealedOf(row)]));
    return (name) => byName.get(name);
  });
}

const hasName = sql`${secrets.name} = any(${sql.placeholder('names')}::text[])`;

// --- changes ---
//
// Many at a time, in one statement of its own kind each, together with their events (audit.store.ts, groupParts). A
// change names the version that was seen, so that whoever decided on a row which is another by now changes nothing, and
// decides anew.

/** A secret as it is added. */
export type NewSecret = Pick<
  SecretMetadata,
  'name' | 'description' | 'provider' | 'destinations' | 'createdBy'
> & { id: string; valueVersion: number; sealed: SealedValue };

/** Makes what adds secrets. Nothing comes of a name that is taken; never overwrites, not even in the same instant (unique index). */
export function prepareInsertSecrets({
  queries,
}: Database): GroupStatement<NewSecret, IdentifiedRow, IdentifiedSecret> {
  const changed = queries.$with('changed').as(
    queries
      .insert(secrets)
      .select(
        sql`select id, name, description, provider, 1, destinations, "valueVersion", "kekId", "wrappedDek",
              "sealedValue", now(), "createdBy", null::timestamptz, null, now(), null::timestamptz
            from ${rowsAs} wanted(id uuid, name text, description text, provider text, destinations text[],
              "valueVersion" int, "kekId" text, "wrappedDek" bytea, "sealedValue" bytea, "createdBy" text)
            where ${isInTurn}`,
      )
      .onConflictDoNothing({ target: secrets.name })
      .returning(identifiedColumns),
  );
  return {
    prepare: ({ chain, chainEnd, recorded }) =>
      queries
        .with(chain, changed, chainEnd, recorded)
        .select()
        .from(changed)
        .prepare('insert_secrets'),
    keyOf: ({ name }) => name,
    idOf: ({ id }) => id,
    valuesOf: (wanted) => ({
      rows: JSON.stringify(wanted.map(({ sealed, ...row }) => ({ ...row, ...textOf(sealed) }))),
    }),
    resultsOf: (rows, wanted) => inOrder(rows, wanted),
  };
}

/** What an update writes: what is not to change, as it was seen. */
export interface SecretChange {
  id: string;
  /** The version that was seen. */
  version: number;
  updatedBy: string;
  description: string | null;
  destinations: readonly string[];
  /** The sealed value under its new version, when anything that it is sealed with changes. */
  resealed: { valueVersion: number; sealed: SealedValue } | undefined;
  /** True when a person has set a new value, false when the stored one was sealed again. */
  isNewValue: boolean;
}

/** Makes what updates secrets. Nothing comes of one that is not at the version that was seen. */
export function prepareUpdateSecrets({
  queries,
}: Database): GroupStatement<SecretChange, IdentifiedRow, IdentifiedSecret> {
  const changed = queries.$with('changed').as(
    queries
      .update(secrets)
      .set({
        version: sql`${secrets.version} + 1`,
        updatedAt: sql`now()`,
        updatedBy: sql`change."updatedBy"`,
        description: sql`change.description`,
        destinations: sql`change.destinations`,
        valueVersion: sql`coalesce(change."valueVersion", ${secrets.valueVersion})`,
        kekId: sql`coalesce(change."kekId", ${secrets.kekId})`,
        wrappedDek: sql`coalesce(change."wrappedDek", ${secrets.wrappedDek})`,
        sealedValue: sql`coalesce(change."sealedValue", ${secrets.sealedValue})`,
        valueUpdatedAt: sql`case when change."isNewValue" then now() else ${secrets.valueUpdatedAt} end`,
      })
      .from(
        sql`${rowsAs} change(id uuid, version int, "updatedBy" text, description text, destinations text[],
          "valueVersion" int, "kekId" text, "wrappedDek" bytea, "sealedValue" bytea, "isNewValue" boolean)`,
      )
      .where(sql`${secrets.id} = change.id and ${secrets.version} = change.version and ${isInTurn}`)
      .returning(identifiedColumns),
  );
  return {
    prepare: ({ chain, chainEnd, recorded }) =>
      queries
        .with(chain, changed, chainEnd, recorded)
        .select()
        .from(changed)
        .prepare('update_secrets'),
    keyOf: ({ id }) => id,
    idOf: ({ id }) => id,
    valuesOf: (changes) => ({
      rows: JSON.stringify(
        changes.map(({ resealed, ...change }) => ({
          ...change,
          ...(resealed && { valueVersion: resealed.valueVersion, ...textOf(resealed.sealed) }),
        })),
      ),
    }),
    resultsOf: (rows, changes) => inOrder(rows, changes),
  };
}

/** Makes what deletes secrets. Nothing comes of one that is not at the version that was seen. */
export function prepareDeleteSecrets({
  queries,
}: Database): GroupStatement<IdentifiedSecret, { id: string }, true> {
  const changed = queries.$with('changed').as(
    queries
      .delete(secrets)
      .where(
        sql`(${secrets.id}, ${secrets.version}) in (select id, version from ${rowsAs} seen(id uuid, version int))
            and ${isInTurn}`,
      )
      .returning({ id: secrets.id }),
  );
  return {
    prepare: ({ chain, chainEnd, recorded }) =>
      queries
        .with(chain, changed, chainEnd, recorded)
        .select()
        .from(changed)
        .prepare('delete_secrets'),
    keyOf: ({ id }) => id,
    idOf: ({ id }) => id,
    valuesOf: (seen) => ({
      rows: JSON.stringify(seen.map(({ id, metadata: { version } }) => ({ id, version }))),
    }),
    resultsOf: (_, seen) => seen.map(() => true as const),
  };
}

/** Rows as one parameter; their columns are declared where they are used. A list of texts becomes an array. */
const rowsAs = sql`json_to_recordset(${sql.placeholder('rows')}::json) as`;

function inOrder(
  rows: readonly IdentifiedRow[],
  wanted: readonly { id: string }[],
): IdentifiedSecret[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return wanted.map(({ id }) => {
    const row = byId.get(id);
    if (row === undefined) throw new Error('A change that came to something answered no row.');
    return identifiedOf(row);
  });
}

function textOf({ kekId, wrappedDek, sealedValue }: SealedValue) {
  return { kekId, wrappedDek: byteaText(wrappedDek), sealedValue: byteaText(sealedValue) };
}

// --- the list ---

/** Which secrets a page shows. */
export interface PageRequest {
  sort: Sort;
  /** A case-insensitive part of name or description; empty for all. */
  q: string;
  limit: number;
  /** The row that the page before ended with. */
  after: Pick<CursorContent, 'key' | 'name'> | undefined;
}

/**
 * Makes the list: one page, read by the index of the sort order, so that depth costs nothing. The statements without a
 * search are prepared once; a search is planned anew each time, because whether the index of the sort order or those of
 * the trigrams are quicker depends on what is searched for.
 */
export function prepareListSecrets({
  queries,
}: Database): (page: PageRequest) => Promise<SecretMetadata[]> {
  const page = (
    sort: Sort,
    { isSearch, isContinued }: { isSearch: boolean; isContinued: boolean },
  ) => {
    const [field, direction, beyond] = orderOf(sort);
    const key = sortKeys(secrets)[field];
    const last = sql`${sql.placeholder('key')}::${field === 'name' ? sql`text` : sql`timestamptz`}`;
    return queries
      .select(metadataColumns)
      .from(secrets)
      .where(
        and(
          isSearch ? matches : undefined,
          isContinued
            ? sql`(${key}, ${secrets.name}) ${beyond} (${last}, ${sql.placeholder('name')})`
            : undefined,
        ),
      )
      .orderBy(sql`${key} ${direction}`, sql`${secrets.name} ${direction}`)
      .limit(sql.placeholder('limit'));
  };
  const prepare = (sort: Sort) => ({
    first: page(sort, { isSearch: false, isContinued: false }).prepare('list_secrets'),
    next: page(sort, { isSearch: false, isContinued: true }).prepare('list_secrets_after'),
  });
  const bySort = new Map(SortSchema.options.map((sort) => [sort, prepare(sort)]));

  return async ({ sort, q, limit, after }) => {
    const isContinued = after !== undefined;
    const values = {
      limit,
      pattern: patternOf(q),
      ...(after && { key: keyText(after.key), name: after.name }),
    };
    const prepared = q === '' ? bySort.get(sort) : undefined;
    if (prepared === undefined) return page(sort, { isSearch: true, isContinued }).execute(values);
    return (isContinued ? prepared.next : prepared.first).execute(values);
  };
}

/** Makes the count of how many secrets match, or null for more than `countedUpTo`: the count stops there. */
export function prepareCountSecrets({ queries }: Database): (q: string) => Promise<number | null> {
  const count = (condition: SQL | undefined) => {
    const some = queries
      .select({ one: sql`1` })
      .from(secrets)
      .where(condition)
      .limit(countedUpTo + 1)
      .as('some');
    return queries.select({ count: sql<number>`count(*)::int` }).from(some);
  };
  const countAll = count(undefined).prepare('count_secrets');

  return async (q) => {
    // As in prepareListSecrets: a search is planned anew.
    const counting = q === '' ? countAll : count(matches);
    const [row] = await counting.execute({ pattern: patternOf(q) });
    return row === undefined || row.count > countedUpTo ? null : row.count;
  };
}

/** A part of name or description, whatever its case. Served by the trigram indexes. */
const matches = or(
  sql`${secrets.name} ilike ${sql.placeholder('pattern')}`,
  sql`${secrets.description} ilike ${sql.placeholder('pattern')}`,
);

function orderOf(sort: Sort): [field: SortField, direction: SQL, beyond: SQL] {
  const field = sort.replace('-', '') as SortField; // as: the sort order is a field with or without "-"
  return sort.startsWith('-') ? [field, sql`desc`, sql`<`] : [field, sql`asc`, sql`>`];
}

function keyText(key: CursorContent['key']): string {
  if (key === null) return '-infinity';
  return typeof key === 'string' ? key : new Date(key).toISOString();
}

/** The sort key of a row, as a cursor carries it. */
export function keyOf(sort: Sort, secret: SecretMetadata): CursorContent['key'] {
  const [field] = orderOf(sort);
  if (field === 'name') return secret.name.toLowerCase();
  const time = secret[field];
  return time === null ? null : Date.parse(time);
}
