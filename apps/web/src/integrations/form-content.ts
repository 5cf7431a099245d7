import { readConfiguration } from '@dropsafe/contract/integration-check';
import { integrationPresets } from '@dropsafe/contract/integration-presets';
import {
  declarationOf,
  type FieldDeclaration,
  type IntegrationType,
} from '@dropsafe/contract/integration-types';
import {
  isSameField,
  type Fields,
  type FieldValue,
  type Integration,
  type UpdateIntegration,
} from '@dropsafe/contract/integrations';

/**
 * @file What stands in the form, and what of it is sent. The form keeps what was typed for another choice, so that nothing is
 * lost by a look at it; it is neither shown nor sent. All of it follows from the declaration of the type.
 */

/** What stands in the form. Empty text stands for nothing. */
export interface FormContent {
  name: string;
  description: string;
  isDisabled: boolean;
  fields: Fields;
}

/** The form as it begins: of an integration, of a preset, or empty. */
export function contentOf(from: Integration | { preset: string | undefined }): FormContent {
  if ('fields' in from) {
    const { name, description, isDisabled, fields } = from;
    return { name, description: description ?? '', isDisabled, fields };
  }
  const preset = from.preset === undefined ? undefined : integrationPresets[from.preset];
  return {
    name: preset?.title ?? '',
    description: '',
    isDisabled: false,
    fields: { ...preset?.fields },
  };
}

/** What a field holds: what stands in the form, or else what holds by default. */
export function heldIn(fields: Fields, key: string, field: FieldDeclaration): FieldValue {
  return fields[key] ?? field.default ?? (field.kind === 'headers' ? [] : '');
}

/** What a field holds, for an input that takes text. */
export function textOf(held: FieldValue): string {
  return Array.isArray(held) ? '' : String(held);
}

/** The fields that belong to the type and to what was chosen, in the order of the declaration. */
export function shownFields(type: IntegrationType, fields: Fields): [string, FieldDeclaration][] {
  const declared = declarationOf(type).fields;
  return Object.entries(declared).filter(([, { onlyWith }]) => {
    const decides = onlyWith && declared[onlyWith.field];
    if (onlyWith === undefined || decides === undefined) return true;
    return onlyWith.is.includes(textOf(heldIn(fields, onlyWith.field, decides)));
  });
}

/** What is sent: the fields that are shown, without what is empty. */
export function fieldsToSend(type: IntegrationType, fields: Fields): Fields {
  const sent: Fields = {};
  for (const [key] of shownFields(type, fields)) {
    const held = fields[key];
    if (held === undefined || held === '' || (Array.isArray(held) && held.length === 0)) continue;
    sent[key] = held;
  }
  return sent;
}

/** What changed, and nothing else; undefined when nothing did. A configuration is sent as a whole. */
export function patchOf(
  before: Pick<Integration, 'type' | 'name' | 'description' | 'isDisabled' | 'fields'>,
  typed: FormContent,
): UpdateIntegration | undefined {
  const patch: UpdateIntegration = {};
  const description = typed.description === '' ? null : typed.description;
  if (typed.name.trim() !== before.name) patch.name = typed.name;
  if (description !== before.description) patch.description = description;
  if (typed.isDisabled !== before.isDisabled) patch.isDisabled = typed.isDisabled;
  const fields = fieldsToSend(before.type, typed.fields);
  if (!isSameConfiguration(before.type, before.fields, fields)) patch.fields = fields;
  return Object.keys(patch).length === 0 ? undefined : patch;
}

/** True when two configurations are stored alike: what is empty and what holds by default make no difference. */
function isSameConfiguration(type: IntegrationType, one: Fields, other: Fields): boolean {
  // What is of a wrong kind is not read, and counts as it was typed.
  const before = { ...one, ...readConfiguration(type, one).fields };
  const after = { ...other, ...readConfiguration(type, other).fields };
  return Object.keys(declarationOf(type).fields).every((key) =>
    isSameField(before[key], after[key]),
  );
}

/**
 * The form on top of a version that somebody else made meanwhile: what was not touched here is theirs, what was touched
 * stays typed.
 */
export function onTopOf(fresh: Integration, before: Integration, typed: FormContent): FormContent {
  const theirs = contentOf(fresh);
  const ours = contentOf(before);
  const fields = Object.keys(declarationOf(fresh.type).fields).map((key) => [
    key,
    isSameField(typed.fields[key], ours.fields[key]) ? theirs.fields[key] : typed.fields[key],
  ]);
  return {
    name: typed.name === ours.name ? theirs.name : typed.name,
    description: typed.description === ours.description ? theirs.description : typed.description,
    isDisabled: typed.isDisabled === ours.isDisabled ? theirs.isDisabled : typed.isDisabled,
    fields: Object.fromEntries(fields.filter(([, held]) => held !== undefined)),
  };
}
