import { z } from 'zod';

/** Where a secret can live. */
export const ProviderNameSchema = z.enum(['database'], {
  error: 'There is no provider of this name.',
});

/** What a provider can do. */
export const CapabilitiesSchema = z.strictObject({
  create: z.boolean(),
  update: z.boolean(),
  delete: z.boolean(),
});

/** A provider with its capabilities. */
export const ProviderSchema = z
  .strictObject({ name: ProviderNameSchema, capabilities: CapabilitiesSchema })
  .meta({ id: 'Provider' });

/** All providers of this installation. */
export const ProviderListSchema = z
  .strictObject({ items: z.array(ProviderSchema) })
  .meta({ id: 'ProviderList' });

/** A provider with its capabilities. */
export type Provider = z.infer<typeof ProviderSchema>;
