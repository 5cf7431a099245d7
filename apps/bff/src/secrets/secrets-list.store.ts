/** @file The list of secrets: of all providers, or of one. */
import {
  SortSchema,
  countedUpTo,
  type SecretMetadata,
  type Sort,
  type SortField,
  type Unused,
} from '@dropsafe/contract/secrets';
import { and, or, sql, type SQL } from 'drizzle-orm';
import { makePgArray } from 'drizzle-orm/pg-core';
import type { Database } from '../base/database.ts';
import { patternOf } from '../base/search-pattern.ts';
import type { CursorContent } from './cursor.ts';
import {
  identifiedColumns,
  identifiedOf,
  secrets,
  sortKeys,
  type IdentifiedSecret,
} from './secrets.store.ts';

/** Which secrets there are to show. */
export interface Search {
  /** A case-insensitive part of name or description; empty for all. */
  q: string;
  /** Only what lives there, used or not; undefined for what is used, wherever it lives. */
  provider: string | undefined;
  /** Only what was never used, or not for 90 days. */
  unused: Unused | undefined;
}

const all = { q: '', unused: undefined };

/** Which of them a page shows. */
export interface PageRequest extends Search {
  sort: Sort;
  limit: number;
  /** The row that the page before ended with. */
  after: Pick<CursorContent, 'key' | 'name'> | undefined;
}

/**
 * Makes the list of what is in these providers: one page, read by the index of the sort order, so that depth costs nothing.
 * The statements without a search are prepared once; a search is planned anew each time, because whether the index of the
 * sort order or another one is quicker depends on how much is found.
 */
export function prepareListSecrets(
  { queries }: Database,
  providers: readonly string[],
): (page: PageRequest) => Promise<IdentifiedSecret[]> {
  const page = (sort: Sort, search: Search, isContinued: boolean) => {
    const [field, direction, beyond] = orderOf(sort);
    const key = sortKeys(secrets)[field];
    const last = sql`${sql.placeholder('key')}::${field === 'name' ? sql`text` : sql`timestamptz`}`;
    const columns = { ...identifiedColumns, alsoIn: alsoIn(search, providers) };
    return queries
      .select(columns)
      .from(secrets)
      .where(
        and(
          isListed(search, providers),
          isContinued
            ? sql`(${key}, ${secrets.name}) ${beyond} (${last}, ${sql.placeholder('name')})`
            : undefined,
        ),
      )
      .orderBy(sql`${key} ${direction}`, sql`${secrets.name} ${direction}`)
      .limit(sql.placeholder('limit'));
  };
  const prepare = (sort: Sort, provider: string | undefined) => ({
    first: page(sort, { ...all, provider }, false).prepare('list_secrets'),
    next: page(sort, { ...all, provider }, true).prepare('list_secrets_after'),
  });
  const ofProvider = (provider: string | undefined) =>
    new Map(SortSchema.options.map((sort) => [sort, prepare(sort, provider)]));
  const byProvider = new Map([undefined, ...providers].map((each) => [each, ofProvider(each)]));

  return async ({ sort, limit, after, ...search }) => {
    const values = {
      limit,
      ...(search.q !== '' && { pattern: patternOf(search.q) }),
      ...(after && { key: keyText(after.key), name: after.name }),
    };
    const isContinued = after !== undefined;
    const prepared = isPrepared(search) ? byProvider.get(search.provider)?.get(sort) : undefined;
    const query = prepared
      ? prepared[isContinued ? 'next' : 'first']
      : page(sort, search, isContinued);
    return (await query.execute(values)).map(({ alsoIn: others, ...row }) => {
      const { id, metadata } = identifiedOf(row);
      return { id, metadata: { ...metadata, alsoIn: others } };
    });
  };
}

/** Makes the count of how many secrets match, or null for more than `countedUpTo`: the count stops there. */
export function prepareCountSecrets(
  { queries }: Database,
  providers: readonly string[],
): (search: Search) => Promise<number | null> {
  const count = (search: Search) => {
    const some = queries
      .select({ one: sql`1` })
      .from(secrets)
      .where(isListed(search, providers))
      .limit(countedUpTo + 1)
      .as('some');
    return queries.select({ count: sql<number>`count(*)::int` }).from(some);
  };
  const prepared = new Map(
    [undefined, ...providers].map((provider) => [
      provider,
      count({ ...all, provider }).prepare('count_secrets'),
    ]),
  );

  return async (search) => {
    // As in prepareListSecrets: a search is planned anew.
    const known = isPrepared(search) ? prepared.get(search.provider) : undefined;
    const [row] = await (known ?? count(search)).execute(
      search.q === '' ? {} : { pattern: patternOf(search.q) },
    );
    return row === undefined || row.count > countedUpTo ? null : row.count;
  };
}

/**
 * The other providers that have a secret of this name: beside one that is used those that are not, which are few and have an index.
 * A part of the query, as asking once more would cost as much as the page.
 */
function alsoIn({ provider }: Search, providers: readonly string[]): SQL<string[]> {
  const others = (standing: SQL) => sql`
    select twin.provider from secrets twin
    where twin.name = secrets.name and ${standing} and twin.id <> secrets.id
      and twin.provider = any(${makePgArray([...providers])}::text[])`;
  const notUsed = others(sql`twin.standing <> 'used' and twin.standing = 'shadowed'`);
  const used = others(sql`secrets.standing <> 'used' and twin.standing = 'used'`);
  const found = provider === undefined ? notUsed : sql`${notUsed} union all ${used}`;
  return (providers.length === 1 ? sql`'{}'::text[]` : sql`array(${found})`).mapWith(
    secrets.destinations,
  );
}

/** A search is planned anew. */
const isPrepared = ({ q, unused }: Search) => q === '' && unused === undefined;

function isListed({ q, provider, unused }: Search, providers: readonly string[]): SQL | undefined {
  return and(
    provider === undefined
      ? sql`${secrets.standing} = 'used' and ${secrets.provider} = any(${makePgArray([...providers])}::text[])`
      : sql`${secrets.standing} in ('used', 'shadowed') and ${secrets.provider} = ${provider}`,
    // Said once more so that the planner sees that the indexes of the others serve it.
    provider === undefined || provider === 'database'
      ? undefined
      : sql`${secrets.provider} <> 'database'`,
    q === '' ? undefined : matches,
    unused === undefined ? undefined : isUnused[unused],
  );
}

/** Written as the index of the sort order has it. */
const isUnused: Record<Unused, SQL> = {
  never: sql`${sortKeys(secrets).lastUsedAt} = '-infinity'`,
  '90d': sql`${sortKeys(secrets).lastUsedAt} < now() - interval '90 days' and ${secrets.createdAt} < now() - interval '90 days'`,
};

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
