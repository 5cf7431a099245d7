import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { changedCodes } from './changed-codes.ts';

interface Props<Seen> {
  what: 'User' | 'Team' | 'Integration';
  name: string;
  /** As it is in the table: the question is about the other state. */
  isDisabled: boolean;
  /** What is to be switched as it is now. */
  seen: UseQueryResult<Seen>;
  update: {
    mutate: (
      change: { seen: Seen; patch: { isDisabled: boolean } },
      then: { onSuccess: () => void; onError: (error: Error) => void },
    ) => void;
    isPending: boolean;
    error: Error | null;
  };
  onClose: () => void;
  /** What it comes to. */
  children: ReactNode;
}

/** The question before a user, a team or an integration is disabled, or enabled again. */
export function SwitchDialog<Seen>(props: Props<Seen>) {
  const { what, name, isDisabled, seen, update, onClose, children } = props;
  const toast = useToast();
  const problem = seen.error ?? update.error;
  const confirm = () => {
    if (seen.data === undefined) return;
    update.mutate(
      { seen: seen.data, patch: { isDisabled: !isDisabled } },
      {
        onSuccess: () => {
          toast(`${what} ${name} ${isDisabled ? 'enabled' : 'disabled'}`);
          onClose();
        },
        onError: (error) => {
          if (error instanceof ApiProblem && changedCodes.has(error.code)) void seen.refetch();
        },
      },
    );
  };
  return (
    <ConfirmDialog
      title={`${isDisabled ? 'Enable' : 'Disable'} ${name}?`}
      confirmLabel={isDisabled ? 'Enable' : 'Disable'}
      cancelLabel="Cancel"
      isHarmless={isDisabled}
      isBusy={update.isPending}
      isConfirmDisabled={seen.data === undefined || seen.isFetching}
      onConfirm={confirm}
      onCancel={onClose}
    >
      {children}
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
