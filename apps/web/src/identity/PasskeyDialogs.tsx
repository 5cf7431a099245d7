import { BeginPasskeySchema, PasskeyNameSchema, type Passkey } from '@dropsafe/contract/passkeys';
import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem } from '../api/field-problems.ts';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { isThereAlready, wasCancelled } from './passkey-browser.ts';
import { useAddPasskey, useRemovePasskey, useRenamePasskey } from './passkeys.queries.ts';

/** @file The dialogs about one's own passkeys. Each is rendered only while it is open. */

/** Adds a passkey: the password first, then the browser asks for the rest. */
export function AddPasskeyDialog({ onClose }: { onClose: () => void }) {
  return (
    <FormDialog title="Add a passkey" onClose={onClose}>
      <AddPasskeyForm onClose={onClose} />
    </FormDialog>
  );
}

function AddPasskeyForm({ onClose }: { onClose: () => void }) {
  const add = useAddPasskey();
  const toast = useToast();
  const [problem, setProblem] = useState<Error | null>(null);
  const [notice, setNotice] = useState<string>();
  const form = useForm({ defaultValues: { name: '', currentPassword: '' } });
  const { errors, isDirty } = form.formState;

  const save = form.handleSubmit(async (typed) => {
    setProblem(null);
    setNotice(undefined);
    try {
      const { name } = await add.run(typed);
      toast(`Passkey ${name} added`);
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (wasCancelled(error)) return setNotice('No passkey was made. You can try again.');
      if (isThereAlready(error))
        return setNotice('There is a passkey of yours on it already. Choose another device.');
      const placed = placeProblem(error, ['name', 'currentPassword']);
      for (const field of ['currentPassword', 'name'] as const) {
        const message = placed.atFields[field];
        if (message !== undefined) form.setError(field, { message }, { shouldFocus: true });
      }
      setProblem(placed.elsewhere);
    }
  });
  return (
    <DialogForm
      saveLabel="Add passkey"
      isDirty={isDirty}
      isSaving={add.isPending}
      problem={problem}
      notice={
        notice !== undefined && (
          <Alert severity="info" role="presentation">
            {notice}
          </Alert>
        )
      }
      onSave={() => void save()}
    >
      <TextInput
        label="Name"
        isRequired
        autoFocus
        autoComplete="off"
        help="What keeps it, so that you know it again: your laptop, your phone, your password manager."
        error={errors.name?.message}
        {...form.register('name', { validate: (text) => checkField(PasskeyNameSchema, text) })}
      />
      <TextInput
        label="Current password"
        isRequired
        type="password"
        autoComplete="current-password"
        help="So that nobody who finds your browser open can add one. The password stays valid."
        error={errors.currentPassword?.message}
        {...form.register('currentPassword', {
          validate: (text) => checkField(BeginPasskeySchema.shape.currentPassword, text),
        })}
      />
    </DialogForm>
  );
}

interface Props {
  passkey: Passkey;
  onClose: () => void;
}

/** Gives a passkey another name. */
export function RenamePasskeyDialog({ passkey, onClose }: Props) {
  return (
    <FormDialog title={`Rename ${passkey.name}`} onClose={onClose}>
      <RenamePasskeyForm passkey={passkey} onClose={onClose} />
    </FormDialog>
  );
}

function RenamePasskeyForm({ passkey: { id, name: before }, onClose }: Props) {
  const rename = useRenamePasskey();
  const toast = useToast();
  const [problem, setProblem] = useState<Error | null>(null);
  const form = useForm({ defaultValues: { name: before } });
  const { errors, isDirty } = form.formState;

  const save = form.handleSubmit(async ({ name: typed }) => {
    setProblem(null);
    try {
      const { name } = await rename.mutateAsync({ id, name: typed });
      toast(`Passkey renamed to ${name}`);
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { atFields, elsewhere } = placeProblem(error, ['name']);
      if (atFields.name !== undefined)
        form.setError('name', { message: atFields.name }, { shouldFocus: true });
      setProblem(elsewhere);
    }
  });
  return (
    <DialogForm
      saveLabel="Rename"
      isDirty={isDirty}
      isSaving={rename.isPending}
      problem={problem}
      onSave={() => void save()}
    >
      <TextInput
        label="Name"
        isRequired
        autoFocus
        autoComplete="off"
        error={errors.name?.message}
        {...form.register('name', { validate: (text) => checkField(PasskeyNameSchema, text) })}
      />
    </DialogForm>
  );
}

/** The question before a passkey is removed. */
export function RemovePasskeyDialog({
  passkey: { id, name, lastUsedAt },
  onClose,
  onRemoved,
}: Props & { onRemoved: () => void }) {
  const removal = useRemovePasskey();
  const toast = useToast();
  const done = () => {
    toast(`Passkey ${name} removed`);
    onRemoved();
  };
  return (
    <ConfirmDialog
      title={`Remove ${name}?`}
      confirmLabel="Remove"
      cancelLabel="Cancel"
      isBusy={removal.isPending}
      onConfirm={() =>
        removal.mutate(id, {
          onSuccess: done,
          // It is gone already; what was wanted holds.
          onError: (error) => error instanceof ApiProblem && error.code === 'not-found' && done(),
        })
      }
      onCancel={onClose}
    >
      <Typography variant="body1">
        Nobody can sign in with it again. Your password and your other passkeys stay as they are,
        and you stay signed in.
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {lastUsedAt === null ? (
          'It has never been used.'
        ) : (
          <>
            It was last used <RelativeTime time={lastUsedAt} />.
          </>
        )}{' '}
        Your device or password manager still lists it: delete it there as well.
      </Typography>
      {removal.error !== null && <ProblemAlert problem={removal.error} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}
