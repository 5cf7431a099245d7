import { z } from 'zod';

/**
 * @file Providers: where secrets live. Their order is the operator's, and decides: of several secrets of one name, the
 * one in the first provider is used.
 */

/** What kinds of providers there are. */
export const ProviderTypeSchema = z.enum(['database', 'env', 'file', 'vault']);

/** The name of a provider, given by the operator. */
export const ProviderNameSchema = z
  .string({ error: 'There is no provider of this name.' })
  .regex(/^[a-z][a-z0-9-]{0,31}$/, 'There is no provider of this name.');

/** What a provider can do. What is false is refused with 405. */
export const CapabilitiesSchema = z.strictObject({
  create: z.boolean(),
  update: z.boolean(),
  delete: z.boolean(),
  /** Whether descriptions are stored beside the value. Where not, the database of Dropsafe keeps them. */
  descriptions: z.boolean(),
  /** The same of destinations. */
  destinations: z.boolean(),
});

/** Why a provider does not do what it is asked, as a sentence for people; `{provider}` stands for its name. */
export const providerFailures = {
  unreachable: 'It cannot be reached.',
  timeout: 'It does not answer in time.',
  sealed: 'It is sealed. Somebody has to unseal it.',
  denied: 'It refuses: its token or its policy does not allow this.',
  'rate-limited': 'It is asked too often, and refuses for the moment.',
  failing: 'It answers with errors of its own.',
  misconfigured: 'What is configured is not there, or is something else.',
} as const;

/** Why a provider does not do what it is asked. */
export type ProviderFailureReason = keyof typeof providerFailures;

// as: Object.keys forgets the names
const reasons = Object.keys(providerFailures) as [
  ProviderFailureReason,
  ...ProviderFailureReason[],
];

/** How a provider is doing, seen from the node that answers. */
export const ProviderHealthSchema = z.strictObject({
  status: z.enum(['up', 'down']),
  /** Why it is down; null when it is up. */
  reason: z.enum(reasons).nullable(),
  checkedAt: z.iso.datetime(),
});

/** A provider with its capabilities and how it is doing. */
export const ProviderSchema = z
  .strictObject({
    name: ProviderNameSchema,
    type: ProviderTypeSchema,
    capabilities: CapabilitiesSchema,
    health: ProviderHealthSchema,
    /**
     * Where values go that are put into it, such as `https://vault.example.com:8200`; null when they stay on this
     * installation. A stored value is copied there only when its destinations name this place.
     */
    origin: z.string().nullable(),
  })
  .meta({ id: 'Provider' });

/** All providers of this installation, in the order in which they are asked for a name. */
export const ProviderListSchema = z
  .strictObject({ items: z.array(ProviderSchema) })
  .meta({ id: 'ProviderList' });

/** The name of a provider. */
export type ProviderName = z.infer<typeof ProviderNameSchema>;
/** What kind of provider. */
export type ProviderType = z.infer<typeof ProviderTypeSchema>;
/** What a provider can do. */
export type Capabilities = z.infer<typeof CapabilitiesSchema>;
/** How a provider is doing. */
export type ProviderHealth = z.infer<typeof ProviderHealthSchema>;
/** A provider with its capabilities and how it is doing. */
export type Provider = z.infer<typeof ProviderSchema>;
