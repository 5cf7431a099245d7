import type { Permission } from '@dropsafe/contract/permissions';
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import Radio from '@mui/material/Radio';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { useProviderLabel } from '../identity/identity.queries.ts';
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
  isDisabled: boolean;
  /** The identity provider whose groups put them into it; absent or null for by hand. */
  provider?: string | null;
}

interface Props {
  teams: readonly ChosenTeam[];
  onChange: (teams: ChosenTeam[]) => void;
  error?: string | undefined;
  /** One team at most, or none. */
  isOne?: boolean;
}

/** Which teams somebody is in: those chosen first, then the others that match the search. */
export function TeamsField({ teams, onChange, error, isOne = false }: Props) {
  const [q, setQ] = useState('');
  const found = useQuery(teamsQuery(pickerView(q)));
  // A team that was just unticked stays in sight.
  const [known, setKnown] = useState(teams);
  const shown = new Map(
    // Once more at the end: only what was chosen tells where it comes from.
    [...known, ...teams, ...(found.data?.items ?? []), ...teams].map((team) => [team.id, team]),
  );
  const labelOf = useProviderLabel();
  const noteOf = (team: ChosenTeam) => {
    const granted = withoutParts(team.permissions).join(', ');
    const grants = team.isDisabled
      ? `Disabled: grants nothing${granted === '' ? '' : ` until it is enabled, and then ${granted}`}.`
      : granted === ''
        ? 'Grants nothing.'
        : `Grants ${granted}.`;
    return isByGroup(team)
      ? `${grants} By a group of ${labelOf(team.provider)}: it is taken away there, or at the team.`
      : grants;
  };
  const isChosen = (id: string) => teams.some((team) => team.id === id);
  const hasMore = found.data !== undefined && found.data.nextCursor !== null;
  const isSearchUseful = hasMore || q !== '';
  const groupName = useId();
  const radioName = isOne ? groupName : undefined;
  return (
    <Fieldset
      legend={isOne ? 'Team' : 'Teams'}
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
        {isOne && shown.size > 0 && (
          <Line
            name="No team"
            note="What it may do is granted to it alone."
            radioName={radioName}
            isChosen={teams.length === 0}
            onChoose={() => onChange([])}
          />
        )}
        {[...shown.values()].map((team) => (
          <Line
            key={team.id}
            name={team.name}
            note={noteOf(team)}
            radioName={radioName}
            isChosen={isChosen(team.id)}
            // They would be back at their next sign-in.
            isFixed={isByGroup(team)}
            onChoose={(isIn) => {
              setKnown([...shown.values()].filter(({ id }) => isChosen(id) || id === team.id));
              const others = isOne ? [] : teams.filter(({ id }) => id !== team.id);
              onChange(isIn ? [...others, team] : others);
            }}
          />
        ))}
      </Box>
    </Fieldset>
  );
}

function isByGroup(team: ChosenTeam): team is ChosenTeam & { provider: string } {
  return team.provider !== undefined && team.provider !== null;
}

interface LineProps {
  name: string;
  note: string;
  /** Of the radio buttons that it is one of; undefined for a box. */
  radioName: string | undefined;
  isFixed?: boolean;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
}

function Line({ name, note, radioName, isFixed = false, isChosen, onChoose }: LineProps) {
  const id = useId();
  const Control = radioName === undefined ? Checkbox : Radio;
  return (
    <Box sx={{ display: 'flex', alignItems: 'flex-start', pl: 1 }}>
      <Control
        size="small"
        id={id}
        {...(radioName !== undefined && { name: radioName })}
        checked={isChosen}
        disabled={isFixed}
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
          {name}
        </Box>
        <Typography id={`${id}-text`} variant="caption" sx={{ color: 'text.secondary' }}>
          {note}
        </Typography>
      </Box>
    </Box>
  );
}
