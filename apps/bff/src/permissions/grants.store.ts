import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import { inArray, sql, type Column, type SQL } from 'drizzle-orm';
import { index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Queries } from '../base/database.ts';

/** Which permissions a principal was granted directly. */
export const grants = pgTable(
  'grants',
  { principalId: uuid().notNull(), permission: text().$type<Permission>().notNull() },
  (table) => [
    primaryKey({ columns: [table.principalId, table.permission] }),
    index().on(table.permission, table.principalId),
  ],
);

/**
 * The permissions of a principal as a column of another room's query, so that a session and what it may do are read in
 * one round trip and at one moment. `alsoOf` selects the ids of further principals whose permissions count as well: teams.
 * Served by the primary key.
 */
export function grantsOf(principalId: Column, alsoOf?: SQL): SQL<Permission[]> {
  // Nested: a column that stands at the top loses its table in a query of one table, and would then mean another.
  const id = sql`${principalId}`;
  const ids = alsoOf === undefined ? sql`array[${id}]` : sql`array_append(array(${alsoOf}), ${id})`;
  const granted = sql`select distinct ${grants.permission} from ${grants} where ${grants.principalId} = any(${ids})`;
  return sql<Permission[]>`to_json(array(${granted}))`.mapWith(
    // A permission of a newer version means nothing here.
    (names: string[]) => permissionNames.filter((permission) => names.includes(permission)),
  );
}

/** Selects the ids of those that were granted a permission directly, disabled ones included. Served by an index of its own. */
export function holdersOf(permission: Permission): SQL {
  return sql`select ${grants.principalId} from ${grants} where ${grants.permission} = ${permission}`;
}

/** Replaces what a principal was granted. */
export async function replaceGrants(
  queries: Queries,
  principalId: string,
  permissions: readonly Permission[],
): Promise<void> {
  await deleteGrants(queries, [principalId]);
  const rows = [...new Set(permissions)].map((permission) => ({ principalId, permission }));
  if (rows.length > 0) await queries.insert(grants).values(rows);
}

/** Takes everything from principals. */
export async function deleteGrants(
  queries: Queries,
  principalIds: readonly string[],
): Promise<void> {
  await queries.delete(grants).where(inArray(grants.principalId, [...principalIds]));
}
