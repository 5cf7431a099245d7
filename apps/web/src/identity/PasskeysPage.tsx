import { mostPasskeys, type Passkey } from '@dropsafe/contract/passkeys';
import AddIcon from '@mui/icons-material/Add';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Button from '@mui/material/Button';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { DataTable } from '../ui/DataTable.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { Logo } from '../ui/Logo.tsx';
import { EmptyState, Page } from '../ui/Page.tsx';
import { useFocusAfterRemoval } from '../ui/use-focus-after-removal.ts';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { whyNoPasskeys } from './passkey-browser.ts';
import { passkeyColumns } from './passkey-columns.tsx';
import { AddPasskeyDialog, RemovePasskeyDialog, RenamePasskeyDialog } from './PasskeyDialogs.tsx';
import { passkeysQuery } from './passkeys.queries.ts';

type OpenDialog = { kind: 'add' } | { kind: 'rename' | 'remove'; passkey: Passkey } | null;

/** One's own passkeys, and the dialogs that add, rename and remove them. */
export function PasskeysPage() {
  const passkeys = useQuery(passkeysQuery);
  const [dialog, setDialog] = useState<OpenDialog>(null);
  const focusTitle = useFocusAfterRemoval();
  const close = () => setDialog(null);
  const columns = useMemo(
    () => passkeyColumns((kind, passkey) => setDialog({ kind, passkey })),
    [],
  );

  const reason = whyNoPasskeys();
  const rows = passkeys.data;
  const isEmpty = rows?.length === 0;
  const isFull = (rows?.length ?? 0) >= mostPasskeys;
  const addButton = (
    <DisabledReason
      reason={reason ?? (isFull ? `${mostPasskeys} are the most. Remove one first.` : undefined)}
    >
      <Button
        variant="contained"
        startIcon={<AddIcon />}
        onClick={() => setDialog({ kind: 'add' })}
      >
        Add passkey
      </Button>
    </DisabledReason>
  );
  return (
    <Page
      title="Passkeys"
      lead="Ways to sign in without your password, each kept by a device or a password manager of yours."
      // Below, it is part of what to do next.
      actions={isEmpty ? undefined : addButton}
    >
      {reason !== undefined && (
        <Alert severity="info" sx={{ mb: 2 }}>
          <AlertTitle>No passkey can be used on this page</AlertTitle>
          {reason}
        </Alert>
      )}
      {passkeys.isError && (
        <ProblemAlert
          problem={passkeys.error}
          onRetry={() => void passkeys.refetch()}
          sx={{ mb: 2 }}
        />
      )}
      {isEmpty && (
        <EmptyState title="You have no passkey yet" picture={<Logo size={56} />} action={addButton}>
          With a passkey you sign in as you unlock your phone or computer: by fingerprint, face or
          its code. There is nothing to remember, and nothing that somebody could talk you into
          typing on a wrong page. Your password stays valid beside it.
        </EmptyState>
      )}
      {!isEmpty && (rows !== undefined || !passkeys.isError) && (
        <DataTable
          label="Your passkeys"
          columns={columns}
          rows={rows}
          rowKey={idOf}
          isLoading={passkeys.isFetching}
        />
      )}
      {dialog?.kind === 'add' && <AddPasskeyDialog onClose={close} />}
      {dialog?.kind === 'rename' && (
        <RenamePasskeyDialog passkey={dialog.passkey} onClose={close} />
      )}
      {dialog?.kind === 'remove' && (
        <RemovePasskeyDialog
          passkey={dialog.passkey}
          onClose={close}
          onRemoved={() => {
            close();
            focusTitle();
          }}
        />
      )}
    </Page>
  );
}

const idOf = ({ id }: Passkey) => id;
