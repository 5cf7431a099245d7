import { operations } from '@dropsafe/contract/operations';
import { providerFailures, type Provider } from '@dropsafe/contract/providers';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';

/** @file Where secrets can live, what can be done there, and how each place is doing. */

/** All providers in their order. */
export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }) => (await call(operations.listProviders, { signal })).data.items,
});

/** The same, asked for again and again while the page is in sight: how they are doing changes by itself. */
export const watchedProvidersQuery = { ...providersQuery, refetchInterval: 30_000 };

/** A provider as it was seen last. */
export interface SeenProvider extends Omit<Provider, 'health'> {
  /** Why it is down, as a sentence; undefined when it is up. */
  trouble: string | undefined;
}

/** All providers in their order; none until they are known. The same list for as long as nothing about them changes. */
export function useProviders(): readonly SeenProvider[] {
  const { data = none } = useQuery({ ...providersQuery, select: withoutTime });
  return data;
}

const none: SeenProvider[] = [];

/** When one was asked is another time with every answer, and would render every row anew. */
const withoutTime = (providers: Provider[]): SeenProvider[] =>
  providers.map(({ health, ...provider }) => ({ ...provider, trouble: troubleOf(health) }));

/** Why a provider is down, as a sentence; undefined when it is up. */
export function troubleOf({ status, reason }: Provider['health']): string | undefined {
  if (status === 'up') return undefined;
  return reason === null ? 'Nobody knows why.' : providerFailures[reason];
}
