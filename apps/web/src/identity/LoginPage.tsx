import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Navigate, useSearchParams } from 'react-router';
import { wantedPath } from '../paths.ts';
import { useTitle } from '../ui/use-title.ts';
import { sessionQuery, signInMethodsQuery, startOver } from './identity.queries.ts';
import { OuterPage } from './OuterPage.tsx';
import { ProviderButtons } from './ProviderButtons.tsx';
import { SignInForm } from './SignInForm.tsx';

/** Where one signs in; leads on to the page that was wanted. */
export function LoginPage() {
  useTitle('Sign in');
  const client = useQueryClient();
  const session = useQuery(sessionQuery);
  const { data: providers = [] } = useQuery(signInMethodsQuery);
  const [query] = useSearchParams();
  const wanted = wantedPath(query.get('next'));
  // Also right after signing in: the session is then in the cache.
  if (session.data) return <Navigate to={wanted} replace />;
  return (
    <OuterPage title="Sign in">
      <SignInForm onSignedIn={(current) => startOver(client, current)} />
      {providers.length > 0 && <ProviderButtons providers={providers} wanted={wanted} />}
    </OuterPage>
  );
}
