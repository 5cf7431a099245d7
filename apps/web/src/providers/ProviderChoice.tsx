import { useId, type ComponentProps, type ReactNode } from 'react';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';
import type { SeenProvider } from './providers.queries.ts';

interface Props extends Pick<
  ComponentProps<'select'>,
  'name' | 'ref' | 'value' | 'onChange' | 'onBlur' | 'disabled'
> {
  label: string;
  providers: readonly SeenProvider[];
  /** Why this one cannot be chosen; undefined when it can. */
  refusalOf?: (provider: string) => string | undefined;
  help?: ReactNode;
  error?: string | undefined;
}

/** The choice of one provider. None is chosen beforehand, and one that is down says so. */
export function ProviderChoice({ label, providers, refusalOf, help, error, ...select }: Props) {
  const id = useId();
  return (
    <FieldFrame id={id} label={label} isRequired help={help} error={error}>
      <Choice
        {...select}
        id={id}
        aria-required
        aria-invalid={error !== undefined}
        aria-describedby={`${id}-error ${id}-help`}
        sx={{ width: '100%' }}
      >
        <option value="">Choose a provider…</option>
        {providers.map(({ name, trouble }) => {
          const refusal = refusalOf?.(name);
          return (
            <option key={name} value={name} disabled={refusal !== undefined}>
              {[
                name,
                ...(refusal === undefined ? [] : [refusal]),
                ...(trouble === undefined ? [] : [`down: ${trouble}`]),
              ].join(' – ')}
            </option>
          );
        })}
      </Choice>
    </FieldFrame>
  );
}

/** Why nothing can be saved yet. */
export const noProvider = 'Choose a provider.';
