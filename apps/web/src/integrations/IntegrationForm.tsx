import { integrationPresets } from '@dropsafe/contract/integration-presets';
import { IntegrationNameSchema } from '@dropsafe/contract/names';
import { DescriptionSchema } from '@dropsafe/contract/secrets';
import { isSameField, type FieldValue } from '@dropsafe/contract/integrations';
import Box from '@mui/material/Box';
import { Fragment, useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { checkField } from '../api/check-field.ts';
import { ApiProblem } from '../api/client.ts';
import { placeProblem } from '../api/field-problems.ts';
import { useIntegrationReasons } from '../permissions/can.ts';
import { DialogForm } from '../ui/FormDialog.tsx';
import { NothingChanged } from '../ui/NothingChanged.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { useToast } from '../ui/Toasts.tsx';
import { BooleanField } from './BooleanField.tsx';
import type { Focusable } from './configuration-field.ts';
import { FieldOfKind } from './FieldOfKind.tsx';
import { contentOf, heldIn, onTopOf, patchOf, shownFields } from './form-content.ts';
import { refusedFields } from './form-problems.ts';
import { IntegrationConflict } from './IntegrationConflict.tsx';
import {
  describeIntegration,
  useCreateIntegration,
  useTest,
  useUpdateIntegration,
  type SeenIntegration,
} from './integrations.queries.ts';
import type { Start } from './StartChoice.tsx';
import { StartLine } from './StartLine.tsx';
import { TestSection } from './TestSection.tsx';
import { useConfiguration } from './use-configuration.ts';

interface Props {
  start: Start;
  /** The integration to edit, or null to create one. */
  opened: SeenIntegration | null;
  onClose: () => void;
  /** Back to the choice of a system. */
  onChooseAnother?: (() => void) | undefined;
}

const nothingWrong: { name?: string; description?: string } = {};

/** Create and edit. The fields are those that the type declares; none of them is written here. */
export function IntegrationForm({ start, opened, onClose, onChooseAnother }: Props) {
  const { type } = start;
  const reasons = useIntegrationReasons();
  const create = useCreateIntegration();
  const update = useUpdateIntegration();
  const test = useTest();
  const toast = useToast();
  // The version that this form is about: the one it opened with, or a later one that the person chose to go on with.
  const [seen, setSeen] = useState(opened);
  const [fresh, setFresh] = useState<SeenIntegration | null>(null);
  const [first] = useState(() => contentOf(opened?.integration ?? start));
  const [content, setContent] = useState(first);
  const [wrong, setWrong] = useState(nothingWrong);
  const [problem, setProblem] = useState<Error | null>(null);
  const [isUnchanged, setUnchanged] = useState(false);
  const [tested, setTested] = useState<typeof content.fields | null>(null);
  const [testProblem, setTestProblem] = useState<Error | null>(null);
  // Who may not save a configuration may not try it either.
  const refusal = seen === null ? reasons.create : reasons.update;
  const places = useRef(new Map<string, Focusable>());
  const before = seen?.integration;
  const configuration = useConfiguration(type, content.fields, before);
  const { sent, target, problems } = configuration;
  const patch = patchOf(
    before ?? { ...first, type, description: first.description || null },
    content,
  );

  const change = (changed: Partial<typeof content>) => {
    setContent((now) => ({ ...now, ...changed }));
    setUnchanged(false);
  };
  const changeField = (key: string, held: FieldValue) => {
    setContent((now) => ({ ...now, fields: { ...now.fields, [key]: held } }));
    setUnchanged(false);
  };
  const register = (path: string) => (element: Focusable | null) => {
    if (element === null) places.current.delete(path);
    else places.current.set(path, element);
  };
  const leadTo = (path: string | undefined) => {
    if (path !== undefined) places.current.get(path)?.focus();
  };

  /** True when the configuration is right, as far as can be told here. */
  const checkFields = (): boolean => {
    configuration.meanEverything();
    leadTo(problems[0]?.field);
    return problems.length === 0;
  };
  const check = (): boolean => {
    const atName = checkField(IntegrationNameSchema, content.name);
    const atDescription = checkField(DescriptionSchema, content.description);
    setWrong({
      ...(atName !== true && { name: atName }),
      ...(atDescription !== true && { description: atDescription }),
    });
    // What is not sent is not checked: an integration that does not work any more can be renamed all the same.
    const isRight = (before !== undefined && patch?.fields === undefined) || checkFields();
    if (atDescription !== true) leadTo('description');
    if (atName !== true) leadTo('name');
    return isRight && atName === true && atDescription === true;
  };

  const save = async (): Promise<void> => {
    setProblem(null);
    setUnchanged(false);
    if (!check()) return;
    if (seen !== null && patch === undefined) return setUnchanged(true);
    const { name, description, isDisabled } = content;
    try {
      const saved =
        seen === null
          ? await create.mutateAsync({
              name,
              type,
              description: description === '' ? null : description,
              isDisabled,
              fields: sent,
            })
          : await update.mutateAsync({ seen, patch: patch ?? {} });
      toast(`Integration ${saved.name} ${seen === null ? 'created' : 'changed'}`);
      onClose();
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (seen !== null && error instanceof ApiProblem && error.code === 'integration-changed')
        return showConflict(seen);
      setProblem(explain(error));
    }
  };

  const runTest = async (): Promise<void> => {
    setTestProblem(null);
    if (!checkFields()) return;
    setTested(sent);
    try {
      const id = before?.id;
      await test.mutateAsync({ draft: { type, fields: sent, ...(id !== undefined && { id }) } });
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setTestProblem(explain(error));
    }
  };

  /** Puts what was refused at its fields and leads to the first; answers what has no place there. */
  const explain = (error: Error): Error | null => {
    const refused = error instanceof ApiProblem ? refusedFields(error, type, sent) : [];
    const { atFields, elsewhere } = placeProblem(
      error,
      ['name', 'description', ...(refused.length > 0 ? (['fields'] as const) : [])],
      { 'integration-name-taken': 'name' },
    );
    if (refused.length > 0) leadTo(configuration.refuse(refused));
    const { name, description } = atFields;
    setWrong({
      ...(name !== undefined && { name }),
      ...(description !== undefined && { description }),
    });
    if (description !== undefined) leadTo('description');
    if (name !== undefined) leadTo('name');
    return elsewhere;
  };

  const showConflict = async ({ integration: { id } }: SeenIntegration): Promise<void> => {
    try {
      setFresh(await describeIntegration(id));
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      setProblem(error);
    }
  };
  const continueOn = (next: SeenIntegration) => {
    flushSync(() => {
      if (before !== undefined) setContent(onTopOf(next.integration, before, content));
      setSeen(next);
      setFresh(null);
    });
    leadTo('name');
  };

  const preset = start.preset === undefined ? undefined : integrationPresets[start.preset];
  return (
    <DialogForm
      saveLabel={seen === null ? 'Create integration' : 'Save changes'}
      saveReason={
        refusal ?? (fresh === null ? undefined : 'First decide about the change of somebody else.')
      }
      isDirty={patch !== undefined}
      isSaving={create.isPending || update.isPending}
      problem={problem}
      notice={isUnchanged && <NothingChanged />}
      onSave={() => void save()}
    >
      {before !== undefined && fresh !== null && (
        <IntegrationConflict
          seen={before}
          fresh={fresh.integration}
          typed={content}
          onContinue={() => continueOn(fresh)}
          onDiscard={onClose}
        />
      )}
      <StartLine start={start} isDirty={patch !== undefined} onChooseAnother={onChooseAnother} />
      {/* Made anew for another version: inputs keep what they were made with. */}
      <Fragment key={seen?.etag}>
        <Box sx={pair}>
          <TextInput
            ref={register('name')}
            label="Name"
            isRequired
            autoFocus={seen === null}
            autoComplete="off"
            defaultValue={content.name}
            error={wrong.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
          />
          <TextInput
            ref={register('description')}
            label="Description"
            autoComplete="off"
            defaultValue={content.description}
            error={wrong.description}
            onChange={(event) => change({ description: event.currentTarget.value })}
          />
        </Box>
        <BooleanField
          label="Enabled"
          help="While it is off, no request is sent through it."
          isOn={!content.isDisabled}
          onChange={(isOn) => change({ isDisabled: !isOn })}
        />
        {shownFields(type, content.fields).map(([key, field]) => (
          <FieldOfKind
            key={key}
            path={`fields.${key}`}
            field={field}
            placeholder={preset?.placeholders[key]}
            held={heldIn(content.fields, key, field)}
            onChange={(held) => changeField(key, held)}
            onLeave={configuration.leave}
            problems={configuration.visible}
            target={target}
            register={register}
          />
        ))}
      </Fragment>
      <TestSection
        type={type}
        reason={refusal}
        onTest={() => void runTest()}
        result={test.data}
        problem={testProblem}
        isTesting={test.isPending}
        isOutdated={tested !== null && !isSameSent(tested, sent)}
      />
    </DialogForm>
  );
}

function isSameSent(one: Record<string, FieldValue | undefined>, other: typeof one): boolean {
  return [...Object.keys(one), ...Object.keys(other)].every((key) =>
    isSameField(one[key], other[key]),
  );
}

const pair = {
  display: 'grid',
  gap: 2.5,
  gridTemplateColumns: { xs: 'minmax(0, 1fr)', sm: 'minmax(0, 1fr) minmax(0, 1fr)' },
} as const;
