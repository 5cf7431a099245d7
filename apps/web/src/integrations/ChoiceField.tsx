import { useId, type Ref } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';

interface Props {
  label: string;
  help: string;
  /** By what is stored, the words for it. */
  choices: Readonly<Record<string, string>>;
  chosen: string;
  onChange: (chosen: string) => void;
  error: string | undefined;
  ref?: Ref<HTMLSelectElement>;
}

/** One of a few choices. */
export function ChoiceField({ label, help, choices, chosen, onChange, error, ref }: Props) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} isRequired help={help} error={error}>
      <Choice
        ref={ref}
        id={id}
        value={chosen}
        aria-describedby={`${id}-error ${id}-help`}
        aria-invalid={error !== undefined}
        onChange={(event) => onChange(event.target.value)}
        sx={{ width: '100%' }}
      >
        {Object.entries(choices).map(([choice, words]) => (
          <option key={choice} value={choice}>
            {words}
          </option>
        ))}
      </Choice>
    </FieldFrame>
  );
}
