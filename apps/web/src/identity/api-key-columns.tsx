import type { ApiKey } from '@dropsafe/contract/api-keys';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import { Name, OneLine, PermissionNames, Quiet, teamText } from '../access/words.tsx';
import type { Column } from '../ui/DataTable.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';

type OpenQuestion = (question: { kind: 'edit' | 'revoke'; apiKey: ApiKey }) => void;

/** The columns of the table of API keys. */
export function apiKeyColumns(open: OpenQuestion): Column<ApiKey>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: '22%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    {
      id: 'permissions',
      title: 'May do',
      width: '24%',
      render: ({ effectivePermissions }) => (
        <PermissionNames permissions={effectivePermissions.map(({ permission }) => permission)} />
      ),
    },
    {
      id: 'team',
      title: 'Team',
      width: '14%',
      render: ({ team }) => (team === null ? <Quiet>None</Quiet> : <Whole>{teamText(team)}</Whole>),
    },
    {
      id: 'endsWith',
      title: 'Ends with',
      render: ({ endsWith }) => <End>…{endsWith}</End>,
    },
    {
      id: 'created',
      title: 'Created',
      sortBy: 'createdAt',
      isDescendingFirst: true,
      render: ({ createdAt, createdBy }) => (
        <OneLine>
          <RelativeTime time={createdAt} by={createdBy} />
        </OneLine>
      ),
    },
    { id: 'expires', title: 'Expires', render: (apiKey) => <Expiry apiKey={apiKey} /> },
    {
      id: 'lastUsed',
      title: 'Last used',
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
    {
      id: 'actions',
      title: 'Actions',
      width: 100,
      isActions: true,
      render: (apiKey) => (
        <>
          <IconButton
            aria-label={`Edit ${apiKey.name}`}
            title="Edit"
            onClick={() => open({ kind: 'edit', apiKey })}
          >
            <EditIcon fontSize="small" />
          </IconButton>
          <IconButton
            aria-label={`Revoke ${apiKey.name}`}
            title="Revoke"
            onClick={() => open({ kind: 'revoke', apiKey })}
          >
            <DeleteIcon fontSize="small" />
          </IconButton>
        </>
      ),
    },
  ];
}

function Expiry({ apiKey: { expiresAt, isExpired } }: { apiKey: ApiKey }) {
  if (expiresAt === null) return <Quiet>Never</Quiet>;
  return (
    <OneLine>
      {isExpired && <Over>Expired </Over>}
      <RelativeTime time={expiresAt} isAhead={!isExpired} />
    </OneLine>
  );
}

const Whole = styled('span')({ overflowWrap: 'anywhere' });

const End = styled('span')({ fontFamily: monospace, fontSize: '0.8125rem' });

const Over = styled('strong')(({ theme }) => ({
  color: theme.vars.palette.warning.main,
  fontWeight: 600,
}));
