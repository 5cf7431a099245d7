import type { Passkey } from '@dropsafe/contract/passkeys';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import type { Column } from '../ui/DataTable.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';

/** The columns of the table of one's own passkeys. */
export function passkeyColumns(
  open: (kind: 'rename' | 'remove', passkey: Passkey) => void,
): Column<Passkey>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: '34%',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    {
      id: 'kept',
      title: 'Kept',
      render: ({ isSynced }) =>
        isSynced ? (
          <span title="A password manager keeps it on several of your devices.">Synced</span>
        ) : (
          <span title="It is lost together with the device or the security key that it is on.">
            On one device
          </span>
        ),
    },
    {
      id: 'created',
      title: 'Created',
      render: ({ createdAt }) => (
        <OneLine>
          <RelativeTime time={createdAt} />
        </OneLine>
      ),
    },
    {
      id: 'used',
      title: 'Last used',
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
      render: (passkey) => (
        <>
          <IconButton
            aria-label={`Rename ${passkey.name}`}
            title="Rename"
            onClick={() => open('rename', passkey)}
          >
            <EditIcon fontSize="small" />
          </IconButton>
          <IconButton
            aria-label={`Remove ${passkey.name}`}
            title="Remove"
            onClick={() => open('remove', passkey)}
          >
            <DeleteIcon fontSize="small" />
          </IconButton>
        </>
      ),
    },
  ];
}

const Name = styled('span')({ fontWeight: 600, overflowWrap: 'anywhere' });

const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));
