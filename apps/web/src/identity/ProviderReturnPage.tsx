import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import CircularProgress from '@mui/material/CircularProgress';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { Link, Navigate, useNavigate, useParams } from 'react-router';
import { signInPath } from '../paths.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useTitle } from '../ui/use-title.ts';
import { startOver } from './identity.queries.ts';
import { OuterPage } from './OuterPage.tsx';
import { finishSignInThrough } from './sign-in-through.queries.ts';
import { takeWantedPage } from './wanted-page.ts';

/** Where a provider sends somebody back to: signs them in, or says why not. Needs no session. */
export function ProviderReturnPage() {
  useTitle('Sign in');
  const { provider = '' } = useParams();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [parameters] = useState(() => window.location.search.slice(1));
  const hasBegun = useRef(false);
  const [problem, setProblem] = useState<Error | null>(null);

  useEffect(() => {
    if (hasBegun.current || parameters === '') return;
    hasBegun.current = true;
    // What came back is of use to nobody else, but need not stay in the address and the history either.
    window.history.replaceState(window.history.state, '', window.location.pathname);
    const finish = async () => {
      try {
        startOver(client, await finishSignInThrough(provider, parameters));
        await navigate(takeWantedPage(), { replace: true });
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        setProblem(error);
      }
    };
    void finish();
  }, [parameters, provider, client, navigate]);

  // Loaded again, or opened by hand.
  if (parameters === '') return <Navigate to={signInPath()} replace />;
  if (problem === null) {
    return (
      <OuterPage title="Signing you in">
        <Box aria-busy sx={{ display: 'grid', placeItems: 'center', py: 2 }}>
          <CircularProgress aria-label="Signing in" />
        </Box>
      </OuterPage>
    );
  }
  return (
    <OuterPage title="Sign-in did not work">
      <ProblemAlert problem={problem} />
      <Button
        component={Link}
        to={signInPath()}
        replace
        variant="contained"
        size="large"
        fullWidth
        sx={{ mt: 2.5 }}
      >
        Back to sign-in
      </Button>
    </OuterPage>
  );
}
