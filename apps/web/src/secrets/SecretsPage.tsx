import { SortSchema, type SecretMetadata } from '@dropsafe/contract/secrets';
import AddIcon from '@mui/icons-material/Add';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanReadSecrets, useSecretReasons, type Reason } from '../permissions/can.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { ListProblem } from '../ui/ListProblem.tsx';
import { DeleteSecretDialog } from './DeleteSecretDialog.tsx';
import { secretColumns } from './secret-columns.tsx';
import { secretsQuery } from './secrets.queries.ts';
import { SecretsPager } from './SecretsPager.tsx';
import { SecretsToolbar } from './SecretsToolbar.tsx';
import { optionalColumns } from './table-view.ts';
import { useTableView } from './use-table-view.ts';

// The forms are not needed for the first look at the table; they are loaded while one looks.
const loadForms = () => import('./SecretForm.tsx');
const CreateSecretDialog = lazy(async () => ({ default: (await loadForms()).CreateSecretDialog }));
const UpdateSecretDialog = lazy(async () => ({ default: (await loadForms()).UpdateSecretDialog }));

type OpenDialog = { kind: 'create' } | { kind: 'update' | 'delete'; name: string } | null;

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
  const reasons = useSecretReasons();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);
  useEffect(() => {
    // A failure is of no consequence here: it is tried again when a dialog opens.
    loadForms().catch(() => undefined);
  }, []);

  // The same object for as long as nothing changed: the rows are rendered again only when it is another one.
  const hidden = view.hidden.join();
  const columns = useMemo(
    () =>
      secretColumns(
        optionalColumns.filter((column) => hidden.split(',').includes(column)),
        reasons,
        setDialog,
      ),
    [hidden, reasons],
  );

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
      actions={isEmpty && view.q === '' ? undefined : createButton}
    >
      <SecretsToolbar
        view={view}
        onChange={table.change}
        onRefresh={() => void secrets.refetch()}
        isRefreshing={secrets.isFetching}
      />
      {secrets.isError && (
        <ListProblem problem={secrets.error} onRetry={() => void secrets.refetch()} table={table} />
      )}
      {isEmpty ? (
        <NoSecrets q={view.q} onClear={() => table.change({ q: '' })} create={createButton} />
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
      <Suspense>
        {dialog?.kind === 'create' && <CreateSecretDialog onClose={close} />}
        {dialog?.kind === 'update' && <UpdateSecretDialog name={dialog.name} onClose={close} />}
      </Suspense>
      {dialog?.kind === 'delete' && (
        <DeleteSecretDialog
          name={dialog.name}
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

interface NoSecretsProps {
  q: string;
  onClear: () => void;
  create: ReactNode;
}

function NoSecrets({ q, onClear, create }: NoSecretsProps) {
  if (q !== '') {
    return (
      <EmptyState
        title="No secret matches your search"
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
    <EmptyState title="There are no secrets yet" picture={<Logo size={56} />} action={create}>
      Create the first one: give it a name, enter its value, and name the destinations that the
      value may be sent to.
    </EmptyState>
  );
}
