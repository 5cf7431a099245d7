import { useQuery } from '@tanstack/react-query';
import { useId } from 'react';
import { signInMethodsQuery } from '../identity/identity.queries.ts';
import { Choice } from '../ui/Choice.tsx';
import { FieldFrame } from '../ui/FieldFrame.tsx';

interface Props {
  /** The provider that is chosen; undefined for an invitation. */
  provider: string | undefined;
  onChange: (provider: string | undefined) => void;
  error: string | undefined;
}

/** How a new user will sign in. Nothing to choose where no provider is configured. */
export function MeansField({ provider, onChange, error }: Props) {
  const id = useId();
  const { data: providers = [] } = useQuery(signInMethodsQuery);
  if (providers.length === 0) return null;
  return (
    <FieldFrame
      id={id}
      label="Signs in by"
      isRequired
      error={error}
      help={
        provider !== undefined && 'There is no invitation: the person signs in with the provider.'
      }
    >
      <Choice
        id={id}
        value={provider ?? ''}
        aria-describedby={`${id}-error ${id}-help`}
        onChange={({ currentTarget: { value } }) => onChange(value === '' ? undefined : value)}
      >
        <option value="">Invitation, with a password of their own</option>
        {providers.map(({ name, label }) => (
          <option key={name} value={name}>
            {label}
          </option>
        ))}
      </Choice>
    </FieldFrame>
  );
}
