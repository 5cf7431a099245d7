import type { Provider } from '@dropsafe/contract/providers';
import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Link, Navigate } from 'react-router';
import { secretsOfPath, startPath } from '../paths.ts';
import { useCanReadSecrets, useSecretReasons, type Reason } from '../permissions/can.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Facts } from '../ui/Facts.tsx';
import { Mark } from '../ui/Mark.tsx';
import { Page } from '../ui/Page.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { abilities, typeTitles } from './provider-words.ts';
import { troubleOf, watchedProvidersQuery } from './providers.queries.ts';

const CopyAllDialog = lazy(async () => ({
  default: (await import('./CopyAllDialog.tsx')).CopyAllDialog,
}));

/** The providers of this installation: what each can do, and how it is doing. */
export function SystemPage() {
  // The start page explains why there is nothing to see.
  return useCanReadSecrets() ? <Providers /> : <Navigate to={startPath} replace />;
}

function Providers() {
  const providers = useQuery(watchedProvidersQuery);
  const reasons = useSecretReasons();
  const [copied, setCopied] = useState<string | null>(null);
  return (
    <Page
      title="System"
      lead="The providers that secrets live in, in the order that the operator gave them. Of several secrets of one name, the one of the first provider is used."
      actions={
        <ToolbarButton
          label="Refresh"
          icon={<RefreshIcon fontSize="small" />}
          onClick={() => void providers.refetch()}
          aria-busy={providers.isFetching}
        />
      }
    >
      {providers.isError && (
        <ProblemAlert
          problem={providers.error}
          onRetry={() => void providers.refetch()}
          sx={{ mb: 2 }}
        />
      )}
      {providers.data === undefined ? (
        <Box aria-busy={providers.isFetching}>
          {!providers.isError && <Skeleton variant="rounded" height={160} />}
        </Box>
      ) : (
        <Box
          component="ol"
          aria-label="Providers"
          aria-busy={providers.isFetching}
          sx={{ display: 'grid', gap: 2, m: 0, p: 0, listStyle: 'none' }}
        >
          {providers.data.map((provider, index) => (
            <ProviderCard
              key={provider.name}
              provider={provider}
              place={index + 1}
              hasOthers={providers.data.length > 1}
              copyReason={reasons.copyAll(provider.name)}
              onCopy={() => setCopied(provider.name)}
            />
          ))}
        </Box>
      )}
      {copied !== null && (
        <Suspense>
          <CopyAllDialog from={copied} onClose={() => setCopied(null)} />
        </Suspense>
      )}
    </Page>
  );
}

interface ProviderCardProps {
  provider: Provider;
  place: number;
  hasOthers: boolean;
  copyReason: Reason;
  onCopy: () => void;
}

function ProviderCard({ provider, place, hasOthers, copyReason, onCopy }: ProviderCardProps) {
  const { name, type, capabilities, origin, health } = provider;
  const trouble = troubleOf(health);
  const keptBy = (isKept: boolean) =>
    isKept ? 'Kept beside the value' : 'Kept in the database of Dropsafe';
  return (
    <Paper
      component="li"
      variant="outlined"
      aria-labelledby={`provider-${name}`}
      sx={{ borderRadius: 1.5, px: { xs: 2, sm: 2.5 }, py: 2 }}
    >
      <Box sx={{ display: 'flex', flexWrap: 'wrap', alignItems: 'baseline', columnGap: 1.5 }}>
        <Typography variant="h2" id={`provider-${name}`} sx={{ overflowWrap: 'anywhere' }}>
          {hasOthers && `${place}. `}
          {name}
        </Typography>
        <Typography variant="body2" sx={{ color: 'text.secondary', flex: 1, minWidth: 160 }}>
          {typeTitles[type]}
        </Typography>
      </Box>
      <Facts>
        <div>
          <dt>Health</dt>
          <dd>
            <Mark tone={trouble === undefined ? 'success' : 'warning'}>
              {trouble === undefined ? 'up' : 'down'}
            </Mark>{' '}
            {trouble}{' '}
            <Typography component="span" variant="caption" sx={{ color: 'text.secondary' }}>
              Asked <RelativeTime time={health.checkedAt} />
            </Typography>
          </dd>
        </div>
        <div>
          <dt>What it can do with secrets</dt>
          <dd>{abilities(capabilities)}</dd>
        </div>
        <div>
          <dt>Descriptions</dt>
          <dd>{keptBy(capabilities.descriptions)}</dd>
        </div>
        <div>
          <dt>Destinations</dt>
          <dd>{keptBy(capabilities.destinations)}</dd>
        </div>
        <div>
          <dt>Values</dt>
          <dd>{origin === null ? 'Stay on this installation' : <Origin>{origin}</Origin>}</dd>
        </div>
      </Facts>
      <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mt: 2 }}>
        <Button
          component={Link}
          to={secretsOfPath(name)}
          variant="outlined"
          size="small"
          aria-label={`Show its secrets, ${name}`}
        >
          Show its secrets
        </Button>
        {hasOthers && (
          <DisabledReason reason={copyReason}>
            <Button
              variant="outlined"
              size="small"
              aria-label={`Copy all its secrets…, ${name}`}
              onClick={onCopy}
            >
              Copy all its secrets…
            </Button>
          </DisabledReason>
        )}
      </Box>
    </Paper>
  );
}

const Origin = styled('span')({
  fontFamily: monospace,
  fontSize: '0.8125rem',
  overflowWrap: 'anywhere',
});
