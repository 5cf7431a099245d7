import Alert from '@mui/material/Alert';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { secretQuery, useDeleteSecret } from './secrets.queries.ts';

interface Props {
  name: string;
  onClose: () => void;
  onDeleted: () => void;
}

/** The question before a secret is deleted for good. It is about the version that is shown, and no other. */
export function DeleteSecretDialog({ name, onClose, onDeleted }: Props) {
  const secret = useQuery(secretQuery(name));
  const deletion = useDeleteSecret();
  const toast = useToast();
  const [hasChanged, setChanged] = useState(false);
  const metadata = secret.data?.metadata;

  const confirm = () => {
    if (secret.data === undefined) return;
    setChanged(false);
    deletion.mutate(secret.data, {
      onSuccess: () => {
        toast(`Secret ${name} deleted`);
        onDeleted();
      },
      onError: (error) => {
        if (!(error instanceof ApiProblem && error.code === 'secret-changed')) return;
        setChanged(true);
        void secret.refetch();
      },
    });
  };
  const problem = secret.error ?? (hasChanged ? null : deletion.error);
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirmLabel="Delete"
      cancelLabel="Cancel"
      isBusy={deletion.isPending}
      isConfirmDisabled={metadata === undefined || secret.isFetching}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <Typography variant="body1">
        The secret <strong>{name}</strong> and its value will be deleted. It cannot be restored.
      </Typography>
      <Typography variant="body2" component="div" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {metadata === undefined ? (
          !secret.isError && <Skeleton width="60%" />
        ) : metadata.lastUsedAt === null ? (
          'It has never been used.'
        ) : (
          <>
            It was last used <RelativeTime time={metadata.lastUsedAt} />. Whatever uses it will
            fail.
          </>
        )}
      </Typography>
      {hasChanged && metadata !== undefined && (
        <Alert severity="warning" sx={{ mt: 2 }}>
          {metadata.updatedBy ?? 'Somebody'} changed it{' '}
          {metadata.updatedAt !== null && <RelativeTime time={metadata.updatedAt} />}. Nothing was
          deleted. Delete it all the same?
        </Alert>
      )}
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
