import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import DialogActions from '@mui/material/DialogActions';
import DialogContent from '@mui/material/DialogContent';
import LinearProgress from '@mui/material/LinearProgress';
import Typography from '@mui/material/Typography';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import { ListTitle } from '../access/words.tsx';
import { isSignedOut } from '../api/client.ts';
import { targetsFor } from '../permissions/can.ts';
import { secretsOfQuery } from '../secrets/secrets.queries.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { useOpenWork } from '../ui/open-work.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { planCopies, type CopyPlan } from './copy-plan.ts';
import { doneOf, type CopyRun } from './copy-run.ts';
import { CopyPreview, Group } from './CopyPreview.tsx';
import { firstOf } from './provider-words.ts';
import { useProviders, type SeenProvider } from './providers.queries.ts';
import { noProvider, ProviderChoice } from './ProviderChoice.tsx';
import { useCopyRun } from './use-copy-run.ts';

interface Props {
  /** The name of the provider that they are in. */
  from: string;
  onClose: () => void;
}

/**
 * Copies all secrets of a provider into another one: first what will happen, then how far it is, then what came of it. It
 * can be stopped, and done again: what is there already is left out. Rendered only while it is open.
 */
export function CopyAllDialog({ from, onClose }: Props) {
  const providers = useProviders();
  const targets = targetsFor(providers, from);
  const [chosen, setChosen] = useState('');
  const target = targets.length === 1 ? targets[0] : targets.find(({ name }) => name === chosen);
  const listing = useWholeList(from);
  const plan = useMemo(
    () =>
      target === undefined || listing.secrets === undefined
        ? undefined
        : planCopies(listing.secrets, target),
    [listing.secrets, target],
  );
  const { run, isStopping, start, stop, clear } = useCopyRun(from);
  const [isAsking, setAsking] = useState(false);
  useOpenWork();

  const phase = run === null ? 'preview' : run.isRunning ? 'running' : 'done';
  const title = useRef<HTMLHeadingElement>(null);
  const shown = useRef(phase);
  useEffect(() => {
    // The button that was pressed is gone, and the focus with it: hand it on.
    if (shown.current !== phase) title.current?.focus();
    shown.current = phase;
  }, [phase]);

  const trouble = providers.find(({ name }) => name === from)?.trouble;
  const reason =
    target === undefined
      ? noProvider
      : plan === undefined
        ? 'First its secrets are looked at.'
        : plan.toCopy.length === 0
          ? 'There is nothing to copy.'
          : undefined;
  const count = plan?.toCopy.length ?? 0;
  return (
    <DialogFrame
      title={`Copy all secrets of ${from}`}
      onClose={() => (phase === 'running' ? setAsking(true) : onClose())}
    >
      <DialogContent sx={{ display: 'grid', gap: 2, alignContent: 'start', minHeight: 300 }}>
        {phase === 'preview' && (
          <>
            <Typography variant="body2">
              The server takes every value from <strong>{from}</strong> and puts it into the other
              provider, under the same name. Nobody sees them. Descriptions and destinations go
              along.
            </Typography>
            {trouble !== undefined && (
              <Alert severity="warning" role="presentation">
                <strong>{from} is down.</strong> {trouble} Until it is up again, nothing can be
                copied from it.
              </Alert>
            )}
            <ProviderChoice
              label="Copy to"
              providers={targets}
              value={target?.name ?? ''}
              onChange={(event) => setChosen(event.target.value)}
              help={target && whichIsUsed(providers, from, target.name)}
            />
          </>
        )}
        <Box component="section" aria-labelledby="copy-all-phase">
          <ListTitle id="copy-all-phase" ref={title} tabIndex={-1}>
            {phase === 'preview' && 'What will happen'}
            {phase === 'running' && (isStopping ? 'Stopping' : 'Copying')}
            {phase === 'done' && 'What was done'}
          </ListTitle>
          {run !== null ? (
            <Progress run={run} />
          ) : listing.problem !== null ? (
            <ProblemAlert problem={listing.problem} onRetry={listing.retry} sx={{ mt: 1.5 }} />
          ) : listing.secrets === undefined ? (
            <Typography variant="body2" sx={{ py: 1 }}>
              Looking at its secrets: {listing.count.toLocaleString('en')} so far.
              <LinearProgress aria-label="Looking at its secrets" sx={{ mt: 1 }} />
            </Typography>
          ) : listing.secrets.length === 0 ? (
            <Typography variant="body2" sx={{ py: 1 }}>
              There are no secrets in {from}.
            </Typography>
          ) : plan === undefined || target === undefined ? (
            <Typography variant="body2" sx={{ py: 1 }}>
              {listing.secrets.length.toLocaleString('en')} secrets. Choose a provider to see what
              happens to them.
            </Typography>
          ) : (
            <CopyPreview plan={plan} target={target} />
          )}
        </Box>
        {/* Always there, and read out at every step that is worth it. */}
        <Box
          role="status"
          sx={{ position: 'absolute', width: '1px', height: '1px', clipPath: 'inset(50%)' }}
        >
          {run === null ? plan && summaryOf(plan) : announcement(run)}
        </Box>
      </DialogContent>
      <DialogActions sx={{ px: 3, py: 2 }}>
        {phase === 'preview' && (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <DisabledReason reason={reason}>
              <Button
                variant="contained"
                onClick={() => plan && target && start(plan.toCopy, target.name)}
              >
                {count === 0 ? 'Copy' : `Copy ${secretsText(count)}`}
              </Button>
            </DisabledReason>
          </>
        )}
        {phase === 'running' && (
          <Button variant="outlined" color="error" loading={isStopping} onClick={stop}>
            Stop
          </Button>
        )}
        {phase === 'done' && (
          <>
            <Button
              onClick={() => {
                clear();
                listing.retry();
              }}
            >
              Look again
            </Button>
            <Button variant="contained" onClick={onClose}>
              Done
            </Button>
          </>
        )}
      </DialogActions>
      {isAsking && run !== null && (
        <ConfirmDialog
          title="Stop copying?"
          confirmLabel="Stop and close"
          cancelLabel="Go on copying"
          isHarmless
          onConfirm={onClose}
          onCancel={() => setAsking(false)}
        >
          {doneOf(run)} of {run.total} are done. What was copied stays; the rest can be copied
          later.
        </ConfirmDialog>
      )}
    </DialogFrame>
  );
}

