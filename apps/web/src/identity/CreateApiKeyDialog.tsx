import { ApiKeyNameSchema, type CreatedApiKey } from '@dropsafe/contract/api-keys';
import { permissionNames, permissions, type Permission } from '@dropsafe/contract/permissions';
import Box from '@mui/material/Box';
import Checkbox from '@mui/material/Checkbox';
import FormHelperText from '@mui/material/FormHelperText';
import Typography from '@mui/material/Typography';
import { useId, useRef, useState, type Ref } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { checkField } from '../api/check-field.ts';
import { placeProblem } from '../api/field-problems.ts';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { monospace } from '../ui/theme.ts';
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

/** How long a key may live, in days; 0 is without an end. */
const lifetimes = [
  [30, '30 days'],
  [90, '90 days'],
  [365, '1 year'],
  [0, 'Never'],
] as const;

function CreateApiKeyForm({ onCreated }: Pick<Props, 'onCreated'>) {
  const id = useId();
  const create = useCreateApiKey();
  const [problem, setProblem] = useState<Error | null>(null);
  const [permissionsError, setPermissionsError] = useState<string>();
  const firstPermission = useRef<HTMLInputElement>(null);
  const form = useForm({ defaultValues: { name: '', permissions: noPermissions, days: '90' } });
  const { errors, isDirty } = form.formState;
  const chosen = useWatch({ control: form.control, name: 'permissions' });

  const save = async (): Promise<void> => {
    setProblem(null);
    const typed = form.getValues();
    const wrong = typed.permissions.length === 0 ? 'Choose at least one permission.' : undefined;
    setPermissionsError(wrong);
    if (!(await form.trigger(undefined, { shouldFocus: true }))) return;
    if (wrong !== undefined) return firstPermission.current?.focus();
    const days = Number(typed.days);
    const expiresAt =
      days === 0 ? null : new Date(Date.now() + days * 24 * 3_600_000).toISOString();
    try {
      onCreated(await create.run({ name: typed.name, permissions: typed.permissions, expiresAt }));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const { atFields, elsewhere } = placeProblem(error, ['name', 'permissions'], {
        'api-key-name-taken': 'name',
      });
      setPermissionsError(atFields.permissions);
      if (atFields.name !== undefined)
        form.setError('name', { message: atFields.name }, { shouldFocus: true });
      setProblem(elsewhere);
    }
  };

  const choose = (permission: Permission, isChosen: boolean) => {
    const next = permissionNames.filter((other) =>
      other === permission ? isChosen : chosen.includes(other),
    );
    form.setValue('permissions', next, { shouldDirty: true });
    setPermissionsError(undefined);
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
      <Box
        component="fieldset"
        aria-describedby={`${id}-error`}
        sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}
      >
        <Typography
          component="legend"
          sx={{ p: 0, mb: 0.5, fontWeight: 600, fontSize: '0.875rem', lineHeight: '28px' }}
        >
          Permissions
        </Typography>
        <Box
          sx={{
            border: 1,
            borderColor: permissionsError === undefined ? 'divider' : 'error.main',
            borderRadius: 1,
            py: 0.5,
          }}
        >
          {permissionNames.map((permission, index) => (
            <PermissionChoice
              key={permission}
              permission={permission}
              isChosen={chosen.includes(permission)}
              onChoose={(isChosen) => choose(permission, isChosen)}
              {...(index === 0 && { ref: firstPermission })}
            />
          ))}
        </Box>
        <FormHelperText
          id={`${id}-error`}
          error
          aria-live="polite"
          sx={{ '&:not(:empty)': { mt: 0.75 } }}
        >
          {permissionsError}
        </FormHelperText>
      </Box>
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

interface PermissionChoiceProps {
  permission: Permission;
  isChosen: boolean;
  onChoose: (isChosen: boolean) => void;
  ref?: Ref<HTMLInputElement>;
}

function PermissionChoice({ permission, isChosen, onChoose, ref }: PermissionChoiceProps) {
  const id = useId();
  return (
    <Box
      component="label"
      sx={{
        display: 'grid',
        gridTemplateColumns: 'auto minmax(0, 1fr)',
        columnGap: 0.5,
        px: 1,
        py: 0.25,
        cursor: 'pointer',
        '&:hover': { bgcolor: 'action.hover' },
      }}
    >
      <Checkbox
        size="small"
        checked={isChosen}
        onChange={(event) => onChoose(event.target.checked)}
        slotProps={{
          input: {
            'aria-labelledby': `${id}-name`,
            'aria-describedby': `${id}-sentence`,
            ...(ref !== undefined && { ref }),
          },
        }}
        sx={{ gridRow: '1 / 3', alignSelf: 'start' }}
      />
      <Box
        component="span"
        id={`${id}-name`}
        sx={{ fontFamily: monospace, fontSize: '0.8125rem', pt: 0.75, overflowWrap: 'anywhere' }}
      >
        {permission}
      </Box>
      <Typography
        component="span"
        id={`${id}-sentence`}
        variant="caption"
        sx={{ color: 'text.secondary', pb: 0.5 }}
      >
        {permissions[permission]}
      </Typography>
    </Box>
  );
}
