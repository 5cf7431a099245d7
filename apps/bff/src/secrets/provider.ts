import type { Provider } from '@dropsafe/contract/providers';

/** The providers of this installation with what they can do. */
export function listProviders(): Provider[] {
  return [{ name: 'database', capabilities: { create: true, update: true, delete: true } }];
}
