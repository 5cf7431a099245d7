import type { ProblemCode } from '@dropsafe/contract/problems';
import { ApiProblem } from './client.ts';

/** A refusal, sorted: what stands at which field, and what is left for the panel of the form. */
export interface PlacedProblem<Field extends string> {
  atFields: Partial<Record<Field, string>>;
  elsewhere: Error | null;
}

/**
 * Puts a problem where the person can act on it: field errors of the server at their fields (`destinations.0` at
 * `destinations`), and problems that are about one field, named in `byCode`, at that one. All else is for the panel.
 */
export function placeProblem<Field extends string>(
  problem: Error,
  fields: readonly Field[],
  byCode: Partial<Record<ProblemCode, Field>> = {},
): PlacedProblem<Field> {
  const atFields: Partial<Record<Field, string>> = {};
  if (!(problem instanceof ApiProblem)) return { atFields, elsewhere: problem };
  // as: the two codes that are not the contract's have no entry, and undefined is what is wanted then.
  const field = byCode[problem.code as ProblemCode];
  if (field !== undefined) {
    atFields[field] = problem.detail;
    return { atFields, elsewhere: null };
  }
  let isPlaced = problem.fieldErrors.length > 0;
  for (const error of problem.fieldErrors) {
    const [root = '', index] = error.field.split('.');
    const known = fields.find((candidate) => candidate === root);
    if (known === undefined) isPlaced = false;
    else
      atFields[known] ??=
        index === undefined ? error.message : `Entry ${Number(index) + 1}: ${error.message}`;
  }
  return { atFields, elsewhere: isPlaced ? null : problem };
}
