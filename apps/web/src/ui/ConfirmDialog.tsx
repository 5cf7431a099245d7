import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { useId, type ReactNode } from 'react';
import { DisabledReason } from './DisabledReason.tsx';

interface Props {
  title: string;
  children: ReactNode;
  confirmLabel: string;
  cancelLabel: string;
  isBusy?: boolean;
  /** Nothing is lost by it, so it need not look like a danger. */
  isHarmless?: boolean;
  /** Not yet: what would be destroyed is still being looked up. */
  isConfirmDisabled?: boolean;
  /** Why it cannot be confirmed yet: something is to be done first. */
  confirmReason?: string | undefined;
  onConfirm: () => void;
  onCancel: () => void;
}

/**
 * The one question before something is lost. The safe answer has the focus, so that Enter by habit destroys nothing.
 * Rendered only while it is open.
 */
export function ConfirmDialog(props: Props) {
  const { title, children, confirmLabel, cancelLabel, onConfirm, onCancel } = props;
  const isBusy = props.isBusy === true;
  const id = useId();
  return (
    <Dialog
      open
      role="alertdialog"
      maxWidth="xs"
      fullWidth
      onClose={isBusy ? undefined : onCancel}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
    >
      <DialogTitle id={`${id}-title`} component="h2" variant="h2" sx={{ overflowWrap: 'anywhere' }}>
        {title}
      </DialogTitle>
      <DialogContent id={`${id}-text`} sx={{ overflowWrap: 'anywhere' }}>
        {children}
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button autoFocus onClick={onCancel} disabled={isBusy}>
          {cancelLabel}
        </Button>
        <DisabledReason reason={props.confirmReason}>
          <Button
            variant="contained"
            color={props.isHarmless === true ? 'primary' : 'error'}
            onClick={onConfirm}
            loading={isBusy}
            disabled={props.isConfirmDisabled === true}
          >
            {confirmLabel}
          </Button>
        </DisabledReason>
      </DialogActions>
    </Dialog>
  );
}
