import {
  SecretNameSchema,
  countedUpTo,
  type SecretMetadata,
  type SecretName,
  type Sort,
  type SortField,
} from '@dropsafe/contract/secrets';
import { and, eq, or, sql, type SQL, type SQLWrapper } from 'drizzle-orm';
import { index, integer, pgTable, text, timestamp, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import {
  isUniqueViolation,
  type Database,
  type Queries,
  type Transaction,
} from '../base/database.ts';
import { Problem } from '../base/problem.ts';
import type { SealedValue } from '../keys/keys.ts';
import type { CursorContent } from './cursor.ts';

const moment = () => timestamp({ withTimezone: true, precision: 3 });

/** Secrets of the provider `database`. */
export const secrets = pgTable(
  'secrets',
  {
    id: uuid().primaryKey(),
    name: text().notNull(),
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
    index('secrets_name_search').using('gin', sql`${table.name} gin_trgm_ops`),
    index('secrets_description_search').using('gin', sql`${table.description} gin_trgm_ops`),
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

type MetadataRow = Pick<typeof secrets.$inferSelect, keyof typeof metadataColumns>;

function metadataOf(row: MetadataRow): SecretMetadata {
  return {
    name: SecretNameSchema.parse(row.name),
    description: row.description,
    provider: row.provider,
    version: row.version,
    destinations: row.destinations,
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    updatedAt: row.updatedAt?.toISOString() ?? null,
    updatedBy: row.updatedBy,
    valueUpdatedAt: row.valueUpdatedAt.toISOString(),
    lastUsedAt: row.lastUsedAt?.toISOString() ?? null,
  };
}

const identifiedOf = ({ id, ...row }: MetadataRow & { id: string }): IdentifiedSecret => ({
  id,
  metadata: metadataOf(row),
});

/** Makes the look-up of one secret's metadata by the unique index on the name; prepared once. */
export function prepareFindSecret(
  database: Database,
): (name: SecretName) => Promise<IdentifiedSecret | undefined> {
  const query = database.queries
    .select(identifiedColumns)
    .from(secrets)
    .where(eq(secrets.name, sql.placeholder('name')))
    .prepare('find_secret');
  return async (name) => {
    const [row] = await query.execute({ name });
    return row && identifiedOf(row);
  };
}

/** Reads a secret with its sealed value and holds the row until the transaction ends. */
export async function lockSealedSecret(
  tx: Transaction,
  name: SecretName,
): Promise<SealedSecret | undefined> {
  const [row] = await tx
    .select(sealedColumns)
    .from(secrets)
    .where(eq(secrets.name, sql.placeholder('name')))
    .for('update')
    .prepare('lock_sealed_secret')
    .execute({ name });
  if (row === undefined) return undefined;
  const { valueVersion, kekId, wrappedDek, sealedValue, ...rest } = row;
  return { ...identifiedOf(rest), valueVersion, sealed: { kekId, wrappedDek, sealedValue } };
}

/** Adds a secret. Throws `secret-name-taken`; never overwrites, not even in the same instant (unique index). */
export async function insertSecret(
  tx: Transaction,
  secret: Pick<
    SecretMetadata,
    'name' | 'description' | 'provider' | 'destinations' | 'createdBy'
  > & {
    id: string;
    valueVersion: number;
    sealed: SealedValue;
  },
): Promise<IdentifiedSecret> {
  const { sealed, ...row } = secret;
  try {
    const [inserted] = await tx
      .insert(secrets)
      .values({ ...row, ...sealed, version: 1, createdAt: sql`now()`, valueUpdatedAt: sql`now()` })
      .returning(identifiedColumns)
      .prepare('insert_secret')
      .execute();
    if (inserted === undefined) throw new Error('An insert without a conflict answered no row.');
    return identifiedOf(inserted);
  } catch (error) {
    if (isUniqueViolation(error))
      throw new Problem('secret-name-taken', {
        errors: [{ field: 'name', message: 'There is already a secret of this name.' }],
      });
    throw error;
  }
}

/** What an update writes. What is absent is not touched, byte for byte. */
export interface SecretPatch {
  description?: string | null | undefined;
  destinations?: string[] | undefined;
  resealed?: { valueVersion: number; sealed: SealedValue } | undefined;
  isNewValue: boolean;
}

/** Writes an update of a row that the transaction holds. */
export async function updateSecret(
  tx: Transaction,
  id: string,
  by: string,
  patch: SecretPatch,
): Promise<IdentifiedSecret> {
  const { resealed } = patch;
  const [row] = await tx
    .update(secrets)
    .set({
      version: sql`${secrets.version} + 1`,
      updatedAt: sql`now()`,
      updatedBy: by,
      ...(patch.description !== undefined && { description: patch.description }),
      ...(patch.destinations !== undefined && { destinations: patch.destinations }),
      ...(resealed && { valueVersion: resealed.valueVersion, ...resealed.sealed }),
      ...(patch.isNewValue && { valueUpdatedAt: sql`now()` }),
    })
    .where(eq(secrets.id, id))
    .returning(identifiedColumns)
    .prepare('update_secret')
    .execute();
  if (row === undefined) throw new Error('A row that the transaction holds is gone.');
  return identifiedOf(row);
}

/** Deletes a row that the transaction holds. */
export async function deleteSecret(tx: Transaction, id: string): Promise<void> {
  await tx.delete(secrets).where(eq(secrets.id, id));
}

/** A case-insensitive part of name or description. `%`, `_` and `\` are taken literally. Served by the trigram indexes. */
function matches(q: string): SQL | undefined {
  if (q === '') return undefined;
  const pattern = `%${q.replaceAll(/[\\%_]/g, '\\$&')}%`;
  return or(sql`${secrets.name} ilike ${pattern}`, sql`${secrets.description} ilike ${pattern}`);
}

/** How many secrets match, or null for more than `countedUpTo`: the count stops there. */
export async function countSecrets(queries: Queries, q: string): Promise<number | null> {
  const some = queries
    .select({ one: sql`1` })
    .from(secrets)
    .where(matches(q))
    .limit(countedUpTo + 1)
    .as('some');
  const [row] = await queries.select({ count: sql<number>`count(*)::int` }).from(some);
  return row === undefined || row.count > countedUpTo ? null : row.count;
}

/** One page of the list: up to `limit` rows after `after`, read by the index of the sort order, so that depth costs nothing. */
export async function listSecrets(
  queries: Queries,
  {
    sort,
    q,
    limit,
    after,
  }: {
    sort: Sort;
    q: string;
    limit: number;
    after: Pick<CursorContent, 'key' | 'name'> | undefined;
  },
): Promise<SecretMetadata[]> {
  const isDescending = sort.startsWith('-');
  const field = sort.replace('-', '') as SortField; // as: the sort order is a field with or without "-"
  const key = sortKeys(secrets)[field];
  const direction = isDescending ? sql`desc` : sql`asc`;
  const conditions = [
    matches(q),
    after &&
      sql`(${key}, ${secrets.name}) ${isDescending ? sql`<` : sql`>`} (${keyParameter(field, after.key)}, ${after.name})`,
  ];
  const rows = await queries
    .select(metadataColumns)
    .from(secrets)
    .where(and(...conditions))
    .orderBy(sql`${key} ${direction}`, sql`${secrets.name} ${direction}`)
    .limit(limit);
  return rows.map(metadataOf);
}

function keyParameter(field: SortField, key: CursorContent['key']): SQL {
  if (field === 'name') return sql`${key}::text`;
  return key === null
    ? sql`'-infinity'::timestamptz`
    : sql`${new Date(Number(key)).toISOString()}::timestamptz`;
}

/** The sort key of a row, as a cursor carries it. */
export function keyOf(sort: Sort, secret: SecretMetadata): CursorContent['key'] {
  const field = sort.replace('-', '') as SortField; // as: see listSecrets
  if (field === 'name') return secret.name.toLowerCase();
  const moment = secret[field];
  return moment === null ? null : Date.parse(moment);
}
