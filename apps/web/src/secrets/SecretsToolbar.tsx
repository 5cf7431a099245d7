import { SortSchema } from '@dropsafe/contract/secrets';
import CheckIcon from '@mui/icons-material/Check';
import ColumnsIcon from '@mui/icons-material/ViewColumnOutlined';
import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import MenuItem from '@mui/material/MenuItem';
import { useId, useState } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { DropMenu } from '../ui/DropMenu.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { columnTitles } from './secret-columns.tsx';
import { optionalColumns, type TableView } from './table-view.ts';

interface Props {
  view: TableView;
  onChange: (change: Partial<TableView>, replace?: boolean) => void;
  onRefresh: () => void;
  isRefreshing: boolean;
}

/** What stands above the table: search, order (where there are no headers to click), columns, refresh. */
export function SecretsToolbar({ view, onChange, onRefresh, isRefreshing }: Props) {
  return (
    <Box
      role="toolbar"
      aria-label="Table"
      sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: 2 }}
    >
      <SearchField
        label="Search secrets"
        placeholder="Search name or description"
        q={view.q}
        onSearch={(q) => onChange({ q }, true)}
      />
      <SortChoice sort={view.sort} onSort={(sort) => onChange({ sort })} />
      <ColumnChoice hidden={view.hidden} onHide={(hidden) => onChange({ hidden }, true)} />
      <ToolbarButton
        label="Refresh"
        icon={<RefreshIcon fontSize="small" />}
        onClick={onRefresh}
        aria-busy={isRefreshing}
      />
    </Box>
  );
}

const sortTitles: Record<TableView['sort'], string> = {
  name: 'Name, A to Z',
  '-name': 'Name, Z to A',
  '-createdAt': 'Created, latest first',
  createdAt: 'Created, oldest first',
  '-updatedAt': 'Updated, latest first',
  updatedAt: 'Updated, oldest first',
  '-lastUsedAt': 'Last used, latest first',
  lastUsedAt: 'Last used, oldest first',
};

/** On narrow screens, where the cards have no headers. */
function SortChoice(props: { sort: TableView['sort']; onSort: (sort: TableView['sort']) => void }) {
  return (
    <Choice
      aria-label="Sort by"
      value={props.sort}
      onChange={(event) => props.onSort(SortSchema.catch('name').parse(event.target.value))}
      sx={{ display: { md: 'none' }, flex: { xs: 1, sm: 'none' } }}
    >
      {Object.entries(sortTitles).map(([sort, title]) => (
        <option key={sort} value={sort}>
          {title}
        </option>
      ))}
    </Choice>
  );
}

interface ColumnChoiceProps {
  hidden: TableView['hidden'];
  onHide: (hidden: TableView['hidden']) => void;
}

function ColumnChoice({ hidden, onHide }: ColumnChoiceProps) {
  const id = useId();
  const [anchor, setAnchor] = useState<HTMLElement | null>(null);
  return (
    <>
      <Box sx={{ flex: { md: 1 } }} />
      <ToolbarButton
        label="Columns"
        icon={<ColumnsIcon fontSize="small" />}
        aria-haspopup="menu"
        aria-expanded={anchor !== null}
        aria-controls={anchor === null ? undefined : id}
        onClick={(event) => setAnchor(event.currentTarget)}
      />
      <DropMenu id={id} label="Columns" anchor={anchor} onClose={() => setAnchor(null)}>
        {optionalColumns.map((column) => {
          const isHidden = hidden.includes(column);
          return (
            <MenuItem
              key={column}
              role="menuitemcheckbox"
              aria-checked={!isHidden}
              onClick={() =>
                onHide(
                  optionalColumns.filter((other) =>
                    other === column ? !isHidden : hidden.includes(other),
                  ),
                )
              }
            >
              <CheckIcon
                fontSize="small"
                sx={{ mr: 1.25, visibility: isHidden ? 'hidden' : 'visible' }}
              />
              {columnTitles[column]}
            </MenuItem>
          );
        })}
      </DropMenu>
    </>
  );
}
