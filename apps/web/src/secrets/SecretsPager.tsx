import { countedUpTo, type SecretPage } from '@dropsafe/contract/secrets';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useId } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { pageSizes } from './table-view.ts';
import type { useTableView } from './use-table-view.ts';

interface Props {
  table: ReturnType<typeof useTableView>;
  /** Undefined while the first page loads. */
  page: SecretPage | undefined;
}

/** What stands below the table: how many there are, the page size, and the way to the other pages. */
export function SecretsPager({ table, page }: Props) {
  const id = useId();
  const { view, pageNumber } = table;
  const next = page?.nextCursor ?? null;
  const sizes = [...new Set([...pageSizes, view.limit])].toSorted((a, b) => a - b);
  return (
    <Box
      component="nav"
      aria-label="Pages"
      sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 2, mt: 2 }}
    >
      <Typography variant="body2" role="status" sx={{ color: 'text.secondary', flex: '1 1 auto' }}>
        {page !== undefined && countText(page, pageNumber)}
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
          disabled={next === null}
          onClick={() => next !== null && table.goToNext(next)}
        >
          Next
        </Button>
      </Box>
    </Box>
  );
}

function countText({ total }: SecretPage, pageNumber: number | undefined): string {
  const many =
    total === null
      ? `More than ${countedUpTo.toLocaleString('en')} secrets`
      : `${total.toLocaleString('en')} ${total === 1 ? 'secret' : 'secrets'}`;
  return pageNumber === undefined || pageNumber === 1 ? many : `${many}, page ${pageNumber}`;
}
