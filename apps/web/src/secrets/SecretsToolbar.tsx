import { SortSchema } from '@dropsafe/contract/secrets';
import CheckIcon from '@mui/icons-material/Check';
import ClearIcon from '@mui/icons-material/Clear';
import ColumnsIcon from '@mui/icons-material/ViewColumnOutlined';
import RefreshIcon from '@mui/icons-material/Refresh';
import SearchIcon from '@mui/icons-material/Search';
import Box from '@mui/material/Box';
import Button, { type ButtonProps } from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import MenuItem from '@mui/material/MenuItem';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useEffect, useId, useRef, useState, type ReactNode } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { DropMenu } from '../ui/DropMenu.tsx';
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
      <SearchField q={view.q} onSearch={(q) => onChange({ q }, true)} />
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

interface ToolbarButtonProps extends Omit<ButtonProps, 'children' | 'color' | 'sx' | 'startIcon'> {
  label: string;
  icon: ReactNode;
}

/** A quiet button; on narrow screens the icon alone. */
function ToolbarButton({ label, icon, ...button }: ToolbarButtonProps) {
  return (
    <Button
      {...button}
      aria-label={label}
      color="inherit"
      sx={{ color: 'text.secondary', minWidth: 40, gap: 1, px: { xs: 1, md: 1.75 } }}
    >
      {icon}
      <Box component="span" sx={{ display: { xs: 'none', md: 'inline' } }}>
        {label}
      </Box>
    </Button>
  );
}

function SearchField({ q, onSearch }: { q: string; onSearch: (q: string) => void }) {
  const [text, setText] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  // What this field last asked for: any other `q` came from elsewhere (back, a link) and is taken over.
  const [asked, setAsked] = useState(q);
  if (q !== asked) {
    setAsked(q);
    setText(q);
  }
  const search = (next: string) => {
    setAsked(next);
    onSearch(next);
  };
  useDebounced(text, (settled) => settled !== asked && search(settled));
  return (
    <OutlinedInput
      type="search"
      inputRef={input}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && search(text)}
      placeholder="Search name or description"
      startAdornment={
        <InputAdornment position="start">
          <SearchIcon fontSize="small" />
        </InputAdornment>
      }
      endAdornment={
        text !== '' && (
          <IconButton
            size="small"
            aria-label="Clear search"
            onClick={() => {
              setText('');
              search('');
              input.current?.focus();
            }}
          >
            <ClearIcon fontSize="small" />
          </IconButton>
        )
      }
      slotProps={{
        input: {
          'aria-label': 'Search secrets',
          maxLength: 255,
          autoComplete: 'off',
          spellCheck: false,
        },
      }}
      sx={{
        flex: '1 1 260px',
        maxWidth: { md: 420 },
        // The browser's own cross is not reachable by keyboard.
        '& input::-webkit-search-cancel-button': { display: 'none' },
      }}
    />
  );
}

/** Calls `act` with `text` when it has not changed for a moment. */
function useDebounced(text: string, act: (text: string) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
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
