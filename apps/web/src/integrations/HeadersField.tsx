import { integrationLimits } from '@dropsafe/contract/integrations';
import AddIcon from '@mui/icons-material/Add';
import DeleteIcon from '@mui/icons-material/DeleteOutlined';
import Box from '@mui/material/Box';
import Button from '@mui/material/Button';
import IconButton from '@mui/material/IconButton';
import { useRef, useState } from 'react';
import { flushSync } from 'react-dom';
import { Fieldset } from '../access/Fieldset.tsx';
import { DisabledReason } from '../ui/DisabledReason.tsx';
import { TextInput } from '../ui/TextInput.tsx';
import { ExpressionField } from './ExpressionField.tsx';
import { problemOf, type ConfigurationFieldProps, type Focusable } from './configuration-field.ts';

type Header = { name: string; value: string };

/** A list of headers. Rows are added and removed by keyboard as well: the focus goes where one goes on. */
export function HeadersField(props: ConfigurationFieldProps) {
  const { path, field, held, onChange, onLeave, problems, target, register } = props;
  const headers: readonly Header[] = Array.isArray(held) ? held : [];
  // A row stays itself when one before it goes.
  const lastId = useRef(headers.length);
  const [ids, setIds] = useState(() => headers.map((_, index) => index));
  const names = useRef(new Map<number, Focusable>());
  const addButton = useRef<HTMLButtonElement>(null);

  const change = (index: number, changed: Partial<Header>) =>
    onChange(headers.map((header, at) => (at === index ? { ...header, ...changed } : header)));
  const add = () => {
    flushSync(() => {
      lastId.current += 1;
      setIds([...ids, lastId.current]);
      onChange([...headers, { name: '', value: '' }]);
    });
    names.current.get(headers.length)?.focus();
  };
  const remove = (index: number) => {
    flushSync(() => {
      setIds(ids.filter((_, at) => at !== index));
      onChange(headers.filter((_, at) => at !== index));
    });
    (names.current.get(Math.min(index, headers.length - 2)) ?? addButton.current)?.focus();
  };
  return (
    <Fieldset legend={field.title} help={field.help} error={problems.get(path)?.[0]?.message}>
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {headers.map(({ name, value }, index) => {
          const place = `${path}.${index}`;
          const number = index + 1;
          return (
            <Box component="li" key={ids[index]} sx={row}>
              <TextInput
                ref={(input) => {
                  if (input === null) names.current.delete(index);
                  else names.current.set(index, input);
                  register(`${place}.name`)(input);
                }}
                label={`Name of header ${number}`}
                isRequired
                autoComplete="off"
                autoCapitalize="none"
                spellCheck={false}
                defaultValue={name}
                error={problems.get(`${place}.name`)?.[0]?.message}
                onChange={(event) => change(index, { name: event.currentTarget.value })}
                onBlur={() => onLeave(`${place}.name`)}
              />
              <ExpressionField
                ref={register(`${place}.value`)}
                label={`Value of header ${number}`}
                isRequired
                value={value}
                onChange={(text) => change(index, { value: text })}
                onBlur={() => onLeave(`${place}.value`)}
                problems={(problems.get(`${place}.value`) ?? []).map(problemOf)}
                target={target}
              />
              <IconButton
                aria-label={name === '' ? `Remove header ${number}` : `Remove header ${name}`}
                title="Remove"
                onClick={() => remove(index)}
                sx={{ mt: '28px', alignSelf: 'start' }}
              >
                <DeleteIcon fontSize="small" />
              </IconButton>
            </Box>
          );
        })}
      </Box>
      <DisabledReason
        reason={
          headers.length >= integrationLimits.headers
            ? `There can be ${integrationLimits.headers} headers.`
            : undefined
        }
      >
        <Button
          ref={addButton}
          variant="outlined"
          size="small"
          startIcon={<AddIcon />}
          onClick={add}
          sx={{ mb: 0.5 }}
        >
          Add header
        </Button>
      </DisabledReason>
    </Fieldset>
  );
}

const row = {
  display: 'grid',
  gap: 1,
  mb: 1.5,
  gridTemplateColumns: { xs: 'minmax(0, 1fr) auto', sm: 'minmax(0, 2fr) minmax(0, 3fr) auto' },
  // On a phone the value stands below the name, as wide as the row.
  '& > :nth-of-type(2)': {
    gridRow: { xs: 2, sm: 'auto' },
    gridColumn: { xs: '1 / -1', sm: 'auto' },
  },
} as const;
