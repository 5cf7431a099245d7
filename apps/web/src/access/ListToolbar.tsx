import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import { Choice } from '../ui/Choice.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { sortOf, type useAccessView } from './list-view.ts';

interface Props {
  table: ReturnType<typeof useAccessView>;
  /** `users` or `teams`. */
  what: string;
  onRefresh: () => void;
  isRefreshing: boolean;
}

/** What stands above the table: search, order (where there are no headers to click), refresh. */
export function ListToolbar({ table: { view, change }, what, onRefresh, isRefreshing }: Props) {
  return (
    <Box
      role="toolbar"
      aria-label="Table"
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: 2 }}
    >
      <SearchField
        q={view.q}
        onSearch={(q) => change({ q }, true)}
        label={`Search ${what}`}
        placeholder="Search by name"
      />
      <Choice
        aria-label="Sort by"
        value={view.sort}
        onChange={(event) => change({ sort: sortOf(event.target.value) })}
        sx={{ display: { md: 'none' }, flex: { xs: 1, sm: 'none' } }}
      >
        <option value="name">Name, A to Z</option>
        <option value="-name">Name, Z to A</option>
        <option value="-createdAt">Created, latest first</option>
        <option value="createdAt">Created, oldest first</option>
      </Choice>
      <Box sx={{ flex: { md: 1 } }} />
      <ToolbarButton
        label="Refresh"
        icon={<RefreshIcon fontSize="small" />}
        onClick={onRefresh}
        aria-busy={isRefreshing}
      />
    </Box>
  );
}
