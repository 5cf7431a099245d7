import { checkNames, type Check, type TestResult } from '@dropsafe/contract/outbound';
import FailedIcon from '@mui/icons-material/Cancel';
import PassedIcon from '@mui/icons-material/CheckCircle';
import SkippedIcon from '@mui/icons-material/RemoveCircleOutlined';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
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
  return (
    <Box aria-busy={isTesting}>
      {/* Always there, so that what a test came to is read out; the checks are not, they can be looked at. */}
      <Typography
        role="status"
        variant="body2"
        sx={{ fontWeight: 600, '&:not(:empty)': { mb: 1, mt: 2 } }}
      >
        {isTesting
          ? 'Testing the connection…'
          : problem === null && result && `${summaryOf(result.checks)}${outdated(isOutdated)}`}
      </Typography>
      {problem !== null && !isTesting ? (
        <TestProblem problem={problem} />
      ) : (
        (isTesting || result) && <Checks checks={isTesting ? undefined : result?.checks} />
      )}
    </Box>
  );
}

const outdated = (isOutdated: boolean) =>
  isOutdated ? ' What stands in the form has changed since.' : '';

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
  return (
    <CheckList aria-label="Checks">
      {checks === undefined
        ? checkNames.map((name) => (
            <li key={name}>
              <SkippedIcon fontSize="small" color="disabled" />
              <div>
                <div className="title">{checkTitles[name]}</div>
                <Skeleton width="60%" />
              </div>
            </li>
          ))
        : checks.map(({ name, status, explanation }) => {
            const { Icon, word, color } = looks[status];
            return (
              <li key={name} className={status}>
                <Icon fontSize="small" color={color} />
                <div>
                  <div className="title">
                    {checkTitles[name]} <span className="word">{word}</span>
                  </div>
                  <div className="explanation">{explanation}</div>
                </div>
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

const CheckList = styled('ol')(({ theme: { vars, typography } }) => ({
  ...typography.body2,
  margin: 0,
  padding: '4px 0',
  listStyle: 'none',
  border: `1px solid ${vars.palette.divider}`,
  borderRadius: 12,
  '& > li': {
    display: 'grid',
    gridTemplateColumns: '20px minmax(0, 1fr)',
    gap: 10,
    padding: '6px 14px',
  },
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
