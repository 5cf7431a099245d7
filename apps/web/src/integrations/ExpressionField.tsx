import OutlinedInput from '@mui/material/OutlinedInput';
import { useId, useImperativeHandle, useRef, type ReactNode, type Ref } from 'react';
import { FieldFrame } from '../ui/FieldFrame.tsx';

/** What is wrong with the text; with a place it is underlined there. */
export interface FieldProblem {
  message: string;
  start?: number;
  end?: number;
}

interface Props {
  label: string;
  help?: ReactNode;
  isRequired?: boolean;
  placeholder?: string;
  value: string;
  onChange: (text: string) => void;
  onBlur?: () => void;
  /** The first one is shown as the error below. */
  problems: readonly FieldProblem[];
  /** Where values of this field would go (an address for `judgeTarget`); undefined while that is not known. */
  target: string | undefined;
  isMultiline?: boolean;
  ref?: Ref<{ focus(): void }>;
}

/** A field for text with secrets in it. */
export function ExpressionField(props: Props) {
  const { label, help, isRequired, placeholder, value, onChange, onBlur, problems } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  useImperativeHandle(props.ref, () => ({ focus: () => input.current?.focus() }));
  return (
    <FieldFrame
      id={id}
      label={label}
      help={help}
      isRequired={isRequired === true}
      error={problems[0]?.message}
    >
      <OutlinedInput
        id={id}
        fullWidth
        inputRef={input}
        error={problems.length > 0}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
        multiline={props.isMultiline === true}
        slotProps={{
          input: {
            placeholder,
            autoComplete: 'off',
            spellCheck: false,
            'aria-describedby': `${id}-error ${id}-help`,
            'aria-required': isRequired === true,
          },
        }}
      />
    </FieldFrame>
  );
}
