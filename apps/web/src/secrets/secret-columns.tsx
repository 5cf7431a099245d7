import type { SecretMetadata } from '@dropsafe/contract/secrets';
import CopyExpressionIcon from '@mui/icons-material/ContentCopy';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import CopyIcon from '@mui/icons-material/DriveFileMoveOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import type { MouseEvent } from 'react';
import { secretPath } from '../paths.ts';
import type { useSecretReasons } from '../permissions/can.ts';
import type { SeenProvider } from '../providers/providers.queries.ts';
import type { Column } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Mark } from '../ui/Mark.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import type { SecretDialog } from './SecretDialogs.tsx';
import { notesOf } from './secret-notes.ts';
import type { OptionalColumn } from './table-view.ts';

/** The titles of the columns that can be hidden. */
export const columnTitles: Record<OptionalColumn, string> = {
  description: 'Description',
  destinations: 'Destinations',
  created: 'Created',
  updated: 'Updated',
  lastUsed: 'Last used',
};

/** What one can do in a row. */
export interface RowDeeds {
  reasons: ReturnType<typeof useSecretReasons>;
  open: (dialog: SecretDialog) => void;
  copyExpression: (name: string) => void;
  /** Follows the link to the page of the secret. */
  follow: (event: MouseEvent<HTMLAnchorElement>) => void;
}

/** The columns of the table of secrets. */
export function secretColumns(
  hidden: readonly OptionalColumn[],
  providers: readonly SeenProvider[],
  deeds: RowDeeds,
): Column<SecretMetadata>[] {
  const optional: Record<OptionalColumn, Omit<Column<SecretMetadata>, 'id' | 'title'>> = {
    description: {
      width: '25%',
      render: ({ description }) =>
        description === null ? <Quiet>None</Quiet> : <Anywhere>{description}</Anywhere>,
    },
    destinations: { width: '22%', render: (secret) => <Destinations secret={secret} /> },
    created: {
      sortBy: 'createdAt',
      isDescendingFirst: true,
      render: ({ createdAt, createdBy }) => (
        <OneLine>
          <RelativeTime time={createdAt} by={createdBy} />
        </OneLine>
      ),
    },
    updated: {
      sortBy: 'updatedAt',
      isDescendingFirst: true,
      render: ({ updatedAt, updatedBy }) =>
        updatedAt === null ? (
          <Quiet>Never</Quiet>
        ) : (
          <OneLine>
            <RelativeTime time={updatedAt} by={updatedBy} />
          </OneLine>
        ),
    },
    lastUsed: {
      sortBy: 'lastUsedAt',
      isDescendingFirst: true,
      render: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <Quiet>Never</Quiet>
        ) : (
          <OneLine>
            <RelativeTime time={lastUsedAt} />
          </OneLine>
        ),
    },
  };
  const shown = Object.entries(optional).flatMap(([id, column]) => {
    const known = id as OptionalColumn; // as: Object.entries forgets the names
    return hidden.includes(known) ? [] : [{ id, title: columnTitles[known], ...column }];
  });
  const hasSeveral = providers.length > 1;
  const place: Column<SecretMetadata> = {
    id: 'provider',
    title: placeTitle(providers),
    width: '15%',
    render: (secret) => <Place secret={secret} providers={providers} />,
  };
  return [
    {
      id: 'name',
      title: 'Name',
      width: '22%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => (
        <Name href={secretPath(name)} onClick={deeds.follow}>
          {name}
        </Name>
      ),
    },
    ...(hasPlace(providers) ? [place] : []),
    ...shown,
    {
      id: 'actions',
      title: 'Actions',
      width: hasSeveral ? 168 : 132,
      isActions: true,
      render: (secret) => <Actions secret={secret} hasSeveral={hasSeveral} deeds={deeds} />,
    },
  ];
}

