import type { Permission } from '@dropsafe/contract/permissions';
import { effectivePermissions, type EffectivePermission } from '@dropsafe/contract/users';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { monospace } from '../ui/theme.ts';
import { useProviderLabel } from '../identity/identity.queries.ts';
import type { ChosenTeam } from './TeamsField.tsx';
import { withoutParts } from './words.tsx';

interface Props {
  permissions: readonly Permission[];
  teams: readonly ChosenTeam[];
}

/** What somebody may do in the end, and where each permission comes from, or would; of the form as it stands. */
export function EffectivePermissions({ permissions, teams }: Props) {
  const effective = effectivePermissions(permissions, teams);
  const labelOf = useProviderLabel();
  return (
    <Box
      component="section"
      aria-label="What this adds up to"
      sx={{ bgcolor: 'action.hover', borderRadius: 1, px: 2, py: 1.5 }}
    >
      <Typography sx={{ fontWeight: 600, fontSize: '0.875rem', mb: 0.5 }}>
        What this adds up to
      </Typography>
      {effective.length === 0 ? (
        <Typography variant="body2">No permission. There will be nothing to see.</Typography>
      ) : (
        <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, display: 'grid', gap: 0.5 }}>
          {effective.map((entry) => (
            <Box component="li" key={entry.permission} sx={{ overflowWrap: 'anywhere' }}>
              <Box component="span" sx={{ fontFamily: monospace, fontSize: '0.8125rem' }}>
                {entry.permission}
              </Box>{' '}
              <Typography component="span" variant="caption">
                {originOf(entry, teams, labelOf)}
              </Typography>
            </Box>
          ))}
        </Box>
      )}
      {teams
        .filter(({ isDisabled, permissions: granted }) => isDisabled && granted.length > 0)
        .map(({ id, name, permissions: granted }) => (
          <Typography key={id} variant="body2" sx={{ mt: 1, overflowWrap: 'anywhere' }}>
            {name} is disabled. Enabled, it would grant {withoutParts(granted).join(', ')}.
          </Typography>
        ))}
    </Box>
  );
}

function originOf(
  { isDirect, teams }: EffectivePermission,
  chosen: readonly ChosenTeam[],
  labelOf: (provider: string) => string,
): string {
  const providerOf = (id: string) => chosen.find((team) => team.id === id)?.provider ?? null;
  const by = teams
    .map(({ id, name }) => {
      const provider = providerOf(id);
      return provider === null ? name : `${name} (by a group of ${labelOf(provider)})`;
    })
    .join(', ');
  if (by === '') return 'granted directly';
  return isDirect ? `granted directly and by ${by}` : `by ${by}`;
}
