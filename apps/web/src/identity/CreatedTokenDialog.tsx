import type { CreatedApiKey } from '@dropsafe/contract/api-keys';
import CheckIcon from '@mui/icons-material/Check';
import CopyIcon from '@mui/icons-material/ContentCopy';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import useMediaQuery from '@mui/material/useMediaQuery';
import { useId, useRef, useState } from 'react';
import { useOpenWork } from '../ui/open-work.ts';
import { monospace } from '../ui/theme.ts';

interface Props {
  created: CreatedApiKey;
  onClose: () => void;
}

/**
 * The token of a key that was just created: here and never again. It is closed by its button only, since a click beside
 * it would throw the token away; and when the session ends the page stays (useOpenWork).
 */
export function CreatedTokenDialog({ created: { name, token }, onClose }: Props) {
  const id = useId();
  const isNarrow = useMediaQuery('(max-width: 600px)', { noSsr: true });
  const field = useRef<HTMLTextAreaElement>(null);
  const [copied, setCopied] = useState<'no' | 'yes' | 'failed'>('no');
  useOpenWork();

  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(token);
      setCopied('yes');
    } catch {
      // Not over TLS, or not allowed: what is selected can be copied by hand.
      field.current?.select();
      setCopied('failed');
    }
  };
  return (
    <Dialog open fullWidth fullScreen={isNarrow} maxWidth="sm" aria-labelledby={id}>
      <DialogTitle id={id} component="h2" variant="h2" sx={{ pb: 1, overflowWrap: 'anywhere' }}>
        API key {name} created
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2, alignContent: 'start' }}>
        <Alert severity="warning">
          This is the only time that it is shown. Copy it to where the program reads it from; nobody
          can look it up later.
        </Alert>
        <Box
          component="textarea"
          ref={field}
          readOnly
          rows={isNarrow ? 2 : 1}
          value={token}
          aria-label="API key"
          spellCheck={false}
          autoComplete="off"
          onFocus={(event) => event.currentTarget.select()}
          sx={{
            width: '100%',
            resize: 'none',
            px: 1.5,
            py: 1.25,
            fontFamily: monospace,
            fontSize: '0.875rem',
            lineHeight: 1.5,
            wordBreak: 'break-all',
            color: 'text.primary',
            bgcolor: 'background.default',
            border: 1,
            borderColor: 'divider',
            borderRadius: 1,
          }}
        />
        <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', gap: 1.5 }}>
          <Button
            autoFocus
            variant="outlined"
            startIcon={copied === 'yes' ? <CheckIcon /> : <CopyIcon />}
            onClick={() => void copy()}
          >
            Copy
          </Button>
          <Box role="status" sx={{ color: 'text.secondary', fontSize: '0.875rem' }}>
            {copied === 'yes' && 'Copied.'}
            {copied === 'failed' && 'It could not be copied. It is selected: copy it by hand.'}
          </Box>
        </Box>
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 2 }}>
        <Button variant="contained" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  );
}
