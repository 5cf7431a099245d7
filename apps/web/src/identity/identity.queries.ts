import type { CurrentSession } from '@dropsafe/contract/identity';
import { operations } from '@dropsafe/contract/operations';
import { queryOptions, useQuery, useQueryClient, type QueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { call, isSignedOut } from '../api/client.ts';
import { sessionKey, useForgetfulMutation } from '../api/query-client.ts';
import { askForPasskey } from './passkey-browser.ts';

/** Who is signed in, or null. Asked again whenever the person comes back to the page: another tab may have changed it. */
export const sessionQuery = queryOptions({
  queryKey: sessionKey,
  queryFn: async ({ signal, client }): Promise<CurrentSession | null> => {
    try {
      const { data } = await call(operations.currentSession, { signal });
      const before = client.getQueryData<CurrentSession | null>(sessionKey);
      if (before && before.principal.id !== data.principal.id) forget(client);
      return data;
    } catch (error) {
      if (isSignedOut(error)) return null;
      throw error;
    }
  },
  staleTime: 0,
  gcTime: Infinity,
});

/** The providers that one can sign in through, as the operator configured them. */
export const signInMethodsQuery = queryOptions({
  queryKey: ['sign-in-methods'],
  queryFn: async ({ signal }) => (await call(operations.signInMethods, { signal })).data.providers,
  staleTime: 60_000,
});

/** What a provider is called in words; one that is configured no more has its name only. */
export function useProviderLabel(): (name: string) => string {
  const { data: providers = [] } = useQuery(signInMethodsQuery);
  return (name) => providers.find((provider) => provider.name === name)?.label ?? name;
}

/** Signs in and answers with the new session; the caller decides what becomes of the page. */
export function useSignIn() {
  return useForgetfulMutation(async (input: { username: string; password: string }) => {
    const { data } = await call(operations.signIn, { body: input });
    tellOtherTabs();
    return data;
  });
}

/** Signs in with a passkey that the browser asks for; otherwise as `useSignIn`. */
export function useSignInWithPasskey() {
  return useForgetfulMutation<void, CurrentSession>(async () => {
    const { data: asked } = await call(operations.beginPasskeySignIn, {});
    const { data } = await call(operations.signInWithPasskey, { body: await askForPasskey(asked) });
    tellOtherTabs();
    return data;
  });
}

/** Changes one's own password. The server ends every other session of this user. */
export function useChangePassword() {
  return useForgetfulMutation(async (input: { currentPassword: string; newPassword: string }) => {
    await call(operations.changePassword, { body: input });
  });
}

/** Sets the password of the invited user; answers their name. */
export function useAcceptInvitation() {
  return useForgetfulMutation(async (input: { token: string; password: string }) => {
    const { data } = await call(operations.acceptInvitation, { body: input });
    return data;
  });
}

/** Signs out on the server. The caller leaves the page for good. Throws when the server could not be told. */
export async function signOut(): Promise<void> {
  try {
    await call(operations.signOut, {});
  } catch (error) {
    if (!isSignedOut(error)) throw error;
  }
  tellOtherTabs();
}

/** Begins another session: nothing that one person saw is there for the next. */
export function startOver(client: QueryClient, session: CurrentSession): void {
  forget(client);
  client.setQueryData(sessionKey, session);
}

function forget(client: QueryClient): void {
  client.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
  client.getMutationCache().clear();
}

// --- other tabs ---

/** One object for both directions: a channel does not hear itself. */
const otherTabs = new BroadcastChannel('dropsafe-session');

/** The cookie is common to all tabs. One that still shows the former person must not send in the name of the next. */
export function tellOtherTabs(): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel is of one origin
  otherTabs.postMessage('changed');
}

/** Asks again who is signed in when another tab signed in or out. */
export function useOtherTabs(): void {
  const client = useQueryClient();
  useEffect(() => {
    const ask = () => void client.invalidateQueries({ queryKey: sessionKey });
    otherTabs.addEventListener('message', ask);
    return () => otherTabs.removeEventListener('message', ask);
  }, [client]);
}
