import {
  IntegrationSortSchema,
  type IntegrationPage,
  type ListedIntegration,
} from '@dropsafe/contract/integrations';
import { countedUpTo } from '@dropsafe/contract/secrets';
import AddIcon from '@mui/icons-material/Add';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanListIntegrations, useIntegrationReasons } from '../permissions/can.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { Pager } from '../ui/Pager.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { useUrlView } from '../ui/use-url-view.ts';
import { integrationColumns, type IntegrationAction } from './integration-columns.tsx';
import {
  CopyIntegrationDialog,
  DeleteIntegrationDialog,
  SwitchIntegrationDialog,
} from './IntegrationQuestions.tsx';
import { viewRules } from './integrations-view.ts';
import { integrationsQuery } from './integrations.queries.ts';
import { TestDialog } from './TestDialog.tsx';

// The form is not needed for the first look at the table; it is loaded while one looks.
const loadForm = () => import('./IntegrationDialogs.tsx');
const CreateIntegrationDialog = lazy(async () => ({
  default: (await loadForm()).CreateIntegrationDialog,
}));
const EditIntegrationDialog = lazy(async () => ({
  default: (await loadForm()).EditIntegrationDialog,
}));

type OpenDialog =
  | { kind: 'create' }
  | { kind: IntegrationAction; integration: ListedIntegration }
  | null;

/** The table of integrations, and the dialogs that change and test them. */
export function IntegrationsPage() {
  // The start page explains why there is nothing to see.
  return useCanListIntegrations() ? <IntegrationsTable /> : <Navigate to={startPath} replace />;
}

function IntegrationsTable() {
  const table = useUrlView(viewRules);
  const { view, change } = table;
  const integrations = useQuery(integrationsQuery(view));
  const reasons = useIntegrationReasons();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);
  useEffect(() => {
    // A failure is of no consequence here: it is tried again when a dialog opens.
    loadForm().catch(() => undefined);
  }, []);

  const columns = useMemo(
    () => integrationColumns(reasons, (kind, integration) => setDialog({ kind, integration })),
    [reasons],
  );

  const page = integrations.data;
  const rows = page?.items;
  const isEmpty =
    rows?.length === 0 && view.cursor === undefined && !integrations.isPlaceholderData;
  const createButton = (
    <DisabledReason reason={reasons.create}>
      <Button
        variant="contained"
        startIcon={<AddIcon />}
        onClick={() => setDialog({ kind: 'create' })}
      >
        Create integration
      </Button>
    </DisabledReason>
  );
  return (
    <Page
      title="Integrations"
      lead="The systems that Dropsafe sends requests to, and how they are told who asks. They name secrets and hold none."
      // Below, it is part of what to do next.
      actions={isEmpty && view.q === '' ? undefined : createButton}
    >
      <TableToolbar
        what="integrations"
        placeholder="Search name or description"
        q={view.q}
        onSearch={(q) => change({ q }, true)}
        sorting={{
          sort: view.sort,
          sorts: IntegrationSortSchema.options,
          onSort: (sort) => change({ sort }),
        }}
        onRefresh={() => void integrations.refetch()}
        isRefreshing={integrations.isFetching}
      />
      {integrations.isError && (
        <ListProblem
          problem={integrations.error}
          onRetry={() => void integrations.refetch()}
          table={table}
        />
      )}
      {isEmpty ? (
        <NoIntegrations q={view.q} onClear={() => change({ q: '' })} create={createButton} />
      ) : (
        (rows !== undefined || !integrations.isError) && (
          <>
            <DataTable
              label="Integrations"
              columns={columns}
              rows={rows}
              rowKey={idOf}
              sort={view.sort}
              onSort={(sort) => change({ sort: IntegrationSortSchema.catch('name').parse(sort) })}
              isLoading={integrations.isFetching}
            />
            <Pager
              table={table}
              count={page && countText(page)}
              nextCursor={page?.nextCursor ?? null}
            />
          </>
        )
      )}
      <Suspense>
        {dialog?.kind === 'create' && <CreateIntegrationDialog onClose={close} />}
        {view.edit !== undefined && reasons.read === undefined && (
          <EditIntegrationDialog id={view.edit} onClose={() => change({ edit: undefined }, true)} />
        )}
      </Suspense>
      {dialog?.kind === 'test' && <TestDialog integration={dialog.integration} onClose={close} />}
      {dialog?.kind === 'copy' && (
        <CopyIntegrationDialog integration={dialog.integration} onClose={close} />
      )}
      {dialog?.kind === 'switch' && (
        <SwitchIntegrationDialog integration={dialog.integration} onClose={close} />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteIntegrationDialog
          integration={dialog.integration}
          onClose={close}
          onDeleted={() => {
            close();
            focusTitle();
          }}
        />
      )}
    </Page>
  );
}

const idOf = ({ id }: ListedIntegration) => id;

function countText({ total }: IntegrationPage): string {
  if (total === null) return `More than ${countedUpTo.toLocaleString('en')} integrations`;
  return `${total.toLocaleString('en')} ${total === 1 ? 'integration' : 'integrations'}`;
}

interface NoIntegrationsProps {
  q: string;
  onClear: () => void;
  create: ReactNode;
}

function NoIntegrations({ q, onClear, create }: NoIntegrationsProps) {
  if (q !== '') {
    return (
      <EmptyState
        title="No integration matches your search"
        action={
          <Button variant="outlined" onClick={onClear}>
            Clear the search
          </Button>
        }
      >
        Nothing has “{q}” in its name or description.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="There are no integrations yet" picture={<Logo size={56} />} action={create}>
      Create the first one: choose a system, such as GitHub, name the secret that it wants, and test
      the connection.
    </EmptyState>
  );
}
