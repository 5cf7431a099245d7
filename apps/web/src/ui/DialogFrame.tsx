import CloseIcon from '@mui/icons-material/Close';
import Box from '@mui/material/Box';
import Dialog from '@mui/material/Dialog';
import DialogTitle from '@mui/material/DialogTitle';
import IconButton from '@mui/material/IconButton';
import useMediaQuery from '@mui/material/useMediaQuery';
import { useId, type ReactNode } from 'react';

interface Props {
  title: ReactNode;
  onClose: () => void;
  /** `wide` for what has much in it. */
  size?: 'usual' | 'wide';
  children: ReactNode;
}

/** A dialog with a title and a button that closes it; on a phone it takes the whole screen. */
export function DialogFrame({ title, onClose, size, children }: Props) {
  const id = useId();
  const isNarrow = useMediaQuery('(max-width: 600px)', { noSsr: true });
  return (
    <Dialog
      open
      fullWidth
      fullScreen={isNarrow}
      maxWidth={size === 'wide' ? 'md' : 'sm'}
      onClose={onClose}
      aria-labelledby={id}
    >
      <Box sx={{ display: 'flex', alignItems: 'flex-start', pr: 1.5 }}>
        <DialogTitle
          id={id}
          component="h2"
          variant="h2"
          sx={{ flex: 1, pb: 1, overflowWrap: 'anywhere' }}
        >
          {title}
        </DialogTitle>
        <IconButton aria-label="Close" onClick={onClose} sx={{ mt: 1.25 }}>
          <CloseIcon fontSize="small" />
        </IconButton>
      </Box>
      {children}
    </Dialog>
  );
}
