import type { AuditEntry } from '@dropsafe/contract/audit';
import Button from '@mui/material/Button';
import Dialog from '@mui/material/Dialog';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import DialogTitle from '@mui/material/DialogTitle';
import { styled } from '@mui/material/styles';
import { useId } from 'react';
import { exactTime } from '../ui/relative-time.ts';
import { monospace } from '../ui/theme.ts';
import { actionWords, fieldsTitle, principalWords } from './audit-words.ts';

/** All that the trail knows of one event. Rendered only while it is open. */
export function AuditEventDialog({ event, onClose }: { event: AuditEntry; onClose: () => void }) {
  const id = useId();
  const { principal, fields, permissions } = event;
  const facts: [title: string, text: string | null | undefined][] = [
    ['Time', exactTime(new Date(event.at))],
    ['Time, UTC', event.at],
    ['Who', principalWords(principal)],
    ['Id of who', principal.id],
    ['Signed in by', principal.means],
    ['Subject', event.subject],
    [fieldsTitle(event.action), fields?.join(', ')],
    ['Permissions', permissions?.join(', ')],
    ['Address', event.address],
    ['Action', event.action],
    ['Request id', event.requestId],
    ['Number', String(event.id)],
  ];
  return (
    <Dialog open fullWidth maxWidth="sm" onClose={onClose} aria-labelledby={id}>
      <DialogTitle id={id} component="h2" variant="h2">
        {actionWords(event.action)}
      </DialogTitle>
      <DialogContent>
        <Facts>
          {facts.map(
            ([title, text]) =>
              text !== null &&
              text !== undefined &&
              text !== '' && (
                <div key={title}>
                  <dt>{title}</dt>
                  <dd>{text}</dd>
                </div>
              ),
          )}
        </Facts>
      </DialogContent>
      <DialogActions sx={{ px: 3, pb: 2.5 }}>
        <Button autoFocus onClick={onClose}>
          Close
        </Button>
      </DialogActions>
    </Dialog>
  );
}

const Facts = styled('dl')(({ theme: { vars, typography } }) => ({
  display: 'grid',
  rowGap: 6,
  margin: 0,
  ...typography.body2,
  '& > div': { display: 'grid', gridTemplateColumns: '104px minmax(0, 1fr)', columnGap: 16 },
  '& dt': { color: vars.palette.text.secondary },
  '& dd': { margin: 0, fontFamily: monospace, fontSize: '0.8125rem', overflowWrap: 'anywhere' },
}));
