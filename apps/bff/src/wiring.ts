import type { Audit } from './audit/audit.ts';
import type { Trail } from './audit/trail.ts';
import type { Database } from './base/database.ts';
import type { Log } from './base/log.ts';
import { createIdentity, type Identity, type SessionLimits } from './identity/identity.ts';
import type { Keys } from './keys/keys.ts';
import { createPermissions, type Permissions } from './permissions/permissions.ts';
import { createSecretsDoor, type Secrets } from './secrets/secrets.ts';

/** The rooms of one node, each built from the ones before it. */
export interface Rooms {
  log: Log;
  database: Database;
  trail: Trail;
  permissions: Permissions;
  identity: Identity;
  secrets: Secrets;
}

/** Builds the rooms. */
export function wire(
  database: Database,
  audit: Audit,
  trail: Trail,
  keys: Keys,
  log: Log,
  limits: SessionLimits,
): Rooms {
  const permissions = createPermissions(audit);
  const identity = createIdentity(database, audit, permissions, limits);
  const secrets = createSecretsDoor(database, audit, permissions, keys);
  return { log, database, trail, permissions, identity, secrets };
}
