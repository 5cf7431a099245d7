import type { User } from '@dropsafe/contract/users';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useRemovePasskeysOfUser } from './access.queries.ts';
import { passkeysText } from './words.tsx';

/** In the form of a user: how many passkeys they have, and the way to remove them at once. Nothing for who has none. */
export function PasskeysOfUser({ user: { id, name, passkeys } }: { user: User }) {
  const removal = useRemovePasskeysOfUser();
  const [isAsking, setAsking] = useState(false);
  if (passkeys === 0 && !removal.isSuccess) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}>
      {/* Not a toast: the form stays open, and what lies behind it is hidden from screen readers. */}
      <Typography role="status" variant="body2" sx={{ flex: 1 }}>
        {passkeys === 0
          ? 'The passkeys are removed.'
          : `Has ${passkeysText(passkeys)} beside the password.`}
      </Typography>
      {passkeys > 0 && (
        <Button variant="outlined" color="error" size="small" onClick={() => setAsking(true)}>
          Remove passkeys
        </Button>
      )}
      {isAsking && (
        <ConfirmDialog
          title={`Remove ${passkeysText(passkeys)} of ${name}?`}
          confirmLabel="Remove"
          cancelLabel="Cancel"
          isBusy={removal.isPending}
          onConfirm={() => removal.mutate(id, { onSuccess: () => setAsking(false) })}
          onCancel={() => setAsking(false)}
        >
          Nobody can sign in with them again, and the password stays. Sessions that are open go on:
          end them on the page Sessions.
          {removal.error !== null && <ProblemAlert problem={removal.error} sx={{ mt: 2 }} />}
        </ConfirmDialog>
      )}
    </Box>
  );
}
