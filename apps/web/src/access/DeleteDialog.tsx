import type { UseMutationResult, UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { changedCodes } from './changed-codes.ts';

interface Props<Seen> {
  what: 'User' | 'Team' | 'Integration';
  name: string;
  /** What is to be deleted as it is now. */
  seen: UseQueryResult<Seen>;
  deletion: UseMutationResult<unknown, Error, Seen>;
  onClose: () => void;
  onDeleted: () => void;
  /** Who loses what. */
  children: ReactNode;
}

/** The question before a user, a team or an integration is deleted. It is about the version that is shown, and no other. */
export function DeleteDialog<Seen>(props: Props<Seen>) {
  const { what, name, seen, deletion, onClose, onDeleted, children } = props;
  const toast = useToast();
  const problem = seen.error ?? deletion.error;
  const confirm = () => {
    if (seen.data === undefined) return;
    deletion.mutate(seen.data, {
      onSuccess: () => {
        toast(`${what} ${name} deleted`);
        onDeleted();
      },
      onError: (error) => {
        if (error instanceof ApiProblem && changedCodes.has(error.code)) void seen.refetch();
      },
    });
  };
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirmLabel="Delete"
      cancelLabel="Cancel"
      isBusy={deletion.isPending}
      isConfirmDisabled={seen.data === undefined || seen.isFetching}
      onConfirm={confirm}
      onCancel={onClose}
    >
      {children}
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
