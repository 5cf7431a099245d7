import { checkConfiguration, readConfiguration } from '@dropsafe/contract/integration-check';
import { declarationOf, type IntegrationType } from '@dropsafe/contract/integration-types';
import { isSameField, type Fields } from '@dropsafe/contract/integrations';
import type { FieldError } from '@dropsafe/contract/problems';
import { ApiProblem } from '../api/client.ts';
import { shownFields } from './form-content.ts';
import { judgeMention, type KnownSecrets } from './secret-knowledge.ts';

/** @file What is wrong with the configuration in the form: what is found here, what the server said, and what of it is shown. */

/** What the server refused, and what it was. It holds for as long as that stands there. */
export interface Refused {
  errors: readonly FieldError[];
  fields: Fields;
  target: string | undefined;
}

/** Everything that is wrong, by the order of the form. `fields` are those that would be sent. */
export function findProblems(
  type: IntegrationType,
  fields: Fields,
  known: KnownSecrets,
  before: ReadonlySet<string>,
  refused: Refused | null,
): FieldError[] {
  const read = readConfiguration(type, fields);
  const found = checkConfiguration(read, (mention) =>
    judgeMention(mention, read.target, before, known),
  );
  const isFound = ({ field, start }: FieldError) =>
    found.some((one) => one.field === field && one.start === start);
  // Another address changes what is refused everywhere.
  const said = (refused?.target === read.target ? refused?.errors : undefined) ?? [];
  const still = said.filter(
    (error) => isSameField(refused?.fields[keyOf(error)], fields[keyOf(error)]) && !isFound(error),
  );
  const order = shownFields(type, fields).map(([key]) => `fields.${key}`);
  const placeOf = ({ field }: FieldError) => {
    const [root = '', key = '', index = '0'] = field.split('.');
    return order.indexOf(`${root}.${key}`) * 1000 + Number(index);
  };
  return [...found, ...still].toSorted((one, other) => placeOf(one) - placeOf(other));
}

/**
 * What is shown, by field. A mistake that has a place in the text is shown at once; that something is missing or not whole yet, once
 * its field was left.
 */
export function visibleProblems(
  problems: readonly FieldError[],
  left: ReadonlySet<string>,
): Map<string, FieldError[]> {
  return Map.groupBy(
    problems.filter(({ field, start }) => start !== undefined || left.has(field)),
    ({ field }) => field,
  );
}

/** Those of a refusal that are about the configuration, when the form shows all of their fields; otherwise none. */
export function refusedFields(
  problem: ApiProblem,
  type: IntegrationType,
  fields: Fields,
): FieldError[] {
  const errors = problem.fieldErrors.filter(({ field }) => field.startsWith('fields.'));
  const shown = new Set(shownFields(type, fields).map(([key]) => key));
  return errors.every((error) => shown.has(keyOf(error))) ? errors : [];
}

/** The same problem, for a panel outside of the form: fields by their titles. */
export function withTitles(problem: Error, type: IntegrationType): Error {
  if (!(problem instanceof ApiProblem) || problem.fieldErrors.length === 0) return problem;
  const { code, status, title, detail, requestId, permissions } = problem;
  const errors = problem.fieldErrors.map((error) => ({ ...error, field: titleOf(error, type) }));
  return new ApiProblem(code, {
    status,
    title,
    detail,
    requestId,
    permissions: [...permissions],
    errors,
  });
}

function titleOf(error: FieldError, type: IntegrationType): string {
  const title = declarationOf(type).fields[keyOf(error)]?.title;
  const index = error.field.split('.')[2];
  if (title === undefined) return error.field;
  return index === undefined ? title : `${title}, entry ${Number(index) + 1}`;
}

const keyOf = ({ field }: FieldError) => field.split('.')[1] ?? '';
