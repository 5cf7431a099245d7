import type { SignInMethods } from '@dropsafe/contract/sign-in';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Divider from '@mui/material/Divider';
import { useEffect, useState } from 'react';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { useBeginSignInThrough } from './sign-in-through.queries.ts';
import { keepWantedPage } from './wanted-page.ts';

interface Props {
  providers: SignInMethods['providers'];
  /** Where to go when signed in. */
  wanted: string;
}

/** A button for each provider, below the form for the password. */
export function ProviderButtons({ providers, wanted }: Props) {
  const begin = useBeginSignInThrough();
  const [left, setLeft] = useState<string>();
  const [problem, setProblem] = useState<Error | null>(null);
  useEffect(() => {
    // Gone back to from the provider: the browser may show the page as it was left.
    const returned = () => setLeft(undefined);
    window.addEventListener('pageshow', returned);
    return () => window.removeEventListener('pageshow', returned);
  }, []);

  const leave = async (provider: string): Promise<void> => {
    setProblem(null);
    setLeft(provider);
    try {
      const url = await begin.run(provider);
      keepWantedPage(wanted);
      window.location.assign(url);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setLeft(undefined);
      setProblem(error);
    }
  };
  return (
    <Box sx={{ display: 'grid', gap: 1.5, mt: 2.5 }}>
      <Divider role="presentation" sx={{ color: 'text.secondary', fontSize: '0.875rem' }}>
        or
      </Divider>
      {problem !== null && <ProblemAlert problem={problem} />}
      {providers.map(({ name, label }) => (
        <Button
          key={name}
          variant="outlined"
          size="large"
          loading={left === name}
          disabled={left !== undefined}
          onClick={() => void leave(name)}
          sx={{ overflowWrap: 'anywhere' }}
        >
          Sign in with {label}
        </Button>
      ))}
    </Box>
  );
}
