import { operations } from '@dropsafe/contract/operations';
import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../api/client.ts';

/** @file Searching for a secret while somebody types. */

/** How many secrets are offered at once. */
const pageSize = 20;

/** The first secrets with `q` in their name or description. A search that is typed over before it was sent is not sent. */
export const secretSearchQuery = (q: string) =>
  queryOptions({
    // Below the key of the list of secrets, so that a new one is found at once.
    queryKey: ['secrets', 'search', q],
    queryFn: async ({ signal }) => {
      if (q !== '') await settle(signal);
      const query = { q: q || undefined, limit: pageSize };
      return (await call(operations.listSecrets, { query, signal })).data;
    },
    placeholderData: keepPreviousData,
  });

/** Waits until nothing has been typed for a moment; throws when something was. */
function settle(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 200);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(new DOMException('Typed over.', 'AbortError'));
    });
  });
}
