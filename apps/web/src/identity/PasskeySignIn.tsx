import type { CurrentSession } from '@dropsafe/contract/identity';
import KeyIcon from '@mui/icons-material/KeyOutlined';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useState } from 'react';
import { ApiProblem } from '../api/client.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useSignInWithPasskey } from './identity.queries.ts';
import { wasCancelled, whyNoPasskeys } from './passkey-browser.ts';

/** Signs in with a passkey instead of name and password. The browser asks which; where it cannot, the button says why. */
export function PasskeySignIn({ onSignedIn }: { onSignedIn: (session: CurrentSession) => void }) {
  const signIn = useSignInWithPasskey();
  const [problem, setProblem] = useState<Error | null>(null);
  const [isCancelled, setCancelled] = useState(false);
  const reason = whyNoPasskeys();

  const ask = async (): Promise<void> => {
    if (signIn.isPending) return;
    setProblem(null);
    setCancelled(false);
    try {
      onSignedIn(await signIn.run());
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (wasCancelled(error)) setCancelled(true);
      else setProblem(error);
    }
  };
  return (
    <>
      <DisabledReason reason={reason}>
        <Button
          variant="outlined"
          size="large"
          startIcon={<KeyIcon />}
          loading={signIn.isPending}
          onClick={() => void ask()}
        >
          Sign in with a passkey
        </Button>
      </DisabledReason>
      <Box role="status" sx={{ '&:empty': { display: 'none' } }}>
        {isCancelled && (
          <Alert severity="info" role="presentation">
            No passkey was used. Try again, or sign in with your password.
          </Alert>
        )}
      </Box>
      {problem !== null && <PasskeyProblem problem={problem} />}
    </>
  );
}

function PasskeyProblem({ problem }: { problem: Error }) {
  if (!(problem instanceof ApiProblem) || problem.status >= 500)
    return <ProblemAlert problem={problem} />;
  return (
    <Alert severity={problem.code === 'too-many-attempts' ? 'warning' : 'error'}>
      <AlertTitle>{problem.title}</AlertTitle>
      {problem.detail}
    </Alert>
  );
}
