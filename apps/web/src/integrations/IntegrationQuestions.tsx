import { readConfiguration } from '@dropsafe/contract/integration-check';
import type { ListedIntegration } from '@dropsafe/contract/integrations';
import { nameLength } from '@dropsafe/contract/names';
import { IntegrationNameSchema } from '@dropsafe/contract/names';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { DeleteDialog } from '../access/DeleteDialog.tsx';
import { SwitchDialog } from '../access/SwitchDialog.tsx';
import { checkField } from '../api/check-field.ts';
import { placeProblem } from '../api/field-problems.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { withTitles } from './form-problems.ts';
import {
  integrationQuery,
  useCopyIntegration,
  useDeleteIntegration,
  useUpdateIntegration,
} from './integrations.queries.ts';

/** @file The questions before an integration is deleted, disabled or copied. */

interface Props {
  integration: ListedIntegration;
  onClose: () => void;
}

/** Before an integration is deleted: it is gone for good, its secrets are not. */
export function DeleteIntegrationDialog(props: Props & { onDeleted: () => void }) {
  const { integration, onClose, onDeleted } = props;
  const seen = useQuery(integrationQuery(integration.id));
  const deletion = useDeleteIntegration();
  const { references = [] } =
    seen.data === undefined
      ? {}
      : readConfiguration(integration.type, seen.data.integration.fields);
  const secrets = [...new Set(references.map(({ secret }) => secret))];
  return (
    <DeleteDialog
      what="Integration"
      name={integration.name}
      seen={seen}
      deletion={deletion}
      onClose={onClose}
      onDeleted={onDeleted}
    >
      <Typography variant="body1">
        The integration <strong>{integration.name}</strong> and its configuration will be deleted.
        It cannot be restored, and whatever sends requests through it will fail.
      </Typography>
      <Typography variant="body2" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {secrets.length > 0 && `It uses ${secrets.join(', ')}. `}Secrets stay. To keep the
        configuration for later, disable it instead.
      </Typography>
    </DeleteDialog>
  );
}

/** Before an integration is disabled, or enabled again. */
export function SwitchIntegrationDialog({ integration, onClose }: Props) {
  const { id, name, isDisabled } = integration;
  const seen = useQuery(integrationQuery(id));
  const update = useUpdateIntegration();
  return (
    <SwitchDialog
      what="Integration"
      name={name}
      isDisabled={isDisabled}
      seen={seen}
      update={update}
      onClose={onClose}
    >
      {isDisabled
        ? 'Requests can be sent through it again, with the configuration that it has.'
        : 'No request is sent through it until it is enabled again. The configuration stays, and so do its secrets.'}
    </SwitchDialog>
  );
}

/** Asks for the name of a copy. */
export function CopyIntegrationDialog({ integration, onClose }: Props) {
  return (
    <FormDialog title={`Copy ${integration.name}`} onClose={onClose}>
      <CopyForm integration={integration} onClose={onClose} />
    </FormDialog>
  );
}

function CopyForm({ integration: { id, name: from, type }, onClose }: Props) {
  const copy = useCopyIntegration();
  const toast = useToast();
  const [first] = useState(
    () =>
      `${[...from]
        .slice(0, nameLength - 5)
        .join('')
        .trimEnd()} copy`,
  );
  const [name, setName] = useState(first);
  const [wrong, setWrong] = useState<string>();
  const [problem, setProblem] = useState<Error | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const save = () => {
    setProblem(null);
    const checked = checkField(IntegrationNameSchema, name);
    setWrong(checked === true ? undefined : checked);
    if (checked !== true) return input.current?.focus();
    copy.mutate(
      { id, name },
      {
        onSuccess: ({ name: made }) => {
          toast(`Integration ${made} created`);
          onClose();
        },
        onError: (error) => {
          const placed = placeProblem(error, ['name'], { 'integration-name-taken': 'name' });
          setWrong(placed.atFields.name);
          setProblem(placed.elsewhere && withTitles(placed.elsewhere, type));
          if (placed.atFields.name !== undefined) input.current?.focus();
        },
      },
    );
  };
  return (
    <DialogForm
      saveLabel="Create copy"
      isDirty={name !== first}
      isSaving={copy.isPending}
      problem={problem}
      onSave={save}
    >
      <Typography variant="body2">
        The copy has the configuration of <strong>{from}</strong>, and is checked like a new one.
      </Typography>
      <TextInput
        ref={input}
        label="Name"
        isRequired
        autoFocus
        autoComplete="off"
        defaultValue={first}
        error={wrong}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </DialogForm>
  );
}
