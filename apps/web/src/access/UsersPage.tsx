import { AccessSortSchema } from '@dropsafe/contract/teams';
import type { Invitation, User } from '@dropsafe/contract/users';
import AddIcon from '@mui/icons-material/Add';
import BlockIcon from '@mui/icons-material/Block';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import EnableIcon from '@mui/icons-material/CheckCircleOutlined';
import LinkIcon from '@mui/icons-material/Link';
import Button from '@mui/material/Button';
import Chip from '@mui/material/Chip';
import IconButton from '@mui/material/IconButton';
import { styled } from '@mui/material/styles';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Navigate } from 'react-router';
import { useProviderLabel } from '../identity/identity.queries.ts';
import { startPath } from '../paths.ts';
import { useCanManageAccess } from '../permissions/can.ts';
import { DataTable, type Column } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { Pager } from '../ui/Pager.tsx';
import { TableToolbar } from '../ui/TableToolbar.tsx';
import { ListProblem } from '../ui/ListProblem.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { usersQuery } from './access.queries.ts';
import { InvitationDialog } from './InvitationDialog.tsx';
import { sortOf, useAccessView } from './list-view.ts';
import { CreateUserDialog, EditUserDialog } from './UserForm.tsx';
import { DeleteUserDialog, InviteDialog, SwitchUserDialog } from './UserQuestions.tsx';
import { Name, OneLine, passkeysText, PermissionNames, Quiet, teamText } from './words.tsx';

type OpenDialog =
  | { kind: 'create' }
  | { kind: 'edit' | 'delete' | 'switch' | 'invite'; user: User }
  | { kind: 'invitation'; name: string; invitation: Invitation }
  | null;

/** The table of users, and the dialogs that change them. */
export function UsersPage() {
  // The start page explains why there is nothing to see.
  return useCanManageAccess() ? <UsersTable /> : <Navigate to={startPath} replace />;
}

function UsersTable() {
  const table = useAccessView();
  const { view } = table;
  const users = useQuery(usersQuery(view));
  const toast = useToast();
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const [columns] = useState(() => userColumns(setDialog));
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);

  const rows = users.data?.items;
  const isEmpty = rows?.length === 0 && view.cursor === undefined && !users.isPlaceholderData;
  return (
    <Page
      title="Users"
      lead="Who may sign in, and what each of them may do."
      actions={
        <Button
          variant="contained"
          startIcon={<AddIcon />}
          onClick={() => setDialog({ kind: 'create' })}
        >
          Invite user
        </Button>
      }
    >
      <TableToolbar
        what="users"
        placeholder="Search by name"
        q={view.q}
        onSearch={(q) => table.change({ q }, true)}
        sorting={{
          sort: view.sort,
          sorts: AccessSortSchema.options,
          onSort: (sort) => table.change({ sort }),
        }}
        onRefresh={() => void users.refetch()}
        isRefreshing={users.isFetching}
      />
      {users.isError && (
        <ListProblem problem={users.error} onRetry={() => void users.refetch()} table={table} />
      )}
      {isEmpty ? (
        <EmptyState
          title="No user matches your search"
          action={
            <Button variant="outlined" onClick={() => table.change({ q: '' })}>
              Clear the search
            </Button>
          }
        >
          Nobody has “{view.q}” in their name.
        </EmptyState>
      ) : (
        (rows !== undefined || !users.isError) && (
          <>
            <DataTable
              label="Users"
              columns={columns}
              rows={rows}
              rowKey={idOf}
              sort={view.sort}
              onSort={(sort) => table.change({ sort: sortOf(sort) })}
              isLoading={users.isFetching}
            />
            <Pager
              table={table}
              nextCursor={users.data?.nextCursor ?? null}
              count={rows && `${rows.length.toLocaleString('en')} users shown`}
            />
          </>
        )
      )}
      {dialog?.kind === 'create' && (
        <CreateUserDialog
          onClose={close}
          onCreated={({ user, invitation }) => {
            setDialog(invitation && { kind: 'invitation', name: user.name, invitation });
            if (invitation === null) toast(`User ${user.name} created`);
          }}
        />
      )}
      {dialog?.kind === 'edit' && <EditUserDialog id={dialog.user.id} onClose={close} />}
      {dialog?.kind === 'switch' && <SwitchUserDialog user={dialog.user} onClose={close} />}
      {dialog?.kind === 'invite' && (
        <InviteDialog
          user={dialog.user}
          onClose={close}
          onInvited={(invitation) =>
            setDialog({ kind: 'invitation', name: dialog.user.name, invitation })
          }
        />
      )}
      {dialog?.kind === 'invitation' && (
        <InvitationDialog name={dialog.name} invitation={dialog.invitation} onClose={close} />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteUserDialog
          user={dialog.user}
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

const idOf = ({ id }: User) => id;

function userColumns(open: (dialog: OpenDialog) => void): Column<User>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: '22%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    {
      id: 'state',
      title: 'State',
      width: 150,
      render: (user) => (
        <>
          <State user={user} /> <Means user={user} />
          {user.passkeys > 0 && <PasskeyCount>{passkeysText(user.passkeys)}</PasskeyCount>}
        </>
      ),
    },
    {
      id: 'teams',
      title: 'Teams',
      width: '20%',
      render: ({ teams }) =>
        teams.length === 0 ? <Quiet>None</Quiet> : teams.map(teamText).join(', '),
    },
    {
      id: 'permissions',
      title: 'May do',
      render: ({ effectivePermissions }) => (
        <PermissionNames permissions={effectivePermissions.map(({ permission }) => permission)} />
      ),
    },
    {
      id: 'created',
      title: 'Created',
      sortBy: 'createdAt',
      isDescendingFirst: true,
      width: 130,
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
      render: (user) => <Actions user={user} open={open} />,
    },
  ];
}

