/**
 * @file The providers of secrets as the operator writes them down. Pure: files that the configuration names are read by
 * who reads the configuration (config.ts).
 */
import { ProviderNameSchema, ProviderTypeSchema } from '@dropsafe/contract/providers';
import { z } from 'zod';
import { parseJsonList } from '../base/json-list.ts';
import { StartError } from '../base/start-error.ts';
import type { ReadNamedFile } from '../identity/sign-in-providers.ts';
import { parseVaultSettings, type VaultSettings } from './vault-settings.ts';

/** One provider, in the place that it has among them. */
export type ProviderSettings = { name: string } & (
  | { type: 'database' }
  | { type: 'env' }
  | { type: 'file'; folder: string; dropTrailingNewline: boolean }
  | { type: 'vault'; vault: VaultSettings }
);

const EntrySchema = z.discriminatedUnion('type', [
  // Its rows carry this name, so it has no other.
  z.strictObject({ type: z.literal('database') }),
  z.strictObject({ type: z.literal('env'), name: ProviderNameSchema.default('env') }),
  z.strictObject({
    type: z.literal('file'),
    name: ProviderNameSchema.default('file'),
    folder: z
      .string({ error: 'must be the path of a folder' })
      .regex(/^\/[^\0]{0,4095}$/, 'must be an absolute path'),
    dropTrailingNewline: z.boolean({ error: 'must be true or false' }).default(false),
  }),
  // The rest is read by vault-settings.ts.
  z.looseObject({ type: z.literal('vault'), name: ProviderNameSchema.default('vault') }),
]);

/** Without a configuration everything is in the database. */
export const usualProviders: ProviderSettings[] = [{ name: 'database', type: 'database' }];

/** More than anybody needs; each is asked on its own. */
const mostProviders = 16;

/**
 * The providers of a configuration. Throws a `StartError` that names `variable`, the provider and the field, and repeats
 * nothing of what stands there.
 */
export function parseProviders(
  variable: string,
  json: string,
  readFile: ReadNamedFile,
): ProviderSettings[] {
  const refuse = (where: string, why: string): never => {
    throw new StartError(`${variable} cannot be used: ${where}${why}.`);
  };
  const list = parseJsonList(json);
  if (list === undefined || list.length === 0 || list.length > mostProviders)
    return refuse('', `it must be a JSON list of 1 to ${mostProviders} providers`);
  const providers = list.map((item, index): ProviderSettings => {
    const where = `provider number ${index + 1}`;
    const parsed = EntrySchema.safeParse(item);
    if (parsed.success) {
      if (parsed.data.type !== 'vault') return { name: parsed.data.type, ...parsed.data };
      const { type, name, ...vault } = parsed.data;
      const whole = `${variable} cannot be used: provider ${name}`;
      return { type, name, vault: parseVaultSettings(whole, vault, readFile) };
    }
    const issue = parsed.error.issues[0];
    const field = issue?.path.join('.') ?? '';
    if (issue?.code === 'unrecognized_keys') return refuse(where, ' has a field that is not known');
    if (field === 'type')
      return refuse(where, `, type: must be one of ${ProviderTypeSchema.options.join(', ')}`);
    if (field === 'name')
      return refuse(where, ', name: must be up to 32 lower-case letters, digits and "-"');
    return refuse(where, `, ${field || 'as a whole'}: ${issue?.message ?? 'is not valid'}`);
  });
  const names = providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return refuse(`the name ${twice}`, ' is there twice');
  for (const type of ['database', 'env'] as const) {
    if (providers.filter((provider) => provider.type === type).length > 1)
      return refuse(`the type ${type}`, ' is there twice');
  }
  return providers;
}
