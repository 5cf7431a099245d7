import { SortSchema } from '@dropsafe/contract/secrets';
import CheckIcon from '@mui/icons-material/Check';
import ColumnsIcon from '@mui/icons-material/ViewColumnOutlined';
import MenuItem from '@mui/material/MenuItem';
import { useId, useState } from 'react';
import { DropMenu } from '../ui/DropMenu.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { columnTitles } from './secret-columns.tsx';
import { optionalColumns, type TableView } from './table-view.ts';

interface Props {
  view: TableView;
  onChange: (change: Partial<TableView>, replace?: boolean) => void;
  onRefresh: () => void;
  isRefreshing: boolean;
}

/** What stands above the table of secrets: as above every table, and the choice of columns. */
export function SecretsToolbar({ view, onChange, onRefresh, isRefreshing }: Props) {
  return (
    <TableToolbar
      what="secrets"
      placeholder="Search name or description"
      q={view.q}
      onSearch={(q) => onChange({ q }, true)}
      sorting={{
        sort: view.sort,
        sorts: SortSchema.options,
        onSort: (sort) => onChange({ sort }),
      }}
      onRefresh={onRefresh}
      isRefreshing={isRefreshing}
    >
      <ColumnChoice hidden={view.hidden} onHide={(hidden) => onChange({ hidden }, true)} />
    </TableToolbar>
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
