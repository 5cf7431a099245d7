/**
 * @file What changes secrets: many at a time, in one statement of its own kind each, together with their events
 * (audit.store.ts, groupParts). A change names the version that was seen, so that whoever decided on a row which is another
 * by now changes nothing, and decides anew.
 */
import type { SecretMetadata } from '@dropsafe/contract/secrets';
import { sql, type SQL } from 'drizzle-orm';
import { isInTurn, type GroupStatement } from '../audit/audit.ts';
import { byteaText } from '../base/columns.ts';
import type { Database } from '../base/database.ts';
import type { SealedValue } from '../keys/keys.ts';
import {
  identifiedColumns,
  identifiedOf,
  secrets,
  type IdentifiedRow,
  type IdentifiedSecret,
} from './secrets.store.ts';

/** A secret as it is added: with its sealed value, or with what is known of one that lives elsewhere. */
export type NewSecret = Pick<
  SecretMetadata,
  'name' | 'description' | 'provider' | 'destinations' | 'createdBy'
> & { id: string; valueVersion: number; standing: 'used' | 'shadowed' } & (
    | { sealed: SealedValue }
    | { sealed?: undefined; revision: string | null; destinationsMac: Uint8Array }
  );

/**
 * Makes what adds secrets. Nothing comes of a name that is taken: in any provider, or, for one that is to stand behind
 * others (`shadowed`), in its own. Never overwrites, not even in the same instant (unique indexes; the end of the chain).
 */
export function prepareInsertSecrets({
  queries,
}: Database): GroupStatement<NewSecret, IdentifiedRow, IdentifiedSecret> {
  const changed = queries.$with('changed').as(
    queries
      .insert(secrets)
      .select(
        sql`select id, name, description, provider, standing, now(), 'ready', revision, "destinationsMac", 1, destinations,
              "valueVersion", "kekId", "wrappedDek", "sealedValue", now(), "createdBy", null::timestamptz, null, now(),
              null::timestamptz
            from ${rowsAs} wanted(id uuid, name text, description text, provider text, standing text, revision text,
              "destinationsMac" bytea, destinations text[], "valueVersion" int, "kekId" text, "wrappedDek" bytea,
              "sealedValue" bytea, "createdBy" text)
            where ${isInTurn} and (standing = 'used' or not exists (
              select from ${secrets} there where there.name = wanted.name and there.provider = wanted.provider
                and there.standing in ('used', 'shadowed')))`,
      )
      .onConflictDoNothing()
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
      rows: JSON.stringify(
        wanted.map((secret) =>
          secret.sealed === undefined
            ? { ...secret, destinationsMac: byteaText(secret.destinationsMac) }
            : { ...secret, sealed: undefined, ...textOf(secret.sealed) },
        ),
      ),
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
  resealed?: { valueVersion: number; sealed: SealedValue } | undefined;
  /** What is known of a value that lives elsewhere. */
  elsewhere?: { revision: string | null; destinationsMac: Uint8Array };
  /** True when a person has set a new value, false when the stored one was sealed again. */
  isNewValue: boolean;
  /** The last reference that was looked at; undefined where none matters. */
  lastReference?: number | undefined;
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
        revision: sql`coalesce(change.revision, ${secrets.revision})`,
        destinationsMac: sql`coalesce(change."destinationsMac", ${secrets.destinationsMac})`,
        standingAt: sql`case when change."destinationsMac" is null then ${secrets.standingAt} else now() end`,
        valueUpdatedAt: sql`case when change."isNewValue" then now() else ${secrets.valueUpdatedAt} end`,
      })
      .from(
        sql`${rowsAs} change(id uuid, version int, "updatedBy" text, description text, destinations text[],
          "valueVersion" int, "kekId" text, "wrappedDek" bytea, "sealedValue" bytea, revision text,
          "destinationsMac" bytea, "isNewValue" boolean, "lastReference" bigint)`,
      )
      .where(
        sql`${secrets.id} = change.id and ${secrets.version} = change.version and ${isInTurn}
            and ${hasNoReferenceAfter(sql`change."lastReference"`, sql`${secrets.name}`)}`,
      )
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
        changes.map(({ resealed, elsewhere, ...change }) => ({
          ...change,
          ...(resealed && { valueVersion: resealed.valueVersion, ...textOf(resealed.sealed) }),
          ...(elsewhere && {
            revision: elsewhere.revision,
            destinationsMac: byteaText(elsewhere.destinationsMac),
          }),
        })),
      ),
    }),
    resultsOf: (rows, changes) => inOrder(rows, changes),
  };
}

/** Makes what deletes secrets. Nothing comes of one that is not at the version that was seen. */
export function prepareDeleteSecrets({
  queries,
}: Database): GroupStatement<
  IdentifiedSecret & { lastReference?: number | undefined },
  { id: string },
  true
> {
  const changed = queries.$with('changed').as(
    queries
      .delete(secrets)
      .where(
        sql`(${secrets.id}, ${secrets.version}) in (
              select id, version from ${rowsAs} seen(id uuid, version int, name text, "lastReference" bigint)
              where ${hasNoReferenceAfter(sql`seen."lastReference"`, sql`seen.name`)})
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
      rows: JSON.stringify(
        seen.map(({ id, metadata: { version, name }, lastReference }) => ({
          id,
          version,
          name,
          lastReference,
        })),
      ),
    }),
    resultsOf: (_, seen) => seen.map(() => true as const),
  };
}

/** Makes what forgets secrets that were deleted elsewhere. The row stays for a while, so that an older list does not bring it back. */
export function prepareForgetSecrets({
  queries,
}: Database): GroupStatement<{ id: string }, { id: string }, true> {
  const changed = queries.$with('changed').as(
    queries
      .update(secrets)
      .set({
        standing: 'gone',
        standingAt: sql`now()`,
        description: null,
        destinations: [],
        destinationsMac: null,
      })
      .where(
        sql`${secrets.id} in (select id from ${rowsAs} seen(id uuid)) and ${secrets.standing} <> 'gone' and ${isInTurn}`,
      )
      .returning({ id: secrets.id }),
  );
  return {
    prepare: ({ chain, chainEnd, recorded }) =>
      queries
        .with(chain, changed, chainEnd, recorded)
        .select()
        .from(changed)
        .prepare('forget_secrets'),
    keyOf: ({ id }) => id,
    idOf: ({ id }) => id,
    valuesOf: (seen) => ({ rows: JSON.stringify(seen.map(({ id }) => ({ id }))) }),
    resultsOf: (_, seen) => seen.map(() => true as const),
  };
}

/**
 * Nobody has mentioned the secret since (reference.store.ts, whose table stands on this one): who saves an integration moves the end
 * of the chain, so that this is asked of the rows as they are. Served by `secret_references_serial`.
 */
const hasNoReferenceAfter = (last: SQL, name: SQL) =>
  sql`(${last} is null or not exists (select from secret_references reference
    where reference.secret_name = ${name} and reference.serial > ${last}))`;

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
