import type { Audit } from './audit/audit.ts';
import type { Trail } from './audit/trail.ts';
import type { Database } from './base/database.ts';
import type { Log } from './base/log.ts';
import { createChangeAccess } from './identity/access.ts';
import { createIdentity, type Identity, type SessionLimits } from './identity/identity.ts';
import { createInvitationsDoor, type Invitations } from './identity/invitations.ts';
import { createOidcGroupsDoor, type OidcGroups } from './identity/oidc-groups.ts';
import { createSignInThrough, type SignInThrough } from './identity/sign-in-through.ts';
import type { SignInProvider } from './identity/sign-in-providers.ts';
import { createStartSession } from './identity/start-session.ts';
import { createPasskeys, type Passkeys } from './identity/passkeys.ts';
import { createTeamsDoor, type Teams } from './identity/teams.ts';
import { createUsersDoor, type Users } from './identity/users.ts';
import {
  createConfigurations,
  createIntegrationsDoor,
  type Integrations,
} from './integrations/integrations.ts';
import type { CallOptions } from './outbound/calls.ts';
import { createOutbound, type Outbound } from './outbound/outbound.ts';
import { createPermissions, type Permissions } from './permissions/permissions.ts';
import type { Providers } from './secrets/providers.ts';
import {
  createReferences,
  createSecretUses,
  createSecretsDoor,
  type SecretUses,
  type Secrets,
} from './secrets/secrets.ts';

/** The rooms of one node, each built from the ones before it. */
export interface Rooms {
  log: Log;
  database: Database;
  trail: Trail;
  permissions: Permissions;
  identity: Identity;
  signInThrough: SignInThrough;
  passkeys: Passkeys;
  users: Users;
  teams: Teams;
  oidcGroups: OidcGroups;
  invitations: Invitations;
  providers: Providers;
  secrets: Secrets;
  secretUses: SecretUses;
  integrations: Integrations;
  outbound: Outbound;
}

/** Builds the rooms. */
export function wire(
  database: Database,
  audit: Audit,
  trail: Trail,
  log: Log,
  limits: SessionLimits,
  signInProviders: readonly SignInProvider[],
  providers: Providers,
  callOptions: CallOptions,
): Rooms {
  const permissions = createPermissions(audit);
  const startSession = createStartSession(audit, limits);
  const identity = createIdentity(database, audit, permissions, limits, startSession);
  const passkeys = createPasskeys(database, audit, log, startSession);
  const changeAccess = createChangeAccess(audit, permissions);
  const names = signInProviders.map(({ name }) => name);
  const users = createUsersDoor(database, changeAccess, permissions, names);
  const signInThrough = createSignInThrough(
    database,
    audit,
    log,
    startSession,
    signInProviders,
    limits.idleMinutes,
  );
  const teams = createTeamsDoor(database, audit, changeAccess, permissions);
  const oidcGroups = createOidcGroupsDoor(database, changeAccess, permissions, names);
  const invitations = createInvitationsDoor(database, audit);
  const secrets = createSecretsDoor(database, audit, permissions, providers);
  const secretUses = createSecretUses(database, audit, providers, log);
  const references = createReferences(database, providers);
  const configurations = createConfigurations(database, audit, references);
  const integrations = createIntegrationsDoor(
    database,
    audit,
    permissions,
    references,
    configurations,
  );
  const outbound = createOutbound(audit, permissions, configurations, secretUses, callOptions);
  return {
    log,
    database,
    trail,
    permissions,
    identity,
    signInThrough,
    passkeys,
    users,
    teams,
    oidcGroups,
    invitations,
    providers,
    secrets,
    secretUses,
    integrations,
    outbound,
  };
}
