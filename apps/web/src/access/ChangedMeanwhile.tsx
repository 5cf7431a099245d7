import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';

/** In an open form: somebody else has changed the same thing, and nothing was saved. */
export function ChangedMeanwhile(props: {
  what: 'user' | 'team' | 'API key' | 'integration';
  onLoadAgain: () => void;
}) {
  return (
    <Alert
      severity="warning"
      role="presentation"
      action={
        <Button color="inherit" size="small" onClick={props.onLoadAgain}>
          Load again
        </Button>
      }
    >
      Somebody else changed this {props.what} meanwhile. Nothing was saved. Load it again, then
      repeat your change.
    </Alert>
  );
}
