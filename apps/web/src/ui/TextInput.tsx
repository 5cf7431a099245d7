import OutlinedInput from '@mui/material/OutlinedInput';
import { useId, type ComponentProps, type ReactNode, type Ref } from 'react';
import { FieldFrame } from './FieldFrame.tsx';
import { monospace } from './theme.ts';

type InputProps = Pick<
  ComponentProps<'input'>,
  | 'name'
  | 'type'
  | 'defaultValue'
  | 'autoComplete'
  | 'autoFocus'
  | 'inputMode'
  | 'maxLength'
  | 'readOnly'
  | 'spellCheck'
  | 'autoCapitalize'
  | 'placeholder'
>;

interface Props extends InputProps {
  label: string;
  help?: ReactNode;
  error?: string | undefined;
  isRequired?: boolean;
  isMonospace?: boolean;
  /** These three are what `register` of react-hook-form returns: it reads the element, no copy of the text is in the markup. */
  ref?: Ref<HTMLInputElement>;
  onChange?: ComponentProps<'input'>['onChange'];
  onBlur?: ComponentProps<'input'>['onBlur'];
}

/** One line of text with its label above, help and error below. */
export function TextInput(props: Props) {
  const { label, help, error, isRequired, isMonospace, ref, onChange, onBlur, ...rest } = props;
  const { defaultValue, ...input } = rest;
  const id = useId();
  return (
    <FieldFrame id={id} label={label} help={help} error={error} isRequired={isRequired === true}>
      <OutlinedInput
        id={id}
        fullWidth
        error={error !== undefined}
        inputRef={ref}
        onChange={onChange}
        onBlur={onBlur}
        defaultValue={defaultValue}
        slotProps={{
          input: {
            ...input,
            'aria-describedby': `${id}-error ${id}-help`,
            'aria-required': isRequired === true,
          },
        }}
        sx={{ '& input': isMonospace === true ? { fontFamily: monospace } : {} }}
      />
    </FieldFrame>
  );
}
