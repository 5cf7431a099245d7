import { GroupNameSchema, type OidcGroup } from '@dropsafe/contract/oidc-groups';
import type { Team } from '@dropsafe/contract/teams';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type SubmitEvent } from 'react';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem, type PlacedProblem } from '../api/field-problems.ts';
import { signInMethodsQuery, useProviderLabel } from '../identity/identity.queries.ts';
import { Choice } from '../ui/Choice.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { groupsQuery, useMapGroup, useUnmapGroup } from './access.queries.ts';
import { ListTitle } from './words.tsx';

interface Props {
  team: Team;
  /** Says what was done. */
  onDone: (text: string) => void;
}

/** The groups of identity providers that put people into a team. Nothing is there when there are no providers and no groups. */
export function GroupsOfTeam({ team, onDone }: Props) {
  const id = useId();
  const { data: providers = [] } = useQuery(signInMethodsQuery);
  const groups = useQuery(groupsQuery(team.id));
  const labelOf = useProviderLabel();
  const [removed, setRemoved] = useState<OidcGroup | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const [removals, setRemovals] = useState(0);
  useEffect(() => {
    // The button that opened the question goes with its line. An effect: it runs after the question has given the focus back.
    if (removals > 0) heading.current?.focus();
  }, [removals]);
  if (groups.error !== null)
    return <ProblemAlert problem={groups.error} onRetry={() => void groups.refetch()} />;
  if (groups.data === undefined || (providers.length === 0 && groups.data.length === 0))
    return null;
  return (
    <Box component="section" aria-labelledby={id}>
      <ListTitle id={id} ref={heading} tabIndex={-1}>
        Groups of identity providers
      </ListTitle>
      {groups.data.length === 0 && (
        <Typography variant="body2" sx={{ color: 'text.secondary', py: 1 }}>
          None yet. Name a group here, and whoever is in it at the provider is in this team, from
          their next sign-in on and for as long as they are in the group.
        </Typography>
      )}
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0, maxHeight: 240, overflowY: 'auto' }}>
        {groups.data.map((mapped) => (
          <Box
            component="li"
            key={mapped.id}
            sx={{ display: 'flex', alignItems: 'center', gap: 1, minHeight: 40 }}
          >
            <Typography
              variant="body2"
              sx={{ flex: 1, minWidth: 0, overflowWrap: 'anywhere', whiteSpace: 'pre-wrap' }}
            >
              {/* A name from elsewhere, in whatever direction it is written. */}
              <bdi>{mapped.group}</bdi>{' '}
              <Typography component="span" variant="caption" sx={{ color: 'text.secondary' }}>
                of {labelOf(mapped.provider)}
                {!providers.some(({ name }) => name === mapped.provider) &&
                  ' (not configured any more)'}
              </Typography>
            </Typography>
            <Button
              size="small"
              color="error"
              aria-label={`Remove group ${mapped.group}`}
              onClick={() => setRemoved(mapped)}
            >
              Remove
            </Button>
          </Box>
        ))}
      </Box>
      {providers.length > 0 && (
        <AddGroup
          team={team}
          providers={providers}
          onAdded={(group) =>
            onDone(`Whoever is in “${group}” joins ${team.name} at their next sign-in`)
          }
        />
      )}
      {removed !== null && (
        <RemoveGroup
          team={team}
          mapped={removed}
          onClose={() => setRemoved(null)}
          onRemoved={() => {
            onDone(`The group “${removed.group}” does not give ${team.name} any more`);
            setRemoved(null);
            setRemovals(removals + 1);
          }}
        />
      )}
    </Box>
  );
}

interface AddProps {
  team: Team;
  providers: readonly { name: string; label: string }[];
  onAdded: (group: string) => void;
}

const nothing: PlacedProblem<'group' | 'provider'> = { atFields: {}, elsewhere: null };

function AddGroup({ team, providers, onAdded }: AddProps) {
  const id = useId();
  const add = useMapGroup();
  const [provider, setProvider] = useState(providers[0]?.name ?? '');
  const [refusal, setRefusal] = useState(nothing);
  const input = useRef<HTMLInputElement>(null);
  const hasChoice = providers.length > 1;

  const save = async (group: string): Promise<void> => {
    const checked = checkField(GroupNameSchema, group);
    setRefusal(checked === true ? nothing : { atFields: { group: checked }, elsewhere: null });
    if (checked !== true) return input.current?.focus();
    try {
      await add.mutateAsync({ provider, group, teamId: team.id });
      if (input.current !== null) input.current.value = '';
      onAdded(group);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const fields = hasChoice ? (['group', 'provider'] as const) : (['group'] as const);
      setRefusal(placeProblem(error, fields, { 'group-mapped': 'group' }));
    }
    input.current?.focus();
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!add.isPending) void save(input.current?.value ?? '');
  };
  return (
    <Box
      component="form"
      noValidate
      autoComplete="off"
      onSubmit={submit}
      sx={{ display: 'grid', gap: 1.5, mt: 1 }}
    >
      {hasChoice && (
        <FieldFrame
          id={`${id}-provider`}
          label="Identity provider"
          isRequired
          error={refusal.atFields.provider}
        >
          <Choice
            id={`${id}-provider`}
            aria-describedby={`${id}-provider-error`}
            value={provider}
            onChange={(event) => setProvider(event.target.value)}
            sx={{ width: '100%' }}
          >
            {providers.map(({ name, label }) => (
              <option key={name} value={name}>
                {label}
              </option>
            ))}
          </Choice>
        </FieldFrame>
      )}
      <TextInput
        ref={input}
        label={hasChoice ? 'Name of the group' : `Name of a group of ${providers[0]?.label ?? ''}`}
        isRequired
        autoComplete="off"
        autoCapitalize="none"
        spellCheck={false}
        help="Exactly as the provider sends it: case and blanks count. It acts on each person at their next sign-in."
        error={refusal.atFields.group}
      />
      {refusal.elsewhere !== null && <ProblemAlert problem={refusal.elsewhere} />}
      <Button
        type="submit"
        variant="outlined"
        loading={add.isPending}
        sx={{ justifySelf: 'start' }}
      >
        Add group
      </Button>
    </Box>
  );
}

interface RemoveProps {
  team: Team;
  mapped: OidcGroup;
  onClose: () => void;
  onRemoved: () => void;
}

function RemoveGroup({ team, mapped, onClose, onRemoved }: RemoveProps) {
  const removal = useUnmapGroup();
  return (
    <ConfirmDialog
      title={`Remove the group “${mapped.group}”?`}
      confirmLabel="Remove"
      cancelLabel="Cancel"
      isBusy={removal.isPending}
      onConfirm={() =>
        removal.mutate(mapped.id, {
          onSuccess: onRemoved,
          // Somebody else was quicker; what was wanted holds.
          onError: (error) =>
            error instanceof ApiProblem && error.code === 'not-found' && onRemoved(),
        })
      }
      onCancel={onClose}
    >
      Whoever is in {team.name} by this group alone leaves the team with their next request, and
      loses what they hold by it. Members by hand or by another group stay.
      {removal.error !== null && <ProblemAlert problem={removal.error} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
