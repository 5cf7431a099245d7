import type { Team } from '@dropsafe/contract/teams';
import type { User } from '@dropsafe/contract/users';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import Typography from '@mui/material/Typography';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { useProviderLabel } from '../identity/identity.queries.ts';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import {
  membersQuery,
  pickerLimit,
  pickerView,
  useSetMember,
  usersQuery,
} from './access.queries.ts';
import { GroupsOfTeam } from './GroupsOfTeam.tsx';
import { ListTitle } from './words.tsx';

interface Props {
  team: Team;
  /** The team was created just now, and this is the next step. */
  isNew: boolean;
  onClose: () => void;
}

/** Who is in a team, by hand and by groups of identity providers. Every press is a change of its own, in effect at once. */
export function MembersDialog({ team, isNew, onClose }: Props) {
  const members = useInfiniteQuery(membersQuery(team.id));
  const [q, setQ] = useState('');
  const found = useQuery({ ...usersQuery(pickerView(q)), enabled: q !== '' });
  const change = useSetMember(team.id);
  const shown = members.data?.pages.flatMap(({ items }) => items);
  const membershipOf = (user: User) => user.teams.find((other) => other.id === team.id);
  const labelOf = useProviderLabel();
  /** The provider, in words, whose group put them in; undefined for by hand, or when they are not in. */
  const groupsOf = (user: User) => {
    const provider = membershipOf(user)?.provider ?? null;
    return provider === null ? undefined : labelOf(provider);
  };
  // In here: what stands outside of an open dialog is hidden from screen readers.
  const [done, setDone] = useState(
    isNew ? `Team ${team.name} created. Its members can be added now, or later.` : '',
  );
  const set = (user: User, isIn: boolean) =>
    change.mutate(
      { userId: user.id, isMember: isIn },
      {
        onSuccess: () =>
          setDone(isIn ? `${user.name} joined ${team.name}` : `${user.name} left ${team.name}`),
      },
    );
  const groupNote = (user: User) => {
    const label = groupsOf(user);
    return label === undefined ? undefined : `by a group of ${label}`;
  };
  const problem = change.error ?? members.error ?? found.error;
  return (
    <DialogFrame title={`Members of ${team.name}`} onClose={onClose}>
      <DialogContent sx={{ display: 'grid', gap: 2, alignContent: 'start', minHeight: 360 }}>
        {/* Always there, and without a gap of its own for as long as it is empty. */}
        <Box role="status" sx={{ '&:empty': { mb: -2 } }}>
          {done !== '' && problem === null && (
            <Alert severity="success" role="presentation">
              {done}
            </Alert>
          )}
        </Box>
        {problem !== null && <ProblemAlert problem={problem} />}
        <Box sx={{ display: 'flex', pt: 0.5 }}>
          <SearchField
            q={q}
            onSearch={setQ}
            label="Find users to add"
            placeholder="Find users to add"
          />
        </Box>
        {q !== '' && found.data !== undefined && (
          <People
            label="Users found"
            empty="Nobody has this in their name."
            people={found.data.items}
            more={
              found.data.nextCursor !== null && (
                <Typography variant="caption" sx={{ color: 'text.secondary' }}>
                  The first {pickerLimit} matches. Type more of the name for others.
                </Typography>
              )
            }
            noteOf={groupNote}
            renderAction={(user) =>
              membershipOf(user)?.provider === null ? (
                <Typography variant="caption" sx={{ color: 'text.secondary', px: 1 }}>
                  Member
                </Typography>
              ) : (
                <Button
                  size="small"
                  aria-label={`${groupsOf(user) === undefined ? 'Add' : 'Add by hand'} ${user.name}`}
                  disabled={change.isPending}
                  onClick={() => set(user, true)}
                >
                  {groupsOf(user) === undefined ? 'Add' : 'Add by hand'}
                </Button>
              )
            }
          />
        )}
        <GroupsOfTeam team={team} onDone={setDone} />
        <People
          label="Members"
          empty="Nobody is in this team yet. Find users above and add them."
          people={shown}
          more={
            members.hasNextPage && (
              <Button
                size="small"
                loading={members.isFetchingNextPage}
                onClick={() => void members.fetchNextPage()}
              >
                Show more
              </Button>
            )
          }
          noteOf={groupNote}
          renderAction={(user) => (
            <DisabledReason reason={whyNotByHand(groupsOf(user))}>
              <Button
                size="small"
                color="error"
                aria-label={`Remove ${user.name}`}
                disabled={change.isPending}
                onClick={() => set(user, false)}
              >
                Remove
              </Button>
            </DisabledReason>
          )}
        />
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 2 }}>
        <Button variant="contained" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </DialogFrame>
  );
}

function whyNotByHand(label: string | undefined): string | undefined {
  if (label === undefined) return undefined;
  return `A group of ${label} puts them into this team. Take them out of it there, or remove the group here.`;
}

interface PeopleProps {
  label: string;
  empty: string;
  /** Undefined while they load. */
  people: readonly User[] | undefined;
  /** What stands below the name. */
  noteOf: (user: User) => string | undefined;
  renderAction: (user: User) => ReactNode;
  more: ReactNode;
}

function People({ label, empty, people, noteOf, renderAction, more }: PeopleProps) {
  const id = useId();
  return (
    <Box component="section" aria-labelledby={id} aria-busy={people === undefined}>
      <ListTitle id={id}>{label}</ListTitle>
      {people?.length === 0 && (
        <Typography variant="body2" sx={{ color: 'text.secondary', py: 1 }}>
          {empty}
        </Typography>
      )}
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {people?.map((user) => (
          <Box
            component="li"
            key={user.id}
            sx={{ display: 'flex', alignItems: 'center', gap: 1, minHeight: 40 }}
          >
            <Typography variant="body2" sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere' }}>
              {user.name}
              {user.isDisabled && ' (disabled)'}{' '}
              <Typography component="span" variant="caption" sx={{ color: 'text.secondary' }}>
                {noteOf(user)}
              </Typography>
            </Typography>
            {renderAction(user)}
          </Box>
        ))}
      </Box>
      {more}
    </Box>
  );
}
