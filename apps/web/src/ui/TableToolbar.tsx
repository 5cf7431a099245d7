import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import type { ReactNode } from 'react';
import { Choice } from './Choice.tsx';
import { SearchField } from './SearchField.tsx';
import { ToolbarButton } from './ToolbarButton.tsx';

const sortTitles = {
  name: 'Name, A to Z',
  '-name': 'Name, Z to A',
  '-createdAt': 'Created, latest first',
  createdAt: 'Created, oldest first',
  '-updatedAt': 'Updated, latest first',
  updatedAt: 'Updated, oldest first',
  '-lastUsedAt': 'Last used, latest first',
  lastUsedAt: 'Last used, oldest first',
};

type AnySort = keyof typeof sortTitles;

interface Props<Sort extends AnySort> {
  /** What is searched: `users`. */
  what: string;
  placeholder: string;
  q: string;
  onSearch: (q: string) => void;
  /** The orders that can be chosen; absent where there is only one. */
  sorting?: { sort: Sort; sorts: readonly Sort[]; onSort: (sort: Sort) => void };
  /** A choice that narrows the rows. */
  filter?: ReactNode;
  onRefresh: () => void;
  isRefreshing: boolean;
  /** Further buttons. */
  children?: ReactNode;
}

/** What stands above a table: search, order (where there are no headers to click), refresh. */
export function TableToolbar<Sort extends AnySort>(props: Props<Sort>) {
  const { what, placeholder, q, onSearch, sorting, filter, onRefresh, isRefreshing, children } =
    props;
  return (
    <Box
      role="toolbar"
      aria-label="Table"
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: 2 }}
    >
      <SearchField label={`Search ${what}`} placeholder={placeholder} q={q} onSearch={onSearch} />
      {filter}
      {sorting && <SortChoice {...sorting} />}
      <Box sx={{ flex: { md: 1 } }} />
      {children}
      <ToolbarButton
        label="Refresh"
        icon={<RefreshIcon fontSize="small" />}
        onClick={onRefresh}
        aria-busy={isRefreshing}
      />
    </Box>
  );
}

/** On narrow screens, where the cards have no headers. */
function SortChoice<Sort extends AnySort>({
  sort,
  sorts,
  onSort,
}: NonNullable<Props<Sort>['sorting']>) {
  const isOffered = (candidate: string): candidate is Sort =>
    sorts.some((offered) => offered === candidate);
  return (
    <Choice
      aria-label="Sort by"
      value={sort}
      onChange={({ target: { value } }) => {
        if (isOffered(value)) onSort(value);
      }}
      sx={{ display: { md: 'none' }, flex: { xs: 1, sm: 'none' } }}
    >
      {Object.entries(sortTitles)
        .filter(([offered]) => isOffered(offered))
        .map(([offered, title]) => (
          <option key={offered} value={offered}>
            {title}
          </option>
        ))}
    </Choice>
  );
}
