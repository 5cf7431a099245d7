import { membersCountedUpTo, type Team } from '@dropsafe/contract/teams';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { teamQuery, useDeleteTeam, useUpdateTeam } from './access.queries.ts';
import { DeleteDialog } from './DeleteDialog.tsx';
import { SwitchDialog } from './SwitchDialog.tsx';
import { withoutParts } from './words.tsx';

/** @file The questions before a team is deleted or disabled: they say who loses what. */

interface Props {
  team: Team;
  onClose: () => void;
  onDeleted: () => void;
}

/** The question before a team is deleted. */
export function DeleteTeamDialog({ team, onClose, onDeleted }: Props) {
  const seen = useQuery(teamQuery(team.id));
  const deletion = useDeleteTeam();
  const { permissions, isDisabled, memberCount, apiKeyCount } = seen.data?.team ?? team;
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
        {memberCount === 0 || permissions.length === 0 || isDisabled
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
        {!isDisabled && ' To keep the team for later, disable it instead.'}
      </Typography>
    </DeleteDialog>
  );
}

/** The question before a team is disabled, or enabled again. */
export function SwitchTeamDialog({ team, onClose }: Omit<Props, 'onDeleted'>) {
  const seen = useQuery(teamQuery(team.id));
  const update = useUpdateTeam();
  const { permissions, memberCount, apiKeyCount } = seen.data?.team ?? team;
  const granted = withoutParts(permissions).join(', ');
  const start =
    memberCount === 0
      ? 'It grants nothing'
      : 'From their next request on it grants nothing to them';
  const keys = apiKeyCount > 0 ? ' Its API keys can do no more than what is granted to each.' : '';
  return (
    <SwitchDialog
      what="Team"
      name={team.name}
      isDisabled={team.isDisabled}
      seen={seen}
      update={update}
      onClose={onClose}
    >
      {team.isDisabled
        ? `The team grants again what it did${granted === '' ? '' : `: ${granted}`}.`
        : `${inWords(memberCount)} in this team. ${start} until it is enabled again${granted === '' ? '' : `; that is ${granted}`}.${keys} Members, groups and API keys stay.`}
    </SwitchDialog>
  );
}

function inWords(memberCount: number | null): string {
  if (memberCount === null) return `More than ${membersCountedUpTo.toLocaleString('en')} users are`;
  if (memberCount === 0) return 'Nobody is';
  return memberCount === 1 ? '1 user is' : `${memberCount} users are`;
}
