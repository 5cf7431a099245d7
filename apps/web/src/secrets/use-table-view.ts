import { useUrlView, type UrlTable } from '../ui/use-url-view.ts';
import { changeView, readView, writeView, type TableView } from './table-view.ts';

const urlView = { read: readView, write: writeView, change: changeView };

/** Reads the view of the table of secrets from the URL and changes it there. */
export const useTableView = (): UrlTable<TableView> => useUrlView(urlView);
