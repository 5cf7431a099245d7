import type { Invitation } from '@dropsafe/contract/users';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import Typography from '@mui/material/Typography';
import { useId, useRef, useState } from 'react';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import OutlinedInput from '@mui/material/OutlinedInput';
import { exactTime } from '../ui/relative-time.ts';
import { monospace } from '../ui/theme.ts';

interface Props {
  name: string;
  invitation: Invitation;
  onClose: () => void;
}

/** Shows an invitation, once: when this is closed, nobody can see the link again. */
export function InvitationDialog({ name, invitation, onClose }: Props) {
  const id = useId();
  const [copied, setCopied] = useState<'yes' | 'no'>();
  const input = useRef<HTMLInputElement>(null);
  const link = new URL(invitation.link, window.location.origin).href;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setCopied('yes');
    } catch {
      // Not over plain http, or not allowed: the person copies it from the field.
      input.current?.select();
      setCopied('no');
    }
  };
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby={`${id}-title`}>
      <DialogTitle
        id={`${id}-title`}
        component="h2"
        variant="h2"
        sx={{ pb: 1, overflowWrap: 'anywhere' }}
      >
        Invitation for {name}
      </DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        <Typography variant="body2">
          Give this link to {name} in a way that nobody else can read. Whoever opens it sets the
          password. It works once, until {exactTime(new Date(invitation.expiresAt))}.
        </Typography>
        <FieldFrame id={id} label="Link" isRequired>
          <OutlinedInput
            id={id}
            fullWidth
            readOnly
            multiline
            inputRef={input}
            value={link}
            onFocus={(event) => event.target.select()}
            slotProps={{ input: { spellCheck: false, sx: { fontFamily: monospace } } }}
            sx={{ p: 0, '& textarea': { fontSize: '0.8125rem', wordBreak: 'break-all' } }}
          />
        </FieldFrame>
        {/* Always there, and without a gap of its own for as long as it is empty. */}
        <Box role="status" sx={{ '&:empty': { mb: -2 } }}>
          {copied === 'no' && (
            <Alert severity="info" role="presentation">
              The browser did not let it be copied. It is selected: copy it from the field.
            </Alert>
          )}
          {copied === 'yes' && (
            <Alert severity="success" role="presentation">
              Copied.
            </Alert>
          )}
        </Box>
        <Alert severity="warning" role="presentation">
          The link is shown only now. If it is lost, make a new invitation.
        </Alert>
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button onClick={onClose}>Done</Button>
        <Button variant="contained" autoFocus onClick={() => void copy()}>
          Copy link
        </Button>
      </DialogActions>
    </Dialog>
  );
}
