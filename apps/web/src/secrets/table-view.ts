import { pageLimit } from '@dropsafe/contract/paging';
import type { ProviderName } from '@dropsafe/contract/providers';
import { ListSecretsSchema, type ListSecrets, type Sort } from '@dropsafe/contract/secrets';

/**
 * @file What the table shows, as it stands in the query string: it can be shared, reloaded and gone back to. What is as
 * it is by default is left out of the URL; what makes no sense there is read as the default.
 */

/** The columns that can be hidden, in the order of the table. The name and the actions always show. */
export const optionalColumns = [
  'description',
  'destinations',
  'created',
  'updated',
  'lastUsed',
] as const;
/** A column that can be hidden. */
export type OptionalColumn = (typeof optionalColumns)[number];

/** What the table shows. */
export interface TableView {
  q: string;
  /** Only what lives there; undefined for everything that is used. */
  provider: ProviderName | undefined;
  /** Only what nothing has used, for so long; undefined for used or not. */
  unused: ListSecrets['unused'];
  sort: Sort;
  limit: number;
  cursor: string | undefined;
  hidden: readonly OptionalColumn[];
}

/** The choices of what is unused, in words. */
export const unusedTitles = { never: 'Never used', '90d': 'Unused for 90 days' } as const;

const { q, provider, unused, sort, limit, cursor } = ListSecretsSchema.shape;
const defaults = { q: '', sort: 'name', limit: pageLimit.default } as const;

/** Reads a query string. */
export function readView(query: URLSearchParams): TableView {
  const hidden = (query.get('hide') ?? '').split(',');
  return {
    q: q
      .unwrap()
      .catch(defaults.q)
      .parse(query.get('q') ?? defaults.q),
    provider: provider.catch(undefined).parse(query.get('provider') ?? undefined),
    unused: readUnused(query.get('unused')),
    sort: sort
      .unwrap()
      .catch(defaults.sort)
      .parse(query.get('sort') ?? defaults.sort),
    limit: limit
      .unwrap()
      .catch(defaults.limit)
      .parse(query.get('limit') ?? defaults.limit),
    cursor: cursor.catch(undefined).parse(query.get('cursor') ?? undefined),
    hidden: optionalColumns.filter((column) => hidden.includes(column)),
  };
}

/** Reads the choice of what is unused; nonsense is no choice. */
export function readUnused(text: string | null): TableView['unused'] {
  return unused.catch(undefined).parse(text ?? undefined);
}

/** Writes a query string; the opposite of `readView`. */
export function writeView(view: TableView): URLSearchParams {
  const query = new URLSearchParams();
  if (view.q !== defaults.q) query.set('q', view.q);
  if (view.provider !== undefined) query.set('provider', view.provider);
  if (view.unused !== undefined) query.set('unused', view.unused);
  if (view.sort !== defaults.sort) query.set('sort', view.sort);
  if (view.limit !== defaults.limit) query.set('limit', String(view.limit));
  if (view.cursor !== undefined) query.set('cursor', view.cursor);
  if (view.hidden.length > 0) query.set('hide', view.hidden.join(','));
  return query;
}

/** A changed view. Another search, provider, use, order or page size begins at the first page: a cursor holds for its own only. */
export function changeView(view: TableView, change: Partial<TableView>): TableView {
  const keepsPage = Object.keys(change).every((key) => key === 'hidden');
  return { ...view, ...(keepsPage ? {} : { cursor: undefined }), ...change };
}
