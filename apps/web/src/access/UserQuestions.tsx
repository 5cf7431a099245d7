import type { Invitation, User } from '@dropsafe/contract/users';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../permissions/can.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useDeleteUser, useInvite, useUpdateUser, userQuery } from './access.queries.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { SwitchDialog } from './SwitchDialog.tsx';

/** @file The questions before something is done to a user that they, or somebody else, would notice. */

interface Props {
  user: User;
  onClose: () => void;
}

/** Before a user is deleted. */
export function DeleteUserDialog({ user, onClose, onDeleted }: Props & { onDeleted: () => void }) {
  const seen = useQuery(userQuery(user.id));
  const deletion = useDeleteUser();
  const isOneself = useSession().principal.id === user.id;
  return (
    <DeleteDialog
      what="User"
      name={user.name}
      seen={seen}
      deletion={deletion}
      onClose={onClose}
      onDeleted={onDeleted}
    >
      <Typography variant="body1">
        {isOneself ? 'This is you. You' : 'They'} will be signed out everywhere at once and cannot
        sign in again. What {isOneself ? 'you' : 'they'} created stays, and the audit trail keeps
        the name.
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        To keep {isOneself ? 'yourself' : 'them'} for later, disable the user instead.
      </Typography>
    </DeleteDialog>
  );
}

/** Before a user is disabled, or enabled again. */
export function SwitchUserDialog({ user, onClose }: Props) {
  const seen = useQuery(userQuery(user.id));
  const update = useUpdateUser();
  return (
    <SwitchDialog
      what="User"
      name={user.name}
      isDisabled={user.isDisabled}
      seen={seen}
      update={update}
      onClose={onClose}
    >
      {user.isDisabled
        ? 'The user can sign in again, with the same password, passkeys, permissions and teams.'
        : 'All sessions of this user end at once, an open invitation is taken back, and they cannot sign in until they are enabled again. Permissions and teams stay.'}
    </SwitchDialog>
  );
}

interface InviteProps extends Props {
  onInvited: (invitation: Invitation) => void;
}

/** Before a new invitation is made: the one before holds no more. */
export function InviteDialog({ user, onClose, onInvited }: InviteProps) {
  const invite = useInvite();
  const [problem, setProblem] = useState<Error | null>(null);
  const confirm = async () => {
    setProblem(null);
    try {
      onInvited(await invite.run(user.id));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setProblem(error);
    }
  };
  return (
    <ConfirmDialog
      title={`New invitation for ${user.name}?`}
      confirmLabel="Make invitation"
      cancelLabel="Cancel"
      isHarmless
      isBusy={invite.isPending}
      onConfirm={() => void confirm()}
      onCancel={onClose}
    >
      {user.hasPassword
        ? 'With it they set a new password, for one that was forgotten. Until then the present one stays; when it is used, all their sessions end and their passkeys are removed.'
        : 'With it they set their first password. An invitation that was made before holds no more.'}
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
