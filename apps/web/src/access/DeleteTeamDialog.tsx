import { membersCountedUpTo, type Team } from '@dropsafe/contract/teams';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { teamQuery, useDeleteTeam } from './access.queries.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { withoutParts } from './words.tsx';

interface Props {
  team: Team;
  onClose: () => void;
  onDeleted: () => void;
}

/** The question before a team is deleted: says who loses what. */
export function DeleteTeamDialog({ team, onClose, onDeleted }: Props) {
  const seen = useQuery(teamQuery(team.id));
  const deletion = useDeleteTeam();
  const { permissions, memberCount, apiKeyCount } = seen.data?.team ?? team;
  return (
    <DeleteDialog
      what="Team"
      name={team.name}
      seen={seen}
      deletion={deletion}
      onClose={onClose}
      onDeleted={onDeleted}
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
    </DeleteDialog>
  );
}

function inWords(memberCount: number | null): string {
  if (memberCount === null) return `More than ${membersCountedUpTo.toLocaleString('en')} users are`;
  if (memberCount === 0) return 'Nobody is';
  return memberCount === 1 ? '1 user is' : `${memberCount} users are`;
}
