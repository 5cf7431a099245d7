import { declarationOf } from '@dropsafe/contract/integration-types';
import type { ListedIntegration } from '@dropsafe/contract/integrations';
import Button from '@mui/material/Button';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import Typography from '@mui/material/Typography';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { withTitles } from './form-problems.ts';
import { useTest } from './integrations.queries.ts';
import { TestReport } from './TestReport.tsx';

interface Props {
  integration: ListedIntegration;
  onClose: () => void;
}

/** Tests the connection of an integration as it is saved. Rendered only while it is open. */
export function TestDialog({ integration: { id, name, type }, onClose }: Props) {
  const test = useTest();
  return (
    <DialogFrame title={`Test the connection of ${name}`} onClose={onClose}>
      <DialogContent sx={{ pt: '8px !important' }}>
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          {declarationOf(type).test}
        </Typography>
        <TestReport
          result={test.data}
          problem={test.error && withTitles(test.error, type)}
          isTesting={test.isPending}
        />
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 2 }}>
        <Button onClick={onClose}>Close</Button>
        <Button
          autoFocus
          variant="contained"
          aria-disabled={test.isPending}
          onClick={() => test.isPending || test.mutate({ id })}
        >
          {test.isIdle ? 'Test connection' : 'Test again'}
        </Button>
      </DialogActions>
    </DialogFrame>
  );
}
