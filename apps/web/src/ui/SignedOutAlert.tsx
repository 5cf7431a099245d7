import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';

/** In an open form whose session ended: nothing is lost, and nothing was saved. */
export function SignedOutAlert() {
  return (
    <Alert severity="warning">
      <AlertTitle>You have been signed out</AlertTitle>
      Nothing was saved. What you typed is still here: sign in again, then save again.
    </Alert>
  );
}
