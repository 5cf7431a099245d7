import type { Session } from '@dropsafe/contract/sessions';
import Button from '@mui/material/Button';
import { styled } from '@mui/material/styles';
import type { Column } from '../ui/DataTable.tsx';
import { Mark } from '../ui/Mark.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { meansText } from './session-text.ts';

/** The columns of a table of sessions. Everybody's begins with the user, one's own with the browser. */
export function sessionColumns(
  whose: 'own' | 'all',
  onEnd: (session: Session) => void,
): Column<Session>[] {
  const browser: Column<Session> = {
    id: 'agent',
    title: 'Browser',
    width: '26%',
    render: (session) => <Browser session={session} isMarked={whose === 'own'} />,
  };
  const user: Column<Session> = {
    id: 'user',
    title: 'User',
    width: '20%',
    isHeading: true,
    render: ({ user: { name }, isCurrent }) => (
      <>
        <Name>{name}</Name>
        {isCurrent && <Mark>This session</Mark>}
      </>
    ),
  };
  return [
    ...(whose === 'own' ? [{ ...browser, isHeading: true }] : [user, browser]),
    {
      id: 'signedIn',
      title: 'Signed in',
      render: ({ createdAt, means }) => (
        <>
          <RelativeTime time={createdAt} /> <Quiet>{meansText(means)}</Quiet>
        </>
      ),
    },
    {
      id: 'lastSeen',
      title: 'Last seen',
      render: ({ lastSeenAt, isCurrent }) => (
        <OneLine>{isCurrent ? 'now' : <RelativeTime time={lastSeenAt} />}</OneLine>
      ),
    },
    {
      id: 'address',
      title: 'Address',
      render: ({ address }) => <Address>{address ?? <Quiet>Unknown</Quiet>}</Address>,
    },
    {
      id: 'actions',
      title: 'Actions',
      width: 88,
      isActions: true,
      // One's own is ended by signing out, which leaves nothing in the browser either.
      render: (session) =>
        session.isCurrent ? null : (
          <Button
            size="small"
            color="error"
            aria-label={`End session of ${session.user.name}, ${session.agent ?? 'unknown browser'}`}
            onClick={() => onEnd(session)}
          >
            End
          </Button>
        ),
    },
  ];
}

function Browser({
  session: { agent, isCurrent },
  isMarked,
}: {
  session: Session;
  isMarked: boolean;
}) {
  const words = agent ?? 'Unknown browser';
  return isMarked ? (
    <>
      <Name>{words}</Name>
      {isCurrent && <Mark>This session</Mark>}
    </>
  ) : (
    <span>{words}</span>
  );
}

const Name = styled('span')({ fontWeight: 600, overflowWrap: 'anywhere', marginRight: 8 });

const Address = styled('span')({ overflowWrap: 'anywhere' });

const OneLine = styled('span')({ whiteSpace: 'nowrap' });

const Quiet = styled('span')(({ theme }) => ({ color: theme.vars.palette.text.secondary }));
