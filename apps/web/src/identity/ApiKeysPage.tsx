import { ApiKeySortSchema, type ApiKey, type CreatedApiKey } from '@dropsafe/contract/api-keys';
import AddIcon from '@mui/icons-material/Add';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanManageAccess } from '../permissions/can.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { listViewOf } from '../ui/list-view.ts';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { Pager } from '../ui/Pager.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { apiKeyColumns } from './api-key-columns.tsx';
import { apiKeysQuery } from './api-keys.queries.ts';
import { CreateApiKeyDialog } from './CreateApiKeyDialog.tsx';
import { CreatedTokenDialog } from './CreatedTokenDialog.tsx';
import { EditApiKeyDialog } from './EditApiKeyDialog.tsx';
import { RevokeApiKeyDialog } from './RevokeApiKeyDialog.tsx';

const rules = listViewOf(ApiKeySortSchema, 'name');

type OpenDialog =
  | { kind: 'create' }
  | { kind: 'created'; created: CreatedApiKey }
  | { kind: 'edit' | 'revoke'; apiKey: ApiKey }
  | null;

/** The keys of programs, and the dialogs that create, edit and revoke them. */
export function ApiKeysPage() {
  // The start page explains why there is nothing to see.
  return useCanManageAccess() ? <ApiKeysTable /> : <Navigate to={startPath} replace />;
}

function ApiKeysTable() {
  const table = useUrlView(rules);
  const { view } = table;
  const apiKeys = useQuery(apiKeysQuery(view));
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);
  // The same object for as long as the page is open: rows are rendered again only when it is another one.
  const columns = useMemo(() => apiKeyColumns(setDialog), []);

  const page = apiKeys.data;
  const rows = page?.items;
  const isEmpty = rows?.length === 0 && view.cursor === undefined && !apiKeys.isPlaceholderData;
  const createButton = (
    <Button
      variant="contained"
      startIcon={<AddIcon />}
      onClick={() => setDialog({ kind: 'create' })}
    >
      Create API key
    </Button>
  );
  return (
    <Page
      title="API keys"
      lead="Programs call the API with a key of their own. Each has permissions of its own or those of a team, and can be revoked at once."
      // Below, it is part of what to do next.
      actions={isEmpty && view.q === '' ? undefined : createButton}
    >
      <TableToolbar
        what="API keys"
        placeholder="Search name"
        q={view.q}
        onSearch={(q) => table.change({ q }, true)}
        sorting={{
          sort: view.sort,
          sorts: ApiKeySortSchema.options,
          onSort: (sort) => table.change({ sort }),
        }}
        onRefresh={() => void apiKeys.refetch()}
        isRefreshing={apiKeys.isFetching}
      />
      {apiKeys.isError && (
        <ListProblem problem={apiKeys.error} onRetry={() => void apiKeys.refetch()} table={table} />
      )}
      {isEmpty && view.q !== '' && (
        <EmptyState
          title="No API key matches your search"
          action={
            <Button variant="outlined" onClick={() => table.change({ q: '' })}>
              Clear the search
            </Button>
          }
        >
          Nothing has “{view.q}” in its name.
        </EmptyState>
      )}
      {isEmpty && view.q === '' && (
        <EmptyState
          title="There are no API keys yet"
          picture={<Logo size={56} />}
          action={createButton}
        >
          Create one for each program that calls the API: with a key of its own it can do what it
          needs, and it can be shut out without a change for the others.
        </EmptyState>
      )}
      {!isEmpty && (rows !== undefined || !apiKeys.isError) && (
        <>
          <DataTable
            label="API keys"
            columns={columns}
            rows={rows}
            rowKey={idOf}
            sort={view.sort}
            onSort={(sort) => table.change({ sort: ApiKeySortSchema.catch('name').parse(sort) })}
            isLoading={apiKeys.isFetching}
          />
          <Pager
            table={table}
            count={page && countText(page.total)}
            nextCursor={page?.nextCursor ?? null}
          />
        </>
      )}
      {dialog?.kind === 'create' && (
        <CreateApiKeyDialog
          onClose={close}
          onCreated={(created) => setDialog({ kind: 'created', created })}
        />
      )}
      {dialog?.kind === 'created' && (
        <CreatedTokenDialog created={dialog.created} onClose={close} />
      )}
      {dialog?.kind === 'edit' && <EditApiKeyDialog id={dialog.apiKey.id} onClose={close} />}
      {dialog?.kind === 'revoke' && (
        <RevokeApiKeyDialog
          apiKey={dialog.apiKey}
          onClose={close}
          onRevoked={() => {
            close();
            focusTitle();
          }}
        />
      )}
    </Page>
  );
}

const idOf = ({ id }: ApiKey) => id;

const countText = (total: number) =>
  `${total.toLocaleString('en')} ${total === 1 ? 'API key' : 'API keys'}`;
