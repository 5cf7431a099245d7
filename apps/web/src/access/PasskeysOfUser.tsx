import type { User } from '@dropsafe/contract/users';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { useRemovePasskeysOfUser } from './access.queries.ts';
import { passkeysText } from './words.tsx';

/** In the form of a user: how many passkeys they have, and the way to remove them at once. Nothing for who has none. */
export function PasskeysOfUser({ user: { id, name, passkeys } }: { user: User }) {
  const removal = useRemovePasskeysOfUser();
  const toast = useToast();
  const [isAsking, setAsking] = useState(false);
  if (passkeys === 0) return null;
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}>
      <Typography variant="body2" sx={{ flex: 1 }}>
        Signs in by password or with {passkeysText(passkeys)}.
      </Typography>
      <Button variant="outlined" color="error" size="small" onClick={() => setAsking(true)}>
        Remove passkeys
      </Button>
      {isAsking && (
        <ConfirmDialog
          title={`Remove ${passkeysText(passkeys)} of ${name}?`}
          confirmLabel="Remove"
          cancelLabel="Cancel"
          isBusy={removal.isPending}
          onConfirm={() =>
            removal.mutate(id, {
              onSuccess: () => {
                toast(`Passkeys of ${name} removed`);
                setAsking(false);
              },
            })
          }
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
