import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { EditDialog } from '../access/EditDialog.tsx';
import { FormDialog } from '../ui/FormDialog.tsx';
import { IntegrationForm } from './IntegrationForm.tsx';
import { integrationQuery } from './integrations.queries.ts';
import { StartChoice, type Start } from './StartChoice.tsx';

/** Creates an integration: first of which system, then the form. Rendered only while it is open. */
export function CreateIntegrationDialog({ onClose }: { onClose: () => void }) {
  const [start, setStart] = useState<Start | null>(null);
  return (
    <FormDialog title="Create an integration" size="wide" onClose={onClose}>
      {start === null ? (
        <StartChoice onChoose={setStart} />
      ) : (
        <IntegrationForm
          start={start}
          opened={null}
          onClose={onClose}
          onChooseAnother={() => setStart(null)}
        />
      )}
    </FormDialog>
  );
}

/** Edits an integration as it is now, or shows it to who may not. Rendered only while it is open. */
export function EditIntegrationDialog({ id, onClose }: { id: string; onClose: () => void }) {
  const integration = useQuery(integrationQuery(id));
  return (
    <EditDialog
      title={integration.data ? integration.data.integration.name : 'Integration'}
      size="wide"
      query={integration}
      heights={[40, 42, 44, 46, 220]}
      onClose={onClose}
    >
      {(seen) => (
        <IntegrationForm
          start={{ type: seen.integration.type, preset: undefined }}
          opened={seen}
          onClose={onClose}
        />
      )}
    </EditDialog>
  );
}
