import { AccessSortSchema, type AccessSort } from '@dropsafe/contract/teams';
import { listViewOf, type ListView } from '../ui/list-view.ts';
import { useUrlView } from '../ui/use-url-view.ts';

/** What the tables of users and teams show. */
export type AccessView = ListView<AccessSort>;

const rules = listViewOf(AccessSortSchema, 'name');

/** Reads the view of a table from the URL and changes it there. */
export const useAccessView = () => useUrlView(rules);

/** A sort order as a table or a select names it. */
export const sortOf = (text: string): AccessSort => AccessSortSchema.catch('name').parse(text);
