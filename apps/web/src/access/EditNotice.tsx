import Alert from '@mui/material/Alert';
import Button from '@mui/material/Button';
import { NothingChanged } from '../ui/NothingChanged.tsx';

interface Props {
  what: 'user' | 'team' | 'API key';
  /** Somebody else has changed the same thing, and nothing was saved. */
  isChanged: boolean;
  /** There was nothing to save. */
  isUnchanged: boolean;
  onLoadAgain: () => void;
}

/** In an open form: why saving came to nothing, although nothing is wrong in it. */
export function EditNotice({ what, isChanged, isUnchanged, onLoadAgain }: Props) {
  if (!isChanged) return isUnchanged && <NothingChanged />;
  return (
    <Alert
      severity="warning"
      role="presentation"
      action={
        <Button color="inherit" size="small" onClick={onLoadAgain}>
          Load again
        </Button>
      }
    >
      Somebody else changed this {what} meanwhile. Nothing was saved. Load it again, then repeat
      your change.
    </Alert>
  );
}
