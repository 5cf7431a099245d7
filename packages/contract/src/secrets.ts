import { z } from 'zod';
import { maxDestinations, parseDestination } from './destinations.ts';
import { CursorSchema, LimitSchema, SearchSchema } from './paging.ts';
import { ReferenceSchema } from './problems.ts';
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

/** How an expression mentions a secret: what a row of the table copies, and what the picker puts in. Here, as the table needs no parser. */
export const printReference = (name: string): string => `{{ secret('${name}') }}`;

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
    /** Where it is to live. May be left out while only one provider can create. */
    provider: ProviderNameSchema.optional(),
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

/** Whether a secret can be used, and why not, as a sentence for people. A provider that is down says so itself. */
export const secretStates = {
  ready: 'It can be used.',
  unreadable: 'It cannot be read: Dropsafe is not allowed to.',
  'not-a-file': 'It is no regular file.',
  outside: 'It leads out of the folder of its provider.',
  'too-large': 'It is larger than 64 KiB.',
  empty: 'It is empty.',
  'not-text': 'It is not text in UTF-8.',
  ambiguous: 'Several variables name it, and nobody can tell which one is meant.',
  'no-value': 'There is an entry, but not the key in it that holds the value.',
} as const;

/** Whether a secret can be used. */
export type SecretState = keyof typeof secretStates;

// as: Object.keys forgets the names
const states = Object.keys(secretStates) as [SecretState, ...SecretState[]];

/** Whether a secret can be used. */
export const SecretStateSchema = z.enum(states);

/** All that anybody ever sees of a secret. `version` counts every change. */
export const SecretMetadataSchema = z
  .strictObject({
    name: SecretNameSchema,
    description: z.string().nullable(),
    provider: ProviderNameSchema,
    state: SecretStateSchema,
    /** False when a provider before this one has a secret of the same name, which is used in its place. */
    isUsed: z.boolean(),
    /** The other providers that have a secret of this name. */
    alsoIn: z.array(ProviderNameSchema),
    version: z.int(),
    destinations: z.array(z.string()),
    /** Where somebody else created it: when and by which provider it was first seen. */
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

/** What no request has used: in its whole life, or in the last 90 days. */
export const UnusedSchema = z.enum(['never', '90d'], { error: 'Must be never or 90d.' });

/**
 * `GET /secrets`: `q` is a case-insensitive part of name or description, taken literally. A cursor carries `q`, `provider`, `unused`
 * and `sort` with it; sending others beside it is refused. Without any, everything that is used, by name.
 */
export const ListSecretsSchema = z.strictObject({
  q: SearchSchema.optional(),
  /** Only what lives there, also what is not used because a provider before it has the same name. */
  provider: ProviderNameSchema.optional(),
  /** Only what no request has used: in its whole life, or in the last 90 days (what is younger than that is not among them). */
  unused: UnusedSchema.optional(),
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

/**
 * `POST /secrets/{name}/copies`: the server takes the value from one provider and puts it into another under the same
 * name, with description and destinations. Never overwrites.
 */
export const CopySecretSchema = z
  .strictObject({ from: ProviderNameSchema, to: ProviderNameSchema })
  .refine(({ from, to }) => from !== to, {
    path: ['to'],
    message: 'Choose another provider than the one that it is in.',
  })
  .meta({ id: 'CopySecret' });

/**
 * What the operator says at the terminal of a secret whose value was put into its provider past Dropsafe: where it may be sent, and
 * what it is for. What is absent is kept.
 */
export const BindSecretSchema = z.strictObject({
  name: SecretNameSchema,
  provider: ProviderNameSchema,
  description: DescriptionSchema.optional(),
  destinations: DestinationsSchema.optional(),
});

/** `force` of a query string: do it although integrations stop working by it. */
const ForceSchema = z
  .enum(['true', 'false'], { error: 'Must be true or false.' })
  .default('false')
  .transform((text) => text === 'true');

/** The query of `PATCH /secrets/{name}`. */
export const ForceUpdateSchema = z.strictObject({ force: ForceSchema });

/** The query of `DELETE /secrets/{name}`: from which provider; without it, the one whose secret is used. */
export const DeleteSecretSchema = z.strictObject({
  provider: ProviderNameSchema.optional(),
  force: ForceSchema,
});

/** `GET /secrets/{name}/references`: by the name of the integration. */
export const ListReferencesSchema = z.strictObject({
  limit: LimitSchema,
  cursor: CursorSchema.optional(),
});

/** One page of where a secret is used. */
export const ReferencePageSchema = z
  .strictObject({
    /** Empty for somebody who may not list integrations: they are told the number only. */
    items: z.array(
      ReferenceSchema.extend({
        /** When this integration last sent it somewhere, or tried to; null for never. */
        lastUsedAt: z.iso.datetime().nullable(),
      }).meta({ id: 'UsedReference' }),
    ),
    nextCursor: z.string().nullable(),
    /** How many integrations use it, or null for more than 1 000. */
    total: z.int().nullable(),
  })
  .meta({ id: 'ReferencePage' });

/** How many days the uses of a secret are told for, today included. */
export const usesDays = 30;

/** `GET /secrets/{name}/uses`: the days in UTC, oldest first, each of them there. */
export const SecretUsesSchema = z
  .strictObject({
    days: z.array(
      z.strictObject({
        day: z.iso.date(),
        /** Requests that were to carry the value. */
        uses: z.int(),
        /** Those of them that did not succeed: refused, not sent, not answered, or answered with an error. */
        failures: z.int(),
      }),
    ),
  })
  .meta({ id: 'SecretUses' });

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
/** `POST /secrets/{name}/copies`, checked. */
export type CopySecret = z.infer<typeof CopySecretSchema>;
/** What the operator says of a secret, checked. */
export type BindSecret = z.infer<typeof BindSecretSchema>;
/** A sort order. */
export type Sort = z.infer<typeof SortSchema>;
/** `GET /secrets/{name}/references`, checked. */
export type ListReferences = z.infer<typeof ListReferencesSchema>;
/** One page of where a secret is used. */
export type ReferencePage = z.infer<typeof ReferencePageSchema>;
/** How often a secret was used, by day. */
export type SecretUses = z.infer<typeof SecretUsesSchema>;
/** One page of the list. */
export type SecretPage = z.infer<typeof SecretPageSchema>;
/** What no request has used: in its whole life, or in the last 90 days. */
export type Unused = z.infer<typeof UnusedSchema>;
/** `GET /secrets`, checked. */
export type ListSecrets = z.infer<typeof ListSecretsSchema>;
