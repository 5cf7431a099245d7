import Alert from '@mui/material/Alert';

/** In a form that was saved as it was opened: no request was sent. */
export function NothingChanged() {
  return (
    <Alert severity="info" role="presentation">
      Nothing has changed.
    </Alert>
  );
}
