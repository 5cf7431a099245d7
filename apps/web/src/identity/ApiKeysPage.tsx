import { ApiKeySortSchema, type ApiKey, type CreatedApiKey } from '@dropsafe/contract/api-keys';
import AddIcon from '@mui/icons-material/Add';
import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanManageAccess } from '../permissions/can.ts';
import { Choice } from '../ui/Choice.tsx';
import { DataTable } from '../ui/DataTable.tsx';
import { listViewOf } from '../ui/list-view.ts';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page, pageTitleId } from '../ui/Page.tsx';
import { Pager } from '../ui/Pager.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { SearchField } from '../ui/SearchField.tsx';
import { ToolbarButton } from '../ui/ToolbarButton.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { apiKeyColumns } from './api-key-columns.tsx';
import { apiKeysQuery } from './api-keys.queries.ts';
import { CreateApiKeyDialog } from './CreateApiKeyDialog.tsx';
import { CreatedTokenDialog } from './CreatedTokenDialog.tsx';
import { RevokeApiKeyDialog } from './RevokeApiKeyDialog.tsx';

const rules = listViewOf(ApiKeySortSchema, 'name');

type OpenDialog =
  | { kind: 'create' }
  | { kind: 'created'; created: CreatedApiKey }
  | { kind: 'revoke'; apiKey: ApiKey }
  | null;

/** The keys of programs, and the dialogs that create and revoke them. */
export function ApiKeysPage() {
  // The start page explains why there is nothing to see.
  return useCanManageAccess() ? <ApiKeysTable /> : <Navigate to={startPath} replace />;
}

function ApiKeysTable() {
  const table = useUrlView(rules);
  const { view } = table;
  const apiKeys = useQuery(apiKeysQuery(view));
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [revocations, setRevocations] = useState(0);
  const close = () => setDialog(null);
  useEffect(() => {
    // The button that opened the dialog goes with its row. An effect: it runs after the dialog has given the focus back.
    if (revocations > 0) document.getElementById(pageTitleId)?.focus();
  }, [revocations]);
  // The same object for as long as the page is open: rows are rendered again only when it is another one.
  const columns = useMemo(
    () => apiKeyColumns((apiKey) => setDialog({ kind: 'revoke', apiKey })),
    [],
  );

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
      <Box
        role="toolbar"
        aria-label="Table"
        sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, mb: 2 }}
      >
        <SearchField
          label="Search API keys"
          placeholder="Search name"
          q={view.q}
          onSearch={(q) => table.change({ q }, true)}
        />
        <Choice
          aria-label="Sort by"
          value={view.sort}
          onChange={(event) =>
            table.change({ sort: ApiKeySortSchema.catch('name').parse(event.target.value) })
          }
          // On narrow screens, where the cards have no headers.
          sx={{ display: { md: 'none' }, flex: { xs: 1, sm: 'none' } }}
        >
          {Object.entries(sortTitles).map(([sort, title]) => (
            <option key={sort} value={sort}>
              {title}
            </option>
          ))}
        </Choice>
        <Box sx={{ flex: { md: 1 } }} />
        <ToolbarButton
          label="Refresh"
          icon={<RefreshIcon fontSize="small" />}
          onClick={() => void apiKeys.refetch()}
          aria-busy={apiKeys.isFetching}
        />
      </Box>
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
      {dialog?.kind === 'revoke' && (
        <RevokeApiKeyDialog
          apiKey={dialog.apiKey}
          onClose={close}
          onRevoked={() => {
            close();
            setRevocations(revocations + 1);
          }}
        />
      )}
    </Page>
  );
}

const idOf = ({ id }: ApiKey) => id;

const countText = (total: number) =>
  `${total.toLocaleString('en')} ${total === 1 ? 'API key' : 'API keys'}`;

const sortTitles = {
  name: 'Name, A to Z',
  '-name': 'Name, Z to A',
  '-createdAt': 'Created, latest first',
  createdAt: 'Created, oldest first',
  '-lastUsedAt': 'Last used, latest first',
  lastUsedAt: 'Last used, oldest first',
};
