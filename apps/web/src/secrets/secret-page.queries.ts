import { operations } from '@dropsafe/contract/operations';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { describeSecret, listKey } from './secrets.queries.ts';

/** @file What is asked about one secret: for its page, and before it is deleted. All of it is metadata. */

/** The metadata of one secret, for its page. */
export const secretPageQuery = (name: string) =>
  queryOptions({
    queryKey: [...listKey, 'page', name],
    queryFn: async ({ signal }) => (await describeSecret(name, signal)).metadata,
  });

/** One page of where a secret is used. While another one loads, the former stays in sight. */
export const referencesQuery = (
  name: string,
  page: { limit: number; cursor: string | undefined },
) =>
  queryOptions({
    queryKey: [...listKey, 'references', name, page],
    queryFn: ({ signal }) => listReferences(name, page, signal),
    placeholderData: keepPreviousData,
  });

/** The first of what uses a secret, as it is when a dialog opens. */
export const firstReferencesQuery = (name: string) =>
  queryOptions({
    queryKey: ['first-references', name],
    queryFn: ({ signal }) => listReferences(name, { limit: namedReferences }, signal),
    gcTime: 0,
    staleTime: 0,
    // What is read before something is deleted must not change under the eyes: the server looks once more.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

/** So many of the integrations that would stop working are named. */
export const namedReferences = 5;

/** How often a secret was used, by day. */
export const usesQuery = (name: string) =>
  queryOptions({
    queryKey: [...listKey, 'uses', name],
    queryFn: async ({ signal }) =>
      (await call(operations.describeUses, { params: { name }, signal })).data.days,
  });

async function listReferences(
  name: string,
  query: { limit: number; cursor?: string | undefined },
  signal: AbortSignal,
) {
  return (await call(operations.listReferences, { params: { name }, query, signal })).data;
}
