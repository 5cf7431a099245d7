import { countedUpTo } from '@dropsafe/contract/secrets';
import type { Session } from '@dropsafe/contract/sessions';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Navigate, NavLink } from 'react-router';
import { z } from 'zod';
import { allSessionsPath, sessionsPath } from '../paths.ts';
import { useCanManageAccess } from '../permissions/can.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { listViewOf } from '../ui/list-view.ts';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { Pager } from '../ui/Pager.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { sessionColumns } from './session-columns.tsx';
import { EndOthersDialog, EndSessionDialog } from './EndSessionDialog.tsx';
import { allSessionsQuery, sessionsQuery } from './sessions.queries.ts';

/** One's own sessions: where one is signed in, and the way to end what should not be. */
export function SessionsPage() {
  const sessions = useQuery(sessionsQuery);
  const ending = useEnding('own');
  const [isEndingOthers, setEndingOthers] = useState(false);
  const columns = useMemo(() => sessionColumns('own', ending.begin), [ending.begin]);
  const hasOthers = sessions.data?.some(({ isCurrent }) => !isCurrent) ?? true;
  return (
    <Page
      title="Sessions"
      lead="Where you are signed in. An ended session is refused from its next request on."
      actions={
        <DisabledReason reason={hasOthers ? undefined : 'You are signed in here only.'}>
          <Button variant="outlined" color="error" onClick={() => setEndingOthers(true)}>
            End all others
          </Button>
        </DisabledReason>
      }
    >
      <WhoseSessions />
      {sessions.isError ? (
        <ProblemAlert problem={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <DataTable
          label="Your sessions"
          columns={columns}
          rows={sessions.data}
          rowKey={idOf}
          isLoading={sessions.isFetching}
        />
      )}
      {ending.dialog}
      {isEndingOthers && <EndOthersDialog onClose={() => setEndingOthers(false)} />}
    </Page>
  );
}

/** Everybody's sessions, for who manages access. */
export function AllSessionsPage() {
  return useCanManageAccess() ? <AllSessions /> : <Navigate to={sessionsPath} replace />;
}

// The order is always the same, the latest first.
const rules = listViewOf(z.enum(['-createdAt']), '-createdAt');

function AllSessions() {
  const table = useUrlView(rules);
  const { view } = table;
  const sessions = useQuery(allSessionsQuery(view));
  const ending = useEnding('all');
  const columns = useMemo(() => sessionColumns('all', ending.begin), [ending.begin]);
  const page = sessions.data;
  const isEmpty = page?.items.length === 0 && !sessions.isPlaceholderData;
  return (
    <Page title="Sessions" lead="Everybody who is signed in, and where.">
      <WhoseSessions />
      <TableToolbar
        what="sessions"
        placeholder="Search user"
        q={view.q}
        onSearch={(q) => table.change({ q }, true)}
        onRefresh={() => void sessions.refetch()}
        isRefreshing={sessions.isFetching}
      />
      {sessions.isError && (
        <ListProblem
          problem={sessions.error}
          onRetry={() => void sessions.refetch()}
          table={table}
        />
      )}
      {isEmpty ? (
        <EmptyState
          title="Nobody of that name is signed in"
          action={
            <Button variant="outlined" onClick={() => table.change({ q: '' })}>
              Clear the search
            </Button>
          }
        >
          No user with “{view.q}” in the name has a session.
        </EmptyState>
      ) : (
        (page !== undefined || !sessions.isError) && (
          <>
            <DataTable
              label="Everybody's sessions"
              columns={columns}
              rows={page?.items}
              rowKey={idOf}
              isLoading={sessions.isFetching}
            />
            <Pager
              table={table}
              count={page && countText(page.total)}
              nextCursor={page?.nextCursor ?? null}
            />
          </>
        )
      )}
      {ending.dialog}
    </Page>
  );
}

const idOf = ({ id }: Session) => id;

function countText(total: number | null): string {
  if (total === null) return `More than ${countedUpTo.toLocaleString('en')} sessions`;
  return `${total.toLocaleString('en')} ${total === 1 ? 'session' : 'sessions'}`;
}

/** Between one's own and everybody's. Nothing for who may see their own only. */
function WhoseSessions() {
  if (!useCanManageAccess()) return null;
  return (
    <Box component="nav" aria-label="Whose sessions" sx={{ display: 'flex', gap: 0.5, mb: 2 }}>
      {[[sessionsPath, 'Mine'] as const, [allSessionsPath, 'Everybody’s'] as const].map(
        ([path, title]) => (
          <Button
            key={path}
            component={NavLink}
            to={path}
            end
            color="inherit"
            sx={{
              color: 'text.secondary',
              '&[aria-current="page"]': { color: 'primary.main', bgcolor: 'action.hover' },
            }}
          >
            {title}
          </Button>
        ),
      )}
    </Box>
  );
}

/** The question before a session is ended, and the button that asks it. */
function useEnding(whose: 'own' | 'all') {
  const [session, setSession] = useState<Session | null>(null);
  const focusTitle = useFocusAfterRemoval();
  return {
    begin: setSession,
    dialog: session !== null && (
      <EndSessionDialog
        session={session}
        whose={whose}
        onClose={() => setSession(null)}
        onEnded={() => {
          setSession(null);
          focusTitle();
        }}
      />
    ),
  };
}