const PasskeyCount = styled(Quiet)({ display: 'block', fontSize: '0.8125rem', marginTop: 2 });

function State({ user }: { user: User }) {
  const { isDisabled, hasPassword, provider, invitedUntil } = user;
  if (isDisabled) return <Chip size="small" variant="outlined" label="Disabled" />;
  if (hasPassword || provider?.hasSignedIn === true)
    return <Chip size="small" color="success" variant="outlined" label="Active" />;
  return (
    <Chip
      size="small"
      color="warning"
      variant="outlined"
      label={
        invitedUntil !== null ? 'Invited' : provider === null ? 'Invitation over' : 'Not yet here'
      }
    />
  );
}

/** By which means somebody signs in, or will. */
function Means({ user: { hasPassword, provider, invitedUntil } }: { user: User }) {
  const labelOf = useProviderLabel();
  const means = [
    ...(hasPassword || invitedUntil !== null ? ['password'] : []),
    ...(provider === null ? [] : [labelOf(provider.name)]),
  ];
  return means.length > 0 && <Quiet sx={{ display: 'block' }}>by {means.join(' or ')}</Quiet>;
}

function Actions({ user, open }: { user: User; open: (dialog: OpenDialog) => void }) {
  const { name, isDisabled } = user;
  return (
    <>
      <IconButton
        aria-label={`Edit ${name}`}
        title="Edit"
        onClick={() => open({ kind: 'edit', user })}
      >
        <EditIcon fontSize="small" />
      </IconButton>
      <DisabledReason reason={isDisabled ? 'Enable the user first.' : undefined}>
        <IconButton
          aria-label={`New invitation for ${name}`}
          title="New invitation"
          onClick={() => open({ kind: 'invite', user })}
        >
          <LinkIcon fontSize="small" />
        </IconButton>
      </DisabledReason>
      <IconButton
        aria-label={`${isDisabled ? 'Enable' : 'Disable'} ${name}`}
        title={isDisabled ? 'Enable' : 'Disable'}
        onClick={() => open({ kind: 'switch', user })}
      >
        {isDisabled ? <EnableIcon fontSize="small" /> : <BlockIcon fontSize="small" />}
      </IconButton>
      <IconButton
        aria-label={`Delete ${name}`}
        title="Delete"
        onClick={() => open({ kind: 'delete', user })}
      >
        <DeleteIcon fontSize="small" />
      </IconButton>
    </>
  );
}
