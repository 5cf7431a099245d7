import type { SecretMetadata } from '@dropsafe/contract/secrets';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import type { useSecretReasons } from '../permissions/can.ts';
import type { Column } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import type { OptionalColumn } from './table-view.ts';

type OpenDialog = (dialog: { kind: 'update' | 'delete'; name: string }) => void;

/** The titles of the columns that can be hidden. */
export const columnTitles: Record<OptionalColumn, string> = {
  description: 'Description',
  destinations: 'Destinations',
  created: 'Created',
  updated: 'Updated',
  lastUsed: 'Last used',
};

/** The columns of the table of secrets. */
export function secretColumns(
  hidden: readonly OptionalColumn[],
  reasons: ReturnType<typeof useSecretReasons>,
  open: OpenDialog,
): Column<SecretMetadata>[] {
  const optional: Record<OptionalColumn, Omit<Column<SecretMetadata>, 'id' | 'title'>> = {
    description: { width: '25%', render: ({ description }) => description ?? <Quiet>None</Quiet> },
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
  return [
    {
      id: 'name',
      title: 'Name',
      width: '22%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    ...shown,
    {
      id: 'actions',
      title: 'Actions',
      width: 96,
      isActions: true,
      render: (secret) => <Actions secret={secret} reasons={reasons} open={open} />,
    },
  ];
}

interface ActionsProps {
  secret: SecretMetadata;
  reasons: ReturnType<typeof useSecretReasons>;
  open: OpenDialog;
}

function Actions({ secret: { name, provider }, reasons, open }: ActionsProps) {
  return (
    <>
      <DisabledReason reason={reasons.update(provider)}>
        <IconButton
          aria-label={`Edit ${name}`}
          title="Edit"
          onClick={() => open({ kind: 'update', name })}
        >
          <EditIcon fontSize="small" />
        </IconButton>
      </DisabledReason>
      <DisabledReason reason={reasons.delete(provider)}>
        <IconButton
          aria-label={`Delete ${name}`}
          title="Delete"
          onClick={() => open({ kind: 'delete', name })}
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

const Name = styled('span')({
  fontFamily: monospace,
  fontWeight: 600,
  fontSize: '0.875rem',
  overflowWrap: 'anywhere',
});

const Origins = styled('div')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});

const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));
