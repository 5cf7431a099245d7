import type { AccessSort } from '@dropsafe/contract/teams';
import { canonicalName } from '@dropsafe/contract/names';
import { sql, type Column, type SQL } from 'drizzle-orm';
import { patternOf } from '../base/search-pattern.ts';
import type { PageCursor } from './access-cursor.ts';

/** @file What the lists of users and teams have in common: order, search, and where a page begins. */

/** Which rows a page shows. */
export interface PageRequest {
  sort: AccessSort;
  q: string;
  limit: number;
  /** The row that the page before ended with. */
  after: Pick<PageCursor, 'key' | 'id'> | undefined;
}

/** The columns that decide the order. */
interface Keys {
  name: Column;
  createdAt: Column;
  id: Column;
}

const keyOf = (sort: AccessSort, keys: Keys) =>
  sort.endsWith('name') ? keys.name : keys.createdAt;

/** The order of the list. The id decides between equal moments. */
export function orderOf(sort: AccessSort, keys: Keys): SQL[] {
  const direction = sort.startsWith('-') ? sql`desc` : sql`asc`;
  const first = sql`${keyOf(sort, keys)} ${direction}`;
  // Canonical names are unique, and their index has no id.
  return sort.endsWith('name') ? [first] : [first, sql`${keys.id} ${direction}`];
}

/** Keeps the rows beyond the one that the page before ended with. */
export function beyondCursor(
  sort: AccessSort,
  keys: Keys,
  after: PageRequest['after'],
): SQL | undefined {
  if (after === undefined) return undefined;
  const beyond = sort.startsWith('-') ? sql`<` : sql`>`;
  // Canonical names are unique, and their index has no id.
  if (sort.endsWith('name')) return sql`${keys.name} ${beyond} ${after.key}`;
  return sql`(${keys.createdAt}, ${keys.id}) ${beyond} (${after.key}::timestamptz, ${after.id}::uuid)`;
}

/** Keeps the rows whose canonical name contains `q`; all of them when it is empty. */
export function containsPart(name: Column, q: string): SQL | undefined {
  if (q === '') return undefined;
  return sql`${name} like ${patternOf(canonicalName(q))}`;
}
