import { maxDestinationLength, maxDestinations } from '@dropsafe/contract/destinations';
import CloseIcon from '@mui/icons-material/Close';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useEffect, useId, useRef, type ClipboardEvent, type KeyboardEvent, type Ref } from 'react';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import { monospace } from '../ui/theme.ts';

interface Props {
  destinations: readonly string[];
  onRemove: (destination: string) => void;
  /** What stands in the input and is not a destination yet. */
  pending: string;
  onPending: (text: string) => void;
  /** Adds `text`, or says why not in `error`. */
  onAdd: (text: string) => void;
  error: string | undefined;
  /** Those that the stored value may not go to. */
  widened: readonly string[];
  ref: Ref<HTMLInputElement>;
}

/** Where a value may be sent: a list that is added to by typing or pasting, and shown in canonical form. */
export function DestinationsField(props: Props) {
  const { destinations, onRemove, pending, onPending, onAdd, error, widened, ref } = props;
  const id = useId();
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    // The input has the focus already, so the browser would leave the words below it where they are: out of sight, maybe.
    if (error !== undefined)
      document.getElementById(`${id}-error`)?.scrollIntoView({ block: 'nearest' });
  }, [id, error]);

  const onKeyDown = (event: KeyboardEvent) => {
    // isComposing: this Enter ends the input of a character, not of a destination.
    if (event.nativeEvent.isComposing) return;
    if (event.key === ',' || (event.key === 'Enter' && pending.trim() !== '')) {
      event.preventDefault();
      onAdd(pending);
    }
  };
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain');
    // A single one can still be edited before it is added; several could not be told apart in one line.
    if (!/[\s,;]\S/.test(text.trim())) return;
    event.preventDefault();
    onAdd(`${pending} ${text}`);
  };
  const remove = (index: number, destination: string) => {
    onRemove(destination);
    // The button is about to go, and the focus with it: hand it on.
    const buttons = list.current?.querySelectorAll('button') ?? [];
    const next = buttons[index + 1] ?? buttons[index - 1] ?? document.getElementById(id);
    next?.focus();
  };
  return (
    <FieldFrame
      id={id}
      label="Destinations"
      error={error}
      help={
        destinations.length === 0
          ? 'The origins that the value may be sent to, with a path if wanted. Without any, it cannot be sent anywhere. They can be narrowed at any time, but widened only together with a new value.'
          : 'The value can be sent there and nowhere else. They can be narrowed at any time, but widened only together with a new value.'
      }
    >
      {destinations.length > 0 && (
        <Box
          component="ul"
          ref={list}
          aria-label="Chosen origins"
          sx={{
            display: 'flex',
            flexWrap: 'wrap',
            gap: 0.75,
            m: 0,
            mb: 1,
            p: 0,
            listStyle: 'none',
          }}
        >
          {destinations.map((destination, index) => (
            <Box
              component="li"
              key={destination}
              sx={{
                display: 'flex',
                alignItems: 'center',
                maxWidth: '100%',
                pl: 1.25,
                border: 1,
                borderRadius: 1.5,
                borderColor: widened.includes(destination) ? 'warning.main' : 'divider',
                bgcolor: 'action.hover',
                fontFamily: monospace,
                fontSize: '0.8125rem',
                overflowWrap: 'anywhere',
              }}
            >
              {destination}
              {widened.includes(destination) && (
                <Box
                  component="span"
                  sx={{ ml: 0.75, color: 'warning.main', whiteSpace: 'nowrap' }}
                >
                  (new)
                </Box>
              )}
              <IconButton
                size="small"
                aria-label={`Remove ${destination}`}
                onClick={() => remove(index, destination)}
              >
                <CloseIcon sx={{ fontSize: 16 }} />
              </IconButton>
            </Box>
          ))}
        </Box>
      )}
      <Box sx={{ display: 'flex', gap: 1 }}>
        <OutlinedInput
          id={id}
          inputRef={ref}
          fullWidth
          value={pending}
          onChange={(event) => onPending(event.target.value)}
          onKeyDown={onKeyDown}
          onPaste={onPaste}
          error={error !== undefined}
          placeholder="https://api.example.com"
          slotProps={{
            input: {
              'aria-describedby': `${id}-error ${id}-help`,
              // More than one may be typed before they are added.
              maxLength: maxDestinationLength * maxDestinations,
              inputMode: 'url',
              autoComplete: 'off',
              autoCapitalize: 'none',
              spellCheck: false,
            },
          }}
          sx={{ '& input': { fontFamily: monospace } }}
        />
        <Button
          variant="outlined"
          aria-label="Add destination"
          onClick={() => onAdd(pending)}
          sx={{ flexShrink: 0 }}
        >
          Add
        </Button>
      </Box>
    </FieldFrame>
  );
}
