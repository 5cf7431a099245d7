import type { ApiKey } from '@dropsafe/contract/api-keys';
import Typography from '@mui/material/Typography';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { useRevokeApiKey } from './api-keys.queries.ts';

interface Props {
  apiKey: ApiKey;
  onClose: () => void;
  onRevoked: () => void;
}

/** The question before a key is revoked for good. */
export function RevokeApiKeyDialog({ apiKey, onClose, onRevoked }: Props) {
  const { id, name, lastUsedAt } = apiKey;
  const revocation = useRevokeApiKey();
  const toast = useToast();
  const done = () => {
    toast(`API key ${name} revoked`);
    onRevoked();
  };
  const confirm = () =>
    revocation.mutate(id, {
      onSuccess: done,
      // Somebody else was quicker; what was wanted holds.
      onError: (error) => error instanceof ApiProblem && error.code === 'not-found' && done(),
    });
  return (
    <ConfirmDialog
      title={`Revoke ${name}?`}
      confirmLabel="Revoke"
      cancelLabel="Cancel"
      isBusy={revocation.isPending}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <Typography variant="body1">
        Whatever uses the API key <strong>{name}</strong> is refused from its next request on. It
        cannot be restored.
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {lastUsedAt === null ? (
          'It has never been used.'
        ) : (
          <>
            It was last used <RelativeTime time={lastUsedAt} />.
          </>
        )}
      </Typography>
      {revocation.error !== null && <ProblemAlert problem={revocation.error} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
