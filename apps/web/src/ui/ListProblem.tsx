import Button from '@mui/material/Button';
import { ProblemAlert } from './ProblemAlert.tsx';
import type { UrlView } from './use-url-view.ts';

interface Props {
  problem: Error;
  onRetry: () => void;
  table: { view: { cursor: string | undefined } } & Pick<UrlView<unknown>, 'goToFirst'>;
}

/** Why a page of a list could not be shown. A cursor that no longer holds is got rid of by beginning anew. */
export function ListProblem({ problem, onRetry, table }: Props) {
  return (
    <ProblemAlert
      problem={problem}
      onRetry={onRetry}
      actions={
        table.view.cursor !== undefined && (
          <Button color="inherit" size="small" onClick={table.goToFirst}>
            Go to the first page
          </Button>
        )
      }
      sx={{ mb: 2 }}
    />
  );
}
