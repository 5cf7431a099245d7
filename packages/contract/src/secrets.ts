import { z } from 'zod';
import { maxDestinations, parseDestination } from './destinations.ts';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';
import { ProviderNameSchema } from './providers.ts';

/**
 * @file Everything about a secret that travels. Metadata has no field for a value, so there is none to forget on the
 * way out; a value travels in one direction only, inside `CreateSecret` and `UpdateSecret`.
 */

/** Limits of the fields. Lengths of text are in characters, of values in bytes of UTF-8. */
export const secretLimits = {
  nameLength: 64,
  descriptionLength: 255,
  valueBytes: 64 * 1024,
} as const;

/** Case-sensitive, unique over all providers, never changed. */
export const SecretNameSchema = z
  .string({ error: 'Enter a name.' })
  .min(1, 'Enter a name.')
  .max(secretLimits.nameLength, `Use at most ${secretLimits.nameLength} characters.`)
  .regex(/^[A-Za-z0-9_-]*$/, 'Use letters, digits, "_" and "-" only.')
  .brand<'SecretName'>();

/** The size of a value as it is counted: bytes of UTF-8. */
export const valueBytes = (value: string): number => new TextEncoder().encode(value).length;

/** A value: kept byte for byte, never trimmed, never sent back. No message repeats any of it. */
export const SecretValueSchema = z
  .string({ error: 'Enter a value.' })
  .min(1, 'Enter a value. To keep the stored value, leave this field out of the request.')
  .refine((value) => value.isWellFormed(), 'Contains characters that are not text in UTF-8.')
  .refine(
    (value) => valueBytes(value) <= secretLimits.valueBytes,
    'Use at most 64 KiB (65,536 bytes of UTF-8).',
  );

/** One line of text about the secret. Empty is the same as none. */
export const DescriptionSchema = z
  .string({ error: 'Must be text.' })
  .refine(
    (text) => [...text].length <= secretLimits.descriptionLength,
    `Use at most ${secretLimits.descriptionLength} characters.`,
  )
  .refine(
    (text) => text.isWellFormed() && !/\p{Cc}/u.test(text),
    'Use one line of text without control characters.',
  )
  .transform((text) => (text === '' ? null : text));

/** One destination, brought into canonical form. */
export const DestinationSchema = z.string({ error: 'Must be text.' }).transform((text, context) => {
  const parsed = parseDestination(text);
  if (parsed.kind === 'destination') return parsed.canonical;
  context.addIssue({ code: 'custom', message: parsed.reason });
  return z.NEVER;
});

/** The destinations of one secret: canonical, sorted, each once. Without any, the value can be sent nowhere. */
export const DestinationsSchema = z
  .array(DestinationSchema, { error: 'Must be a list of destinations.' })
  .max(maxDestinations, `Use at most ${maxDestinations} destinations.`)
  .transform((list) => [...new Set(list)].toSorted());

/** `POST /secrets`. */
export const CreateSecretSchema = z
  .strictObject({
    name: SecretNameSchema,
    value: SecretValueSchema,
    description: DescriptionSchema.nullable().default(null),
    destinations: DestinationsSchema.default([]),
    provider: ProviderNameSchema.default('database'),
  })
  .meta({ id: 'CreateSecret' });

/** `PATCH /secrets/{name}`: what is absent is kept; `null` clears the description. */
export const UpdateSecretSchema = z
  .strictObject({
    value: SecretValueSchema.optional(),
    description: DescriptionSchema.nullable().optional(),
    destinations: DestinationsSchema.optional(),
  })
  .meta({ id: 'UpdateSecret' });

/** All that anybody ever sees of a secret. `version` counts every change. */
export const SecretMetadataSchema = z
  .strictObject({
    name: SecretNameSchema,
    description: z.string().nullable(),
    provider: ProviderNameSchema,
    version: z.int(),
    destinations: z.array(z.string()),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    updatedAt: z.iso.datetime().nullable(),
    updatedBy: z.string().nullable(),
    /** When the value itself was last set, by creation or by update. */
    valueUpdatedAt: z.iso.datetime(),
    lastUsedAt: z.iso.datetime().nullable(),
  })
  .meta({ id: 'SecretMetadata' });

/** What the list can be sorted by. */
export const sortFields = ['name', 'createdAt', 'updatedAt', 'lastUsedAt'] as const;
/** A field that the list can be sorted by. */
export type SortField = (typeof sortFields)[number];
/** A sort order: a field, with a leading `-` for descending. */
export const SortSchema = z.enum(
  [...sortFields, ...sortFields.map((field) => `-${field}` as const)],
  {
    error: `Sort by one of ${sortFields.join(', ')}; put "-" in front for descending.`,
  },
);

/**
 * `GET /secrets`: `q` is a case-insensitive part of name or description, taken literally. A cursor carries `q` and
 * `sort` with it; sending others beside it is refused. Without either, everything by name.
 */
export const ListSecretsSchema = z.strictObject({
  q: SearchSchema.optional(),
  sort: SortSchema.optional(),
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** Past so many matches the list stops counting: a count of everything costs many times the page itself. */
export const countedUpTo = 1000;

/** One page of the list. */
export const SecretPageSchema = z
  .strictObject({
    items: z.array(SecretMetadataSchema),
    /** Pass it as `cursor` for the next page; null on the last one. */
    nextCursor: z.string().nullable(),
    /** How many secrets match, or null for more than 1 000. */
    total: z.int().nullable(),
  })
  .meta({ id: 'SecretPage' });

/** The path of one secret. */
export const SecretPathSchema = z.strictObject({ name: z.string() });

/** A secret's name that has been checked. */
export type SecretName = z.infer<typeof SecretNameSchema>;
/** All that anybody ever sees of a secret. */
export type SecretMetadata = z.infer<typeof SecretMetadataSchema>;
/** `POST /secrets`, checked. */
export type CreateSecret = z.infer<typeof CreateSecretSchema>;
/** `PATCH /secrets/{name}`, checked. */
export type UpdateSecret = z.infer<typeof UpdateSecretSchema>;
/** `PATCH /secrets/{name}` as it is sent. */
export type UpdateSecretInput = z.input<typeof UpdateSecretSchema>;
/** A sort order. */
export type Sort = z.infer<typeof SortSchema>;
/** One page of the list. */
export type SecretPage = z.infer<typeof SecretPageSchema>;
/** `GET /secrets`, checked. */
export type ListSecrets = z.infer<typeof ListSecretsSchema>;
