import type { FieldDeclaration } from '@dropsafe/contract/integration-types';
import type { FieldValue } from '@dropsafe/contract/integrations';
import type { FieldError } from '@dropsafe/contract/problems';

/** What can take the focus. */
export type Focusable = { focus: () => void };

/** What every field of a configuration is given. */
export interface ConfigurationFieldProps {
  /** Such as `fields.token`. */
  path: string;
  field: FieldDeclaration;
  /** Of a preset; otherwise that of the declaration holds. */
  placeholder: string | undefined;
  held: FieldValue;
  onChange: (held: FieldValue) => void;
  /** It was left: what is missing there may be said now. */
  onLeave: (path: string) => void;
  /** What is shown of what is wrong, by path. */
  problems: ReadonlyMap<string, readonly FieldError[]>;
  /** Where values would go. */
  target: string | undefined;
  /** For whoever wants to lead to a mistake. */
  register: (path: string) => (element: Focusable | null) => void;
}

/** A problem as a field for expressions takes it. */
export function problemOf({ message, start, end }: FieldError) {
  return start === undefined || end === undefined ? { message } : { message, start, end };
}
