import Box from '@mui/material/Box';
import LinearProgress from '@mui/material/LinearProgress';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Table from '@mui/material/Table';
import TableBody from '@mui/material/TableBody';
import TableCell from '@mui/material/TableCell';
import TableContainer from '@mui/material/TableContainer';
import TableHead from '@mui/material/TableHead';
import TableRow from '@mui/material/TableRow';
import TableSortLabel from '@mui/material/TableSortLabel';
import useMediaQuery from '@mui/material/useMediaQuery';
import type { ReactNode } from 'react';

/**
 * @file A table on wide screens, a list of cards on narrow ones: the same columns, the same order. Sorting, paging and
 * choice of columns are the page's; this shows them.
 */

/** One column. */
export interface Column<Row> {
  id: string;
  title: string;
  render: (row: Row) => ReactNode;
  /** Makes the header a button. Dates begin with the latest. */
  sortBy?: string;
  isDescendingFirst?: boolean;
  width?: string | number;
  /** Heads the card; has no label there. */
  isHeading?: boolean;
  /** At the end of the row, at the foot of the card. */
  isActions?: boolean;
}

interface Props<Row> {
  /** Names the table for screen readers. */
  label: string;
  columns: Column<Row>[];
  /** Undefined while the first page loads. */
  rows: readonly Row[] | undefined;
  rowKey: (row: Row) => string;
  /** A field, with a leading `-` for descending. */
  sort: string;
  onSort: (sort: string) => void;
  /** Other rows are on their way. */
  isLoading: boolean;
}

/** The rows of a page. */
export function DataTable<Row>(props: Props<Row>) {
  const isNarrow = useMediaQuery('(max-width: 899.95px)', { noSsr: true });
  return (
    <Box sx={{ position: 'relative' }} aria-busy={props.isLoading}>
      {props.isLoading && (
        <LinearProgress
          aria-label="Loading"
          sx={{ position: 'absolute', inset: '0 8px auto', zIndex: 1, height: 2, borderRadius: 1 }}
        />
      )}
      {isNarrow ? <Cards {...props} /> : <WideTable {...props} />}
    </Box>
  );
}

function WideTable<Row>({ label, columns, rows, rowKey, sort, onSort }: Props<Row>) {
  return (
    <TableContainer component={Paper} variant="outlined" sx={{ borderRadius: 1.5 }}>
      <Table aria-label={label}>
        <TableHead>
          <TableRow>
            {columns.map((column) => (
              <Header key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </TableRow>
        </TableHead>
        <TableBody sx={{ '& tr:last-child td, & tr:last-child th': { border: 0 } }}>
          {rows === undefined
            ? placeholders.map((key) => (
                <TableRow key={key}>
                  {columns.map(({ id }) => (
                    <TableCell key={id}>
                      <Skeleton sx={{ my: 0.5 }} />
                    </TableCell>
                  ))}
                </TableRow>
              ))
            : rows.map((row) => (
                <TableRow key={rowKey(row)} hover>
                  {columns.map(({ id, render, isHeading, isActions }) =>
                    isHeading === true ? (
                      <TableCell key={id} component="th" scope="row">
                        {render(row)}
                      </TableCell>
                    ) : (
                      <TableCell key={id} sx={isActions === true ? { py: 0.25, pl: 0.5, whiteSpace: 'nowrap' } : null}>
                        {render(row)}
                      </TableCell>
                    ),
                  )}
                </TableRow>
              ))}
        </TableBody>
      </Table>
    </TableContainer>
  );
}

interface HeaderProps<Row> {
  column: Column<Row>;
  sort: string;
  onSort: (sort: string) => void;
}

function Header<Row>({ column, sort, onSort }: HeaderProps<Row>) {
  const { title, sortBy, width } = column;
  if (sortBy === undefined) return <TableCell sx={{ width }}>{title}</TableCell>;
  const isDescending = sort === `-${sortBy}`;
  const isSorted = isDescending || sort === sortBy;
  const direction = isDescending ? 'desc' : 'asc';
  const isFirstDescending = column.isDescendingFirst === true;
  const next = (isSorted ? !isDescending : isFirstDescending) ? `-${sortBy}` : sortBy;
  return (
    <TableCell sx={{ width }} sortDirection={isSorted ? direction : false}>
      <TableSortLabel
        active={isSorted}
        direction={isSorted ? direction : isFirstDescending ? 'desc' : 'asc'}
        onClick={() => onSort(next)}
      >
        {title}
      </TableSortLabel>
    </TableCell>
  );
}

function Cards<Row>({ label, columns, rows, rowKey }: Props<Row>) {
  const heading = columns.find(({ isHeading }) => isHeading === true);
  const actions = columns.find(({ isActions }) => isActions === true);
  const others = columns.filter((column) => column !== heading && column !== actions);
  return (
    <Box
      component="ul"
      aria-label={label}
      sx={{ display: 'grid', gap: 1.25, m: 0, p: 0, listStyle: 'none' }}
    >
      {rows === undefined
        ? placeholders.map((key) => (
            <Paper key={key} component="li" variant="outlined" sx={{ p: 2, borderRadius: 1.5 }}>
              <Skeleton width="50%" />
              <Skeleton />
              <Skeleton />
            </Paper>
          ))
        : rows.map((row) => (
            <Paper
              key={rowKey(row)}
              component="li"
              variant="outlined"
              sx={{ p: 2, pt: 1.25, borderRadius: 1.5 }}
            >
              <Box sx={{ display: 'flex', alignItems: 'flex-start', gap: 1 }}>
                <Box sx={{ flex: 1, minWidth: 0, pt: 0.75 }}>{heading?.render(row)}</Box>
                <Box sx={{ whiteSpace: 'nowrap', mr: -1 }}>{actions?.render(row)}</Box>
              </Box>
              <Box
                component="dl"
                sx={{
                  display: 'grid',
                  gridTemplateColumns: 'minmax(88px, auto) minmax(0, 1fr)',
                  columnGap: 2,
                  rowGap: 0.5,
                  m: 0,
                  mt: 0.5,
                  fontSize: '0.875rem',
                  '& dt': { color: 'text.secondary', fontSize: '0.8125rem', lineHeight: '1.3125rem' },
                  '& dd': { m: 0 },
                }}
              >
                {others.map(({ id, title, render }) => (
                  <Box key={id} sx={{ display: 'contents' }}>
                    <dt>{title}</dt>
                    <dd>{render(row)}</dd>
                  </Box>
                ))}
              </Box>
            </Paper>
          ))}
    </Box>
  );
}

/** Enough to fill the first screen, whatever the page size. */
const placeholders = Array.from({ length: 8 }, (_, index) => index);
