import type { Reference } from '@dropsafe/contract/problems';
import { countedUpTo, type SecretName } from '@dropsafe/contract/secrets';
import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import { bigint, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { countUpTo, type Queries } from '../base/database.ts';
import { secrets } from './secrets.store.ts';

/**
 * Which integration mentions which secret. Written in the transaction that saves the integration, and by name: a secret that was deleted
 * all the same, and is created again, is used where it was before. What there is of an integration stands here as well,
 * because the room of integrations is to the right of this one.
 */
export const secretReferences = pgTable(
  'secret_references',
  {
    secretName: text().$type<SecretName>().notNull(),
    integrationId: uuid().notNull(),
    integrationName: text().notNull(),
    /** The name in its canonical form, which decides the order. */
    canonicalName: text().notNull(),
    /** The fields of its configuration, by their keys. */
    fields: text().array().notNull(),
    /** Where the value would be sent, as `judgeTarget` takes it. */
    target: text().notNull(),
    /** Given out under the lock on the end of the chain, in its order: the highest tells whether any was added since. */
    serial: bigint({ mode: 'number' }).generatedAlwaysAsIdentity(),
  },
  (table) => [
    primaryKey({ columns: [table.integrationId, table.secretName] }),
    // A page of where a secret is used, however many there are.
    index('secret_references_by_name').on(table.secretName, table.canonicalName),
    index('secret_references_serial').on(table.secretName, table.serial),
  ],
);

/** Where an integration uses a secret, as it is stored. */
export interface StoredReference extends Reference {
  canonicalName: string;
}

/** A mention as a configuration makes it. */
export interface NewReference {
  secretName: SecretName;
  fields: string[];
  target: string;
}

/** Replaces what an integration mentions. To be called in the transaction that saves it, while the end of the chain is locked. */
export async function replaceReferences(
  queries: Queries,
  integration: { id: string; name: string; canonicalName: string },
  references: readonly NewReference[],
): Promise<void> {
  const { id: integrationId, name: integrationName, canonicalName } = integration;
  await queries.delete(secretReferences).where(eq(secretReferences.integrationId, integrationId));
  if (references.length === 0) return;
  await queries.insert(secretReferences).values(
    references.map((reference) => ({
      ...reference,
      integrationId,
      integrationName,
      canonicalName,
    })),
  );
}

/** Names an integration that was renamed by its new name. */
export async function renameReferences(
  queries: Queries,
  { id, name, canonicalName }: { id: string; name: string; canonicalName: string },
): Promise<void> {
  await queries
    .update(secretReferences)
    .set({ integrationName: name, canonicalName })
    .where(eq(secretReferences.integrationId, id));
}

/** The highest serial among the references of a secret, 0 without any: later ones are higher. */
export async function lastReferenceOf(queries: Queries, name: SecretName): Promise<number> {
  const [row] = await queries
    .select({ last: sql<string>`coalesce(max(${secretReferences.serial}), 0)` })
    .from(secretReferences)
    .where(eq(secretReferences.secretName, name));
  return Number(row?.last ?? 0);
}

/** The places that a secret would be sent to, each once. */
export async function listTargets(queries: Queries, name: SecretName): Promise<string[]> {
  const rows = await queries
    .select({ target: secretReferences.target })
    .from(secretReferences)
    .where(eq(secretReferences.secretName, name))
    .groupBy(secretReferences.target);
  return rows.map(({ target }) => target);
}

/** One page of where a secret is used, by the name of the integration; of some targets only, if wanted. */
export async function listReferencesOf(
  queries: Queries,
  name: SecretName,
  {
    limit,
    after,
    targets,
  }: { limit: number; after?: string | undefined; targets?: readonly string[] | undefined },
): Promise<StoredReference[]> {
  const rows = await queries
    .select({
      id: secretReferences.integrationId,
      name: secretReferences.integrationName,
      canonicalName: secretReferences.canonicalName,
      fields: secretReferences.fields,
    })
    .from(secretReferences)
    .where(
      and(
        isOf(name, targets),
        after === undefined ? undefined : sql`${secretReferences.canonicalName} > ${after}`,
      ),
    )
    .orderBy(asc(secretReferences.canonicalName))
    .limit(limit);
  return rows.map(({ id, name: integrationName, canonicalName, fields }) => ({
    integration: { id, name: integrationName },
    canonicalName,
    fields,
  }));
}

/** How many integrations use a secret, or null for more than `countedUpTo`. */
export async function countReferences(
  queries: Queries,
  name: SecretName,
  targets?: readonly string[],
): Promise<number | null> {
  const rows = queries
    .select({ one: sql`1` })
    .from(secretReferences)
    .where(isOf(name, targets));
  return countUpTo(queries, countedUpTo, rows);
}

const isOf = (name: SecretName, targets: readonly string[] | undefined) =>
  and(
    eq(secretReferences.secretName, name),
    targets === undefined ? undefined : inArray(secretReferences.target, [...targets]),
  );

/** What a configuration is checked against. */
export interface MentionedSecret {
  name: SecretName;
  id: string;
  version: number;
  state: string;
  destinations: string[];
}

/** Those of these secrets that there are, as they are used; served by the unique index on the name. */
export async function findMentioned(
  queries: Queries,
  names: readonly SecretName[],
): Promise<MentionedSecret[]> {
  if (names.length === 0) return [];
  return queries
    .select({
      name: secrets.name,
      id: secrets.id,
      version: secrets.version,
      state: secrets.state,
      destinations: secrets.destinations,
    })
    .from(secrets)
    .where(and(inArray(secrets.name, [...names]), sql`${secrets.standing} = 'used'`));
}
