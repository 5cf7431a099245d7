/**
 * @file Everything about an integration that travels. Its configuration is text with expressions: it names secrets and
 * holds none. Its shape is checked here; what it says, by `checkConfiguration`, which the form runs as well.
 */
import { z } from 'zod';
import { integrationTypes, type IntegrationType } from './integration-types.ts';
import { IntegrationNameSchema } from './names.ts';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';
import { DescriptionSchema } from './secrets.ts';

/** Limits of a configuration beside those of expressions. Lengths in UTF-16 code units. */
export const integrationLimits = { headers: 32, pem: 32_768 } as const;

// as: Object.keys forgets the names
const typeNames = Object.keys(integrationTypes) as [IntegrationType, ...IntegrationType[]];

/** The name of a type. */
export const IntegrationTypeSchema = z.enum(typeNames, {
  error: `Must be one of ${typeNames.join(', ')}.`,
});

const TextSchema = z
  .string({ error: 'Must be text.' })
  .max(integrationLimits.pem, `Use at most ${integrationLimits.pem} characters.`);

/** One header. */
const HeaderSchema = z.strictObject({ name: TextSchema, value: TextSchema });

/** What a field holds. */
const FieldValueSchema = z.union(
  [z.string(), z.number(), z.boolean(), z.array(HeaderSchema).max(integrationLimits.headers)],
  {
    error: `Must be text, a number, true or false, or a list of at most ${integrationLimits.headers} headers with name and value.`,
  },
);

const fieldKeys = Object.values(integrationTypes).flatMap(({ fields }) => Object.keys(fields));

/**
 * A configuration: the fields that its type declares, by their keys. Those of all types are let in here, and nothing else: the key of an
 * unknown field may be a pasted value, and would be named in the refusal.
 */
export const FieldsSchema: z.ZodType<Fields, Fields> = z.strictObject(
  Object.fromEntries(fieldKeys.map((key) => [key, FieldValueSchema.optional()])),
  { error: 'Must be the fields of the configuration.' },
);

/** `POST /integrations`. */
export const CreateIntegrationSchema = z
  .strictObject({
    name: IntegrationNameSchema,
    type: IntegrationTypeSchema,
    description: DescriptionSchema.nullable().default(null),
    isDisabled: z.boolean({ error: 'Must be true or false.' }).default(false),
    fields: FieldsSchema,
  })
  .meta({ id: 'CreateIntegration' });

/** `PATCH /integrations/{id}`: what is absent is kept. `fields` is the whole configuration, so that nothing of the old one is left by mistake. */
export const UpdateIntegrationSchema = z
  .strictObject({
    name: IntegrationNameSchema.optional(),
    description: DescriptionSchema.nullable().optional(),
    isDisabled: z.boolean({ error: 'Must be true or false.' }).optional(),
    fields: FieldsSchema.optional(),
  })
  .meta({ id: 'UpdateIntegration' });

/** `POST /integrations/{id}/copies`. */
export const CopyIntegrationSchema = z
  .strictObject({ name: IntegrationNameSchema })
  .meta({ id: 'CopyIntegration' });

const ShownIntegrationSchema = z.strictObject({
  id: z.uuid(),
  name: z.string(),
  type: IntegrationTypeSchema,
  description: z.string().nullable(),
  isDisabled: z.boolean(),
  version: z.int(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  updatedAt: z.iso.datetime().nullable(),
  updatedBy: z.string().nullable(),
});

/** An integration as a list shows it. */
export const ListedIntegrationSchema = ShownIntegrationSchema.meta({ id: 'ListedIntegration' });

/** An integration with its configuration. */
export const IntegrationSchema = ShownIntegrationSchema.extend({ fields: FieldsSchema }).meta({
  id: 'Integration',
});

/** What integrations can be sorted by; a leading `-` is for descending. */
export const IntegrationSortSchema = z.enum(
  ['name', '-name', 'createdAt', '-createdAt', 'updatedAt', '-updatedAt'],
  { error: 'Sort by one of name, createdAt, updatedAt; put "-" in front for descending.' },
);

/** `GET /integrations`: `q` is a case-insensitive part of name or description, taken literally. A cursor carries `q` and `sort` with it. */
export const ListIntegrationsSchema = z.strictObject({
  q: SearchSchema.optional(),
  sort: IntegrationSortSchema.optional(),
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** One page of the integrations. */
export const IntegrationPageSchema = z
  .strictObject({
    items: z.array(ListedIntegrationSchema),
    nextCursor: z.string().nullable(),
    /** How many integrations match, or null for more than 1 000. */
    total: z.int().nullable(),
  })
  .meta({ id: 'IntegrationPage' });

/** What a field holds. */
export type FieldValue = z.infer<typeof FieldValueSchema>;
/** A configuration. */
export type Fields = Partial<Record<string, FieldValue>>;
/** `POST /integrations`, checked as far as its shape goes. */
export type CreateIntegration = z.infer<typeof CreateIntegrationSchema>;
/** `PATCH /integrations/{id}`, checked as far as its shape goes. */
export type UpdateIntegration = z.infer<typeof UpdateIntegrationSchema>;
/** `POST /integrations/{id}/copies`, checked. */
export type CopyIntegration = z.infer<typeof CopyIntegrationSchema>;
/** An integration as a list shows it. */
export type ListedIntegration = z.infer<typeof ListedIntegrationSchema>;
/** An integration with its configuration. */
export type Integration = z.infer<typeof IntegrationSchema>;
/** A sort order. */
export type IntegrationSort = z.infer<typeof IntegrationSortSchema>;
/** `GET /integrations`, checked. */
export type ListIntegrations = z.infer<typeof ListIntegrationsSchema>;
/** One page of the integrations. */
export type IntegrationPage = z.infer<typeof IntegrationPageSchema>;

/** True when two fields hold the same: the database gives the keys of an object in an order of its own. */
export function isSameField(one: FieldValue | undefined, other: FieldValue | undefined): boolean {
  return printed(one) === printed(other);
}

function printed(held: FieldValue | undefined): string {
  return JSON.stringify(
    Array.isArray(held) ? held.map(({ name, value }) => [name, value]) : (held ?? null),
  );
}
