import { declarationOf } from '@dropsafe/contract/integration-types';
import type { ListedIntegration } from '@dropsafe/contract/integrations';
import BlockIcon from '@mui/icons-material/Block';
import EnableIcon from '@mui/icons-material/CheckCircleOutlined';
import CopyIcon from '@mui/icons-material/ContentCopyOutlined';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import EditIcon from '@mui/icons-material/EditOutlined';
import TestIcon from '@mui/icons-material/NetworkCheckOutlined';
import ShowIcon from '@mui/icons-material/VisibilityOutlined';
import IconButton from '@mui/material/IconButton';
import type { ReactNode } from 'react';
import { Name, OneLine, Quiet } from '../access/words.tsx';
import type { Reason, useIntegrationReasons } from '../permissions/can.ts';
import type { Column } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Mark } from '../ui/Mark.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useUrlView } from '../ui/use-url-view.ts';
import { viewRules } from './integrations-view.ts';

/** What is done with a row in a dialog of its own. */
export type IntegrationAction = 'copy' | 'switch' | 'delete' | 'test';

type Reasons = ReturnType<typeof useIntegrationReasons>;
type Act = (action: IntegrationAction, integration: ListedIntegration) => void;

/** The columns of the table of integrations. */
export function integrationColumns(reasons: Reasons, act: Act): Column<ListedIntegration>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: '24%',
      sortBy: 'name',
      isHeading: true,
      render: ({ name }) => <Name>{name}</Name>,
    },
    {
      id: 'type',
      title: 'Type',
      width: 120,
      render: ({ type }) => <OneLine>{declarationOf(type).title}</OneLine>,
    },
    {
      id: 'description',
      title: 'Description',
      render: ({ description }) => description ?? <Quiet>None</Quiet>,
    },
    {
      id: 'state',
      title: 'State',
      width: 110,
      render: ({ isDisabled }) => (
        <Mark tone={isDisabled ? 'quiet' : 'success'}>{isDisabled ? 'Disabled' : 'Enabled'}</Mark>
      ),
    },
    {
      id: 'updated',
      title: 'Updated',
      width: 150,
      sortBy: 'updatedAt',
      isDescendingFirst: true,
      render: ({ updatedAt, updatedBy }) =>
        updatedAt === null ? (
          <Quiet>Never</Quiet>
        ) : (
          <OneLine>
            <RelativeTime time={updatedAt} by={updatedBy} />
          </OneLine>
        ),
    },
    {
      id: 'actions',
      title: 'Actions',
      width: 208,
      isActions: true,
      render: (integration) => <Actions integration={integration} reasons={reasons} act={act} />,
    },
  ];
}

interface ActionsProps {
  integration: ListedIntegration;
  reasons: Reasons;
  act: Act;
}

function Actions({ integration, reasons, act }: ActionsProps) {
  const { name, isDisabled } = integration;
  const on = (action: Parameters<Act>[0]) => () => act(action, integration);
  return (
    <>
      <Action
        label={`Test connection of ${name}`}
        title="Test connection"
        reason={reasons.test}
        onClick={on('test')}
      >
        <TestIcon fontSize="small" />
      </Action>
      <EditAction integration={integration} reasons={reasons} />
      <Action label={`Copy ${name}`} title="Copy" reason={reasons.create} onClick={on('copy')}>
        <CopyIcon fontSize="small" />
      </Action>
      <Action
        label={`${isDisabled ? 'Enable' : 'Disable'} ${name}`}
        title={isDisabled ? 'Enable' : 'Disable'}
        reason={reasons.update}
        onClick={on('switch')}
      >
        {isDisabled ? <EnableIcon fontSize="small" /> : <BlockIcon fontSize="small" />}
      </Action>
      <Action
        label={`Delete ${name}`}
        title="Delete"
        reason={reasons.delete}
        onClick={on('delete')}
      >
        <DeleteIcon fontSize="small" />
      </Action>
    </>
  );
}

/** Who may see a configuration but not change it opens the same dialog. */
function EditAction({ integration: { id, name }, reasons }: Omit<ActionsProps, 'act'>) {
  const { change } = useUrlView(viewRules);
  // By the URL, so that it can be linked to; without an entry in the history, as other dialogs are.
  const open = () => change({ edit: id }, true);
  return reasons.read === undefined && reasons.update !== undefined ? (
    <Action label={`Show ${name}`} title="Show" reason={undefined} onClick={open}>
      <ShowIcon fontSize="small" />
    </Action>
  ) : (
    <Action label={`Edit ${name}`} title="Edit" reason={reasons.update} onClick={open}>
      <EditIcon fontSize="small" />
    </Action>
  );
}

interface ActionProps {
  label: string;
  title: string;
  reason: Reason;
  onClick: () => void;
  children: ReactNode;
}

function Action({ label, title, reason, onClick, children }: ActionProps) {
  return (
    <DisabledReason reason={reason}>
      <IconButton aria-label={label} title={title} onClick={onClick}>
        {children}
      </IconButton>
    </DisabledReason>
  );
}
