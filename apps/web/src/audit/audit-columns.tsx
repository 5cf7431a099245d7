import type { AuditEntry } from '@dropsafe/contract/audit';
import InfoIcon from '@mui/icons-material/InfoOutlined';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import type { Column } from '../ui/DataTable.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import { actionWords, principalWords } from './audit-words.ts';

/** The columns of the table of events. */
export function auditColumns(open: (event: AuditEntry) => void): Column<AuditEntry>[] {
  return [
    {
      id: 'time',
      title: 'Time',
      width: 140,
      render: ({ at }) => (
        <OneLine>
          <RelativeTime time={at} />
        </OneLine>
      ),
    },
    {
      id: 'who',
      title: 'Who',
      width: '16%',
      render: ({ principal }) =>
        principal.id === null ? (
          <Quiet>{principalWords(principal)}</Quiet>
        ) : (
          <Whole>{principalWords(principal)}</Whole>
        ),
    },
    {
      id: 'action',
      title: 'Action',
      isHeading: true,
      render: ({ action }) => <Strong>{actionWords(action)}</Strong>,
    },
    {
      id: 'subject',
      title: 'Subject',
      width: '20%',
      render: ({ subject }) => <Name>{subject}</Name>,
    },
    { id: 'details', title: 'Details', width: '20%', render: (event) => <Details event={event} /> },
    {
      id: 'address',
      title: 'Address',
      width: 130,
      render: ({ address }) => (address === null ? <Quiet>None</Quiet> : <Name>{address}</Name>),
    },
    {
      id: 'actions',
      title: 'More',
      width: 64,
      isActions: true,
      render: (event) => (
        <IconButton
          aria-label={`Details of event ${event.id}`}
          title="Details"
          onClick={() => open(event)}
        >
          <InfoIcon fontSize="small" />
        </IconButton>
      ),
    },
  ];
}

function Details({ event: { fields, permissions } }: { event: AuditEntry }) {
  const names = [...(fields ?? []), ...(permissions ?? [])];
  return names.length === 0 ? <Quiet>None</Quiet> : <Whole>{names.join(', ')}</Whole>;
}

const Strong = styled('span')({ fontWeight: 600, overflowWrap: 'anywhere' });

const Whole = styled('span')({ overflowWrap: 'anywhere' });

const Name = styled('span')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});

const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));
