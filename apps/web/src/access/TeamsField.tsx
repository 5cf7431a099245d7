import type { Permission } from '@dropsafe/contract/permissions';
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { pickerLimit, pickerView, teamsQuery } from './access.queries.ts';
import { Fieldset } from './Fieldset.tsx';
import { withoutParts } from './words.tsx';

/** A team that somebody is in, or may be put into. */
export interface ChosenTeam {
  id: string;
  name: string;
  permissions: Permission[];
}

interface Props {
  teams: readonly ChosenTeam[];
  onChange: (teams: ChosenTeam[]) => void;
  error?: string | undefined;
}

/** Which teams a user is in: those chosen first, then the others that match the search. */
export function TeamsField({ teams, onChange, error }: Props) {
  const [q, setQ] = useState('');
  const found = useQuery(teamsQuery(pickerView(q)));
  // A team that was just unticked stays in sight.
  const [known, setKnown] = useState(teams);
  const shown = new Map(
    [...known, ...teams, ...(found.data?.items ?? [])].map((team) => [team.id, team]),
  );
  const isChosen = (id: string) => teams.some((team) => team.id === id);
  const hasMore = found.data !== undefined && found.data.nextCursor !== null;
  const isSearchUseful = hasMore || q !== '';
  return (
    <Fieldset
      legend="Teams"
      error={error}
      help={hasMore ? `The first ${pickerLimit} teams. Search for others.` : undefined}
    >
      {isSearchUseful && (
        <Box sx={{ display: 'flex', mb: 1 }}>
          <SearchField q={q} onSearch={setQ} label="Search teams" placeholder="Search teams" />
        </Box>
      )}
      {found.isError && <ProblemAlert problem={found.error} onRetry={() => void found.refetch()} />}
      {found.data !== undefined && shown.size === 0 && (
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {q === '' ? 'There are no teams yet.' : 'No team matches.'}
        </Typography>
      )}
      <Box sx={{ maxHeight: 220, overflowY: 'auto', ml: -1 }}>
        {[...shown.values()].map((team) => (
          <Line
            key={team.id}
            team={team}
            isChosen={isChosen(team.id)}
            onChoose={(isIn) => {
              setKnown([...shown.values()].filter(({ id }) => isChosen(id) || id === team.id));
              onChange(isIn ? [...teams, team] : teams.filter(({ id }) => id !== team.id));
            }}
          />
        ))}
      </Box>
    </Fieldset>
  );
}

interface LineProps {
  team: ChosenTeam;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

function Line({ team, isChosen, onChoose }: LineProps) {
  const id = useId();
  return (
    <Box sx={{ display: 'flex', alignItems: 'flex-start', pl: 1 }}>
      <Checkbox
        size="small"
        id={id}
        checked={isChosen}
        onChange={(event) => onChoose(event.target.checked)}
        slotProps={{ input: { 'aria-describedby': `${id}-text` } }}
        sx={{ ml: -1, my: -0.25 }}
      />
      <Box sx={{ py: 0.75, minWidth: 0, overflowWrap: 'anywhere' }}>
        <Box
          component="label"
          htmlFor={id}
          sx={{ display: 'block', fontSize: '0.875rem', lineHeight: 1.5 }}
        >
          {team.name}
        </Box>
        <Typography id={`${id}-text`} variant="caption" sx={{ color: 'text.secondary' }}>
          {team.permissions.length === 0
            ? 'Grants nothing.'
            : `Grants ${withoutParts(team.permissions).join(', ')}.`}
        </Typography>
      </Box>
    </Box>
  );
}
