import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { z } from 'zod';

/**
 * @file The view of a list and the ways to change it, kept in the URL. A cursor leads forward only, so the pages gone
 * through are kept in the state of the history entry: it survives a reload, and stays out of links that are shared.
 */

/** How a view stands in the query string. */
export interface ViewRules<View> {
  read: (query: URLSearchParams) => View;
  /** The opposite of `read`. */
  write: (view: View) => URLSearchParams;
  change: (view: View, change: Partial<View>) => View;
}

/** The cursors of the pages before this one; the first page has none, kept as an empty text. */
const HistorySchema = z.object({ earlier: z.array(z.string()) }).catch({ earlier: [] });

/** The view of the page that is open, and the ways to another. */
export interface UrlView<View> {
  view: View;
  /** The number of this page; undefined when one came by a link and it is not known. */
  pageNumber: number | undefined;
  /** Changes the view. With `replace`, without an entry in the history. */
  change: (change: Partial<View>, replace?: boolean) => void;
  goToNext: (cursor: string) => void;
  /** To the page before, or to the first one when one came here by a link. */
  goToPrevious: () => void;
  goToFirst: () => void;
}

/** Reads the view from the URL and changes it there. */
export function useUrlView<View extends { cursor: string | undefined }>({
  read,
  write,
  change,
}: ViewRules<View>): UrlView<View> {
  const [query] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const view = read(query);
  const { earlier } = HistorySchema.parse(location.state);

  const go = (next: View, options: { replace?: boolean; earlier?: string[] } = {}): void => {
    const search = write(next).toString();
    void navigate(
      { pathname: location.pathname, search },
      { replace: options.replace ?? false, state: { earlier: options.earlier ?? [] } },
    );
  };
  const turnTo = (cursor: string | undefined, before: string[]) =>
    go({ ...view, cursor }, { earlier: before });
  return {
    view,
    pageNumber: view.cursor === undefined || earlier.length > 0 ? earlier.length + 1 : undefined,
    change: (changed, replace = false) => {
      // From the address as it is now: of two quick changes the second would otherwise undo the first, because what was
      // rendered last does not know it yet.
      const next = change(read(new URLSearchParams(window.location.search)), changed);
      go(next, { replace, earlier: next.cursor === undefined ? [] : earlier });
    },
    goToNext: (cursor) => turnTo(cursor, [...earlier, view.cursor ?? '']),
    goToPrevious: () => {
      const cursor = earlier.at(-1);
      turnTo(cursor === '' ? undefined : cursor, earlier.slice(0, -1));
    },
    goToFirst: () => turnTo(undefined, []),
  };
}
