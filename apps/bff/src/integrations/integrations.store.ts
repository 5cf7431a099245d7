import type { IntegrationType } from '@dropsafe/contract/integration-types';
import type {
  Fields,
  Integration,
  IntegrationSort,
  ListedIntegration,
} from '@dropsafe/contract/integrations';
import { canonicalName } from '@dropsafe/contract/names';
import { countedUpTo } from '@dropsafe/contract/secrets';
import { and, eq, or, sql, type SQL } from 'drizzle-orm';
import { boolean, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { moment } from '../base/columns.ts';
import { countUpTo, refuseTakenName, type Queries } from '../base/database.ts';
import { patternOf } from '../base/search-pattern.ts';
import type { IntegrationCursor } from './integration-cursor.ts';

/** Integrations. Their configurations are text with expressions: they name secrets and hold none. */
export const integrations = pgTable(
  'integrations',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
    canonicalName: text().notNull().unique(),
    type: text().$type<IntegrationType>().notNull(),
    description: text(),
    isDisabled: boolean().notNull(),
    /** By the declaration of the type (contract/integration-types.ts). */
    fields: jsonb().$type<Fields>().notNull(),
    version: integer().notNull().default(1),
    createdAt: moment()
      .notNull()
      .default(sql`now()`),
    createdBy: text().notNull(),
    updatedAt: moment(),
    updatedBy: text(),
  },
  (table) => [
    index('integrations_by_created_at').on(table.createdAt, table.id),
    index('integrations_by_updated_at').on(
      sql`coalesce(${table.updatedAt}, '-infinity')`,
      table.id,
    ),
    index('integrations_name_search')
      .using('gin', sql`${table.canonicalName} gin_trgm_ops`)
      .with({ gin_pending_list_limit: 64 }),
    index('integrations_description_search')
      .using('gin', sql`${table.description} gin_trgm_ops`)
      .with({ gin_pending_list_limit: 64 }),
  ],
);

const listedColumns = {
  id: integrations.id,
  name: integrations.name,
  type: integrations.type,
  description: integrations.description,
  isDisabled: integrations.isDisabled,
  version: integrations.version,
  createdAt: integrations.createdAt,
  createdBy: integrations.createdBy,
  updatedAt: integrations.updatedAt,
  updatedBy: integrations.updatedBy,
};
const allColumns = { ...listedColumns, fields: integrations.fields };

/** What is written of an integration. */
export interface WrittenIntegration {
  name: string;
  description: string | null;
  isDisabled: boolean;
  fields: Fields;
}

/** Adds an integration. Throws `integration-name-taken`. */
export async function insertIntegration(
  queries: Queries,
  integration: WrittenIntegration & { id: string; type: IntegrationType; createdBy: string },
): Promise<Integration> {
  const [row] = await refuseTaken(
    queries
      .insert(integrations)
      .values({ ...integration, canonicalName: canonicalName(integration.name) })
      .returning(allColumns),
  );
  if (row === undefined) throw new Error('An integration that was added answered no row.');
  return row;
}

/** Writes an integration, and counts the change. Throws `integration-name-taken`. */
export async function updateIntegration(
  queries: Queries,
  id: string,
  integration: WrittenIntegration & { updatedBy: string },
): Promise<Integration> {
  const [row] = await refuseTaken(
    queries
      .update(integrations)
      .set({
        ...integration,
        canonicalName: canonicalName(integration.name),
        version: sql`${integrations.version} + 1`,
        updatedAt: sql`now()`,
      })
      .where(eq(integrations.id, id))
      .returning(allColumns),
  );
  if (row === undefined) throw new Error('An integration that was locked is not there.');
  return row;
}

const refuseTaken = <T>(writing: PromiseLike<T>) =>
  refuseTakenName(
    writing,
    'integration-name-taken',
    'There is already an integration of this name.',
  );

/** Removes an integration. */
export async function deleteIntegration(queries: Queries, id: string): Promise<void> {
  await queries.delete(integrations).where(eq(integrations.id, id));
}

/** An integration by its id. */
export async function findIntegration(
  queries: Queries,
  id: string,
): Promise<Integration | undefined> {
  const [row] = await queries.select(allColumns).from(integrations).where(eq(integrations.id, id));
  return row;
}

/** The same, locked until the transaction ends: two people who change it wait for each other. */
export async function lockIntegration(
  queries: Queries,
  id: string,
): Promise<Integration | undefined> {
  const [row] = await queries
    .select(allColumns)
    .from(integrations)
    .where(eq(integrations.id, id))
    .for('update');
  return row;
}

/** A row of the list, with the key that decides its place. */
export interface PlacedIntegration {
  row: ListedIntegration;
  key: string | null;
}

/** One page of the integrations, read by the index of the order. */
export async function listIntegrations(
  queries: Queries,
  {
    sort,
    q,
    limit,
    after,
  }: {
    sort: IntegrationSort;
    q: string;
    limit: number;
    after: Pick<IntegrationCursor, 'key' | 'id'> | undefined;
  },
): Promise<PlacedIntegration[]> {
  const isByName = sort.endsWith('name');
  const column = sort.endsWith('createdAt') ? integrations.createdAt : integrations.updatedAt;
  const moments = sort.endsWith('createdAt')
    ? sql`${integrations.createdAt}`
    : sql`coalesce(${integrations.updatedAt}, '-infinity')`;
  const [direction, beyond] = sort.startsWith('-') ? [sql`desc`, sql`<`] : [sql`asc`, sql`>`];
  // Canonical names are unique, and their index has no id.
  const order: SQL[] = isByName
    ? [sql`${integrations.canonicalName} ${direction}`]
    : [sql`${moments} ${direction}`, sql`${integrations.id} ${direction}`];
  const start = isByName
    ? sql`${integrations.canonicalName} ${beyond} ${after?.key}`
    : sql`(${moments}, ${integrations.id}) ${beyond} (${after?.key ?? '-infinity'}::timestamptz, ${after?.id}::uuid)`;
  const found = await queries
    .select({ row: listedColumns, name: integrations.canonicalName, moment: column })
    .from(integrations)
    .where(and(contains(q), after === undefined ? undefined : start))
    .orderBy(...order)
    .limit(limit);
  return found.map(({ row, name, moment: at }) => ({ row, key: isByName ? name : at }));
}

/** How many integrations match, or null for more than `countedUpTo`: the count stops there. */
export async function countIntegrations(queries: Queries, q: string): Promise<number | null> {
  const rows = queries
    .select({ one: sql`1` })
    .from(integrations)
    .where(contains(q));
  return countUpTo(queries, countedUpTo, rows);
}

/** Served by the trigram indexes. */
function contains(q: string): SQL | undefined {
  if (q === '') return undefined;
  return or(
    sql`${integrations.canonicalName} like ${patternOf(canonicalName(q))}`,
    sql`${integrations.description} ilike ${patternOf(q)}`,
  );
}