/** How far it is; once it has ended, what came of it. */
function Progress({ run }: { run: CopyRun }) {
  const done = doneOf(run);
  return (
    <Box sx={{ pt: 1.5 }}>
      <LinearProgress
        variant="determinate"
        value={run.total === 0 ? 0 : (done / run.total) * 100}
        aria-label="Copied"
        aria-valuetext={`${done} of ${run.total}`}
        sx={{ height: 6, borderRadius: 3, mb: 1 }}
      />
      <Typography variant="body2" sx={{ fontVariantNumeric: 'tabular-nums', mb: 1 }}>
        {run.isRunning ? `${done} of ${run.total}` : resultOf(run)}
      </Typography>
      {run.problem !== null &&
        (isSignedOut(run.problem) ? (
          <Alert severity="warning" sx={{ mb: 1 }}>
            You have been signed out. What was copied stays: sign in again, then look again.
          </Alert>
        ) : (
          <ProblemAlert problem={run.problem} sx={{ mb: 1 }} />
        ))}
      <Group count={run.failures.length} words="failed" entries={run.failures} isOpen />
    </Box>
  );
}

/** All secrets of a provider. */
function useWholeList(provider: string) {
  const list = useInfiniteQuery(secretsOfQuery(provider));
  const { hasNextPage, isFetching, isError, fetchNextPage } = list;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const pages = list.data?.pages;
  const secrets = useMemo(
    () => (isFetching || hasNextPage ? undefined : pages?.flatMap(({ items }) => items)),
    [isFetching, hasNextPage, pages],
  );
  return {
    /** Undefined until all are known. */
    secrets,
    count: pages?.reduce((sum, { items }) => sum + items.length, 0) ?? 0,
    problem: isFetching ? null : list.error,
    retry: () => void list.refetch(),
  };
}

function whichIsUsed(providers: readonly SeenProvider[], from: string, to: string): string {
  return firstOf(providers, [from, to]) === to
    ? `${to} comes before ${from}, so the copies are the ones that are used from then on.`
    : `${from} comes before ${to}, so its secrets stay the ones that are used.`;
}

const secretsText = (count: number) =>
  `${count.toLocaleString('en')} ${count === 1 ? 'secret' : 'secrets'}`;

const summaryOf = ({ toCopy, already, unusable, unbound }: CopyPlan) =>
  `${secretsText(toCopy.length)} to copy, ${already.length + unusable.length + unbound.length} not.`;

function resultOf({ total, copied, already, failures }: CopyRun): string {
  const rest = total - copied - already - failures.length;
  return [
    `${copied} copied`,
    ...(already > 0 ? [`${already} there already`] : []),
    ...(failures.length > 0 ? [`${failures.length} failed`] : []),
    ...(rest > 0 ? [`${rest} not done`] : []),
  ]
    .join(', ')
    .concat('.');
}

/** In tenths of the way: every single one would be too much to listen to. */
function announcement(run: CopyRun): string {
  if (!run.isRunning) return resultOf(run);
  const tenths = run.total === 0 ? 0 : Math.floor((doneOf(run) / run.total) * 10);
  return tenths === 0 ? `Copying ${secretsText(run.total)}.` : `${tenths * 10} % done.`;
}
