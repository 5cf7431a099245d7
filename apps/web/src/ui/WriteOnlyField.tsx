import { secretLimits } from '@dropsafe/contract/secrets';
import Alert from '@mui/material/Alert';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormControlLabel from '@mui/material/FormControlLabel';
import Switch from '@mui/material/Switch';
import Typography from '@mui/material/Typography';
import { styled } from '@mui/material/styles';
import { useId, useRef, useState, type ReactNode, type Ref } from 'react';
import { FieldFrame } from './FieldFrame.tsx';
import { monospace } from './theme.ts';
import { useExactTextarea, type WriteOnlyHandle } from './use-exact-textarea.ts';

/**
 * @file The field for a value. [Note: Write-only] It is never filled from outside, and what is typed is in one place only,
 * the textarea itself (plus the exact text that a textarea cannot hold, see use-exact-textarea): not in React state, not
 * in the form library, not in an attribute. It is masked by default, kept from password managers, spell checkers and
 * writing assistants (those send what they read to their vendors), and wiped when the field goes away.
 */

interface Props {
  label: string;
  isRequired: boolean;
  help?: ReactNode;
  error?: string | undefined;
  /** Hears only whether there is something, never what. */
  onTyped: (isEmpty: boolean) => void;
  autoFocus?: boolean;
  ref: Ref<WriteOnlyHandle>;
}

/** A multi-line field for a value, write-only and byte-exact. */
export function WriteOnlyField({ label, isRequired, help, error, onTyped, autoFocus, ref }: Props) {
  const id = useId();
  const fileInput = useRef<HTMLInputElement>(null);
  const [isShown, setShown] = useState(false);
  const field = useExactTextarea(ref, onTyped);
  const { facts } = field;
  const footer = (
    <>
      <Box
        id={`${id}-facts`}
        aria-live="polite"
        sx={{ display: 'grid', gap: 1, '&:not(:empty)': { mt: 1 } }}
      >
        {!isShown && !canMask && (
          <Typography variant="caption">
            This browser cannot show dots, so what you type is invisible until you show it.
          </Typography>
        )}
        {facts.surroundings !== undefined && (
          <Finding action="Trim the value" onAction={field.trim}>
            {facts.surroundings} That is kept, unless you trim it.
          </Finding>
        )}
        {facts.lineEnds === 'crlf' && (
          <Finding action="Convert to LF" onAction={field.convertToLf}>
            The line ends are CRLF (Windows), and are kept as they are.
          </Finding>
        )}
        {facts.isHeld && (
          <Finding action="Convert to LF" onAction={field.convertToLf}>
            The value has line ends or characters that a browser field changes. It is kept exactly
            as it came and cannot be edited here. To edit it, convert it, or replace it.
          </Finding>
        )}
      </Box>
      {/* Not in the live region: it would be read out with every key. */}
      {facts.size >= limit * 0.8 && (
        <Typography
          variant="caption"
          component="p"
          sx={{
            mt: 0.75,
            fontVariantNumeric: 'tabular-nums',
            color: facts.size > limit ? 'error.main' : 'text.secondary',
          }}
        >
          {facts.size.toLocaleString('en')} of {limit.toLocaleString('en')} bytes
        </Typography>
      )}
      <Box sx={{ display: 'flex', alignItems: 'center', gap: 1, mt: 1, flexWrap: 'wrap' }}>
        <Button size="small" variant="outlined" onClick={() => fileInput.current?.click()}>
          Choose a file
        </Button>
        {facts.isHeld && (
          <Button size="small" onClick={field.clear}>
            Replace the value
          </Button>
        )}
        <Typography variant="caption" sx={{ color: 'text.secondary' }}>
          {field.source ?? 'or drop one on the field.'}
        </Typography>
        <input
          ref={fileInput}
          type="file"
          hidden
          aria-label={`${label} from a file`}
          onChange={field.onFileChosen}
        />
      </Box>
    </>
  );
  return (
    <FieldFrame
      id={id}
      label={label}
      isRequired={isRequired}
      error={error ?? field.refusal}
      help={help}
      footer={footer}
      action={
        <FormControlLabel
          label="Show what I type"
          control={
            <Switch
              size="small"
              checked={isShown}
              onChange={(_, checked) => setShown(checked)}
              slotProps={{ input: { role: 'switch' } }}
            />
          }
          slotProps={{ typography: { variant: 'caption' } }}
          sx={{ mr: 0, gap: 0.5 }}
        />
      }
    >
      <Box {...field.dropTarget} sx={{ position: 'relative' }}>
        <ValueArea
          {...field.textarea}
          id={id}
          rows={5}
          autoFocus={autoFocus === true}
          isMasked={!isShown}
          isRefused={(error ?? field.refusal) !== undefined}
          isDropTarget={field.isDropTarget}
          aria-required={isRequired}
          aria-invalid={(error ?? field.refusal) !== undefined}
          aria-describedby={`${id}-error ${id}-facts ${id}-help`}
          // "off" also keeps Firefox from storing the text with the session on disk.
          autoComplete="off"
          autoCorrect="off"
          autoCapitalize="none"
          spellCheck={false}
          translate="no"
          {...keepOut}
        />
      </Box>
    </FieldFrame>
  );
}

