import ClearIcon from '@mui/icons-material/Clear';
import SearchIcon from '@mui/icons-material/Search';
import IconButton from '@mui/material/IconButton';
import InputAdornment from '@mui/material/InputAdornment';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useEffect, useRef, useState } from 'react';

interface Props {
  /** For screen readers. */
  label: string;
  placeholder: string;
  q: string;
  onSearch: (q: string) => void;
}

/** The search of a table: asks by itself when nothing was typed for a moment, or at once by Enter. */
export function SearchField({ label, placeholder, q, onSearch }: Props) {
  const [text, setText] = useState(q);
  const input = useRef<HTMLInputElement>(null);
  // What this field last asked for: any other `q` came from elsewhere (back, a link) and is taken over.
  const [asked, setAsked] = useState(q);
  if (q !== asked) {
    setAsked(q);
    setText(q);
  }
  const search = (next: string) => {
    setAsked(next);
    onSearch(next);
  };
  useDebounced(text, (settled) => settled !== asked && search(settled));
  return (
    <OutlinedInput
      type="search"
      inputRef={input}
      value={text}
      onChange={(event) => setText(event.target.value)}
      onKeyDown={(event) => event.key === 'Enter' && search(text)}
      placeholder={placeholder}
      startAdornment={
        <InputAdornment position="start">
          <SearchIcon fontSize="small" />
        </InputAdornment>
      }
      endAdornment={
        text !== '' && (
          <IconButton
            size="small"
            aria-label="Clear search"
            onClick={() => {
              setText('');
              search('');
              input.current?.focus();
            }}
          >
            <ClearIcon fontSize="small" />
          </IconButton>
        )
      }
      slotProps={{
        input: {
          'aria-label': label,
          maxLength: 255,
          autoComplete: 'off',
          spellCheck: false,
        },
      }}
      sx={{
        flex: '1 1 260px',
        maxWidth: { md: 420 },
        // The browser's own cross is not reachable by keyboard.
        '& input::-webkit-search-cancel-button': { display: 'none' },
      }}
    />
  );
}

/** Calls `act` with `text` when it has not changed for a moment. */
function useDebounced(text: string, act: (text: string) => void): void {
  const latest = useRef(act);
  useEffect(() => {
    latest.current = act;
  });
  useEffect(() => {
    const timer = setTimeout(() => latest.current(text), 300);
    return () => clearTimeout(timer);
  }, [text]);
}
