import { isWidened } from '@dropsafe/contract/destinations';
import {
  DescriptionSchema,
  DestinationsSchema,
  SecretNameSchema,
  SecretValueSchema,
} from '@dropsafe/contract/secrets';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Skeleton from '@mui/material/Skeleton';
import Typography from '@mui/material/Typography';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useForm, useWatch } from 'react-hook-form';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem } from '../api/field-problems.ts';
import { noProvider, ProviderChoice } from '../providers/ProviderChoice.tsx';
import { useProviders } from '../providers/providers.queries.ts';
import { DialogForm, FormDialog } from '../ui/FormDialog.tsx';
import { NothingChanged } from '../ui/NothingChanged.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { RelativeTime } from '../ui/RelativeTime.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import type { WriteOnlyHandle } from '../ui/use-exact-textarea.ts';
import { WriteOnlyField } from '../ui/WriteOnlyField.tsx';
import { ConflictPanel } from './ConflictPanel.tsx';
import { addDestinations } from './destination-list.ts';
import { DestinationsField } from './DestinationsField.tsx';
import type { InUse } from './InUsePanel.tsx';
import { NarrowQuestion } from './NarrowQuestion.tsx';
import {
  describeSecret,
  patchOf,
  secretQuery,
  useCreateSecret,
  useUpdateSecret,
  type SeenSecret,
} from './secrets.queries.ts';

/**
 * @file Create and update: the same form, but for the name and for what an empty value means. The value is read from its
 * field at the moment of saving and passes through; everything else stands in react-hook-form.
 */

interface CreateProps {
  /** What the destinations begin with, canonical. */
  destinations?: string[];
  onCreated?: (name: string) => void;
  onClose: () => void;
}

/** Creates a secret. Rendered only while it is open. */
export function CreateSecretDialog({ onClose, ...begin }: CreateProps) {
  return (
    <FormDialog title="Create a secret" onClose={onClose}>
      <SecretForm opened={null} onClose={onClose} {...begin} />
    </FormDialog>
  );
}

/** Updates the secret `name`, beginning with its metadata as they are now. Rendered only while it is open. */
export function UpdateSecretDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const secret = useQuery(secretQuery(name));
  return (
    <FormDialog title={`Update ${name}`} onClose={onClose}>
      {secret.data !== undefined ? (
        <SecretForm opened={secret.data} onClose={onClose} />
      ) : (
        <Box sx={{ px: 3, pb: 3, minHeight: 320 }} aria-busy={secret.isPending}>
          {secret.isError ? (
            <ProblemAlert problem={secret.error} onRetry={() => void secret.refetch()} />
          ) : (
            [92, 40, 40].map((height, index) => (
              <Skeleton key={index} variant="rounded" height={height} sx={{ mt: 4 }} />
            ))
          )}
        </Box>
      )}
    </FormDialog>
  );
}

const widenedText =
  'A stored value may not be sent to further destinations. Enter the value again, or remove the new destinations.';

interface FormProps extends CreateProps {
  opened: SeenSecret | null;
}

