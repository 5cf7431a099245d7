import type { CreatedApiKey } from '@dropsafe/contract/api-keys';
import { ApiKeyNameSchema } from '@dropsafe/contract/names';
import type { Permission } from '@dropsafe/contract/permissions';
import { useId, useRef, useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { EffectivePermissions } from '../access/EffectivePermissions.tsx';
import { PermissionsField } from '../access/PermissionsField.tsx';
import { TeamsField, type ChosenTeam } from '../access/TeamsField.tsx';
import { checkField } from '../api/check-field.ts';
import { placeProblem } from '../api/field-problems.ts';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { endAfter, lifetimes } from './api-key-lifetimes.ts';
import { useCreateApiKey } from './api-keys.queries.ts';

interface Props {
  onClose: () => void;
  onCreated: (created: CreatedApiKey) => void;
}

/** Creates a key. Rendered only while it is open. */
export function CreateApiKeyDialog({ onClose, onCreated }: Props) {
  return (
    <FormDialog title="Create an API key" onClose={onClose}>
      <CreateApiKeyForm onCreated={onCreated} />
    </FormDialog>
  );
}

function CreateApiKeyForm({ onCreated }: Pick<Props, 'onCreated'>) {
  const id = useId();
  const create = useCreateApiKey();
  const [problem, setProblem] = useState<Error | null>(null);
  const [wrong, setWrong] = useState<{ permissions?: string | undefined; teamId?: string }>({});
  const firstPermission = useRef<HTMLInputElement>(null);
  const form = useForm({
    defaultValues: { name: '', permissions: noPermissions, team: noTeam, days: '90' },
  });
  const { errors, isDirty } = form.formState;
  const permissions = useWatch({ control: form.control, name: 'permissions' });
  const team = useWatch({ control: form.control, name: 'team' });

  const save = async (): Promise<void> => {
    setProblem(null);
    const typed = form.getValues();
    const isEmpty = typed.permissions.length + typed.team.length === 0;
    setWrong(isEmpty ? { permissions: 'Choose at least one permission, or a team.' } : {});
    if (!(await form.trigger(undefined, { shouldFocus: true }))) return;
    if (isEmpty) return firstPermission.current?.focus();
    const expiresAt = endAfter(Number(typed.days));
    try {
      const teamId = typed.team[0]?.id ?? null;
      const key = { name: typed.name, permissions: typed.permissions, teamId, expiresAt };
      onCreated(await create.run(key));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { atFields, elsewhere } = placeProblem(error, ['name', 'permissions', 'teamId'], {
        'api-key-name-taken': 'name',
      });
      setWrong(atFields);
      if (atFields.name !== undefined)
        form.setError('name', { message: atFields.name }, { shouldFocus: true });
      setProblem(elsewhere);
    }
  };

  return (
    <DialogForm
      saveLabel="Create API key"
      isDirty={isDirty}
      isSaving={create.isPending}
      problem={problem}
      onSave={() => void save()}
    >
      <TextInput
        label="Name"
        isRequired
        autoFocus
        autoComplete="off"
        spellCheck={false}
        help="What the program is called. It stands in the audit trail."
        error={errors.name?.message}
        {...form.register('name', {
          validate: (text) => checkField(ApiKeyNameSchema, text),
          onChange: () => form.clearErrors('name'),
        })}
      />
      <PermissionsField
        ref={firstPermission}
        legend="Permissions of its own"
        permissions={permissions}
        onChange={(next) => {
          form.setValue('permissions', next, { shouldDirty: true });
          setWrong({ ...wrong, permissions: undefined });
        }}
        error={wrong.permissions}
      />
      <TeamsField
        isOne
        teams={team}
        onChange={(next) => {
          form.setValue('team', next, { shouldDirty: true });
          setWrong({});
        }}
        error={wrong.teamId}
      />
      <EffectivePermissions permissions={permissions} teams={team} />
      <FieldFrame
        id={`${id}-expiry`}
        label="Expires after"
        isRequired
        help="A key that ends by itself cannot be forgotten. It can be revoked at any time."
      >
        <Choice
          id={`${id}-expiry`}
          aria-describedby={`${id}-expiry-help`}
          sx={{ width: '100%' }}
          {...form.register('days')}
        >
          {lifetimes.map(([days, title]) => (
            <option key={days} value={days}>
              {title}
            </option>
          ))}
        </Choice>
      </FieldFrame>
    </DialogForm>
  );
}

const noPermissions: Permission[] = [];
const noTeam: ChosenTeam[] = [];
