import type { Session } from '@dropsafe/contract/sessions';
import Typography from '@mui/material/Typography';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { useEndOtherSessions, useEndSession } from './sessions.queries.ts';

interface Props {
  session: Session;
  whose: 'own' | 'all';
  onClose: () => void;
  onEnded: () => void;
}

/** The question before a session is ended. */
export function EndSessionDialog({ session, whose, onClose, onEnded }: Props) {
  const ending = useEndSession(whose);
  const toast = useToast();
  const done = () => {
    toast('Session ended');
    onEnded();
  };
  const { user, agent, createdAt } = session;
  return (
    <ConfirmDialog
      title={whose === 'own' ? 'End this session?' : `End a session of ${user.name}?`}
      confirmLabel="End session"
      cancelLabel="Cancel"
      isBusy={ending.isPending}
      onConfirm={() =>
        ending.mutate(session.id, {
          onSuccess: done,
          // It has ended meanwhile; what was wanted holds.
          onError: (error) => error instanceof ApiProblem && error.code === 'not-found' && done(),
        })
      }
      onCancel={onClose}
    >
      <Typography variant="body1">
        {agent ?? 'An unknown browser'}, signed in <RelativeTime time={createdAt} />, is refused
        from its next request on.
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {whose === 'own'
          ? 'If you do not know it, change your password as well.'
          : 'It does not keep anybody from signing in again.'}
      </Typography>
      {ending.error !== null && <ProblemAlert problem={ending.error} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}

/** The question before all of one's own sessions but this one are ended. */
export function EndOthersDialog({ onClose }: { onClose: () => void }) {
  const ending = useEndOtherSessions();
  const toast = useToast();
  return (
    <ConfirmDialog
      title="End all other sessions?"
      confirmLabel="End all others"
      cancelLabel="Cancel"
      isBusy={ending.isPending}
      onConfirm={() =>
        ending.mutate(undefined, {
          onSuccess: () => {
            toast('All other sessions ended');
            onClose();
          },
        })
      }
      onCancel={onClose}
    >
      <Typography variant="body1">Everywhere but here you will have to sign in again.</Typography>
      {ending.error !== null && <ProblemAlert problem={ending.error} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
