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
import { styled } from '@mui/material/styles';
import useMediaQuery from '@mui/material/useMediaQuery';
import { memo, type ReactNode } from 'react';

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
  /** A field, with a leading `-` for descending. For tables with a column that has `sortBy`. */
  sort?: string;
  onSort?: (sort: string) => void;
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

function WideTable<Row>({ label, columns, rows, rowKey, sort = '', onSort }: Props<Row>) {
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
        <Body>
          {rows === undefined ? (
            placeholders.map((key) => (
              <tr key={key}>
                {columns.map(({ id }) => (
                  <td key={id}>
                    <Skeleton sx={{ my: 0.5 }} />
                  </td>
                ))}
              </tr>
            ))
          ) : (
            <Rows columns={columns} rows={rows} rowKey={rowKey} />
          )}
        </Body>
      </Table>
    </TableContainer>
  );
}

type RowsProps<Row> = Pick<Props<Row>, 'columns' | 'rowKey'> & { rows: readonly Row[] };

/** Plain cells, styled by `Body`: a component for each would make a page of a thousand rows slow. */
function PlainRows<Row>({ columns, rows, rowKey }: RowsProps<Row>): ReactNode {
  return rows.map((row) => (
    <tr key={rowKey(row)}>
      {columns.map(({ id, render, isHeading, isActions }) =>
        isHeading === true ? (
          <th key={id} scope="row">
            {render(row)}
          </th>
        ) : (
          <td key={id} className={isActions === true ? 'actions' : undefined}>
            {render(row)}
          </td>
        ),
      )}
    </tr>
  ));
}

// as: memo forgets the type parameter. A dialog that opens above must not render every row again.
const Rows = memo(PlainRows) as typeof PlainRows;

const Body = styled(TableBody)(({ theme: { vars, typography } }) => ({
  '& td, & th': {
    padding: '10px 12px',
    textAlign: 'left',
    fontWeight: 'inherit',
    borderBottom: `1px solid ${vars.palette.divider}`,
    ...typography.body2,
  },
  '& td.actions': { padding: '2px 12px 2px 4px', whiteSpace: 'nowrap' },
  '& tr:last-child > *': { borderBottom: 0 },
  '& tr:hover': { backgroundColor: vars.palette.action.hover },
}));

interface HeaderProps<Row> {
  column: Column<Row>;
  sort: string;
  onSort: ((sort: string) => void) | undefined;
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
        onClick={() => onSort?.(next)}
      >
        {title}
      </TableSortLabel>
    </TableCell>
  );
}

function Cards<Row>({ label, columns, rows, rowKey }: Props<Row>) {
  return (
    <CardList aria-label={label}>
      {rows === undefined ? (
        placeholders.map((key) => (
          <li key={key}>
            <Skeleton width="50%" />
            <Skeleton />
            <Skeleton />
          </li>
        ))
      ) : (
        <CardRows columns={columns} rows={rows} rowKey={rowKey} />
      )}
    </CardList>
  );
}

function PlainCards<Row>({ columns, rows, rowKey }: RowsProps<Row>): ReactNode {
  const heading = columns.find(({ isHeading }) => isHeading === true);
  const actions = columns.find(({ isActions }) => isActions === true);
  const others = columns.filter((column) => column !== heading && column !== actions);
  return rows.map((row) => (
    <li key={rowKey(row)}>
      <div className="top">
        <div className="heading">{heading?.render(row)}</div>
        <div className="actions">{actions?.render(row)}</div>
      </div>
      <dl>
        {others.map(({ id, title, render }) => (
          <div key={id}>
            <dt>{title}</dt>
            <dd>{render(row)}</dd>
          </div>
        ))}
      </dl>
    </li>
  ));
}

// as: see Rows.
const CardRows = memo(PlainCards) as typeof PlainCards;

const CardList = styled('ul')(({ theme: { vars, typography } }) => ({
  display: 'grid',
  gap: 10,
  margin: 0,
  padding: 0,
  listStyle: 'none',
  '& > li': {
    padding: '10px 16px 16px',
    background: vars.palette.background.paper,
    border: `1px solid ${vars.palette.divider}`,
    borderRadius: 12,
    // What is out of sight is not laid out: on a phone a page of 1,000 cards is long.
    contentVisibility: 'auto',
    containIntrinsicSize: 'auto 190px',
  },
  '& .top': { display: 'flex', alignItems: 'flex-start', gap: 8, minHeight: 36 },
  '& .heading': { flex: 1, minWidth: 0, paddingTop: 6 },
  '& .actions': { whiteSpace: 'nowrap', marginRight: -8 },
  '& dl': { display: 'grid', rowGap: 4, margin: '4px 0 0', ...typography.body2 },
  '& dl > div': { display: 'grid', gridTemplateColumns: '88px minmax(0, 1fr)', columnGap: 16 },
  '& dt': { color: vars.palette.text.secondary, fontSize: '0.8125rem', lineHeight: '1.3125rem' },
  '& dd': { margin: 0 },
}));

/** Enough to fill the first screen, whatever the page size. */
const placeholders = Array.from({ length: 8 }, (_, index) => index);
