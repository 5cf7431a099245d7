import { countedUpTo } from '@dropsafe/contract/secrets';
import type { Reference } from '@dropsafe/contract/problems';
import Alert from '@mui/material/Alert';
import AlertTitle from '@mui/material/AlertTitle';
import Box from '@mui/material/Box';
import type { SubmitEvent } from 'react';
import { TextInput } from '../ui/TextInput.tsx';
import { fieldTitles } from './field-titles.ts';
import { namedReferences } from './secret-page.queries.ts';

/** What would stop working. */
export interface InUse {
  /** The first of them; none for somebody who may not list integrations. */
  references: readonly Reference[];
  /** How many there are; null for more than 1 000. */
  count: number | null;
}

interface Props {
  /** Of the secret: to be typed. */
  name: string;
  inUse: InUse;
  /** What typing it does: `delete it`. */
  act: string;
  onTyped: (text: string) => void;
  /** Enter in the field. */
  onSubmit: () => void;
}

/** What stops working when a secret in use goes, or may go to fewer places; and the field that its name is typed into if one means it. */
export function InUsePanel({ name, inUse: { references, count }, act, onTyped, onSubmit }: Props) {
  const named = references.slice(0, namedReferences);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // The form around the dialog is a parent of this one for React, though not for the browser.
    event.stopPropagation();
    onSubmit();
  };
  return (
    <Box sx={{ display: 'grid', gap: 1.5, mt: 2 }}>
      <Alert severity="warning" role="presentation">
        <AlertTitle>{title(count)}</AlertTitle>
        {named.length > 0 ? (
          <Box component="ul" sx={{ m: 0, pl: 2.5 }}>
            {named.map(({ integration, fields }) => (
              <li key={integration.id}>
                <strong>{integration.name}</strong> ({fieldTitles(fields).join(', ')})
              </li>
            ))}
            {more(count, named.length) !== undefined && <li>{more(count, named.length)}</li>}
          </Box>
        ) : (
          'Which, is told to those who may list integrations. Ask one of them first.'
        )}
      </Alert>
      <form noValidate autoComplete="off" onSubmit={submit}>
        <TextInput
          label={`Type ${name} to ${act} all the same`}
          isRequired
          isMonospace
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={(event) => onTyped(event.target.value)}
        />
      </form>
    </Box>
  );
}

/** Why it cannot be confirmed yet; undefined once the name was typed. */
export function typingReason(name: string, typed: string): string | undefined {
  return typed.trim() === name ? undefined : `First type ${name} into the field.`;
}

function title(count: number | null): string {
  if (count === 1) return '1 integration will stop working';
  return `${count === null ? `More than ${countedUpTo.toLocaleString('en')}` : count.toLocaleString('en')} integrations will stop working`;
}

function more(count: number | null, named: number): string | undefined {
  if (count === null) return 'and many more';
  return count > named ? `and ${(count - named).toLocaleString('en')} more` : undefined;
}