/** Whether there is anything to tell about where secrets live: those of the one database of its own are all there and ready. */
export function hasPlace(providers: readonly SeenProvider[]): boolean {
  return providers.length > 1 || providers.some(({ type }) => type !== 'database');
}

/** What `Place` is about. */
export const placeTitle = (providers: readonly SeenProvider[]) =>
  providers.length > 1 ? 'Provider' : 'State';

interface PlaceProps {
  secret: SecretMetadata;
  providers: readonly SeenProvider[];
}

/** Where it lives, and what there is to know because of that. */
export function Place({ secret, providers }: PlaceProps) {
  const notes = notesOf(secret, providers);
  return (
    <>
      {providers.length > 1 ? (
        <OneLine>{secret.provider}</OneLine>
      ) : (
        notes.length === 0 && <Quiet>Ready</Quiet>
      )}
      {notes.map(({ tone, words, meaning }) => (
        <Note key={words}>
          <Mark tone={tone}>{words}</Mark> <span>{meaning}</span>
        </Note>
      ))}
    </>
  );
}

interface ActionsProps {
  secret: SecretMetadata;
  /** There is more than one provider, so that copying makes sense. */
  hasSeveral: boolean;
  deeds: RowDeeds;
}

function Actions({ secret, hasSeveral, deeds }: ActionsProps) {
  const { reasons, open, copyExpression } = deeds;
  const { name } = secret;
  return (
    <>
      <IconButton
        aria-label={`Copy expression of ${name}`}
        title="Copy expression"
        onClick={() => copyExpression(name)}
      >
        <CopyExpressionIcon fontSize="small" />
      </IconButton>
      <DisabledReason reason={reasons.update(secret)}>
        <IconButton
          aria-label={`Edit ${name}`}
          title="Edit"
          onClick={() => open({ kind: 'update', secret })}
        >
          <EditIcon fontSize="small" />
        </IconButton>
      </DisabledReason>
      {hasSeveral && (
        <DisabledReason reason={reasons.copy(secret)}>
          <IconButton
            aria-label={`Copy ${name} to another provider`}
            title="Copy to another provider…"
            onClick={() => open({ kind: 'copy', secret })}
          >
            <CopyIcon fontSize="small" />
          </IconButton>
        </DisabledReason>
      )}
      <DisabledReason reason={reasons.delete(secret)}>
        <IconButton
          aria-label={`Delete ${name}`}
          title="Delete"
          onClick={() => open({ kind: 'delete', secret })}
        >
          <DeleteIcon fontSize="small" />
        </IconButton>
      </DisabledReason>
    </>
  );
}

/** How many destinations a row shows before it says how many more there are. */
const shownDestinations = 2;

function Destinations({ secret: { destinations } }: { secret: SecretMetadata }) {
  if (destinations.length === 0) return <Quiet>None</Quiet>;
  const more = destinations.slice(shownDestinations);
  return (
    <Origins>
      {destinations.slice(0, shownDestinations).map((destination) => (
        <div key={destination}>{destination}</div>
      ))}
      {more.length > 0 && <Quiet title={more.join('\n')}>and {more.length} more</Quiet>}
    </Origins>
  );
}

const Name = styled('a')(({ theme: { vars } }) => ({
  fontFamily: monospace,
  fontWeight: 600,
  fontSize: '0.875rem',
  overflowWrap: 'anywhere',
  color: vars.palette.text.primary,
  textDecorationColor: vars.palette.divider,
  textUnderlineOffset: 3,
  '&:hover': { color: vars.palette.primary.main, textDecorationColor: 'currentColor' },
}));

const Origins = styled('div')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});

const Note = styled('div')(({ theme }) => ({
  marginTop: 2,
  '& > :last-child': { display: 'block' },
  color: theme.vars.palette.text.secondary,
  fontSize: '0.8125rem',
}));

/** A word may be as long as the whole description: it must not make the table wider. */
const Anywhere = styled('span')({ overflowWrap: 'anywhere' });

const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));
