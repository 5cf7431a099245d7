import { useUrlView, type UrlView } from '../ui/use-url-view.ts';
import { changeView, readView, writeView, type TableView } from './table-view.ts';

const rules = { read: readView, write: writeView, change: changeView };

/** The view of the table of secrets, in the URL. */
export function useTableView(): UrlView<TableView> {
  return useUrlView(rules);
}
