import { messageOf } from '@dropsafe/contract/expression-check';
import KeyIcon from '@mui/icons-material/KeyOutlined';
import IconButton from '@mui/material/IconButton';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useQueryClient } from '@tanstack/react-query';
import {
  lazy,
  Suspense,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
  type FocusEvent,
  type FocusEventHandler,
  type ReactNode,
  type Ref,
} from 'react';
import { useCanReadSecrets } from '../permissions/can.ts';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { keepOut } from '../ui/WriteOnlyField.tsx';
import type { Mistake } from './expression-chips.ts';
import { createEditor, type EditorOwner, type ExpressionEditor } from './expression-editor.ts';
import { editorStyles } from './expression-styles.ts';
import { choicesOf, destinationsFor } from './secret-choice.ts';
import { secretSearchQuery } from './secret-search.queries.ts';
import { SecretPicker } from './SecretPicker.tsx';

const CreateSecretDialog = lazy(async () => ({
  default: (await import('../secrets/SecretForm.tsx')).CreateSecretDialog,
}));

interface Props {
  label: string;
  help?: ReactNode;
  isRequired?: boolean;
  placeholder?: string;
  value: string;
  onChange: (text: string) => void;
  onBlur?: () => void;
  /** Mistakes; those with a place are underlined there. The first one is shown as the error below. */
  problems: readonly Mistake[];
  /** Where values of this field would go (an address for `judgeTarget`); undefined while that is not known. */
  target: string | undefined;
  isMultiline?: boolean;
  ref?: Ref<{ focus(): void }>;
}

/**
 * A field for text with secrets in it: they are chips in the text, chosen by the button with the key or by typing "{{".
 * What is typed is handed out at once and unchanged; whoever renders this checks it and gives the mistakes back.
 */
export function ExpressionField(props: Props) {
  const { label, help, isRequired = false, problems, target, isMultiline = false } = props;
  const { onBlur, ref } = props;
  const id = useId();
  const refusal = useCanReadSecrets() ? undefined : messageOf('not-permitted');
  const button = useRef<HTMLButtonElement>(null);
  const [opened, setOpened] = useState<'picker' | 'create' | null>(null);
  const { host, editor } = useEditor(id, props);
  useImperativeHandle(ref, () => ({ focus: () => editor.current?.focus() }));

  // The dialog would take the focus back for as long as it is there.
  const wasOpened = useRef(false);
  useEffect(() => {
    if (opened === null && wasOpened.current) editor.current?.focus();
    wasOpened.current = opened !== null;
  }, [opened, editor]);

  // From the text to its key, and from there to the picker, one is still in the field.
  const leave = ({ relatedTarget }: FocusEvent) => {
    const isInside =
      relatedTarget === button.current || host.current?.contains(relatedTarget) === true;
    if (opened === null && !isInside) onBlur?.();
  };

  return (
    <FieldFrame
      id={id}
      label={label}
      help={help}
      isRequired={isRequired}
      error={problems[0]?.message}
      footer={
        // Found by aria-describedby alone.
        <div hidden>
          <span id={`${id}-others`}>
            {problems
              .slice(1)
              .map(({ message }) => message)
              .join(' ')}
          </span>
          <span id={`${id}-keys`}>
            {
              'Type {{ to put in a secret, and | within it to add a filter. Beside a secret, F2 opens it as text.'
            }
          </span>
        </div>
      }
    >
      <OutlinedInput
        fullWidth
        inputComponent={EditorHost}
        inputRef={host}
        error={problems.length > 0}
        onBlur={leave}
        slotProps={{ input: { className: 'ds-editor' } }}
        endAdornment={
          <DisabledReason reason={refusal}>
            <IconButton
              ref={button}
              size="small"
              aria-label={`Choose a secret for ${label}`}
              aria-haspopup="dialog"
              onClick={() => setOpened('picker')}
              onBlur={leave}
              sx={{ flexShrink: 0, my: isMultiline ? 0.5 : 0 }}
            >
              <KeyIcon fontSize="small" />
            </IconButton>
          </DisabledReason>
        }
        sx={editorStyles(isMultiline)}
      />
      {opened === 'picker' && (
        <SecretPicker
          anchor={() => button.current}
          target={target}
          onPick={(name) => {
            editor.current?.insertSecret(name);
            setOpened(null);
          }}
          onCreate={() => setOpened('create')}
          onClose={() => setOpened(null)}
        />
      )}
      {opened === 'create' && (
        <Suspense>
          <CreateSecretDialog
            destinations={destinationsFor(target)}
            onCreated={(name) => editor.current?.insertSecret(name)}
            onClose={() => setOpened(null)}
          />
        </Suspense>
      )}
    </FieldFrame>
  );
}

interface EditorHostProps {
  className?: string | undefined;
  onFocus?: FocusEventHandler | undefined;
  onBlur?: FocusEventHandler | undefined;
  ref?: Ref<HTMLDivElement> | undefined;
}

/** Where the editor is put. It takes of an input what an editor has: the place in the frame, and the focus that the frame shows. */
function EditorHost({ className, onFocus, onBlur, ref }: EditorHostProps) {
  return <div ref={ref} className={className} onFocus={onFocus} onBlur={onBlur} />;
}

/** The editor, for as long as the field is there. */
function useEditor(id: string, props: Props) {
  const { value, problems, isRequired = false, isMultiline = false, placeholder = '' } = props;
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<ExpressionEditor>(null);
  const canReadSecrets = useCanReadSecrets();
  const client = useQueryClient();

  const latest = useRef<{ value: string; isMultiline: boolean; owner: EditorOwner }>(null);
  useLayoutEffect(() => {
    latest.current = {
      value,
      isMultiline,
      owner: {
        onChange: props.onChange,
        findSecrets: async (typed, isOver) => {
          if (!canReadSecrets) return [];
          const query = secretSearchQuery(typed);
          isOver.addEventListener('abort', () => {
            void client.cancelQueries({ queryKey: query.queryKey, exact: true });
          });
          return choicesOf((await client.fetchQuery(query)).items, props.target);
        },
      },
    };
  });

  useLayoutEffect(() => {
    const parent = host.current;
    const begin = latest.current;
    if (parent === null || begin === null) return;
    const made = createEditor(
      parent,
      { text: begin.value, isMultiline: begin.isMultiline },
      () => latest.current?.owner ?? begin.owner,
    );
    editor.current = made;
    // A label is for inputs; for what is none it does nothing by itself.
    const label = document.getElementById(`${id}-label`);
    label?.addEventListener('click', made.focus);
    return () => {
      label?.removeEventListener('click', made.focus);
      editor.current = null;
      made.destroy();
    };
  }, [id]);

  const isWrong = problems.length > 0;
  useLayoutEffect(() => {
    editor.current?.describe(placeholder, {
      ...keepOut,
      id,
      'aria-labelledby': `${id}-label`,
      'aria-describedby': `${id}-error ${id}-others ${id}-help ${id}-keys`,
      'aria-required': String(isRequired),
      'aria-invalid': String(isWrong),
    });
  }, [id, placeholder, isRequired, isWrong]);
  useLayoutEffect(() => editor.current?.take(value), [value]);
  useLayoutEffect(() => editor.current?.underline(problems), [problems]);
  return { host, editor };
}
