import { SortSchema, type SecretMetadata } from '@dropsafe/contract/secrets';
import AddIcon from '@mui/icons-material/Add';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState, type ReactNode } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanReadSecrets, useSecretReasons, type Reason } from '../permissions/can.ts';
import { ProvidersDown } from '../providers/ProvidersDown.tsx';
import {
  useProviders,
  watchedProvidersQuery,
  type SeenProvider,
} from '../providers/providers.queries.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFollow } from '../ui/use-follow.ts';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { ListProblem } from '../ui/ListProblem.tsx';
import { useCopyExpression } from './copy-expression.ts';
import { secretColumns } from './secret-columns.tsx';
import { SecretDialogs, type SecretDialog } from './SecretDialogs.tsx';
import { secretsQuery } from './secrets.queries.ts';
import { SecretsPager } from './SecretsPager.tsx';
import { SecretsToolbar } from './SecretsToolbar.tsx';
import { optionalColumns, type TableView } from './table-view.ts';
import { useTableView } from './use-table-view.ts';

/** The table of secrets, and the dialogs that change them. */
export function SecretsPage() {
  const canRead = useCanReadSecrets();
  // The start page explains why there is nothing to see.
  return canRead ? <SecretsTable /> : <Navigate to={startPath} replace />;
}

function SecretsTable() {
  const table = useTableView();
  const { view } = table;
  const secrets = useQuery(secretsQuery(view));
  const watched = useQuery(watchedProvidersQuery);
  const providers = useProviders();
  const reasons = useSecretReasons();
  const [dialog, setDialog] = useState<SecretDialog | null>(null);
  const focusTitle = useFocusAfterRemoval();
  const copyExpression = useCopyExpression();
  const follow = useFollow();

  // The same object for as long as nothing changed: the rows are rendered again only when it is another one.
  const hidden = view.hidden.join();
  const columns = useMemo(
    () =>
      secretColumns(
        optionalColumns.filter((column) => hidden.split(',').includes(column)),
        providers,
        { reasons, open: setDialog, copyExpression, follow },
      ),
    [hidden, providers, reasons, copyExpression, follow],
  );

  const refresh = () => {
    void secrets.refetch();
    void watched.refetch();
  };

  const rows = secrets.data?.items;
  const isEmpty = rows?.length === 0 && view.cursor === undefined && !secrets.isPlaceholderData;
  const createButton = (
    <CreateButton reason={reasons.create} onCreate={() => setDialog({ kind: 'create' })} />
  );
  return (
    <Page
      title="Secrets"
      lead="Values go in here and are used by the platform. Nobody can read them again."
      // Below, it is part of what to do next.
      actions={isEmpty && !isNarrowed(view) ? undefined : createButton}
    >
      <SecretsToolbar
        view={view}
        providers={providers.map(({ name }) => name)}
        onChange={table.change}
        onRefresh={refresh}
        isRefreshing={secrets.isFetching}
      />
      <ProvidersDown providers={providers} />
      {secrets.isError && (
        <ListProblem problem={secrets.error} onRetry={() => void secrets.refetch()} table={table} />
      )}
      {isEmpty ? (
        <NoSecrets
          view={view}
          canBeCreated={providers.length === 0 || providers.some(canCreate)}
          onChange={table.change}
          create={createButton}
        />
      ) : (
        (rows !== undefined || !secrets.isError) && (
          <>
            <DataTable
              label="Secrets"
              columns={columns}
              rows={rows}
              rowKey={nameOf}
              sort={view.sort}
              onSort={(sort) => table.change({ sort: SortSchema.catch('name').parse(sort) })}
              isLoading={secrets.isFetching}
            />
            <SecretsPager table={table} page={secrets.data} />
          </>
        )
      )}
      <SecretDialogs dialog={dialog} onClose={() => setDialog(null)} onGone={focusTitle} />
    </Page>
  );
}

/** Some secrets may be out of sight. */
const isNarrowed = ({ q, provider, unused }: TableView) =>
  q !== '' || provider !== undefined || unused !== undefined;

const nameOf = ({ name }: SecretMetadata) => name;

function CreateButton({ reason, onCreate }: { reason: Reason; onCreate: () => void }) {
  return (
    <DisabledReason reason={reason}>
      <Button variant="contained" startIcon={<AddIcon />} onClick={onCreate}>
        Create secret
      </Button>
    </DisabledReason>
  );
}

const canCreate = ({ capabilities }: SeenProvider) => capabilities.create;

const unusedWords = { never: 'that were never used', '90d': 'that were unused for 90 days' };

interface NoSecretsProps {
  view: TableView;
  /** By whomever: some provider can. */
  canBeCreated: boolean;
  onChange: (change: Partial<TableView>) => void;
  create: ReactNode;
}

function NoSecrets({ view, canBeCreated, onChange, create }: NoSecretsProps) {
  const { q, provider, unused } = view;
  const inProvider = provider === undefined ? '' : ` in ${provider}`;
  const widen = (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', justifyContent: 'center', gap: 1 }}>
      {q !== '' && (
        <Button variant="outlined" onClick={() => onChange({ q: '' })}>
          Clear the search
        </Button>
      )}
      {unused !== undefined && (
        <Button variant="outlined" onClick={() => onChange({ unused: undefined })}>
          Show used ones, too
        </Button>
      )}
      {provider !== undefined && (
        <Button variant="outlined" onClick={() => onChange({ provider: undefined })}>
          Show all providers
        </Button>
      )}
    </Box>
  );
  if (q !== '') {
    return (
      <EmptyState title="No secret matches your search" action={widen}>
        Nothing{inProvider} has “{q}” in its name or description
        {unused !== undefined && `, among those ${unusedWords[unused]}`}.
      </EmptyState>
    );
  }
  if (unused !== undefined) {
    return (
      <EmptyState title={`There are no secrets${inProvider} ${unusedWords[unused]}`} action={widen}>
        {unused === 'never'
          ? 'Each of them has been used at least once.'
          : 'Each of them was used in the last 90 days, or is younger than that.'}
      </EmptyState>
    );
  }
  if (provider !== undefined) {
    return (
      <EmptyState title={`There are no secrets in ${provider}`} action={widen}>
        What kind of provider it is, and how it is doing, is told on the page System.
      </EmptyState>
    );
  }
  if (!canBeCreated) {
    return (
      <EmptyState title="There are no secrets yet" picture={<Logo size={56} />} action={create}>
        No provider of this installation can create any: they come from outside, by the operator.
        The page System tells from where.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="There are no secrets yet" picture={<Logo size={56} />} action={create}>
      Create the first one: give it a name, enter its value, and name the destinations that the
      value may be sent to.
    </EmptyState>
  );
}
