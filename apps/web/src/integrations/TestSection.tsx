import { declarationOf, type IntegrationType } from '@dropsafe/contract/integration-types';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import { useEffect, useId, useRef, type ComponentProps } from 'react';
import type { Reason } from '../permissions/can.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { TestReport } from './TestReport.tsx';

interface Props extends ComponentProps<typeof TestReport> {
  type: IntegrationType;
  /** Why it cannot be tested. */
  reason: Reason;
  onTest: () => void;
}

/** The part of the form that tries what stands in it. */
export function TestSection({ type, reason, onTest, ...report }: Props) {
  const id = useId();
  const { isTesting, result, problem } = report;
  const section = useRef<HTMLElement>(null);
  useEffect(() => {
    // The answer may be longer than what was to be seen.
    if (isTesting || result !== undefined || problem !== null)
      section.current?.scrollIntoView({ block: 'nearest' });
  }, [isTesting, result, problem]);
  return (
    <Box
      component="section"
      ref={section}
      aria-labelledby={id}
      sx={{ borderTop: 1, borderColor: 'divider', pt: 2 }}
    >
      <Typography id={id} component="h3" variant="body2" sx={{ fontWeight: 600 }}>
        Connection
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mb: 1.5 }}>
        {declarationOf(type).test} It is tested as it stands here, saved or not.
      </Typography>
      <DisabledReason reason={reason}>
        <Button
          variant="outlined"
          // Not `disabled`: it would lose the focus.
          aria-disabled={isTesting}
          onClick={() => isTesting || onTest()}
        >
          Test connection
        </Button>
      </DisabledReason>
      <TestReport {...report} />
    </Box>
  );
}
