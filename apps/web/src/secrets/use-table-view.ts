import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { z } from 'zod';
import { changeView, readView, writeView, type TableView } from './table-view.ts';

/**
 * @file The view of the table and the ways to change it. A cursor leads forward only, so the pages gone through are kept
 * in the state of the history entry: it survives a reload, and stays out of links that are shared.
 */

/** The cursors of the pages before this one; the first page has none, kept as an empty text. */
const HistorySchema = z.object({ earlier: z.array(z.string()) }).catch({ earlier: [] });

/** Reads the view from the URL and changes it there. */
export function useTableView() {
  const [query] = useSearchParams();
  const location = useLocation();
  const navigate = useNavigate();
  const view = readView(query);
  const { earlier } = HistorySchema.parse(location.state);

  const go = (next: TableView, options: { replace?: boolean; earlier?: string[] } = {}): void => {
    const search = writeView(next).toString();
    void navigate(
      { pathname: location.pathname, search },
      { replace: options.replace ?? false, state: { earlier: options.earlier ?? [] } },
    );
  };
  return {
    view,
    /** The number of this page; undefined when one came by a link and it is not known. */
    pageNumber: view.cursor === undefined || earlier.length > 0 ? earlier.length + 1 : undefined,
    /** Changes the view. With `replace`, without an entry in the history. */
    change: (change: Partial<TableView>, replace = false) => {
      // From the address as it is now: of two quick changes the second would otherwise undo the first, because what was
      // rendered last does not know it yet.
      const next = changeView(readView(new URLSearchParams(window.location.search)), change);
      go(next, { replace, earlier: next.cursor === undefined ? [] : earlier });
    },
    goToNext: (cursor: string) =>
      go(changeView(view, { cursor }), { earlier: [...earlier, view.cursor ?? ''] }),
    /** To the page before, or to the first one when one came here by a link. */
    goToPrevious: () => {
      const cursor = earlier.at(-1);
      go(changeView(view, { cursor: cursor === '' ? undefined : cursor }), {
        earlier: earlier.slice(0, -1),
      });
    },
    goToFirst: () => go(changeView(view, { cursor: undefined })),
  };
}
