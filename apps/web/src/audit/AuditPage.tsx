import type { AuditEntry } from '@dropsafe/contract/audit';
import DownloadIcon from '@mui/icons-material/DownloadOutlined';
import RefreshIcon from '@mui/icons-material/Refresh';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanReadAudit } from '../permissions/can.ts';
import { DataTable } from '../ui/DataTable.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { Pager } from '../ui/Pager.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { auditColumns } from './audit-columns.tsx';
import { changeAuditView, isFiltered, readAuditView, writeAuditView } from './audit-view.ts';
import { auditQuery, auditStateQuery, exportAddress } from './audit.queries.ts';
import { AuditEventDialog } from './AuditEventDialog.tsx';
import { AuditFilters } from './AuditFilters.tsx';
import { TrailState } from './TrailState.tsx';

/** The audit trail: who did what, when, and from where. */
export function AuditPage() {
  const canRead = useCanReadAudit();
  // The start page explains why there is nothing to see.
  return canRead ? <AuditTable /> : <Navigate to={startPath} replace />;
}

const urlView = { read: readAuditView, write: writeAuditView, change: changeAuditView };

function AuditTable() {
  const table = useUrlView(urlView);
  const { view } = table;
  const trail = useQuery(auditQuery(view));
  const client = useQueryClient();
  const [opened, setOpened] = useState<AuditEntry | null>(null);
  // The same object for as long as nothing changed: the rows are rendered again only when it is another one.
  const columns = useMemo(() => auditColumns(setOpened), []);
  const rows = trail.data?.items;
  const nextCursor = trail.data?.nextCursor ?? null;
  const isEnd = nextCursor === null && !trail.isPlaceholderData;
  const isEmpty = rows?.length === 0 && view.cursor === undefined && isEnd;
  return (
    <Page
      title="Audit"
      lead="Who did what, when, and from where. Every event is chained to the one before it."
      actions={
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1 }}>
          <ExportLink address={exportAddress(view, 'ndjson')} label="Export NDJSON" />
          <ExportLink address={exportAddress(view, 'csv')} label="Export CSV" />
          <Button
            color="inherit"
            aria-label="Refresh"
            aria-busy={trail.isFetching}
            onClick={() =>
              void Promise.all([trail.refetch(), client.invalidateQueries(auditStateQuery)])
            }
            sx={{ color: 'text.secondary', minWidth: 40, px: 1 }}
          >
            <RefreshIcon fontSize="small" />
          </Button>
        </Box>
      }
    >
      <TrailState />
      <AuditFilters view={view} onChange={table.change} />
      {trail.isError && (
        <ListProblem problem={trail.error} onRetry={() => void trail.refetch()} table={table} />
      )}
      {isEmpty ? (
        <EmptyState title={isFiltered(view) ? 'No event matches' : 'There are no events yet'}>
          {isFiltered(view)
            ? 'Names must be given as a whole. Clear a filter to see more.'
            : 'Whatever somebody changes from now on will stand here.'}
        </EmptyState>
      ) : (
        (rows !== undefined || !trail.isError) && (
          <>
            <DataTable
              label="Events"
              columns={columns}
              rows={rows}
              rowKey={numberOf}
              isLoading={trail.isFetching}
            />
            <Pager
              table={table}
              nextCursor={nextCursor}
              count={
                rows !== undefined && rows.length < view.limit && nextCursor !== null
                  ? 'Older events were not looked through yet: go on with Next'
                  : 'Newest first'
              }
            />
          </>
        )
      )}
      {opened && <AuditEventDialog event={opened} onClose={() => setOpened(null)} />}
    </Page>
  );
}

const numberOf = ({ id }: AuditEntry) => String(id);

/** A plain link: the browser itself saves what comes, however long it is. */
function ExportLink({ address, label }: { address: string; label: string }) {
  return (
    <Button
      component="a"
      href={address}
      download
      variant="outlined"
      color="inherit"
      startIcon={<DownloadIcon />}
      // On a phone all three stand in one line without it.
      sx={{ '& .MuiButton-startIcon': { display: { xs: 'none', sm: 'inherit' } } }}
    >
      {label}
    </Button>
  );
}
