import { checkNames, type Check, type TestResult } from '@dropsafe/contract/outbound';
import FailedIcon from '@mui/icons-material/Cancel';
import PassedIcon from '@mui/icons-material/CheckCircle';
import SkippedIcon from '@mui/icons-material/RemoveCircleOutlined';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import CircularProgress from '@mui/material/CircularProgress';
import Skeleton from '@mui/material/Skeleton';
import { styled } from '@mui/material/styles';
import { ApiProblem } from '../api/client.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { checkTitles, summaryOf, waitText } from './test-words.ts';

interface Props {
  result: TestResult | undefined;
  /** Why there is no result. */
  problem: Error | null;
  isTesting: boolean;
  /** What was tested is not what stands in the form now. */
  isOutdated?: boolean;
}

/** What a test of a connection came to, check by check. Nothing before the first one. */
export function TestReport({ result, problem, isTesting, isOutdated = false }: Props) {
  const checks = isTesting ? undefined : result?.checks;
  return (
    <Box aria-busy={isTesting}>
      {/* Always there, so that what a test came to is read out; the checks are not, they can be looked at. */}
      <Box role="status" sx={{ '&:not(:empty)': { mt: 2, mb: 1.5 } }}>
        {isTesting && (
          <Alert severity="info" icon={waiting} role="presentation">
            Testing the connection…
          </Alert>
        )}
        {checks && problem === null && <Summary checks={checks} isOutdated={isOutdated} />}
      </Box>
      {problem !== null && !isTesting ? (
        <TestProblem problem={problem} />
      ) : (
        (isTesting || checks) && <Checks checks={checks} />
      )}
    </Box>
  );
}

// As large as the icons that come in its place.
const waiting = <CircularProgress size={22} color="inherit" aria-hidden />;

function Summary({ checks, isOutdated }: { checks: readonly Check[]; isOutdated: boolean }) {
  const { works, words, why } = summaryOf(checks);
  return (
    <Alert severity={works ? 'success' : 'error'} role="presentation">
      <strong>{words}</strong> {why}
      {isOutdated && ' What stands in the form has changed since.'}
    </Alert>
  );
}

function TestProblem({ problem }: { problem: Error }) {
  if (!(problem instanceof ApiProblem) || problem.code !== 'too-many-attempts')
    return <ProblemAlert problem={problem} sx={{ mt: 2 }} />;
  return (
    <Alert severity="warning" sx={{ mt: 2 }}>
      <AlertTitle>Too many tests</AlertTitle>
      {waitText(problem.retryAfterSeconds)}
    </Alert>
  );
}

/** While they are made, as many lines as there will be. */
function Checks({ checks }: { checks: readonly Check[] | undefined }) {
  if (checks === undefined) {
    return (
      <CheckList aria-label="Checks">
        {checkNames.map((name) => (
          <li key={name}>
            <SkippedIcon fontSize="small" color="disabled" />
            <span className="title">{checkTitles[name]}</span>
            <Skeleton width="60%" />
          </li>
        ))}
      </CheckList>
    );
  }
  return (
    <CheckList aria-label="Checks">
      {checks.map(({ name, status, explanation }) => {
        const { Icon, word, color } = looks[status];
        return (
          <li key={name} className={status}>
            <Icon fontSize="small" color={color} />
            <span className="title">
              {checkTitles[name]} <span className="word">{word}</span>
            </span>
            <span className="explanation">{explanation}</span>
          </li>
        );
      })}
    </CheckList>
  );
}

const looks = {
  PASSED: { Icon: PassedIcon, word: 'Passed', color: 'success' },
  FAILED: { Icon: FailedIcon, word: 'Failed', color: 'error' },
  SKIPPED: { Icon: SkippedIcon, word: 'Skipped', color: 'disabled' },
} as const;

const CheckList = styled('ol')(({ theme: { vars, typography, breakpoints } }) => ({
  ...typography.body2,
  margin: 0,
  padding: '4px 0',
  listStyle: 'none',
  border: `1px solid ${vars.palette.divider}`,
  borderRadius: 12,
  '& > li': {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr)',
    columnGap: 10,
    padding: '5px 14px',
    // Beside each other where there is room: all of them can be seen at once.
    [breakpoints.up('md')]: { gridTemplateColumns: '20px 270px minmax(0, 1fr)' },
  },
  '& > li > :last-child': { [breakpoints.down('md')]: { gridColumn: 2 } },
  '& .title': { fontWeight: 600 },
  '& .word': { fontWeight: 400, color: vars.palette.text.secondary, marginLeft: 4 },
  '& .explanation': { color: vars.palette.text.secondary },
  // The one that matters.
  '& > .FAILED': {
    borderLeft: `3px solid ${vars.palette.error.main}`,
    paddingLeft: 11,
    background: vars.palette.action.hover,
    '& .word': { color: vars.palette.error.main, fontWeight: 600 },
    '& .explanation': { color: vars.palette.text.primary },
  },
}));
