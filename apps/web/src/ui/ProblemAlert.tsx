import Alert, { type AlertProps } from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Typography from '@mui/material/Typography';
import type { ReactNode } from 'react';
import { ApiProblem } from '../api/client.ts';

interface Props {
  problem: Error;
  /** Offers to try again. Only for reads: a write is repeated with its own button. */
  onRetry?: (() => void) | undefined;
  /** Further ways out. */
  actions?: ReactNode;
  sx?: AlertProps['sx'];
}

/** What went wrong, what to do, and the request id by which the operator finds it in the log. */
export function ProblemAlert({ problem, onRetry, actions, sx }: Props) {
  const { title, detail, requestId, permissions, groups, fieldErrors } = describe(problem);
  return (
    <Alert severity="error" sx={sx ?? null}>
      <AlertTitle>{title}</AlertTitle>
      {/* That of a refused request only points at the fields, which follow. */}
      {fieldErrors.length === 0 && detail}
      {permissions.length > 0 && ` You need ${permissions.join(' or ')}.`}
      {groups.length > 0 &&
        ` It comes from ${groups.map(({ provider, group }) => `“${group}” of ${provider}`).join(', ')}.`}
      {fieldErrors.length > 0 && (
        <Box component="ul" sx={{ my: 0.5, pl: 2.5 }}>
          {fieldErrors.map(({ field, message }) => (
            <li key={field + message}>{field === '' ? message : `${field}: ${message}`}</li>
          ))}
        </Box>
      )}
      {requestId !== undefined && (
        <Typography variant="caption" component="p" sx={{ mt: 0.5 }}>
          Request id: <code>{requestId}</code>
        </Typography>
      )}
      {(onRetry || actions) && (
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 1.5 }}>
          {onRetry && (
            <Button color="inherit" variant="outlined" size="small" onClick={onRetry}>
              Try again
            </Button>
          )}
          {actions}
        </Box>
      )}
    </Alert>
  );
}

function describe(problem: Error) {
  if (problem instanceof ApiProblem) return problem;
  // A defect of the web app. Its message could hold anything, so it is not shown.
  return {
    title: 'Something went wrong here',
    detail: 'Reload the page and try again.',
    requestId: undefined,
    permissions: [],
    groups: [],
    fieldErrors: [],
  };
}
