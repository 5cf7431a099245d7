import type { AuditState } from '@dropsafe/contract/audit';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import { auditStateQuery } from './audit.queries.ts';

/** What is kept of the trail and how it is proven, in a line; a warning when what was written down does not hold. */
export function TrailState() {
  const { data: state } = useQuery(auditStateQuery);
  // The events themselves are not less true without this line: nothing is said about a failure.
  if (state === undefined) return null;
  const trouble = troubleOf(state);
  return (
    <Box component="section" aria-label="State of the trail" sx={{ mb: 2 }}>
      {trouble !== undefined && (
        <Alert severity="error" sx={{ mb: 1 }}>
          {trouble} Find out what is missing with <Command>audit verify</Command>, as below.
        </Alert>
      )}
      <Typography variant="body2" component="div" sx={{ color: 'text.secondary' }}>
        <Kept state={state} /> <Checked state={state} />
        <Box
          component="details"
          sx={{ mt: 0.5, '& summary': { cursor: 'pointer', width: 'fit-content' } }}
        >
          <summary>How to verify it, and to drop what is old</summary>
          <Box component="p" sx={{ my: 1 }}>
            At the terminal of the operator. Going through the whole chain finds what was altered,
            removed or put in:
          </Box>
          <Command isBlock>npx pnpm dropsafe audit verify</Command>
          <Box component="p" sx={{ my: 1 }}>
            Nothing is dropped by itself. Export all of it as NDJSON, put the file where it is to
            stay, then:
          </Box>
          <Command isBlock>
            npx pnpm dropsafe audit drop --before 2026-01-01 --exported audit-events.ndjson
          </Command>
        </Box>
      </Typography>
    </Box>
  );
}

function Kept({ state: { oldest, dropped } }: { state: AuditState }) {
  if (oldest === null) return 'No event is kept.';
  return (
    <>
      Events are kept from number {oldest.id} on (<RelativeTime time={oldest.at} />
      );{' '}
      {dropped === null
        ? 'none was ever dropped.'
        : `those up to number ${dropped.upTo} were exported and dropped.`}
    </>
  );
}

function Checked({ state: { checkpoint } }: { state: AuditState }) {
  if (checkpoint === null)
    return 'There is no checkpoint yet that would show that its end was cut off.';
  if (!checkpoint.holds || checkpoint.at === null) return null;
  return (
    <>
      The last checkpoint, at event {checkpoint.id}, holds (<RelativeTime time={checkpoint.at} />
      ).
    </>
  );
}

function troubleOf({ dropped, checkpoint }: AuditState): string | undefined {
  if (dropped?.isGenuine === false)
    return `What stands in place of the events up to number ${dropped.upTo} was not left by Dropsafe: somebody removed events.`;
  if (checkpoint === null || checkpoint.holds) return undefined;
  return checkpoint.id === null
    ? 'The last checkpoint of this node cannot be read, or was not signed with the key of this trail.'
    : `The trail does not hold to its last checkpoint, at event ${checkpoint.id}: events were altered or taken away since then, or an older database was put back.`;
}

function Command({ children, isBlock = false }: { children: ReactNode; isBlock?: boolean }) {
  return <Code sx={isBlock ? { display: 'block', width: 'fit-content' } : null}>{children}</Code>;
}

const Code = styled('code')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});
