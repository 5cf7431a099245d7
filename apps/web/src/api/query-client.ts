import { MutationCache, QueryCache, QueryClient, useMutation } from '@tanstack/react-query';
import { ApiProblem } from './client.ts';

/**
 * @file Defaults of every query and mutation: who retries (reads, never writes), and what happens when the session has
 * ended. Nothing else decides about either.
 */

/** The query that holds who is signed in; null when nobody is. */
export const sessionKey = ['session'] as const;

/** Makes the query cache of one page load. */
export function createQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({ onError: noticeAccess }),
    mutationCache: new MutationCache({ onError: noticeAccess }),
    defaultOptions: {
      queries: {
        // Comfort only: every request is checked by the server, and a write refetches what it changed.
        staleTime: 10_000,
        retry: (failures, error) => failures < 3 && isPassing(error),
        retryDelay: (failures) => Math.min(500 * 2 ** failures, 4000),
        networkMode: 'always',
      },
      mutations: {
        // A write may have arrived although its answer did not: only the person decides to send it again.
        retry: false,
        // By default a write made offline would wait in the cache, value included, and be sent whenever the network is back.
        networkMode: 'always',
      },
    },
  });

  /**
   * Whichever request learns first that the session or the permissions are others, the whole page learns it. The session
   * is asked for rather than set: a refusal that arrives late must not undo a sign-in.
   */
  function noticeAccess(error: Error): void {
    if (!(error instanceof ApiProblem)) return;
    if (error.code === 'unauthenticated' || error.code === 'permission-required') {
      void client.invalidateQueries({ queryKey: sessionKey });
    }
  }

  return client;
}

function isPassing(error: Error): boolean {
  return error instanceof ApiProblem && (error.code === 'unreachable' || error.status === 503);
}

/**
 * A mutation whose input is a value or a password. TanStack Query keeps the input of a mutation for five minutes; this
 * one drops it as soon as it is answered. Throws what `send` throws: the form keeps the problem, not the cache.
 */
export function useForgetfulMutation<Input, Answer>(
  send: (input: Input) => Promise<Answer>,
): { run: (input: Input) => Promise<Answer>; isPending: boolean } {
  const mutation = useMutation({ mutationFn: send, gcTime: 0 });
  const run = async (input: Input): Promise<Answer> => {
    try {
      return await mutation.mutateAsync(input);
    } finally {
      mutation.reset();
    }
  };
  return { run, isPending: mutation.isPending };
}
