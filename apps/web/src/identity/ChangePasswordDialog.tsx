import { ChangePasswordSchema } from '@dropsafe/contract/identity';
import { useState } from 'react';
import { useForm } from 'react-hook-form';
import { checkField } from '../api/check-field.ts';
import { placeProblem } from '../api/field-problems.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { useChangePassword } from './identity.queries.ts';

const schemas = ChangePasswordSchema.shape;

/** Change one's own password. Rendered only while it is open. */
export function ChangePasswordDialog({ onClose }: { onClose: () => void }) {
  return (
    <FormDialog title="Change password" onClose={onClose}>
      <ChangePasswordForm onClose={onClose} />
    </FormDialog>
  );
}

function ChangePasswordForm({ onClose }: { onClose: () => void }) {
  const changePassword = useChangePassword();
  const toast = useToast();
  const [problem, setProblem] = useState<Error | null>(null);
  const form = useForm({ defaultValues: { currentPassword: '', newPassword: '', repeated: '' } });
  const { errors, isDirty } = form.formState;

  const save = form.handleSubmit(async ({ currentPassword, newPassword }) => {
    setProblem(null);
    try {
      await changePassword.run({ currentPassword, newPassword });
      toast('Password changed. Your other sessions have ended.');
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const placed = placeProblem(error, ['currentPassword', 'newPassword']);
      for (const field of ['newPassword', 'currentPassword'] as const) {
        const message = placed.atFields[field];
        if (message !== undefined) form.setError(field, { message }, { shouldFocus: true });
      }
      setProblem(placed.elsewhere);
    }
  });
  return (
    <DialogForm
      saveLabel="Change password"
      isDirty={isDirty}
      isSaving={changePassword.isPending}
      problem={problem}
      onSave={() => void save()}
    >
      <TextInput
        label="Current password"
        isRequired
        type="password"
        autoComplete="current-password"
        autoFocus
        error={errors.currentPassword?.message}
        {...form.register('currentPassword', {
          validate: (text) => checkField(schemas.currentPassword, text),
        })}
      />
      <TextInput
        label="New password"
        isRequired
        type="password"
        autoComplete="new-password"
        help="At least 15 characters. A few words in a row are fine."
        error={errors.newPassword?.message}
        {...form.register('newPassword', {
          validate: (text) => checkField(schemas.newPassword, text),
        })}
      />
      <TextInput
        label="Repeat the new password"
        isRequired
        type="password"
        autoComplete="new-password"
        error={errors.repeated?.message}
        {...form.register('repeated', {
          validate: (text, all) => text === all.newPassword || 'The two new passwords differ.',
        })}
      />
    </DialogForm>
  );
}