function Finding(props: { children: ReactNode; action: string; onAction: () => void }) {
  return (
    <Alert
      severity="warning"
      role="presentation"
      action={
        <Button color="inherit" size="small" onClick={props.onAction}>
          {props.action}
        </Button>
      }
      sx={{
        py: 0.25,
        flexWrap: { xs: 'wrap', sm: 'nowrap' },
        '& .MuiAlert-message': { flex: '1 1 200px' },
        '& .MuiAlert-action': { alignItems: 'center', pt: 0 },
      }}
    >
      {props.children}
    </Alert>
  );
}

const limit = secretLimits.valueBytes;

/** Attributes by which password managers and writing assistants are told to stay away; there is no standard one. */
export const keepOut = {
  'data-1p-ignore': '',
  'data-lpignore': 'true',
  'data-bwignore': 'true',
  'data-form-type': 'other',
  'data-gramm': 'false',
  'data-gramm_editor': 'false',
  'data-enable-grammarly': 'false',
  'data-ms-editor': 'false',
  'data-lt-active': 'false',
  writingsuggestions: 'false',
};

// A password input cannot hold lines, so the mask is a style. Chrome, Edge, Safari and Firefox since 111 know it; in any
// other browser the text is made invisible instead, and the field says so.
const canMask = CSS.supports('-webkit-text-security', 'disc');

const ValueArea = styled('textarea', {
  shouldForwardProp: (name) =>
    name !== 'isMasked' && name !== 'isRefused' && name !== 'isDropTarget',
})<{ isMasked: boolean; isRefused: boolean; isDropTarget: boolean }>(
  ({ theme: { vars, shape }, isMasked, isRefused, isDropTarget }) => ({
    display: 'block',
    width: '100%',
    boxSizing: 'border-box',
    minHeight: 92,
    padding: '9px 12px',
    resize: 'vertical',
    font: `0.875rem/1.5 ${monospace}`,
    color: vars.palette.text.primary,
    caretColor: vars.palette.text.primary,
    background: isDropTarget ? vars.palette.action.hover : vars.palette.background.paper,
    border: `1px ${isDropTarget ? 'dashed' : 'solid'} ${isRefused ? vars.palette.error.main : '#86908f'}`,
    borderRadius: shape.borderRadius,
    '&:hover': { borderColor: isRefused ? vars.palette.error.main : vars.palette.text.primary },
    '&:focus': {
      outline: 'none',
      borderColor: isRefused ? vars.palette.error.main : vars.palette.primary.main,
      boxShadow: `inset 0 0 0 1px ${isRefused ? vars.palette.error.main : vars.palette.primary.main}`,
    },
    '&:read-only': { color: vars.palette.text.secondary },
    ...(isMasked && (canMask ? { WebkitTextSecurity: 'disc' } : { color: 'transparent' })),
  }),
);
