import type { CurrentSession } from '@dropsafe/contract/identity';
import {
  createIntegrations,
  createSecrets,
  deleteIntegrations,
  deleteSecrets,
  isAllowed,
  listIntegrations,
  readAudit,
  manageAccess,
  readIntegrations,
  readSecrets,
  testIntegrations,
  updateIntegrations,
  updateSecrets,
  type Permission,
} from '@dropsafe/contract/permissions';
import { secretStates, type SecretMetadata } from '@dropsafe/contract/secrets';
import { createContext, use, useMemo } from 'react';
import { firstOf, listed } from '../providers/provider-words.ts';
import { useProviders, type SeenProvider } from '../providers/providers.queries.ts';

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

/** Why something cannot be done, in a sentence for a tooltip; undefined when it can. */
export type Reason = string | undefined;

/** Whether the person may see the page of secrets. */
export function useCanReadSecrets(): boolean {
  return isAllowed(useSession().permissions, readSecrets);
}

/** Whether the person may see which integrations there are. */
export function useCanListIntegrations(): boolean {
  return isAllowed(useSession().permissions, listIntegrations);
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
  const providers = useProviders();
  return useMemo(
    () => ({
      create: reasonAgainst(permissions, createSecrets) ?? nowhereToCreate(providers),
      update: (secret: SecretMetadata): Reason =>
        reasonAgainst(permissions, updateSecrets) ??
        incapable(providers, secret.provider, 'update') ??
        unused(providers, secret),
      delete: ({ provider }: SecretMetadata): Reason =>
        reasonAgainst(permissions, deleteSecrets) ?? incapable(providers, provider, 'delete'),
      /** Into another provider. */
      copy: (secret: SecretMetadata): Reason =>
        reasonAgainst(permissions, createSecrets) ?? nowhereToCopy(providers, secret),
      /** All secrets of a provider into another one. */
      copyAll: (provider: string): Reason =>
        reasonAgainst(permissions, createSecrets) ??
        (targetsFor(providers, provider).length === 0 ? noOther : undefined),
    }),
    [permissions, providers],
  );
}

/** What the person may do with integrations. Secrets in them are another matter: `useCanReadSecrets`. */
export function useIntegrationReasons() {
  const { permissions } = useSession();
  return useMemo(
    () => ({
      /** To test what is not saved as well, as for `update`. */
      create: reasonAgainst(permissions, createIntegrations),
      /** To see the configuration. */
      read: reasonAgainst(permissions, readIntegrations),
      update: reasonAgainst(permissions, updateIntegrations),
      delete: reasonAgainst(permissions, deleteIntegrations),
      test: reasonAgainst(permissions, testIntegrations),
    }),
    [permissions],
  );
}

/** Names the permissions of which one is needed, when none is held. */
export function reasonAgainst(held: readonly Permission[], anyOf: readonly Permission[]): Reason {
  return isAllowed(held, anyOf) ? undefined : `You need ${anyOf.join(' or ')}.`;
}

/** The other providers that a secret of `provider` could be copied to. */
export function targetsFor(
  providers: readonly SeenProvider[],
  provider: string,
): readonly SeenProvider[] {
  return providers.filter(({ name, capabilities }) => name !== provider && capabilities.create);
}

const noOther = 'No other provider can create secrets.';

// Until the providers are known nothing is held against them: the server refuses what cannot be done.
function incapable(
  providers: readonly SeenProvider[],
  name: string,
  what: 'update' | 'delete',
): Reason {
  const provider = providers.find((candidate) => candidate.name === name);
  return provider === undefined || provider.capabilities[what]
    ? undefined
    : `The provider ${name} cannot ${what} secrets.`;
}

/** An update is always about the one that is used. */
function unused(providers: readonly SeenProvider[], { isUsed, alsoIn }: SecretMetadata): Reason {
  return isUsed
    ? undefined
    : `It is not used. The one that can be updated is that in ${firstOf(providers, alsoIn)}.`;
}

function nowhereToCreate(providers: readonly SeenProvider[]): Reason {
  return providers.length === 0 || providers.some((provider) => provider.capabilities.create)
    ? undefined
    : 'No provider can create secrets.';
}

function nowhereToCopy(
  providers: readonly SeenProvider[],
  { provider, alsoIn, state }: SecretMetadata,
): Reason {
  const targets = targetsFor(providers, provider).map(({ name }) => name);
  if (targets.length === 0) return noOther;
  if (state !== 'ready') return `It cannot be copied. ${secretStates[state]}`;
  return targets.every((name) => alsoIn.includes(name))
    ? `There is a secret of this name in ${listed(targets)} already.`
    : undefined;
}
