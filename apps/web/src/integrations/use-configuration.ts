import { readConfiguration } from '@dropsafe/contract/integration-check';
import type { IntegrationType } from '@dropsafe/contract/integration-types';
import type { Fields, Integration } from '@dropsafe/contract/integrations';
import type { FieldError } from '@dropsafe/contract/problems';
import { useQueryClient } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { fieldsToSend } from './form-content.ts';
import { findProblems, visibleProblems, type Refused } from './form-problems.ts';
import { mentionedKey, useKnownSecrets } from './secret-knowledge.ts';

/**
 * The configuration in a form, checked as a whole whenever anything changes, as the server does it. `before` is the integration as
 * it is saved.
 */
export function useConfiguration(
  type: IntegrationType,
  fields: Fields,
  before: Integration | undefined,
) {
  const client = useQueryClient();
  const [refused, setRefused] = useState<Refused | null>(null);
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const settings = useMemo(() => {
    const { references } = readConfiguration(type, before?.fields ?? {});
    return new Set(references.map(({ setting }) => setting));
  }, [type, before]);
  const sent = useMemo(() => fieldsToSend(type, fields), [type, fields]);
  const { target, references } = useMemo(() => readConfiguration(type, sent), [type, sent]);
  const known = useKnownSecrets(references.map(({ secret }) => secret));
  const problems = findProblems(type, sent, known, settings, refused);
  const leave = (paths: readonly string[]) => setLeft((already) => new Set([...already, ...paths]));
  return {
    /** What is to be sent. */
    sent,
    /** Where values would go. */
    target,
    problems,
    /** What is shown of the problems, by field. */
    visible: visibleProblems(problems, left),
    leave: (path: string) => leave([path]),
    /** All of it is meant to be right as it stands: what is not is shown. What is added later has its time. */
    meanEverything: () => leave(problems.map(({ field }) => field)),
    /** Takes in what the server refused, and answers the first field of what is wrong. */
    refuse: (errors: readonly FieldError[]): string | undefined => {
      const now = { errors, fields: sent, target };
      setRefused(now);
      leave(errors.map(({ field }) => field));
      // The server knows something that is not known here.
      void client.invalidateQueries({ queryKey: mentionedKey });
      return findProblems(type, sent, known, settings, now)[0]?.field;
    },
  };
}
