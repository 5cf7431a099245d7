import OutlinedInput from '@mui/material/OutlinedInput';
import { useId, type Ref } from 'react';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { monospace } from '../ui/theme.ts';

interface Props {
  label: string;
  help: string;
  isRequired: boolean;
  placeholder?: string;
  text: string;
  onChange: (text: string) => void;
  onBlur: () => void;
  error: string | undefined;
  ref?: Ref<HTMLTextAreaElement>;
}

/** Certificates, as they are pasted. */
export function PemField(props: Props) {
  const { label, help, isRequired, placeholder, text, onChange, onBlur, error, ref } = props;
  const id = useId();
  return (
    <FieldFrame id={id} label={label} help={help} isRequired={isRequired} error={error}>
      <OutlinedInput
        id={id}
        fullWidth
        multiline
        minRows={2}
        maxRows={8}
        inputRef={ref}
        value={text}
        onChange={(event) => onChange(event.target.value)}
        onBlur={onBlur}
        error={error !== undefined}
        slotProps={{
          input: {
            placeholder,
            autoComplete: 'off',
            autoCapitalize: 'none',
            spellCheck: false,
            'aria-describedby': `${id}-error ${id}-help`,
            'aria-required': isRequired,
          },
        }}
        // The padding is that of the text area within.
        sx={{ p: 0, '& textarea': { fontFamily: monospace, fontSize: '0.8125rem' } }}
      />
    </FieldFrame>
  );
}
