import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import type { UseQueryResult } from '@tanstack/react-query';
import { Fragment, type ReactNode } from 'react';
import { FormDialog } from '../ui/FormDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';

interface Props<Seen extends { etag: string | undefined }> {
  title: string;
  /** What is edited, as it was when the dialog opened. */
  query: UseQueryResult<Seen>;
  /** Heights of the fields, for while it loads. */
  heights: readonly number[];
  onClose: () => void;
  size?: 'usual' | 'wide';
  /** The form; made anew for every version that was loaded. */
  children: (seen: Seen) => ReactNode;
}

/** The dialog around the form of something that has to be read first. */
export function EditDialog<Seen extends { etag: string | undefined }>(props: Props<Seen>) {
  const { title, query, heights, onClose, size = 'usual', children } = props;
  return (
    <FormDialog title={title} onClose={onClose} size={size}>
      {query.data === undefined ? (
        <Box sx={{ px: 3, pb: 3, minHeight: 320 }} aria-busy={query.isPending}>
          {query.isError ? (
            <ProblemAlert problem={query.error} onRetry={() => void query.refetch()} />
          ) : (
            heights.map((height) => (
              <Skeleton key={height} variant="rounded" height={height} sx={{ mt: 4 }} />
            ))
          )}
        </Box>
      ) : (
        <Fragment key={query.data.etag}>{children(query.data)}</Fragment>
      )}
    </FormDialog>
  );
}
