import AddIcon from '@mui/icons-material/Add';
import Box from '@mui/material/Box';
import CircularProgress from '@mui/material/CircularProgress';
import OutlinedInput from '@mui/material/OutlinedInput';
import Popover from '@mui/material/Popover';
import Typography from '@mui/material/Typography';
import useMediaQuery from '@mui/material/useMediaQuery';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';
import { useSecretReasons } from '../permissions/can.ts';
import { DialogFrame } from '../ui/DialogFrame.tsx';
import { ProblemAlert } from '../ui/ProblemAlert.tsx';
import { monospace } from '../ui/theme.ts';
import { choicesOf } from './secret-choice.ts';
import { secretSearchQuery } from './secret-search.queries.ts';

interface Props {
  /** The button that it belongs to. */
  anchor: () => HTMLElement | null;
  /** Where the value would go; undefined while that is not known. */
  target: string | undefined;
  onPick: (name: string) => void;
  onCreate: () => void;
  onClose: () => void;
}

/** Looks for a secret and picks it. Below its button, or on a phone over the whole screen. Rendered only while it is open. */
export function SecretPicker({ anchor, onClose, ...search }: Props) {
  const isNarrow = useMediaQuery('(max-width: 600px)', { noSsr: true });
  if (isNarrow)
    return (
      <DialogFrame title="Choose a secret" onClose={onClose}>
        <SecretSearch {...search} />
      </DialogFrame>
    );
  return (
    <Popover
      open
      anchorEl={anchor}
      onClose={onClose}
      transitionDuration={0}
      // Where it closes, the field takes the focus.
      disableRestoreFocus
      disableScrollLock
      anchorOrigin={{ vertical: 'bottom', horizontal: 'right' }}
      transformOrigin={{ vertical: 'top', horizontal: 'right' }}
      slotProps={{
        paper: {
          role: 'dialog',
          'aria-label': 'Choose a secret',
          sx: { width: 440, mt: 1, pt: 1.5, border: 1, borderColor: 'divider' },
        },
      }}
    >
      <SecretSearch {...search} />
    </Popover>
  );
}

/** An entry of the list: `act` is undefined where it cannot be chosen. */
interface Entry {
  key: string;
  act: (() => void) | undefined;
  content: ReactNode;
}