/** The fields and what becomes of them. `opened` is the secret to update, or null to create one. */
function SecretForm({ opened, destinations: first, onCreated, onClose }: FormProps) {
  const create = useCreateSecret();
  const update = useUpdateSecret();
  const creators = useProviders().filter(({ capabilities }) => capabilities.create);
  const toast = useToast();
  // The version that this form is about: the one it opened with, or a later one that the person chose to go on with.
  const [seen, setSeen] = useState(opened);
  const [fresh, setFresh] = useState<SeenSecret | null>(null);
  const [inUse, setInUse] = useState<InUse | null>(null);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isUnchanged, setUnchanged] = useState(false);
  const [valueError, setValueError] = useState<string>();
  const [destinationsError, setDestinationsError] = useState<string>();
  const [isValueEmpty, setValueEmpty] = useState(true);
  const [pending, setPending] = useState('');
  const valueField = useRef<WriteOnlyHandle>(null);
  const destinationInput = useRef<HTMLInputElement>(null);

  const before = seen?.metadata;
  const isProviderAsked = before === undefined && creators.length > 1;
  const form = useForm({ defaultValues: fieldsOf(opened, first) });
  const { errors } = form.formState;
  const destinations = useWatch({ control: form.control, name: 'destinations' });
  const description = useWatch({ control: form.control, name: 'description' });
  const widened =
    before !== undefined && isValueEmpty
      ? destinations.filter((destination) => isWidened(before.destinations, [destination]))
      : [];

  const setDestinations = (list: string[]) => {
    form.setValue('destinations', list, { shouldDirty: true });
    setUnchanged(false);
  };
  const addPending = (text: string) => {
    const added = addDestinations(destinations, text);
    setDestinations(added.destinations);
    setPending(added.rest);
    setDestinationsError(added.refusal);
    return added;
  };

  /** Checks all fields, so that every error shows at once; true when there is none. */
  const check = async (value: string): Promise<boolean> => {
    const added = addPending(pending);
    const wrongValue = before !== undefined && value === '' ? undefined : checkValue(value);
    const wrongDestinations =
      added.refusal ??
      messageOf(checkField(DestinationsSchema, added.destinations)) ??
      (before !== undefined && value === '' && isWidened(before.destinations, added.destinations)
        ? widenedText
        : undefined);
    setValueError(wrongValue);
    setDestinationsError(wrongDestinations);
    const areOthersRight = await form.trigger(undefined, { shouldFocus: true });
    if (!areOthersRight) return false;
    if (wrongValue !== undefined) valueField.current?.focus();
    else if (wrongDestinations !== undefined) destinationInput.current?.focus();
    return wrongValue === undefined && wrongDestinations === undefined;
  };

  /** Sends what stands in the form; `isForced`, although integrations stop working by it. */
  const save = async (isForced = false): Promise<void> => {
    setProblem(null);
    setUnchanged(false);
    const value = valueField.current?.read() ?? '';
    if (!(await check(value))) return;
    const typed = { ...form.getValues(), value };
    try {
      if (seen === null) {
        await create.run(typed);
        toast(`Secret ${typed.name} created`);
        onCreated?.(typed.name);
      } else {
        const patch = patchOf(seen.metadata, typed);
        if (patch === undefined) return setUnchanged(true);
        await update.run({ seen, patch, isForced });
        toast(`Secret ${seen.metadata.name} updated`);
      }
      valueField.current?.clear();
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setInUse(null);
      await explain(error);
    }
  };

  const explain = async (error: Error): Promise<void> => {
    if (seen !== null && error instanceof ApiProblem && error.code === 'secret-changed') {
      try {
        setFresh(await describeSecret(seen.metadata.name));
      } catch (other) {
        setProblem(other instanceof Error ? other : error);
      }
      return;
    }
    if (error instanceof ApiProblem && error.code === 'secret-in-use') {
      return setInUse({ references: error.references, count: error.referenceCount });
    }
    const { atFields, elsewhere } = placeProblem(
      error,
      [
        'name',
        'value',
        'description',
        'destinations',
        ...(isProviderAsked ? (['provider'] as const) : []),
      ],
      { 'secret-name-taken': 'name', 'destinations-widened': 'destinations' },
    );
    if (atFields.destinations !== undefined) destinationInput.current?.focus();
    if (atFields.value !== undefined) valueField.current?.focus();
    setDestinationsError(atFields.destinations);
    setValueError(atFields.value);
    for (const field of ['description', 'provider', 'name'] as const) {
      const message = atFields[field];
      if (message !== undefined) form.setError(field, { message }, { shouldFocus: true });
    }
    setProblem(elsewhere);
  };

  /** Goes on with the version that somebody else made: what was not touched here is theirs, what was stays typed. */
  const continueOn = (next: SeenSecret): void => {
    const typed = form.getValues();
    const patch = before === undefined ? {} : (patchOf(before, { ...typed, value: '' }) ?? {});
    form.reset(fieldsOf(next));
    if (patch.description !== undefined) {
      form.setValue('description', typed.description, { shouldDirty: true });
    }
    if (patch.destinations !== undefined) setDestinations(typed.destinations);
    setSeen(next);
    setFresh(null);
  };

  return (
    <DialogForm
      saveLabel={before === undefined ? 'Create secret' : 'Save changes'}
      saveReason={fresh === null ? undefined : 'First decide about the change of somebody else.'}
      isDirty={form.formState.isDirty || !isValueEmpty || pending.trim() !== ''}
      isSaving={create.isPending || update.isPending}
      problem={problem}
      notice={isUnchanged && <NothingChanged />}
      onSave={() => void save()}
    >
      {before !== undefined && fresh !== null && (
        <ConflictPanel
          seen={before}
          fresh={fresh.metadata}
          typed={{ description, destinations }}
          onContinue={() => continueOn(fresh)}
          onDiscard={onClose}
        />
      )}
      {before === undefined ? (
        <TextInput
          label="Name"
          isRequired
          isMonospace
          autoFocus
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          help="Letters, digits, “_” and “-”. It cannot be changed later."
          error={errors.name?.message}
          {...form.register('name', {
            validate: (text) => before !== undefined || checkField(SecretNameSchema, text),
            onChange: () => form.clearErrors('name'),
          })}
        />
      ) : (
        <Typography variant="body2" sx={{ color: 'text.secondary' }}>
          Value set <RelativeTime time={before.valueUpdatedAt} />
          {before.lastUsedAt === null ? ', never used.' : ', last used '}
          {before.lastUsedAt !== null && <RelativeTime time={before.lastUsedAt} />}
        </Typography>
      )}
      {isProviderAsked && (
        <ProviderChoice
          label="Provider"
          providers={creators}
          help="Where the secret is to live. Later it can be copied to another one, by the server."
          error={errors.provider?.message}
          {...form.register('provider', {
            validate: (name) => name !== '' || noProvider,
            onChange: () => form.clearErrors('provider'),
          })}
        />
      )}
      <WriteOnlyField
        ref={valueField}
        label="Value"
        isRequired={before === undefined}
        autoFocus={before !== undefined}
        error={valueError}
        help={
          before === undefined
            ? 'Once it is stored, nobody can see it again.'
            : 'Leave empty to keep the stored value. A new one overwrites it for good.'
        }
        onTyped={(isEmpty) => {
          setValueEmpty(isEmpty);
          setValueError(undefined);
          setUnchanged(false);
        }}
      />
      <TextInput
        label="Description"
        autoComplete="off"
        error={errors.description?.message}
        {...form.register('description', {
          validate: (text) => checkField(DescriptionSchema, text),
          onChange: () => {
            form.clearErrors('description');
            setUnchanged(false);
          },
        })}
      />
      <Box>
        <DestinationsField
          ref={destinationInput}
          destinations={destinations}
          onRemove={(gone) => {
            setDestinations(destinations.filter((destination) => destination !== gone));
            setDestinationsError(undefined);
          }}
          pending={pending}
          onPending={(text) => {
            setPending(text);
            setDestinationsError(undefined);
          }}
          onAdd={addPending}
          error={destinationsError}
          widened={widened}
        />
        <Box aria-live="polite">
          {widened.length > 0 && destinationsError === undefined && (
            <Alert severity="warning" role="presentation" sx={{ mt: 1 }}>
              {widenedText}
            </Alert>
          )}
        </Box>
      </Box>
      {before !== undefined && inUse !== null && (
        <NarrowQuestion
          name={before.name}
          inUse={inUse}
          isBusy={update.isPending}
          onConfirm={() => void save(true)}
          onCancel={() => setInUse(null)}
        />
      )}
    </DialogForm>
  );
}

function fieldsOf(secret: SeenSecret | null, destinations: string[] = []) {
  return {
    name: secret?.metadata.name ?? '',
    provider: '',
    description: secret?.metadata.description ?? '',
    destinations: secret?.metadata.destinations ?? destinations,
  };
}

function checkValue(value: string): string | undefined {
  return value === '' ? 'Enter a value.' : messageOf(checkField(SecretValueSchema, value));
}

const messageOf = (checked: true | string) => (checked === true ? undefined : checked);
