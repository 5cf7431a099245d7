import Button from '@mui/material/Button';
import { Link } from 'react-router';
import { startPath } from './paths.ts';
import { EmptyState, Page } from './ui/Page.tsx';

/** For an address that leads nowhere. */
export function NotFoundPage() {
  return (
    <Page title="Page not found">
      <EmptyState
        title="There is no page at this address"
        action={
          <Button component={Link} to={startPath} variant="contained">
            Go to the start page
          </Button>
        }
      >
        It may have been moved, or the address may be mistyped.
      </EmptyState>
    </Page>
  );
}
