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
import { Name, OneLine, Quiet } from '../access/words.tsx';
import type { Reason, useIntegrationReasons } from '../permissions/can.ts';
import type { Column } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Mark } from '../ui/Mark.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';

/** What can be done with a row. */
export type IntegrationAction = 'edit' | 'copy' | 'switch' | 'delete' | 'test';

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
  // Who may see a configuration but not change it opens the same dialog.
  const isShown = reasons.read === undefined && reasons.update !== undefined;
  const button = (
    action: IntegrationAction,
    words: string,
    label: string,
    reason: Reason,
    icon: React.ReactNode,
  ) => (
    <DisabledReason reason={reason}>
      <IconButton aria-label={label} title={words} onClick={() => act(action, integration)}>
        {icon}
      </IconButton>
    </DisabledReason>
  );
  return (
    <>
      {button(
        'test',
        'Test connection',
        `Test connection of ${name}`,
        reasons.test,
        <TestIcon fontSize="small" />,
      )}
      {isShown
        ? button('edit', 'Show', `Show ${name}`, undefined, <ShowIcon fontSize="small" />)
        : button('edit', 'Edit', `Edit ${name}`, reasons.update, <EditIcon fontSize="small" />)}
      {button('copy', 'Copy', `Copy ${name}`, reasons.create, <CopyIcon fontSize="small" />)}
      {isDisabled
        ? button(
            'switch',
            'Enable',
            `Enable ${name}`,
            reasons.update,
            <EnableIcon fontSize="small" />,
          )
        : button(
            'switch',
            'Disable',
            `Disable ${name}`,
            reasons.update,
            <BlockIcon fontSize="small" />,
          )}
      {button(
        'delete',
        'Delete',
        `Delete ${name}`,
        reasons.delete,
        <DeleteIcon fontSize="small" />,
      )}
    </>
  );
}
