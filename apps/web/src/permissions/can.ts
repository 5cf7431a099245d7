import type { CurrentSession } from '@dropsafe/contract/identity';
import { operations } from '@dropsafe/contract/operations';
import {
  createSecrets,
  deleteSecrets,
  isAllowed,
  readAudit,
  manageAccess,
  readSecrets,
  updateSecrets,
  type Permission,
} from '@dropsafe/contract/permissions';
import type { Provider } from '@dropsafe/contract/providers';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { createContext, use, useMemo } from 'react';
import { call } from '../api/client.ts';

/**
 * @file What the signed-in person may do, and the reason when not. Comfort, never protection: the server decides every
 * request by the database.
 */

/** The session of the page below; `SessionGate` provides it. */
export const SessionContext = createContext<CurrentSession | null>(null);

/** Who is signed in. Only below `SessionGate`. */
export function useSession(): CurrentSession {
  const session = use(SessionContext);
  if (session === null) throw new Error('useSession is only for pages below SessionGate.');
  return session;
}

/** Where secrets can live and what can be done there. */
export const providersQuery = queryOptions({
  queryKey: ['providers'],
  queryFn: async ({ signal }) => (await call(operations.listProviders, { signal })).data.items,
  staleTime: 60_000,
});

/** Why something cannot be done, in a sentence for a tooltip; undefined when it can. */
export type Reason = string | undefined;

/** Whether the person may see the page of secrets. */
export function useCanReadSecrets(): boolean {
  return isAllowed(useSession().permissions, readSecrets);
}

/** Whether the person may see the audit trail. */
export function useCanReadAudit(): boolean {
  return isAllowed(useSession().permissions, readAudit);
}

/** Whether the person manages who may do what: users, teams, API keys, and the sessions of others. */
export function useCanManageAccess(): boolean {
  return isAllowed(useSession().permissions, manageAccess);
}

/** What the person may do with secrets: by their permissions and by what the provider can do. */
export function useSecretReasons() {
  const { permissions } = useSession();
  const { data: providers = none } = useQuery(providersQuery);
  return useMemo(
    () => ({
      create: reasonAgainst(permissions, createSecrets) ?? nowhereToCreate(providers),
      update: (provider: string): Reason =>
        reasonAgainst(permissions, updateSecrets) ?? incapable(providers, provider, 'update'),
      delete: (provider: string): Reason =>
        reasonAgainst(permissions, deleteSecrets) ?? incapable(providers, provider, 'delete'),
    }),
    [permissions, providers],
  );
}

const none: Provider[] = [];

/** Names the permissions of which one is needed, when none is held. */
export function reasonAgainst(held: readonly Permission[], anyOf: readonly Permission[]): Reason {
  return isAllowed(held, anyOf) ? undefined : `You need ${anyOf.join(' or ')}.`;
}

// Until the providers are known nothing is held against them: the server refuses what cannot be done.
function incapable(providers: Provider[], name: string, what: 'update' | 'delete'): Reason {
  const provider = providers.find((candidate) => candidate.name === name);
  return provider === undefined || provider.capabilities[what]
    ? undefined
    : `The provider ${name} cannot ${what} secrets.`;
}

function nowhereToCreate(providers: Provider[]): Reason {
  return providers.length === 0 || providers.some((provider) => provider.capabilities.create)
    ? undefined
    : 'No provider can create secrets.';
}