function SecretSearch({ target, onPick, onCreate }: Omit<Props, 'anchor' | 'onClose'>) {
  const id = useId();
  const [text, setText] = useState('');
  const [active, setActive] = useState(0);
  const secrets = useQuery(secretSearchQuery(text.trim()));
  const { create: refusalToCreate } = useSecretReasons();
  const choices = choicesOf(secrets.data?.items ?? [], target);
  const entries: Entry[] = [
    ...choices.map(({ secret: { name, description }, refusal }): Entry => ({
      key: name,
      act: refusal === undefined ? () => onPick(name) : undefined,
      content: (
        <>
          <Box component="span" sx={{ fontFamily: monospace, fontSize: '0.875rem' }}>
            {name}
          </Box>
          {description !== null && <Line>{description}</Line>}
          {refusal !== undefined && <Line isRefusal>{refusal}</Line>}
        </>
      ),
    })),
    {
      key: ' create',
      act: refusalToCreate === undefined ? onCreate : undefined,
      content: (
        <>
          <Box component="span" sx={{ display: 'flex', alignItems: 'center', gap: 1 }}>
            <AddIcon sx={{ fontSize: 18 }} />
            Create a new secret here…
          </Box>
          {refusalToCreate !== undefined && <Line isRefusal>{refusalToCreate}</Line>}
        </>
      ),
    },
  ];
  const chosen = Math.min(active, entries.length - 1);

  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    list.current?.children[chosen]?.scrollIntoView({ block: 'nearest' });
  }, [chosen]);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing) return;
    const next = {
      ArrowDown: (chosen + 1) % entries.length,
      ArrowUp: (chosen + entries.length - 1) % entries.length,
    }[event.key];
    if (next !== undefined) setActive(next);
    else if (event.key === 'Enter') {
      // What is shown while another answer is under way is not what was asked for.
      if (!secrets.isPlaceholderData) entries[chosen]?.act?.();
    } else return;
    event.preventDefault();
  };
  return (
    <>
      <Box sx={{ px: { xs: 3, sm: 1.5 } }}>
        <OutlinedInput
          fullWidth
          autoFocus
          type="text"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            setActive(0);
          }}
          onKeyDown={onKeyDown}
          placeholder="Name or description"
          endAdornment={secrets.isFetching && <CircularProgress size={16} aria-hidden />}
          slotProps={{
            input: {
              role: 'combobox',
              'aria-label': 'Search secrets',
              'aria-expanded': true,
              'aria-autocomplete': 'list',
              'aria-controls': `${id}-list`,
              'aria-activedescendant': `${id}-${chosen}`,
              maxLength: 255,
              autoComplete: 'off',
              autoCapitalize: 'none',
              spellCheck: false,
            },
          }}
        />
      </Box>
      <Typography
        variant="caption"
        role="status"
        sx={{ px: { xs: 3, sm: 2 }, pt: 0.75, color: 'text.secondary', display: 'block' }}
      >
        {toldOf(secrets.data, secrets.isPlaceholderData, text)}
      </Typography>
      {secrets.isError && (
        <Box sx={{ px: { xs: 3, sm: 1.5 }, pt: 1 }}>
          <ProblemAlert problem={secrets.error} onRetry={() => void secrets.refetch()} />
        </Box>
      )}
      <Box
        component="ul"
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label="Secrets"
        // The focus stays in the search.
        onMouseDown={(event) => event.preventDefault()}
        sx={{
          m: 0,
          px: 0,
          pt: 0.75,
          pb: 0,
          listStyle: 'none',
          overflowY: 'auto',
          scrollPaddingBottom: 64,
          display: 'flex',
          flexDirection: 'column',
          // The same from the first moment on: it is placed once, where all of it is in sight.
          height: { sm: 320 },
        }}
      >
        {entries.map(({ key, act, content }, index) => (
          <Box
            component="li"
            key={key}
            id={`${id}-${index}`}
            role="option"
            aria-selected={index === chosen}
            aria-disabled={act === undefined}
            onClick={act}
            onMouseMove={() => setActive(index)}
            sx={{
              // However long the list is, this way out of it is in sight.
              ...(index === choices.length && {
                position: 'sticky',
                bottom: 0,
                mt: 'auto',
                borderTop: '1px solid',
                borderColor: 'divider',
                bgcolor: 'background.paper',
              }),
              px: { xs: 3, sm: 2 },
              py: 0.75,
              minHeight: 44,
              flex: 'none',
              display: 'flex',
              flexDirection: 'column',
              justifyContent: 'center',
              cursor: act === undefined ? 'default' : 'pointer',
              overflowWrap: 'anywhere',
              color: act === undefined ? 'text.secondary' : 'text.primary',
              '&[aria-selected="true"]': {
                // Over the background, not instead of it: the last one stands over others.
                backgroundImage: ({ vars: { palette } }) =>
                  `linear-gradient(${palette.action.selected}, ${palette.action.selected})`,
                outline: '2px solid',
                outlineColor: 'primary.main',
                outlineOffset: -2,
              },
            }}
          >
            {content}
          </Box>
        ))}
      </Box>
    </>
  );
}

function Line({ isRefusal = false, children }: { isRefusal?: boolean; children: ReactNode }) {
  return (
    <Typography
      component="span"
      variant="caption"
      sx={{ color: isRefusal ? 'warning.main' : 'text.secondary' }}
    >
      {children}
    </Typography>
  );
}

/** How the search ended, for everybody and read out; a blank keeps the place. */
function toldOf(
  page: { items: readonly unknown[]; nextCursor: string | null } | undefined,
  isOld: boolean,
  text: string,
): string {
  if (page === undefined || isOld) return '\u00A0';
  if (page.items.length === 0)
    return text.trim() === '' ? 'There are no secrets yet.' : 'No secret matches.';
  if (page.nextCursor !== null)
    return `The first ${page.items.length} are shown. Type more to see others.`;
  return page.items.length === 1 ? '1 secret' : `${page.items.length} secrets`;
}
