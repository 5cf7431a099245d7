import type { ApiKey, ApiKeySort } from '@dropsafe/contract/api-keys';
import { and, eq, isNull, sql, type SQL } from 'drizzle-orm';
import type { Permission } from '@dropsafe/contract/permissions';
import { index, integer, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import { refuseTakenName, type Database, type Queries } from '../base/database.ts';
import { grantsOf } from '../permissions/permissions.ts';
import { findByToken } from './by-token.store.ts';
import type { PageCursor } from './page-cursor.ts';
import { containsPart } from './page.store.ts';
import { isGranting, teams, type GrantingTeam } from './teams.store.ts';

/**
 * API keys of programs. The token itself is only with whoever created the key. A key that was revoked stays, so that the trail can say
 * whose it was when somebody goes on using it; it is in no list, and counts for nothing else.
 */
export const apiKeys = pgTable(
  'api_keys',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    canonicalName: text().notNull(),
    tokenHash: bytes().notNull().unique(),
    /** The end of the token, which belongs to its checksum. */
    endsWith: text().notNull(),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
    createdBy: text().notNull(),
    /** The team that the key belongs to. It goes before its team does, with an event of its own: nothing happens by itself here. */
    teamId: uuid().references(() => teams.id),
    expiresAt: moment(),
    /** Up to a minute behind, so that not every request is a write. */
    lastUsedAt: moment(),
    /** Refused for good from then on. */
    revokedAt: moment(),
    /** Counts every change of what is shown, but for the last use. */
    version: integer().notNull().default(1),
  },
  // Two keys that look alike in the trail would be one for whoever reads it.
  (table) => [
    uniqueIndex('api_keys_name').on(table.canonicalName).where(isNull(table.revokedAt)),
    index('api_keys_by_team').on(table.teamId),
    // For lists and their count: they read past no key that was revoked, of which there are more with every year.
    index('api_keys_by_created_at').on(table.createdAt, table.id).where(isNull(table.revokedAt)),
    // Searching a part of a name: trigrams. The size: see secrets.store.ts.
    index('api_keys_name_search')
      .using('gin', sql`${table.canonicalName} gin_trgm_ops`)
      .with({ gin_pending_list_limit: 64 })
      .where(isNull(table.revokedAt)),
  ],
);

