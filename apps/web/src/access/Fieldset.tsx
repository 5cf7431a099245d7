import Box from '@mui/material/Box';
import FormHelperText from '@mui/material/FormHelperText';
import { useId, type ReactNode } from 'react';

interface Props {
  legend: string;
  help?: ReactNode;
  error?: string | undefined;
  children: ReactNode;
}

/** Fields that belong together, under one heading. */
export function Fieldset({ legend, help, error, children }: Props) {
  const id = useId();
  return (
    <Box
      component="fieldset"
      aria-describedby={`${id}-help ${id}-error`}
      sx={{ border: 0, p: 0, m: 0, minWidth: 0 }}
    >
      <Box component="legend" sx={{ p: 0, mb: 0.5, fontWeight: 600, fontSize: '0.875rem' }}>
        {legend}
      </Box>
      {children}
      <FormHelperText id={`${id}-error`} error aria-live="polite" sx={{ mt: 0 }}>
        {error}
      </FormHelperText>
      <FormHelperText id={`${id}-help`} component="div" sx={{ mt: 0 }}>
        {help}
      </FormHelperText>
    </Box>
  );
}
