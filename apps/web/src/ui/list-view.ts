import { CursorSchema, LimitSchema, pageLimit } from '@dropsafe/contract/paging';
import type { z } from 'zod';
import type { ViewRules } from './use-url-view.ts';

/**
 * @file What a list with a search shows, as it stands in the query string. What is as it is by default is left out of
 * the URL; what makes no sense there is read as the default.
 */

/** What a list shows. */
export interface ListView<Sort extends string> {
  q: string;
  sort: Sort;
  limit: number;
  cursor: string | undefined;
}

/** The rules for a list with these sort orders. */
export function listViewOf<Sort extends string>(
  sorts: z.ZodType<Sort>,
  byDefault: Sort,
): ViewRules<ListView<Sort>> {
  return {
    read: (query) => ({
      q: query.get('q')?.slice(0, 255) ?? '',
      sort: sorts.catch(byDefault).parse(query.get('sort')),
      limit: LimitSchema.unwrap()
        .catch(pageLimit.default)
        .parse(query.get('limit') ?? pageLimit.default),
      cursor: CursorSchema.optional()
        .catch(undefined)
        .parse(query.get('cursor') ?? undefined),
    }),
    write: ({ q, sort, limit, cursor }) => {
      const query = new URLSearchParams();
      if (q !== '') query.set('q', q);
      if (sort !== byDefault) query.set('sort', sort);
      if (limit !== pageLimit.default) query.set('limit', String(limit));
      if (cursor !== undefined) query.set('cursor', cursor);
      return query;
    },
    // Another search, order or page size begins at the first page: a cursor holds for its own only.
    change: (view, change) => ({ ...view, cursor: undefined, ...change }),
  };
}
