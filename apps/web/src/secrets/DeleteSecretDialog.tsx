import type { ReferencePage, SecretMetadata } from '@dropsafe/contract/secrets';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useId, useState, type ReactNode } from 'react';
import { ApiProblem } from '../api/client.ts';
import { placesOf } from '../providers/provider-words.ts';
import { useProviders } from '../providers/providers.queries.ts';
import { Choice } from '../ui/Choice.tsx';
import { ConfirmDialog } from '../ui/ConfirmDialog.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { InUsePanel, typingReason, type InUse } from './InUsePanel.tsx';
import { firstReferencesQuery } from './secret-page.queries.ts';
import { secretQuery, useDeleteSecret } from './secrets.queries.ts';

interface Props {
  name: string;
  /** The one of the row. */
  provider: string;
  onClose: () => void;
  onDeleted: () => void;
}

/**
 * The question before a secret is deleted for good. It is about the version that is shown, and no other; where several
 * providers have one of the name, about which of them, and which one is used afterwards. One that integrations use goes only when its
 * name was typed.
 */
export function DeleteSecretDialog({ name, provider, onClose, onDeleted }: Props) {
  const id = useId();
  const secret = useQuery(secretQuery(name));
  const references = useQuery(firstReferencesQuery(name));
  const deletion = useDeleteSecret();
  const toast = useToast();
  const [hasChanged, setChanged] = useState(false);
  const [from, setFrom] = useState(provider);
  const [typed, setTyped] = useState('');
  // What the server refused for: somebody may have begun to use it a moment ago.
  const [refused, setRefused] = useState<InUse | null>(null);
  const providers = useProviders();
  const metadata = secret.data?.metadata;
  const places = metadata === undefined ? [] : placesOf(metadata, providers);
  const offered = places.filter((place) =>
    providers.some(({ name: known, capabilities }) => known === place && capabilities.delete),
  );
  const isGone = metadata !== undefined && !places.includes(from);
  // On one that is not used nothing depends.
  const inUse = from === places[0] ? (refused ?? inUseOf(references.data)) : null;
  const isReady =
    metadata !== undefined && references.data !== undefined && !isGone && !secret.isFetching;
  const reason = inUse === null ? undefined : typingReason(name, typed);

  const confirm = () => {
    if (secret.data === undefined || !isReady || reason !== undefined || deletion.isPending) return;
    setChanged(false);
    deletion.mutate(
      {
        seen: secret.data,
        provider: places.length > 1 ? from : undefined,
        isForced: inUse !== null,
      },
      {
        onSuccess: () => {
          toast(`Secret ${name} deleted`);
          onDeleted();
        },
        onError: (error) => {
          if (!(error instanceof ApiProblem)) return;
          if (error.code === 'secret-in-use')
            setRefused({ references: error.references, count: error.referenceCount });
          if (error.code !== 'secret-changed') return;
          setChanged(true);
          void secret.refetch();
        },
      },
    );
  };
  const isExplained = hasChanged || isInUse(deletion.error);
  const problem = secret.error ?? references.error ?? (isExplained ? null : deletion.error);
  return (
    <ConfirmDialog
      title={`Delete ${name}?`}
      confirmLabel="Delete"
      cancelLabel="Cancel"
      isBusy={deletion.isPending}
      isConfirmDisabled={!isReady}
      confirmReason={reason}
      onConfirm={confirm}
      onCancel={onClose}
    >
      <Typography variant="body1">
        The secret <strong>{name}</strong>
        {providers.length > 1 && (
          <>
            {' '}
            in <strong>{from}</strong>
          </>
        )}{' '}
        and its value will be deleted. It cannot be restored.
      </Typography>
      {offered.length > 1 && (
        <Box sx={{ mt: 1.5 }}>
          <FieldFrame id={`${id}-from`} label="Delete the one in" isRequired>
            <Choice
              id={`${id}-from`}
              value={from}
              onChange={(event) => setFrom(event.target.value)}
              sx={{ width: '100%' }}
            >
              {offered.map((place) => (
                <option key={place} value={place}>
                  {place} – {place === places[0] ? 'it is used' : 'not used'}
                </option>
              ))}
            </Choice>
          </FieldFrame>
        </Box>
      )}
      <Typography variant="body2" component="div" sx={{ color: 'text.secondary', mt: 1.5 }}>
        {metadata === undefined
          ? !secret.isError && <Skeleton width="60%" />
          : consequence(metadata, places, from)}
      </Typography>
      {hasChanged && metadata !== undefined && (
        <Alert severity="warning" sx={{ mt: 2 }}>
          {metadata.updatedBy ?? 'Somebody'} changed it{' '}
          {metadata.updatedAt !== null && <RelativeTime time={metadata.updatedAt} />}. Nothing was
          deleted. Delete it all the same?
        </Alert>
      )}
      {metadata !== undefined && inUse !== null && (
        <InUsePanel
          name={name}
          inUse={inUse}
          act="delete it"
          onTyped={setTyped}
          onSubmit={confirm}
        />
      )}
      {problem !== null && <ProblemAlert problem={problem} sx={{ mt: 2 }} />}
    </ConfirmDialog>
  );
}

function inUseOf(page: ReferencePage | undefined): InUse | null {
  return page === undefined || page.total === 0
    ? null
    : { references: page.items, count: page.total };
}

const isInUse = (error: Error | null) =>
  error instanceof ApiProblem && error.code === 'secret-in-use';

/** What happens to who uses it. `places` are the providers that have one of this name, the one that is used first. */
function consequence(
  { name, lastUsedAt }: SecretMetadata,
  [used, next]: readonly string[],
  from: string,
): ReactNode {
  if (from !== used) return `The secret ${name} in ${used} stays, and is the one that is used.`;
  if (next !== undefined) return `After this, the secret of the same name in ${next} is used.`;
  if (lastUsedAt === null) return 'It has never been used.';
  return (
    <>
      It was last used <RelativeTime time={lastUsedAt} />. Whatever uses it will fail.
    </>
  );
}
