import { membersCountedUpTo, type Team } from '@dropsafe/contract/teams';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { ApiProblem } from '../api/client.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { teamQuery, useDeleteTeam } from './access.queries.ts';
import { withoutParts } from './words.tsx';

interface Props {
  team: Team;
  onClose: () => void;
  onDeleted: () => void;
}

/** The question before a team is deleted: says who loses what. It is about the version that is shown, and no other. */
export function DeleteTeamDialog({ team, onClose, onDeleted }: Props) {
  const seen = useQuery(teamQuery(team.id));
  const deletion = useDeleteTeam();
  const toast = useToast();
  const { permissions, memberCount, apiKeyCount } = seen.data?.team ?? team;
  const problem = seen.error ?? deletion.error;
  const confirm = () => {
    if (seen.data === undefined) return;
    deletion.mutate(seen.data, {
      onSuccess: () => {
        toast(`Team ${team.name} deleted`);
        onDeleted();
      },
      onError: (error) => {
        if (error instanceof ApiProblem && error.code === 'team-changed') void seen.refetch();
      },
    });
  };
  return (
    <ConfirmDialog
      title={`Delete ${team.name}?`}
      confirmLabel="Delete"
      cancelLabel="Cancel"
      isBusy={deletion.isPending}
      isConfirmDisabled={seen.data === undefined || seen.isFetching}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <Typography variant="body1">
        {memberCount === 0 || permissions.length === 0
          ? `${inWords(memberCount)} in this team, and nobody loses a permission.`
          : `${inWords(memberCount)} in this team. With their next request they lose what they hold by this team alone: ${withoutParts(permissions).join(', ')}.`}
      </Typography>
      {apiKeyCount > 0 && (
        <Typography variant="body1" sx={{ mt: 1.5 }}>
          {apiKeyCount === 1
            ? '1 API key belongs to this team and is revoked with it: the program that uses it loses access at once.'
            : `${apiKeyCount.toLocaleString('en')} API keys belong to this team and are revoked with it: the programs that use them lose access at once.`}
        </Typography>
      )}
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        The users themselves stay.
      </Typography>
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}

function inWords(memberCount: number | null): string {
  if (memberCount === null) return `More than ${membersCountedUpTo.toLocaleString('en')} users are`;
  if (memberCount === 0) return 'Nobody is';
  return memberCount === 1 ? '1 user is' : `${memberCount} users are`;
}
