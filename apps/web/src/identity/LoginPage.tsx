import Box from '@mui/material/Box';
import Paper from '@mui/material/Paper';
import Typography from '@mui/material/Typography';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useSearchParams } from 'react-router';
import { wantedPath } from '../paths.ts';
import { Logo } from '../ui/Logo.tsx';
import { useTitle } from '../ui/use-title.ts';
import { sessionQuery, startOver } from './identity.queries.ts';
import { SignInForm } from './SignInForm.tsx';

/** Where one signs in; leads on to the page that was wanted. */
export function LoginPage() {
  useTitle('Sign in');
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const [query] = useSearchParams();
  // Also right after signing in: the session is then in the cache.
  if (session.data) return <Navigate to={wantedPath(query.get('next'))} replace />;
  return (
    <Box
      component="main"
      sx={{
        minHeight: '100dvh',
        display: 'grid',
        placeItems: 'center',
        alignContent: 'center',
        gap: 3,
        p: 2,
      }}
    >
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1.5 }}>
        <Logo size={40} />
        <Typography
          component="span"
          sx={{ fontSize: '1.5rem', fontWeight: 700, letterSpacing: '-0.02em' }}
        >
          Dropsafe
        </Typography>
      </Box>
      <Paper
        variant="outlined"
        sx={{ width: '100%', maxWidth: 400, p: { xs: 2.5, sm: 4 }, borderRadius: 1.75 }}
      >
        <Typography variant="h1" sx={{ mb: 2.5 }}>
          Sign in
        </Typography>
        <SignInForm onSignedIn={(current) => startOver(client, current)} />
      </Paper>
      <Typography variant="caption" sx={{ color: 'text.secondary', textAlign: 'center' }}>
        Credentials go in. Nobody takes them out again.
      </Typography>
    </Box>
  );
}
