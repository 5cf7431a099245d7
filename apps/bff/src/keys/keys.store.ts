import { and, eq, lte, sql } from 'drizzle-orm';
import { bigint, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { bytes } from '../base/columns.ts';
import type { Queries } from '../base/database.ts';

/** Every KEK that this database has seen, with the value that proves it. */
export const keks = pgTable('keks', {
  id: text().primaryKey(),
  checkValue: bytes().notNull(),
  /** Wraps that nodes have set aside for themselves, in blocks; at least as many as were made. */
  reservedWraps: bigint({ mode: 'number' }).notNull().default(0),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

/** The KEKs that the database expects a node to have. */
export async function listKeks(
  queries: Queries,
): Promise<{ id: string; checkValue: Uint8Array }[]> {
  return queries.select({ id: keks.id, checkValue: keks.checkValue }).from(keks);
}

/** Makes a KEK known. */
export async function insertKek(
  queries: Queries,
  id: string,
  checkValue: Uint8Array,
): Promise<void> {
  await queries.insert(keks).values({ id, checkValue });
}

/** Sets `count` wraps aside for this node. False, and nothing has changed, when that would come to more than `most` in all. */
export async function reserveWraps(
  queries: Queries,
  id: string,
  count: number,
  most: number,
): Promise<boolean> {
  const reserved = await queries
    .update(keks)
    .set({ reservedWraps: sql`${keks.reservedWraps} + ${count}` })
    .where(and(eq(keks.id, id), lte(keks.reservedWraps, most - count)))
    .returning({ id: keks.id });
  return reserved.length > 0;
}

/** Keys of other rooms, each sealed under a KEK. */
export const namedKeys = pgTable('named_keys', {
  name: text().primaryKey(),
  kekId: text().notNull(),
  sealedKey: bytes().notNull(),
  createdAt: timestamp({ withTimezone: true, precision: 3 }).notNull().defaultNow(),
});

/** The sealed key of this name. */
export async function findNamedKey(
  queries: Queries,
  name: string,
): Promise<{ kekId: string; sealedKey: Uint8Array } | undefined> {
  const [row] = await queries
    .select({ kekId: namedKeys.kekId, sealedKey: namedKeys.sealedKey })
    .from(namedKeys)
    .where(sql`${namedKeys.name} = ${name}`);
  return row;
}

/** Adds a key. */
export async function insertNamedKey(
  queries: Queries,
  key: { name: string; kekId: string; sealedKey: Uint8Array },
): Promise<void> {
  await queries.insert(namedKeys).values(key);
}
