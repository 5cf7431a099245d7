import { TextInput } from '../ui/TextInput.tsx';
import { BooleanField } from './BooleanField.tsx';
import { ChoiceField } from './ChoiceField.tsx';
import { problemOf, type ConfigurationFieldProps } from './configuration-field.ts';
import { ExpressionField } from './ExpressionField.tsx';
import { textOf } from './form-content.ts';
import { HeadersField } from './HeadersField.tsx';
import { PemField } from './PemField.tsx';

/** A field as its declaration says, and nothing but that. */
export function FieldOfKind(props: ConfigurationFieldProps) {
  const { path, field, held, onChange, onLeave, problems, target, register } = props;
  const common = {
    ref: register(path),
    label: field.title,
    help: field.help,
    // What holds by default need not be filled in, and is not left out either.
    isRequired: field.isRequired || field.default !== undefined,
    onBlur: () => onLeave(path),
    ...withPlaceholder(props.placeholder ?? field.placeholder),
  };
  const wrong = problems.get(path) ?? [];
  const error = wrong[0]?.message;
  switch (field.kind) {
    case 'text':
    case 'url':
    case 'pem':
      if (field.secrets !== 'none')
        return (
          <ExpressionField
            {...common}
            value={textOf(held)}
            onChange={onChange}
            problems={wrong.map(problemOf)}
            target={target}
          />
        );
      if (field.kind === 'pem')
        return <PemField {...common} text={textOf(held)} onChange={onChange} error={error} />;
      return (
        <TextInput
          {...common}
          isMonospace={field.kind === 'url'}
          inputMode={field.kind === 'url' ? 'url' : 'text'}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          defaultValue={textOf(held)}
          error={error}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'number':
      return (
        <TextInput
          {...common}
          inputMode="numeric"
          autoComplete="off"
          defaultValue={textOf(held)}
          error={error}
          onChange={(event) => onChange(numberOr(event.currentTarget.value))}
        />
      );
    case 'choice':
      return (
        <ChoiceField
          {...common}
          choices={field.choices ?? {}}
          chosen={textOf(held)}
          onChange={onChange}
          error={error}
        />
      );
    case 'boolean':
      return <BooleanField {...common} isOn={held === true} onChange={onChange} error={error} />;
    case 'headers':
      return <HeadersField {...props} />;
  }
}

const withPlaceholder = (placeholder: string | undefined) =>
  placeholder === undefined ? {} : { placeholder };

/** What is no number stays text, and is told so. */
const numberOr = (text: string) => (/^\s*\d{1,9}\s*$/.test(text) ? Number(text) : text.trim());
