import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { z } from 'zod';

/**
 * @file The view of a table in the URL and the ways to change it. A cursor leads forward only, so the pages gone through are kept
 * in the state of the history entry: it survives a reload, and stays out of links that are shared.
 */

/** The cursors of the pages before this one; the first page has none, kept as an empty text. */
const HistorySchema = z.object({ earlier: z.array(z.string()) }).catch({ earlier: [] });

/** What a table shows, as far as paging goes. */
interface PagedView {
  limit: number;
  cursor: string | undefined;
}

/** How a room keeps its view in the URL. */
export interface UrlView<View extends PagedView> {
  read: (query: URLSearchParams) => View;
  write: (view: View) => URLSearchParams;
  /** Where another page is not meant, begins at the first. */
  change: (view: View, change: Partial<View>) => View;
}

/** The view of a table, and the ways to change it. */
export interface UrlTable<View extends PagedView> {
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
export function useUrlView<View extends PagedView>({
  read,
  write,
  change: changed,
}: UrlView<View>): UrlTable<View> {
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
  // as: a part of the view, which the compiler does not work out for a type parameter.
  const paged = (cursor: string | undefined) => changed(view, { cursor } as Partial<View>);
  return {
    view,
    pageNumber: view.cursor === undefined || earlier.length > 0 ? earlier.length + 1 : undefined,
    change: (change, replace = false) => {
      // From the address as it is now: of two quick changes the second would otherwise undo the first, because what was
      // rendered last does not know it yet.
      const next = changed(read(new URLSearchParams(window.location.search)), change);
      go(next, { replace, earlier: next.cursor === undefined ? [] : earlier });
    },
    goToNext: (cursor) => go(paged(cursor), { earlier: [...earlier, view.cursor ?? ''] }),
    goToPrevious: () => {
      const cursor = earlier.at(-1);
      go(paged(cursor === '' ? undefined : cursor), {
        earlier: earlier.slice(0, -1),
      });
    },
    goToFirst: () => go(paged(undefined)),
  };
}