const isThere = isNull(apiKeys.revokedAt);
const hasExpired = sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`;

/** A key as it is stored, with what decides what it may do. */
export interface StoredApiKey extends Omit<ApiKey, 'team' | 'effectivePermissions'> {
  team: GrantingTeam | null;
  canonicalName: string;
  version: number;
}

/** What a key may do, as a column of a query of keys: granted to itself, or to its team. Every request of a program reads it. */
const permissionsOfKey = grantsOf(
  apiKeys.id,
  sql`select ${teams.id} from ${teams} where ${teams.id} = ${apiKeys.teamId} and ${isGranting}`,
);

const teamOfKey = sql`select json_build_object('id', ${teams.id}, 'name', ${teams.name}, 'permissions', ${grantsOf(teams.id)}, 'isDisabled', ${teams.isDisabled})
  from ${teams} where ${teams.id} = ${apiKeys.teamId}`;

const columns = {
  id: apiKeys.id,
  name: apiKeys.name,
  canonicalName: apiKeys.canonicalName,
  permissions: grantsOf(apiKeys.id),
  team: sql<GrantingTeam | null>`(${teamOfKey})`,
  endsWith: apiKeys.endsWith,
  createdAt: apiKeys.createdAt,
  createdBy: apiKeys.createdBy,
  expiresAt: apiKeys.expiresAt,
  isExpired: hasExpired,
  lastUsedAt: apiKeys.lastUsedAt,
  version: apiKeys.version,
};

/** The key of a token, with what it may do, read at one moment. */
export interface FoundApiKey {
  id: string;
  name: string;
  /** Only one that is live lets anybody in. */
  state: 'live' | 'revoked' | 'expired';
  permissions: Permission[];
  /** True when `lastUsedAt` is due to be written. */
  isTouchDue: boolean;
}

/**
 * Makes the look-up of a key, by the unique index on the hash. Prepared once, and one query serves all requests of the
 * same moment. Expiry is decided by the database's clock, so that all nodes agree.
 */
export function prepareFindApiKey(
  database: Pick<Database, 'queries' | 'lookUp'>,
): (tokenHash: Uint8Array) => Promise<FoundApiKey | undefined> {
  const query = database.queries
    .select({
      tokenHash: apiKeys.tokenHash,
      id: apiKeys.id,
      name: apiKeys.name,
      state: sql<FoundApiKey['state']>`case
        when ${apiKeys.revokedAt} is not null then 'revoked' when ${hasExpired} then 'expired' else 'live' end`,
      permissions: permissionsOfKey,
      isTouchDue: sql<boolean>`coalesce(${apiKeys.lastUsedAt} < now() - interval '1 minute', true)`,
    })
    .from(apiKeys)
    .where(sql`${apiKeys.tokenHash} = any(${sql.placeholder('tokenHashes')}::bytea[])`)
    .prepare('find_api_key');
  return findByToken(database, query);
}

/** What a key may do at this moment; undefined when it is not live any more. */
export async function findPermissionsOfKey(
  queries: Queries,
  id: string,
): Promise<Permission[] | undefined> {
  const [found] = await queries
    .select({ permissions: permissionsOfKey })
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), isThere, sql`not ${hasExpired}`));
  return found?.permissions;
}

/** Notes that a key is in use. Of requests of the same moment one writes. */
export async function touchApiKey(queries: Queries, id: string): Promise<void> {
  await queries
    .update(apiKeys)
    .set({ lastUsedAt: sql`now()` })
    .where(
      sql`${apiKeys.id} = ${id} and coalesce(${apiKeys.lastUsedAt} < now() - interval '1 minute', true)`,
    );
}

/** A key as it is added. */
export interface NewApiKey {
  id: string;
  name: string;
  canonicalName: string;
  tokenHash: Uint8Array;
  endsWith: string;
  createdBy: string;
  teamId: string | null;
  expiresAt: string | null;
}

/** Adds a key. Throws `api-key-name-taken`. */
export async function insertApiKey(queries: Queries, key: NewApiKey): Promise<void> {
  await refuseTaken(queries.insert(apiKeys).values(key));
}

/** Writes what is named, and counts the change. Throws `api-key-name-taken`. */
export async function updateApiKey(
  queries: Queries,
  id: string,
  change: { name?: string; canonicalName?: string; expiresAt?: string | null },
): Promise<void> {
  await refuseTaken(
    queries
      .update(apiKeys)
      .set({ ...change, version: sql`${apiKeys.version} + 1` })
      .where(eq(apiKeys.id, id)),
  );
}

const refuseTaken = <T>(writing: PromiseLike<T>) =>
  refuseTakenName(writing, 'api-key-name-taken', 'There is already an API key of this name.');

/** One key by its id, unless it was revoked. */
export async function findApiKey(queries: Queries, id: string): Promise<StoredApiKey | undefined> {
  const [key] = await queries
    .select(columns)
    .from(apiKeys)
    .where(and(eq(apiKeys.id, id), isThere));
  return key;
}

/** Revokes the key of this id, or those of a team; answers which these were. None of them has a team any more, nor keeps its name from others. */
export async function revokeApiKeys(
  queries: Queries,
  which: { id: string } | { teamId: string },
): Promise<{ id: string; name: string }[]> {
  return queries
    .update(apiKeys)
    .set({ revokedAt: sql`now()`, teamId: null })
    .where(
      and('id' in which ? eq(apiKeys.id, which.id) : eq(apiKeys.teamId, which.teamId), isThere),
    )
    .returning({ id: apiKeys.id, name: apiKeys.name });
}

/** Which keys a page shows. */
export interface ApiKeyPageRequest {
  sort: ApiKeySort;
  /** A case-insensitive part of the name; empty for all. */
  q: string;
  limit: number;
  after: PageCursor<ApiKeySort> | undefined;
}

/** What each sort order compares. `never` is the earliest of all moments. */
const sortKeys = {
  name: sql`${apiKeys.canonicalName}`,
  createdAt: sql`${apiKeys.createdAt}`,
  lastUsedAt: sql`coalesce(${apiKeys.lastUsedAt}, '-infinity')`,
};

/** One page of the keys. There are as many as there are programs: no index of its own for each order, but one that has no key that was revoked. */
export async function listApiKeys(
  queries: Queries,
  { sort, q, limit, after }: ApiKeyPageRequest,
): Promise<StoredApiKey[]> {
  const field = sort.replace('-', '') as keyof typeof sortKeys; // as: the sort order is a field with or without "-"
  const key = sortKeys[field];
  const [direction, beyond] = sort.startsWith('-') ? [sql`desc`, sql`>`] : [sql`asc`, sql`<`];
  return queries
    .select(columns)
    .from(apiKeys)
    .where(
      and(
        matches(q),
        after &&
          sql`(${field === 'name' ? sql`${after.key}::text` : sql`${after.key ?? '-infinity'}::timestamptz`}, ${after.id}::uuid)
            ${beyond} (${key}, ${apiKeys.id})`,
      ),
    )
    .orderBy(sql`${key} ${direction}`, sql`${apiKeys.id} ${direction}`)
    .limit(limit);
}

/** How many keys match. */
export function countApiKeys(queries: Queries, q: string): Promise<number> {
  return queries.$count(apiKeys, matches(q));
}

function matches(q: string): SQL | undefined {
  return and(isThere, containsPart(apiKeys.canonicalName, q));
}

/** The sort key of a row, as a cursor carries it. */
export function keyOf(sort: ApiKeySort, key: StoredApiKey): string | null {
  if (sort.endsWith('name')) return key.canonicalName;
  return sort.endsWith('createdAt') ? key.createdAt : key.lastUsedAt;
}
