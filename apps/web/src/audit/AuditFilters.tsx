import { auditActionNames } from '@dropsafe/contract/audit';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import FormLabel from '@mui/material/FormLabel';
import OutlinedInput from '@mui/material/OutlinedInput';
import { useId, useState, type SubmitEvent } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { isFiltered, type AuditView } from './audit-view.ts';
import { actionWords } from './audit-words.ts';

/** Browsers give a field of a day another height than one of text. */
const fieldHeight = 40;

interface Props {
  view: AuditView;
  onChange: (change: Partial<AuditView>) => void;
}

/** What stands above the table: which events are shown. Choices act at once, what is typed with Enter or "Apply". */
export function AuditFilters({ view, onChange }: Props) {
  const id = useId();
  const submit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => {
      const typed = form.get(name);
      return typeof typed === 'string' ? typed.trim() : '';
    };
    onChange({
      principal: text('principal'),
      subject: text('subject'),
      action: text('action'),
      from: text('from'),
      to: text('to'),
    });
  };
  return (
    <Box
      component="form"
      role="search"
      aria-label="Filter events"
      onSubmit={submit}
      sx={{
        display: 'grid',
        gap: 1.5,
        alignItems: 'end',
        gridTemplateColumns: {
          xs: 'repeat(2, minmax(0, 1fr))',
          md: 'repeat(3, minmax(0, 1fr))',
          lg: 'minmax(0, 1fr) minmax(0, 1.4fr) minmax(0, 1fr) 150px 150px auto',
        },
        mb: 2,
      }}
    >
      <TextFilter name="principal" label="Who" text={view.principal} placeholder="Name or id" />
      <Box>
        <Label htmlFor={`${id}-action`}>Action</Label>
        <Choice
          id={`${id}-action`}
          name="action"
          value={view.action}
          onChange={(event) => event.currentTarget.form?.requestSubmit()}
          style={{ width: '100%', height: fieldHeight }}
        >
          <option value="">All actions</option>
          {auditActionNames.map((action) => (
            <option key={action} value={action}>
              {actionWords(action)}
            </option>
          ))}
        </Choice>
      </Box>
      <TextFilter name="subject" label="Subject" text={view.subject} placeholder="Whole name" />
      <TextFilter name="from" label="From day (UTC)" text={view.from} isDay />
      <TextFilter name="to" label="To day (UTC)" text={view.to} isDay />
      <Box sx={{ display: 'flex', gap: 1 }}>
        <Button type="submit" variant="outlined" color="inherit" sx={{ height: fieldHeight }}>
          Apply
        </Button>
        {isFiltered(view) && (
          <Button
            color="inherit"
            sx={{ height: fieldHeight }}
            onClick={() => onChange({ principal: '', action: '', subject: '', from: '', to: '' })}
          >
            Clear
          </Button>
        )}
      </Box>
    </Box>
  );
}

interface TextFilterProps {
  name: string;
  label: string;
  text: string;
  placeholder?: string;
  isDay?: boolean;
}

function TextFilter({ name, label, text: asked, placeholder = '', isDay }: TextFilterProps) {
  const id = useId();
  const [text, setText] = useState(asked);
  // What came from elsewhere (back, a link, "Clear") is taken over.
  const [known, setKnown] = useState(asked);
  if (asked !== known) {
    setKnown(asked);
    setText(asked);
  }
  return (
    <Box>
      <Label htmlFor={id}>{label}</Label>
      <OutlinedInput
        id={id}
        name={name}
        type={isDay === true ? 'date' : 'text'}
        fullWidth
        value={text}
        onChange={(event) => setText(event.target.value)}
        placeholder={placeholder}
        sx={{ height: fieldHeight }}
        slotProps={{
          input: {
            maxLength: 512,
            autoComplete: 'off',
            spellCheck: false,
            ...(isDay === true && { min: '1970-01-01', max: '9998-12-31' }),
          },
        }}
      />
    </Box>
  );
}

function Label({ htmlFor, children }: { htmlFor: string; children: string }) {
  return (
    <FormLabel
      htmlFor={htmlFor}
      sx={{ display: 'block', mb: 0.5, color: 'text.secondary', fontSize: '0.8125rem' }}
    >
      {children}
    </FormLabel>
  );
}
