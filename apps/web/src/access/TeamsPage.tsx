import { AccessSortSchema, membersCountedUpTo, type Team } from '@dropsafe/contract/teams';
import AddIcon from '@mui/icons-material/Add';
import BlockIcon from '@mui/icons-material/Block';
import EnableIcon from '@mui/icons-material/CheckCircleOutlined';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import GroupIcon from '@mui/icons-material/GroupOutlined';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Navigate } from 'react-router';
import { startPath } from '../paths.ts';
import { useCanManageAccess } from '../permissions/can.ts';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { Pager } from '../ui/Pager.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { teamsQuery } from './access.queries.ts';
import { sortOf, useAccessView } from './list-view.ts';
import { MembersDialog } from './MembersDialog.tsx';
import { CreateTeamDialog, EditTeamDialog } from './TeamForm.tsx';
import { DeleteTeamDialog, SwitchTeamDialog } from './TeamQuestions.tsx';
import { Name, OneLine, PermissionNames, Quiet } from './words.tsx';

type OpenDialog =
  | { kind: 'create' }
  | { kind: 'edit' | 'delete' | 'switch'; team: Team }
  | { kind: 'members'; team: Team; isNew: boolean }
  | null;

/** The table of teams, and the dialogs that change them. */
export function TeamsPage() {
  // The start page explains why there is nothing to see.
  return useCanManageAccess() ? <TeamsTable /> : <Navigate to={startPath} replace />;
}

function TeamsTable() {
  const table = useAccessView();
  const { view } = table;
  const teams = useQuery(teamsQuery(view));
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [columns] = useState(() => teamColumns(setDialog));
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);

  const rows = teams.data?.items;
  const isEmpty = rows?.length === 0 && view.cursor === undefined && !teams.isPlaceholderData;
  const createButton = (
    <Button
      variant="contained"
      startIcon={<AddIcon />}
      onClick={() => setDialog({ kind: 'create' })}
    >
      Create team
    </Button>
  );
  return (
    <Page
      title="Teams"
      lead="Every member of a team may do what the team may, for as long as they are in it."
      // Below, it is part of what to do next.
      actions={isEmpty && view.q === '' ? undefined : createButton}
    >
      <TableToolbar
        what="teams"
        placeholder="Search by name"
        q={view.q}
        onSearch={(q) => table.change({ q }, true)}
        sorting={{
          sort: view.sort,
          sorts: AccessSortSchema.options,
          onSort: (sort) => table.change({ sort }),
        }}
        onRefresh={() => void teams.refetch()}
        isRefreshing={teams.isFetching}
      />
      {teams.isError && (
        <ListProblem problem={teams.error} onRetry={() => void teams.refetch()} table={table} />
      )}
      {isEmpty ? (
        <NoTeams q={view.q} onClear={() => table.change({ q: '' })} create={createButton} />
      ) : (
        (rows !== undefined || !teams.isError) && (
          <>
            <DataTable
              label="Teams"
              columns={columns}
              rows={rows}
              rowKey={idOf}
              sort={view.sort}
              onSort={(sort) => table.change({ sort: sortOf(sort) })}
              isLoading={teams.isFetching}
            />
            <Pager
              table={table}
              nextCursor={teams.data?.nextCursor ?? null}
              count={rows && `${rows.length.toLocaleString('en')} teams shown`}
            />
          </>
        )
      )}
      {dialog?.kind === 'create' && (
        <CreateTeamDialog
          onClose={close}
          onCreated={(team) => setDialog({ kind: 'members', team, isNew: true })}
        />
      )}
      {dialog?.kind === 'edit' && <EditTeamDialog id={dialog.team.id} onClose={close} />}
      {dialog?.kind === 'members' && (
        <MembersDialog team={dialog.team} isNew={dialog.isNew} onClose={close} />
      )}
      {dialog?.kind === 'switch' && <SwitchTeamDialog team={dialog.team} onClose={close} />}
      {dialog?.kind === 'delete' && (
        <DeleteTeamDialog
          team={dialog.team}
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

const idOf = ({ id }: Team) => id;

interface NoTeamsProps {
  q: string;
  onClear: () => void;
  create: ReactNode;
}

function NoTeams({ q, onClear, create }: NoTeamsProps) {
  if (q !== '') {
    return (
      <EmptyState
        title="No team matches your search"
        action={
          <Button variant="outlined" onClick={onClear}>
            Clear the search
          </Button>
        }
      >
        No team has “{q}” in its name.
      </EmptyState>
    );
  }
  return (
    <EmptyState title="There are no teams yet" picture={<Logo size={56} />} action={create}>
      Create one for people who do the same work: what you grant to it, each of its members may do.
    </EmptyState>
  );
}

function teamColumns(open: (dialog: OpenDialog) => void): Column<Team>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: '20%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    {
      id: 'state',
      title: 'State',
      width: 110,
      render: ({ isDisabled }) => (
        <Chip
          size="small"
          variant="outlined"
          {...(isDisabled ? { label: 'Disabled' } : { label: 'Enabled', color: 'success' })}
        />
      ),
    },
    {
      id: 'description',
      title: 'Description',
      width: '18%',
      render: ({ description }) => description ?? <Quiet>None</Quiet>,
    },
    {
      id: 'permissions',
      title: 'Members may',
      render: ({ permissions }) => <PermissionNames permissions={permissions} />,
    },
    {
      id: 'members',
      title: 'Members',
      width: 100,
      render: ({ memberCount }) => memberCount ?? `over ${membersCountedUpTo.toLocaleString('en')}`,
    },
    {
      id: 'created',
      title: 'Created',
      sortBy: 'createdAt',
      isDescendingFirst: true,
      width: 110,
      render: ({ createdAt }) => (
        <OneLine>
          <RelativeTime time={createdAt} />
        </OneLine>
      ),
    },
    {
      id: 'actions',
      title: 'Actions',
      width: 170,
      isActions: true,
      render: (team) => <Actions team={team} open={open} />,
    },
  ];
}

function Actions({ team, open }: { team: Team; open: (dialog: OpenDialog) => void }) {
  return (
    <>
      <IconButton
        aria-label={`Edit ${team.name}`}
        title="Edit"
        onClick={() => open({ kind: 'edit', team })}
      >
        <EditIcon fontSize="small" />
      </IconButton>
      <IconButton
        aria-label={`Members of ${team.name}`}
        title="Members"
        onClick={() => open({ kind: 'members', team, isNew: false })}
      >
        <GroupIcon fontSize="small" />
      </IconButton>
      <IconButton
        aria-label={`${team.isDisabled ? 'Enable' : 'Disable'} ${team.name}`}
        title={team.isDisabled ? 'Enable' : 'Disable'}
        onClick={() => open({ kind: 'switch', team })}
      >
        {team.isDisabled ? <EnableIcon fontSize="small" /> : <BlockIcon fontSize="small" />}
      </IconButton>
      <IconButton
        aria-label={`Delete ${team.name}`}
        title="Delete"
        onClick={() => open({ kind: 'delete', team })}
      >
        <DeleteIcon fontSize="small" />
      </IconButton>
    </>
  );
}
