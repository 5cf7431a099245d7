import { CursorSchema, LimitSchema, pageLimit } from '@dropsafe/contract/paging';
import type { ViewRules } from '../ui/use-url-view.ts';

/** Which page of where a secret is used is shown, as it stands in the query string. */
export interface ReferencesView {
  limit: number;
  cursor: string | undefined;
}

const byDefault = pageLimit.default;

/** What makes no sense in the URL is read as the default, and what is as by default is left out of it. */
export const referencesView: ViewRules<ReferencesView> = {
  read: (query) => ({
    limit: LimitSchema.unwrap()
      .catch(byDefault)
      .parse(query.get('limit') ?? byDefault),
    cursor: CursorSchema.optional()
      .catch(undefined)
      .parse(query.get('cursor') ?? undefined),
  }),
  write: ({ limit, cursor }) => {
    const query = new URLSearchParams();
    if (limit !== byDefault) query.set('limit', String(limit));
    if (cursor !== undefined) query.set('cursor', cursor);
    return query;
  },
  // Another page size begins at the first page.
  change: (view, change) => ({ ...view, cursor: undefined, ...change }),
};
