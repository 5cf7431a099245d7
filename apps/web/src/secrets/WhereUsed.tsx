import {
  isAllowed,
  listIntegrations,
  readIntegrations,
  type Permission,
} from '@dropsafe/contract/permissions';
import { countedUpTo, printReference, type ReferencePage } from '@dropsafe/contract/secrets';
import Box from '@mui/material/Box';
import Link from '@mui/material/Link';
import Paper from '@mui/material/Paper';
import { useQuery } from '@tanstack/react-query';
import { useMemo, type ReactNode } from 'react';
import { Link as RouterLink } from 'react-router';
import { integrationPath } from '../paths.ts';
import { useSession } from '../permissions/can.ts';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { Pager } from '../ui/Pager.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { fieldTitles } from './field-titles.ts';
import { referencesView } from './references-view.ts';
import { referencesQuery } from './secret-page.queries.ts';

type UsedReference = ReferencePage['items'][number];

/** Which integrations use a secret, page by page; the number only for somebody who may not list integrations. */
export function WhereUsed({ name }: { name: string }) {
  const table = useUrlView(referencesView);
  const references = useQuery(referencesQuery(name, table.view));
  const { permissions } = useSession();
  const columns = useMemo(() => referenceColumns(permissions), [permissions]);
  const { data } = references;
  const isFirst = table.view.cursor === undefined;
  return (
    <>
      {references.isError && (
        <ListProblem
          problem={references.error}
          onRetry={() => void references.refetch()}
          table={table}
        />
      )}
      {data?.total === 0 && isFirst ? (
        <Notice>
          No integration uses it. To use it in one, put <code>{printReference(name)}</code> into a
          field that accepts secrets.
        </Notice>
      ) : data !== undefined && !isAllowed(permissions, listIntegrations) ? (
        <Notice>
          {countText(data)} {data.total === 1 ? 'uses' : 'use'} it. Which, is told to those who may
          list integrations.
        </Notice>
      ) : (
        (data !== undefined || !references.isError) && (
          <>
            <DataTable
              label="Where it is used"
              columns={columns}
              rows={data?.items}
              rowKey={idOf}
              isLoading={references.isFetching}
            />
            <Pager
              table={table}
              count={data && countText(data)}
              nextCursor={data?.nextCursor ?? null}
            />
          </>
        )
      )}
    </>
  );
}

const idOf = ({ integration }: UsedReference) => integration.id;

function countText({ total }: ReferencePage): string {
  return total === null
    ? `More than ${countedUpTo.toLocaleString('en')} integrations`
    : `${total.toLocaleString('en')} ${total === 1 ? 'integration' : 'integrations'}`;
}

function referenceColumns(permissions: readonly Permission[]): Column<UsedReference>[] {
  const canOpen = isAllowed(permissions, readIntegrations);
  return [
    {
      id: 'integration',
      title: 'Integration',
      width: '40%',
      isHeading: true,
      render: ({ integration: { id, name } }) => (
        <Box component="span" sx={{ fontWeight: 600, overflowWrap: 'anywhere' }}>
          {canOpen ? (
            <Link component={RouterLink} to={integrationPath(id)} underline="hover">
              {name}
            </Link>
          ) : (
            name
          )}
        </Box>
      ),
    },
    { id: 'fields', title: 'Fields', render: ({ fields }) => fieldTitles(fields).join(', ') },
    {
      id: 'lastUsed',
      title: 'Last used',
      width: 150,
      render: ({ lastUsedAt }) =>
        lastUsedAt === null ? (
          <Box component="span" sx={{ color: 'text.secondary' }}>
            Never
          </Box>
        ) : (
          <RelativeTime time={lastUsedAt} />
        ),
    },
  ];
}

/** In place of the table. */
function Notice({ children }: { children: ReactNode }) {
  return (
    <Paper
      variant="outlined"
      sx={{
        typography: 'body2',
        color: 'text.secondary',
        px: 2,
        py: 1.5,
        borderRadius: 1.5,
        borderStyle: 'dashed',
        overflowWrap: 'anywhere',
      }}
    >
      {children}
    </Paper>
  );
}
