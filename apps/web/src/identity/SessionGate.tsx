import Button from '@mui/material/Button';
import CircularProgress from '@mui/material/CircularProgress';
import Container from '@mui/material/Container';
import Dialog from '@mui/material/Dialog';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import type { CurrentSession } from '@dropsafe/contract/identity';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Fragment, useEffect, useState } from 'react';
import { Navigate, Outlet, useLocation } from 'react-router';
import { sessionKey } from '../api/query-client.ts';
import { signInPath } from '../paths.ts';
import { SessionContext } from '../permissions/can.ts';
import { Logo } from '../ui/Logo.tsx';
import { useHasOpenWork } from '../ui/open-work.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { sessionQuery, startOver, useOtherTabs } from './identity.queries.ts';
import { SignInForm } from './SignInForm.tsx';

/**
 * @file Lets nobody past who is not signed in. When the session ends while a form is open, the page stays and one signs
 * in again over it, so that nothing typed is lost. It stays for the same person only: for anybody else everything below
 * is built anew, and what the former person had typed is gone.
 */

/** The route above every page that needs a session. */
export function SessionGate() {
  useOtherTabs();
  const session = useQuery(sessionQuery);
  const location = useLocation();
  const hasOpenWork = useHasOpenWork();
  const [last, setLast] = useState<CurrentSession | null>(null);
  const [discarded, setDiscarded] = useState<string>();
  useDiscardNotice(discarded);

  if (session.data && session.data !== last) {
    if (last !== null && last.principal.id !== session.data.principal.id && hasOpenWork) {
      setDiscarded(
        `You are now signed in as ${session.data.principal.name}. What ${last.principal.name} had typed was discarded.`,
      );
    }
    setLast(session.data);
  }
  if (session.data === undefined) {
    return session.isError ? (
      <Container component="main" maxWidth="sm" sx={{ py: 8 }}>
        <Box sx={{ display: 'grid', justifyItems: 'center', mb: 3 }}>
          <Logo size={48} />
        </Box>
        <ProblemAlert problem={session.error} onRetry={() => void session.refetch()} />
      </Container>
    ) : (
      <Box
        component="main"
        aria-busy
        sx={{ display: 'grid', placeItems: 'center', height: '100dvh' }}
      >
        <CircularProgress aria-label="Loading" />
      </Box>
    );
  }
  const shown = session.data ?? (hasOpenWork ? last : null);
  if (shown === null) {
    return <Navigate to={signInPath(location.pathname + location.search)} replace />;
  }
  return (
    <SessionContext value={shown}>
      <Fragment key={shown.principal.id}>
        <Outlet />
      </Fragment>
      {session.data === null && (
        <SignInAgainDialog principal={shown.principal} onLeave={() => setLast(null)} />
      )}
    </SessionContext>
  );
}

function useDiscardNotice(message: string | undefined): void {
  const toast = useToast();
  useEffect(() => {
    if (message !== undefined) toast(message, 'info');
  }, [message, toast]);
}

interface SignInAgainProps {
  /** Whose work is open. */
  principal: CurrentSession['principal'];
  onLeave: () => void;
}

function SignInAgainDialog({ principal, onLeave }: SignInAgainProps) {
  const client = useQueryClient();
  const signedIn = (session: CurrentSession) => {
    if (session.principal.id !== principal.id) return startOver(client, session);
    client.setQueryData(sessionKey, session);
    // Whatever failed while nobody was signed in is asked for again.
    void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionKey[0] });
  };
  return (
    <Dialog open maxWidth="xs" fullWidth aria-labelledby="sign-in-again">
      <DialogTitle id="sign-in-again" component="h2" variant="h2">
        You have been signed out
      </DialogTitle>
      <DialogContent>
        <Typography variant="body2" sx={{ mb: 2 }}>
          Sign in again as {principal.name} to go on: what you typed is still here. If somebody else
          signs in, it is discarded.
        </Typography>
        <SignInForm username={principal.name} onSignedIn={signedIn} />
        <Button fullWidth color="error" onClick={onLeave} sx={{ mt: 1.5 }}>
          Discard and leave
        </Button>
      </DialogContent>
    </Dialog>
  );
}
