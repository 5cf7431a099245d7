import Box from '@mui/material/Box';
import FormHelperText from '@mui/material/FormHelperText';
import FormLabel from '@mui/material/FormLabel';
import type { ReactNode } from 'react';

interface Props {
  /** Of the control inside. Describe it by `${id}-help ${id}-error`. */
  id: string;
  label: string;
  isRequired?: boolean;
  help?: ReactNode;
  error?: string | undefined;
  /** Stands at the end of the line of the label. */
  action?: ReactNode;
  /** Stands below everything else. */
  footer?: ReactNode;
  children: ReactNode;
}

/** What stands around every field: label above, error and help below, wired up for screen readers. */
export function FieldFrame({
  id,
  label,
  isRequired,
  help,
  error,
  action,
  footer,
  children,
}: Props) {
  return (
    <Box>
      <Box sx={{ display: 'flex', alignItems: 'center', minHeight: 28, gap: 1, flexWrap: 'wrap' }}>
        <FormLabel
          htmlFor={id}
          id={`${id}-label`}
          sx={{ color: 'text.primary', fontWeight: 600, fontSize: '0.875rem' }}
        >
          {label}
        </FormLabel>
        {/* Not a part of the name; aria-required tells screen readers which ones are not. */}
        <Box aria-hidden sx={{ flex: 1, color: 'text.secondary', fontSize: '0.875rem', ml: -0.5 }}>
          {isRequired !== true && '(optional)'}
        </Box>
        {action}
      </Box>
      {children}
      {/* Always there, so that an error which arrives later is read out. */}
      <FormHelperText id={`${id}-error`} error aria-live="polite" sx={{ mt: error ? 0.75 : 0 }}>
        {error}
      </FormHelperText>
      {help !== undefined && (
        <FormHelperText id={`${id}-help`} component="div" sx={{ mt: 0.5 }}>
          {help}
        </FormHelperText>
      )}
      {footer}
    </Box>
  );
}
