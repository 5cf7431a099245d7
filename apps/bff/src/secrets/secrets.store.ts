import {
  sortFields,
  type SecretMetadata,
  type SecretName,
  type SecretState,
} from '@dropsafe/contract/secrets';
import { sql, type SQLWrapper } from 'drizzle-orm';
import { index, integer, makePgArray, pgTable, text, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import { bytes, moment } from '../base/columns.ts';
import { within, type Database } from '../base/database.ts';
import { gather } from '../base/gather.ts';
import type { SealedValue } from '../keys/keys.ts';

/**
 * Kilobytes of new entries that a trigram index keeps aside, unsorted. Every search reads all of them, and past some
 * megabytes (the default) the planner prefers to read the whole table.
 */
const searchOptions = { gin_pending_list_limit: 64 };

/**
 * Every secret of every provider, so that one query lists, searches and sorts them all. For `database` a row is the secret
 * itself; for the others it is the catalogue: what is known of a secret whose value lives elsewhere.
 */
export const secrets = pgTable(
  'secrets',
  {
    id: uuid().primaryKey(),
    name: text().$type<SecretName>().notNull(),
    description: text(),
    provider: text().notNull(),
    /** Which of several of one name is used: that of the first provider. What is gone elsewhere keeps what is known of it. */
    standing: text().$type<Standing>().notNull().default('used'),
    /** When the row was last noted, by a person's change or by what its provider said: no older list changes it. */
    standingAt: moment()
      .notNull()
      .default(sql`now()`),
    state: text().$type<SecretState>().notNull().default('ready'),
    /** Elsewhere: names the value as its provider does. */
    revision: text(),
    /** Elsewhere: the destinations with a MAC (destinations-mac.ts); in this database they are sealed with the value. */
    destinationsMac: bytes(),
    version: integer().notNull(),
    destinations: text().array().notNull(),
    valueVersion: integer().notNull(),
    /** Sealed values are those of `database` only. */
    kekId: text(),
    wrappedDek: bytes(),
    sealedValue: bytes(),
    createdAt: moment().notNull(),
    createdBy: text().notNull(),
    updatedAt: moment(),
    updatedBy: text(),
    valueUpdatedAt: moment().notNull(),
    lastUsedAt: moment(),
  },
  (table) => [
    uniqueIndex('secrets_name')
      .on(table.name)
      .where(sql`standing = 'used'`),
    // Of what lives elsewhere each provider has a name once, whoever notes it first: a person's change or a list.
    uniqueIndex('secrets_outside_name')
      .on(table.provider, table.name)
      .where(sql`provider <> 'database' and standing <> 'gone'`),
    // Few: what is there twice, and what is gone elsewhere.
    index('secrets_not_used')
      .on(table.name, table.provider)
      .where(sql`standing <> 'used'`),
    // One index per sort order; the name decides between equal keys. Read backwards for descending.
    index('secrets_by_name').on(sortKeys(table).name, table.name),
    index('secrets_by_created_at').on(table.createdAt, table.name),
    index('secrets_by_updated_at').on(sortKeys(table).updatedAt, table.name),
    index('secrets_by_last_used_at').on(sortKeys(table).lastUsedAt, table.name),
    // The same for one provider of the others; most secrets are in `database`, and have no entry here.
    ...sortFields.map((field) =>
      index(`secrets_outside_by_${snake(field)}`)
        .on(table.provider, sortKeys(table)[field], table.name)
        .where(sql`provider <> 'database'`),
    ),
    // Searching a part of a text: trigrams.
    index('secrets_name_search')
      .using('gin', sql`${table.name} gin_trgm_ops`)
      .with(searchOptions),
    index('secrets_description_search')
      .using('gin', sql`${table.description} gin_trgm_ops`)
      .with(searchOptions),
  ],
);

/** Whether a secret is used, stands behind one of the same name, or is not there any more. */
export type Standing = 'used' | 'shadowed' | 'gone';

function snake(field: string): string {
  return field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What each sort order compares. Written so that nothing is null: `never` is the earliest of all moments. */
export function sortKeys(table: {
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
  state: secrets.state,
  standing: secrets.standing,
  version: secrets.version,
  destinations: secrets.destinations,
  createdAt: secrets.createdAt,
  createdBy: secrets.createdBy,
  updatedAt: secrets.updatedAt,
  updatedBy: secrets.updatedBy,
  valueUpdatedAt: secrets.valueUpdatedAt,
  lastUsedAt: secrets.lastUsedAt,
};
export const identifiedColumns = { id: secrets.id, ...metadataColumns };
const storedColumns = {
  ...identifiedColumns,
  valueVersion: secrets.valueVersion,
  revision: secrets.revision,
  destinationsMac: secrets.destinationsMac,
  kekId: secrets.kekId,
  wrappedDek: secrets.wrappedDek,
  sealedValue: secrets.sealedValue,
};

/** The row of a secret without anything of its value. */
export interface IdentifiedSecret {
  id: string;
  metadata: SecretMetadata;
}
/** What one use of a secret asks of its row. */
export interface ResolvableSecret {
  id: string;
  metadata: Pick<SecretMetadata, 'name' | 'provider' | 'state' | 'destinations'>;
  valueVersion: number;
  /** The value, where it lives in this database. */
  sealed: SealedValue | undefined;
  /** Of what lives elsewhere. */
  destinationsMac: Uint8Array | null;
}
/** The whole row of a secret. */
export interface StoredSecret extends IdentifiedSecret, Omit<ResolvableSecret, 'metadata'> {
  /** Of what lives elsewhere. */
  revision: string | null;
}

/** A row without what other rows tell. */
export type IdentifiedRow = Omit<SecretMetadata, 'isUsed' | 'alsoIn'> & {
  id: string;
  standing: Standing;
};

/** What others of the same name there are is told by `prepareFindNamesakes`, where there can be any. */
export const identifiedOf = ({ id, standing, ...row }: IdentifiedRow): IdentifiedSecret => ({
  id,
  metadata: { ...row, isUsed: standing === 'used', alsoIn: [] },
});

type SealedRow = { [Column in keyof SealedValue]: SealedValue[Column] | null };
type StoredRow = IdentifiedRow &
  Pick<StoredSecret, 'valueVersion' | 'revision' | 'destinationsMac'> &
  SealedRow;

const storedOf = ({
  valueVersion,
  revision,
  destinationsMac,
  kekId,
  wrappedDek,
  sealedValue,
  ...row
}: StoredRow): StoredSecret => ({
  ...identifiedOf(row),
  valueVersion,
  revision,
  destinationsMac,
  sealed: sealedOf({ kekId, wrappedDek, sealedValue }),
});

function sealedOf({ kekId, wrappedDek, sealedValue }: SealedRow): SealedValue | undefined {
  return kekId !== null && wrappedDek !== null && sealedValue !== null
    ? { kekId, wrappedDek, sealedValue }
    : undefined;
}

/** Makes the look-up of one secret's metadata by the unique index on the name; one query serves all of the same moment. */
export function prepareFindSecret(
  database: Database,
): (name: SecretName) => Promise<IdentifiedSecret | undefined> {
  const query = database.queries
    .select(identifiedColumns)
    .from(secrets)
    .where(hasName)
    .prepare('find_secret');
  return gatherByName(database, query, identifiedOf);
}

/** Makes the look-up of the whole row, in the same way. */
export function prepareFindStoredSecret(
  database: Database,
): (name: SecretName) => Promise<StoredSecret | undefined> {
  const query = database.queries
    .select(storedColumns)
    .from(secrets)
    .where(hasName)
    .prepare('find_stored_secret');
  return gatherByName(database, query, storedOf);
}

/** Makes the look-up for one use, in the same way: of the row no more than that, as it is asked for most often. */
export function prepareFindResolvable(
  database: Database,
): (name: SecretName) => Promise<ResolvableSecret | undefined> {
  const query = database.queries
    .select({
      id: secrets.id,
      name: secrets.name,
      provider: secrets.provider,
      state: secrets.state,
      destinations: secrets.destinations,
      valueVersion: secrets.valueVersion,
      destinationsMac: secrets.destinationsMac,
      kekId: secrets.kekId,
      wrappedDek: secrets.wrappedDek,
      sealedValue: secrets.sealedValue,
    })
    .from(secrets)
    .where(hasName)
    .prepare('find_resolvable');
  return gatherByName(database, query, (row) => {
    const { id, name, provider, state, destinations, valueVersion, destinationsMac } = row;
    const metadata = { name, provider, state, destinations };
    return { id, metadata, valueVersion, destinationsMac, sealed: sealedOf(row) };
  });
}

/** One query by `hasName` for all look-ups of the same moment. */
function gatherByName<Row extends { name: SecretName }, Secret>(
  database: Database,
  query: { execute(values: Record<string, unknown>): Promise<Row[]> },
  secretOf: (row: Row) => Secret,
): (name: SecretName) => Promise<Secret | undefined> {
  return gather(async (names: readonly SecretName[]) => {
    const rows = await database.lookUp((line) =>
      within(line, query).execute({ names: makePgArray([...names]) }),
    );
    const byName = new Map(rows.map((row) => [row.name, secretOf(row)]));
    return (name) => byName.get(name);
  });
}

const hasName = sql`${secrets.name} = any(${sql.placeholder('names')}::text[]) and ${secrets.standing} = 'used'`;

/** Makes the look-up of the whole row of a secret in one provider, whether it is the one that is used or not. */
export function prepareFindStoredSecretIn({
  queries,
}: Database): (provider: string, name: SecretName) => Promise<StoredSecret | undefined> {
  const query = queries
    .select(storedColumns)
    .from(secrets)
    .where(
      sql`${secrets.name} = ${sql.placeholder('name')} and ${secrets.provider} = ${sql.placeholder('provider')}
          and (${secrets.standing} = 'used' or ${secrets.standing} = 'shadowed')`,
    )
    .prepare('find_stored_secret_in');
  return async (provider, name) => {
    const [row] = await query.execute({ provider, name });
    return row && storedOf(row);
  };
}

/** Makes the look-up of the providers that have a secret of these names, by the index of what is used and that of what is not. */
export function prepareFindNamesakes({
  queries,
}: Database): (names: readonly SecretName[]) => Promise<Map<SecretName, string[]>> {
  const inNames = sql`${secrets.name} = any(${sql.placeholder('names')}::text[])`;
  const query = queries
    .select({ name: secrets.name, provider: secrets.provider })
    .from(secrets)
    .where(
      sql`(${inNames} and ${secrets.standing} = 'used')
          or (${inNames} and ${secrets.standing} <> 'used' and ${secrets.standing} = 'shadowed')`,
    )
    .prepare('find_namesakes');
  return async (names) => {
    const rows = await query.execute({ names: makePgArray([...names]) });
    const byName = Map.groupBy(rows, ({ name }) => name);
    return new Map([...byName].map(([name, found]) => [name, found.map((row) => row.provider)]));
  };
}
