import Box from '@mui/material/Box';
import FormControlLabel from '@mui/material/FormControlLabel';
import FormHelperText from '@mui/material/FormHelperText';
import Switch from '@mui/material/Switch';
import { useId, type Ref } from 'react';

interface Props {
  label: string;
  help?: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  error?: string | undefined;
  ref?: Ref<HTMLInputElement>;
}

/** Something that is on or off. */
export function BooleanField({ label, help, isOn, onChange, error, ref }: Props) {
  const id = useId();
  return (
    <Box>
      <FormControlLabel
        control={
          <Switch
            checked={isOn}
            onChange={(event) => onChange(event.target.checked)}
            slotProps={{ input: { ref, 'aria-describedby': `${id}-error ${id}-help` } }}
          />
        }
        label={label}
        slotProps={{ typography: { sx: { fontWeight: 600, fontSize: '0.875rem' } } }}
      />
      <FormHelperText id={`${id}-error`} error aria-live="polite" sx={{ mt: 0 }}>
        {error}
      </FormHelperText>
      {help !== undefined && (
        <FormHelperText id={`${id}-help`} sx={{ mt: 0 }}>
          {help}
        </FormHelperText>
      )}
    </Box>
  );
}
