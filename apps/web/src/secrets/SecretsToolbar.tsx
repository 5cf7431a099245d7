import { ProviderNameSchema } from '@dropsafe/contract/providers';
import { SortSchema } from '@dropsafe/contract/secrets';
import CheckIcon from '@mui/icons-material/Check';
import ColumnsIcon from '@mui/icons-material/ViewColumnOutlined';
import MenuItem from '@mui/material/MenuItem';
import { useId, useState } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { DropMenu } from '../ui/DropMenu.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { columnTitles } from './secret-columns.tsx';
import { optionalColumns, readUnused, unusedTitles, type TableView } from './table-view.ts';

interface Props {
  view: TableView;
  /** The names of all of them, in their order. */
  providers: readonly string[];
  onChange: (change: Partial<TableView>, replace?: boolean) => void;
  onRefresh: () => void;
  isRefreshing: boolean;
}

/** What stands above the table of secrets: as above every table, and the choice of provider and columns. */
export function SecretsToolbar({ view, providers, onChange, onRefresh, isRefreshing }: Props) {
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
      filter={
        <>
          {/* Where the address names one, there has to be a way back to all. */}
          {(providers.length > 1 || view.provider !== undefined) && (
            <ProviderFilter
              provider={view.provider}
              providers={providers}
              onChoose={(provider) => onChange({ provider })}
            />
          )}
          <UseFilter unused={view.unused} onChoose={(unused) => onChange({ unused })} />
        </>
      }
      onRefresh={onRefresh}
      isRefreshing={isRefreshing}
    >
      <ColumnChoice hidden={view.hidden} onHide={(hidden) => onChange({ hidden }, true)} />
    </TableToolbar>
  );
}

interface ProviderFilterProps {
  provider: TableView['provider'];
  providers: readonly string[];
  onChoose: (provider: TableView['provider']) => void;
}

function ProviderFilter({ provider, providers, onChoose }: ProviderFilterProps) {
  const names = new Set([...providers, ...(provider === undefined ? [] : [provider])]);
  return (
    <Choice
      aria-label="Provider"
      value={provider ?? ''}
      onChange={({ target: { value } }) =>
        onChoose(ProviderNameSchema.optional().catch(undefined).parse(value))
      }
      sx={filterWidth}
    >
      <option value="">All providers</option>
      {[...names].map((name) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </Choice>
  );
}

interface UseFilterProps {
  unused: TableView['unused'];
  onChoose: (unused: TableView['unused']) => void;
}

function UseFilter({ unused, onChoose }: UseFilterProps) {
  return (
    <Choice
      aria-label="Use"
      value={unused ?? ''}
      onChange={({ target: { value } }) => onChoose(readUnused(value))}
      sx={filterWidth}
    >
      <option value="">Used or not</option>
      {Object.entries(unusedTitles).map(([choice, title]) => (
        <option key={choice} value={choice}>
          {title}
        </option>
      ))}
    </Choice>
  );
}

// On a phone the two stand beside each other, below the search.
const filterWidth = { flex: { xs: '1 1 40%', sm: 'none' }, minWidth: 0 };

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
