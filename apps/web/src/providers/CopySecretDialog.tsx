import { isCoveredBy } from '@dropsafe/contract/destinations';
import { problems } from '@dropsafe/contract/problems';
import type { SecretMetadata } from '@dropsafe/contract/secrets';
import Alert from '@mui/material/Alert';
import Typography from '@mui/material/Typography';
import { useState } from 'react';
import { placeProblem } from '../api/field-problems.ts';
import { targetsFor } from '../permissions/can.ts';
import { useCopySecret, useRefreshList } from '../secrets/secrets.queries.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { firstOf } from './provider-words.ts';
import { useProviders } from './providers.queries.ts';
import { noProvider, ProviderChoice } from './ProviderChoice.tsx';

interface Props {
  /** As it stands in the table. */
  secret: SecretMetadata;
  onClose: () => void;
  onCopied: () => void;
}

/** Copies one secret into another provider. Rendered only while it is open. */
export function CopySecretDialog({ secret, onClose, onCopied }: Props) {
  return (
    <FormDialog title={`Copy ${secret.name} to another provider`} onClose={onClose}>
      <CopyForm secret={secret} onCopied={onCopied} />
    </FormDialog>
  );
}

function CopyForm({ secret, onCopied }: Omit<Props, 'onClose'>) {
  const { name, provider: from, alsoIn, destinations } = secret;
  const providers = useProviders();
  const targets = targetsFor(providers, from);
  const copy = useCopySecret();
  const refresh = useRefreshList();
  const toast = useToast();
  const [chosen, setChosen] = useState('');
  const [wrong, setWrong] = useState<string>();
  const [problem, setProblem] = useState<Error | null>(null);
  // A choice of one is none: the sentences below say where it goes.
  const to = targets.length === 1 ? (targets[0]?.name ?? '') : chosen;
  const target = targets.find((candidate) => candidate.name === to);

  const save = (): void => {
    setProblem(null);
    setWrong(to === '' ? noProvider : undefined);
    if (to === '') return;
    copy.mutate(
      { name, from, to },
      {
        onSuccess: () => {
          toast(`Secret ${name} copied to ${to}`);
          onCopied();
        },
        onError: (error) => {
          const { atFields, elsewhere } = placeProblem(error, ['to']);
          setWrong(atFields.to);
          setProblem(elsewhere);
        },
        onSettled: refresh,
      },
    );
  };

  return (
    <DialogForm
      saveLabel="Copy"
      isDirty={false}
      isSaving={copy.isPending}
      problem={problem}
      onSave={save}
    >
      <Typography variant="body2">
        The server takes the value from <strong>{from}</strong> and puts it into the other provider,
        under the same name. Nobody sees it. Description and destinations go along.
      </Typography>
      <ProviderChoice
        label="Copy to"
        providers={targets}
        value={to}
        onChange={(event) => {
          setChosen(event.target.value);
          setWrong(undefined);
          setProblem(null);
        }}
        refusalOf={(candidate) => (alsoIn.includes(candidate) ? 'has one already' : undefined)}
        error={wrong}
        help={target && whichIsUsed([from, to, ...alsoIn])}
      />
      {target !== undefined && target.origin !== null && (
        <Alert
          severity={isCoveredBy(target.origin, destinations) ? 'info' : 'warning'}
          role="presentation"
        >
          Values in {target.name} go to <code>{target.origin}</code>, so this has to be one of the
          destinations of the secret.{' '}
          {!isCoveredBy(target.origin, destinations) && problems['destination-not-bound'].detail}
        </Alert>
      )}
    </DialogForm>
  );

  function whichIsUsed(places: string[]): string {
    const used = firstOf(providers, places);
    return used === to
      ? `${to} comes before ${from}, so the copy is the one that is used.`
      : `${used} comes first, so its secret stays the one that is used.`;
  }
}
