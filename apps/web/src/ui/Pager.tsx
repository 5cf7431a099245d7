import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { Choice } from './Choice.tsx';
import type { UrlTable } from './use-url-view.ts';

/** Page sizes to choose from. */
const pageSizes = [25, 50, 100, 500] as const;

type PagedTable = Pick<
  UrlTable<{ limit: number; cursor: string | undefined }>,
  'view' | 'goToNext' | 'goToPrevious'
> & { change: (change: { limit: number }) => void };

interface Props {
  table: PagedTable;
  /** Null on the last page, and while nothing is known yet. */
  nextCursor: string | null;
  /** What is shown, read out when it changes. */
  status: string | undefined;
}

/** What stands below a table: what it shows, the page size, and the way to the other pages. */
export function Pager({ table, nextCursor, status }: Props) {
  const id = useId();
  const { view } = table;
  const sizes = [...new Set([...pageSizes, view.limit])].toSorted((a, b) => a - b);
  return (
    <Box
      component="nav"
      aria-label="Pages"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, mt: 2 }}
    >
      <Typography variant="body2" role="status" sx={{ color: 'text.secondary', flex: '1 1 auto' }}>
        {status}
      </Typography>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
        <Typography component="label" htmlFor={id} variant="body2" sx={{ color: 'text.secondary' }}>
          Page size
        </Typography>
        <Choice
          id={id}
          value={view.limit}
          onChange={(event) => table.change({ limit: Number(event.target.value) })}
        >
          {sizes.map((size) => (
            <option key={size} value={size}>
              {size}
            </option>
          ))}
        </Choice>
      </Box>
      <Box sx={{ display: 'flex', gap: 1 }}>
        <Button
          variant="outlined"
          color="inherit"
          size="small"
          disabled={view.cursor === undefined}
          onClick={table.goToPrevious}
        >
          Previous
        </Button>
        <Button
          variant="outlined"
          color="inherit"
          size="small"
          disabled={nextCursor === null}
          onClick={() => nextCursor !== null && table.goToNext(nextCursor)}
        >
          Next
        </Button>
      </Box>
    </Box>
  );
}
