import { permissionNames, type Permission } from '@dropsafe/contract/permissions';
import { eq, sql, type Column, type SQL } from 'drizzle-orm';
import { pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import type { Queries } from '../base/database.ts';

/** Which permissions a principal was granted directly. */
export const grants = pgTable(
  'grants',
  { principalId: uuid().notNull(), permission: text().$type<Permission>().notNull() },
  (table) => [primaryKey({ columns: [table.principalId, table.permission] })],
);

/**
 * The permissions of a principal as a column of another room's query, so that a session and what it may do are read in
 * one round trip and at one moment. Served by the primary key.
 */
export function grantsOf(principalId: Column): SQL<Permission[]> {
  return sql<
    Permission[]
  >`to_json(array(select ${grants.permission} from ${grants} where ${grants.principalId} = ${principalId}))`.mapWith(
    // A permission of a newer version means nothing here.
    (names: string[]) => permissionNames.filter((permission) => names.includes(permission)),
  );
}

/** Replaces what a principal was granted. */
export async function replaceGrants(
  queries: Queries,
  principalId: string,
  permissions: readonly Permission[],
): Promise<void> {
  await queries.delete(grants).where(eq(grants.principalId, principalId));
  const rows = [...new Set(permissions)].map((permission) => ({ principalId, permission }));
  if (rows.length > 0) await queries.insert(grants).values(rows);
}
