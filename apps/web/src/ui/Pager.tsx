import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { Choice } from './Choice.tsx';
import type { UrlView } from './use-url-view.ts';

/** Page sizes to choose from. */
export const pageSizes = [25, 50, 100, 500] as const;

interface Props<View> {
  table: UrlView<View>;
  /** How many there are, in words; undefined while the first page loads. */
  count: string | undefined;
  /** Of the page that is shown; null on the last one. */
  nextCursor: string | null;
}

/** What stands below a table: how many there are, the page size, and the way to the other pages. */
export function Pager<View extends { limit: number; cursor: string | undefined }>({
  table,
  count,
  nextCursor,
}: Props<View>) {
  const id = useId();
  const { view, pageNumber } = table;
  const sizes = [...new Set([...pageSizes, view.limit])].toSorted((a, b) => a - b);
  return (
    <Box
      component="nav"
      aria-label="Pages"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, mt: 2 }}
    >
      <Typography variant="body2" role="status" sx={{ color: 'text.secondary', flex: '1 1 auto' }}>
        {count}
        {count !== undefined && (pageNumber ?? 1) > 1 && `, page ${pageNumber}`}
      </Typography>
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
        <Typography component="label" htmlFor={id} variant="body2" sx={{ color: 'text.secondary' }}>
          Page size
        </Typography>
        <Choice
          id={id}
          value={view.limit}
          onChange={(event) => {
            // as: a view with a limit can change it; the compiler does not follow that through Partial.
            table.change({ limit: Number(event.target.value) } as Partial<View>);
          }}
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
