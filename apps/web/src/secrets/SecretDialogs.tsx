import type { SecretMetadata } from '@dropsafe/contract/secrets';
import { lazy, Suspense, useEffect } from 'react';

// Not needed for the first look at a page; loaded while one looks.
const loadForms = () => import('./SecretForm.tsx');
const loadQuestion = () => import('./DeleteSecretDialog.tsx');
const CreateSecretDialog = lazy(async () => ({ default: (await loadForms()).CreateSecretDialog }));
const UpdateSecretDialog = lazy(async () => ({ default: (await loadForms()).UpdateSecretDialog }));
const DeleteSecretDialog = lazy(async () => ({
  default: (await loadQuestion()).DeleteSecretDialog,
}));
const CopySecretDialog = lazy(async () => ({
  default: (await import('../providers/CopySecretDialog.tsx')).CopySecretDialog,
}));

/** A dialog that changes secrets, and which one it is about. */
export type SecretDialog =
  | { kind: 'create' }
  | { kind: 'update' | 'delete' | 'copy'; secret: SecretMetadata };

interface Props {
  /** The one that is open. */
  dialog: SecretDialog | null;
  onClose: () => void;
  /** The button that opened it may be gone, because the secret is gone or there is nowhere left to copy it to. */
  onGone: (kind: 'delete' | 'copy') => void;
}

/** The dialogs that change secrets, for the table and for the page of one. */
export function SecretDialogs({ dialog, onClose, onGone }: Props) {
  useEffect(() => {
    // A failure is of no consequence here: it is tried again when a dialog opens.
    Promise.all([loadForms(), loadQuestion()]).catch(() => undefined);
  }, []);
  const leave = (kind: 'delete' | 'copy') => {
    onClose();
    onGone(kind);
  };
  return (
    <Suspense>
      {dialog?.kind === 'create' && <CreateSecretDialog onClose={onClose} />}
      {dialog?.kind === 'update' && (
        <UpdateSecretDialog name={dialog.secret.name} onClose={onClose} />
      )}
      {dialog?.kind === 'copy' && (
        <CopySecretDialog secret={dialog.secret} onClose={onClose} onCopied={() => leave('copy')} />
      )}
      {dialog?.kind === 'delete' && (
        <DeleteSecretDialog
          name={dialog.secret.name}
          provider={dialog.secret.provider}
          onClose={onClose}
          onDeleted={() => leave('delete')}
        />
      )}
    </Suspense>
  );
}
