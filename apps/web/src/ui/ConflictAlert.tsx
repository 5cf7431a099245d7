import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import type { ReactNode, Ref } from 'react';
import { RelativeTime } from './RelativeTime.tsx';

interface Props {
  what: 'secret' | 'integration';
  /** The thing as it is now. */
  fresh: { updatedBy: string | null; updatedAt: string | null };
  onContinue: () => void;
  onDiscard: () => void;
  ref?: Ref<HTMLDivElement>;
  /** What they changed. */
  children: ReactNode;
}

/** In an open form: somebody else has changed the same thing, and one chooses how to go on. */
export function ConflictAlert({ what, fresh, onContinue, onDiscard, ref, children }: Props) {
  return (
    <Alert severity="warning" ref={ref}>
      <AlertTitle>This {what} was changed meanwhile</AlertTitle>
      {fresh.updatedBy ?? 'Somebody'} changed it{' '}
      {fresh.updatedAt !== null && <RelativeTime time={fresh.updatedAt} />} while this form was
      open. Nothing of yours has been saved yet.
      {children}
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 2 }}>
        <Button variant="contained" color="inherit" size="small" onClick={onContinue}>
          Continue on the new version
        </Button>
        <Button color="inherit" size="small" onClick={onDiscard}>
          Discard my changes
        </Button>
      </Box>
    </Alert>
  );
}
