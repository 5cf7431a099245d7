import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import { useQuery } from '@tanstack/react-query';
import { sessionQuery } from './identity.queries.ts';

/** In an open form whose session ended: nothing is lost, and nothing was saved. */
export function SignedOutAlert() {
  const { data: session, isFetching } = useQuery(sessionQuery);
  if (session && !isFetching) {
    return (
      <Alert severity="info">
        You are signed in again. Nothing has been saved yet: save again.
      </Alert>
    );
  }
  return (
    <Alert severity="warning">
      <AlertTitle>You have been signed out</AlertTitle>
      Nothing was saved. What you typed is still here: sign in again, then save again.
    </Alert>
  );
}
