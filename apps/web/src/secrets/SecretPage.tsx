import { printReference, usesDays, type SecretMetadata } from '@dropsafe/contract/secrets';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import Link from '@mui/material/Link';
import Paper from '@mui/material/Paper';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { Link as RouterLink, Navigate, useNavigate, useParams } from 'react-router';
import { ApiProblem } from '../api/client.ts';
import { secretsPath, startPath } from '../paths.ts';
import { useCanReadSecrets, useSecretReasons } from '../permissions/can.ts';
import { ProvidersDown } from '../providers/ProvidersDown.tsx';
import { useProviders, watchedProvidersQuery } from '../providers/providers.queries.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Facts } from '../ui/Facts.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { monospace } from '../ui/theme.ts';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { useCopyExpression } from './copy-expression.ts';
import { hasPlace, Place, placeTitle } from './secret-columns.tsx';
import { secretPageQuery } from './secret-page.queries.ts';
import { SecretDialogs, type SecretDialog } from './SecretDialogs.tsx';
import { UsesChart } from './UsesChart.tsx';
import { WhereUsed } from './WhereUsed.tsx';

/** One secret: what is known about it, where it is used, and how often. */
export function SecretPage() {
  const { name = '' } = useParams();
  // The start page explains why there is nothing to see.
  return useCanReadSecrets() ? (
    <Secret key={name} name={name} />
  ) : (
    <Navigate to={startPath} replace />
  );
}

function Secret({ name }: { name: string }) {
  const secret = useQuery(secretPageQuery(name));
  useQuery(watchedProvidersQuery);
  const providers = useProviders();
  const [dialog, setDialog] = useState<SecretDialog | null>(null);
  const navigate = useNavigate();
  const focusTitle = useFocusAfterRemoval();
  const metadata = secret.data;
  const isGone = secret.error instanceof ApiProblem && secret.error.code === 'not-found';
  // Not under an open form: what was typed there would go with it. The form says so itself when it is saved.
  if (isGone && dialog === null) return <NoSecret />;
  return (
    <Page
      title={name}
      above={<AllSecrets />}
      lead={metadata === undefined ? undefined : (metadata.description ?? 'No description')}
      actions={metadata && <Actions secret={metadata} open={setDialog} />}
    >
      <ProvidersDown
        providers={providers.filter((provider) => provider.name === metadata?.provider)}
      />
      {secret.isError && (
        <ProblemAlert problem={secret.error} onRetry={() => void secret.refetch()} sx={{ mb: 2 }} />
      )}
      {metadata === undefined ? (
        !secret.isError && <Skeleton variant="rounded" height={200} aria-busy />
      ) : (
        <Sections secret={metadata} />
      )}
      <SecretDialogs
        dialog={dialog}
        onClose={() => setDialog(null)}
        onGone={(kind) => {
          // Another provider may have one of the name, which is used from now on.
          if (kind === 'delete' && metadata?.alsoIn.length === 0) void navigate(secretsPath);
          else focusTitle();
        }}
      />
    </Page>
  );
}

function AllSecrets() {
  return (
    <Typography variant="body2" component="nav" aria-label="Way back" sx={{ mb: 0.5 }}>
      <Link component={RouterLink} to={secretsPath} underline="hover">
        All secrets
      </Link>
    </Typography>
  );
}

function NoSecret() {
  return (
    <Page title="Secret not found">
      <EmptyState
        title="There is no secret of this name"
        action={
          <Button component={RouterLink} to={secretsPath} variant="contained">
            Show all secrets
          </Button>
        }
      >
        It may have been deleted, or the address may be mistyped.
      </EmptyState>
    </Page>
  );
}

interface ActionsProps {
  secret: SecretMetadata;
  open: (dialog: SecretDialog) => void;
}

function Actions({ secret, open }: ActionsProps) {
  const reasons = useSecretReasons();
  const copyExpression = useCopyExpression();
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
      <Button variant="outlined" onClick={() => copyExpression(secret.name)}>
        Copy expression
      </Button>
      <DisabledReason reason={reasons.update(secret)}>
        <Button variant="outlined" onClick={() => open({ kind: 'update', secret })}>
          Edit
        </Button>
      </DisabledReason>
      <DisabledReason reason={reasons.delete(secret)}>
        <Button variant="outlined" color="error" onClick={() => open({ kind: 'delete', secret })}>
          Delete
        </Button>
      </DisabledReason>
    </Box>
  );
}

function Sections({ secret }: { secret: SecretMetadata }) {
  return (
    <>
      {secret.destinations.length === 0 && (
        <Alert severity="warning" role="presentation" sx={{ mb: 2 }}>
          It cannot be used anywhere: it has no destinations.
        </Alert>
      )}
      <Box
        sx={{
          display: 'grid',
          gridTemplateColumns: { xs: 'minmax(0, 1fr)', md: 'repeat(2, minmax(0, 1fr))' },
          gap: 2,
        }}
      >
        <Card title="About it">
          <About secret={secret} />
        </Card>
        <Card title={`Uses of the last ${usesDays} days`}>
          <UsesChart name={secret.name} />
        </Card>
      </Box>
      <Box sx={{ mt: 3 }}>
        <Section title="Where it is used">
          <WhereUsed name={secret.name} />
        </Section>
      </Box>
    </>
  );
}

function About({ secret }: { secret: SecretMetadata }) {
  const { name, destinations, createdAt, createdBy, updatedAt, updatedBy } = secret;
  const providers = useProviders();
  return (
    // So that the four times stand beside each other where there is room.
    <Facts sx={{ gridTemplateColumns: 'repeat(auto-fit, minmax(108px, 1fr))' }}>
      {hasPlace(providers) && (
        <div>
          <dt>{placeTitle(providers)}</dt>
          <dd>
            <Place secret={secret} providers={providers} />
          </dd>
        </div>
      )}
      <Box sx={{ gridColumn: '1 / -1' }}>
        <dt>Destinations</dt>
        {destinations.length === 0 ? (
          <dd>None</dd>
        ) : (
          <Box component="dd" sx={code}>
            {destinations.map((destination) => (
              <div key={destination}>{destination}</div>
            ))}
          </Box>
        )}
      </Box>
      <Box sx={{ gridColumn: '1 / -1' }}>
        <dt>Expression</dt>
        <Box component="dd" sx={code}>
          {printReference(name)}
        </Box>
      </Box>
      <div>
        <dt>Created</dt>
        <dd>
          <RelativeTime time={createdAt} by={createdBy} />
        </dd>
      </div>
      <Time title="Updated" time={updatedAt} by={updatedBy} />
      <Time title="Value set" time={secret.valueUpdatedAt} />
      <Time title="Last used" time={secret.lastUsedAt} />
    </Facts>
  );
}

const code = { fontFamily: monospace, fontSize: '0.8125rem', overflowWrap: 'anywhere' };

function Time({ title, time, by }: { title: string; time: string | null; by?: string | null }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>{time === null ? 'Never' : <RelativeTime time={time} by={by} />}</dd>
    </div>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Paper variant="outlined" sx={{ borderRadius: 1.5, px: { xs: 2, sm: 2.5 }, py: 2 }}>
      <Section title={title}>{children}</Section>
    </Paper>
  );
}

function Section({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    // position: what is for screen readers only stays where it belongs.
    <Box component="section" aria-labelledby={id} sx={{ position: 'relative' }}>
      <Typography variant="h2" id={id} sx={{ mb: 1 }}>
        {title}
      </Typography>
      {children}
    </Box>
  );
}
