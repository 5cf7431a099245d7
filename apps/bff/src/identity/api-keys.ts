/**
 * @file API keys of programs, a part of this room's front door. Promises: the token is in the answer of its creation and
 * nowhere else, not even in the database; revoking or changing a key is in effect on the very next request to any node, and who goes on
 * using a revoked one is in the trail. A key may belong to a team: then it may do what the team may, and is revoked with it (teams.ts).
 */
import { randomUUID } from 'node:crypto';
import {
  ApiKeySortSchema,
  type ApiKey,
  type ApiKeyPage,
  type CreateApiKey,
  type ListApiKeys,
  type UpdateApiKey,
} from '@dropsafe/contract/api-keys';
import { canonicalName } from '@dropsafe/contract/names';
import { manageAccess } from '@dropsafe/contract/permissions';
import { effectivePermissions } from '@dropsafe/contract/users';
import type { Audit } from '../audit/audit.ts';
import type { AuditEvent } from '../audit/event.ts';
import { signatureOf, type Caller, type KeyCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { etagOf, isMatch } from '../base/etag.ts';
import { fieldProblem, Problem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import { subjectOf, type ChangeAccess } from './access.ts';
import { endOf } from './api-key.ts';
import {
  countApiKeys,
  findApiKey,
  insertApiKey,
  keyOf,
  listApiKeys,
  prepareFindApiKey,
  revokeApiKeys,
  touchApiKey,
  updateApiKey,
  type StoredApiKey,
} from './api-keys.store.ts';
import { printCursor } from '../base/cursor.ts';
import { inOrder, isSame } from './granted.ts';
import { parseCursor } from './page-cursor.ts';
import { refusalOf } from './refused-key.ts';
import { findTeamNames, updateTeam } from './teams.store.ts';
import { hashToken, mintApiKey } from './token.ts';
import { isUuid } from './uuid.ts';

/** A key with the entity tag of the version that it describes. */
export interface VersionedApiKey {
  apiKey: ApiKey;
  etag: string;
}

/** The operations on API keys. */
export interface ApiKeys {
  /**
   * The caller behind a well-formed key, with the permissions of this moment; undefined when it is unknown, revoked or expired, which
   * the trail is told.
   */
  authenticate(
    token: string,
    origin: { requestId: string; address: string | null },
  ): Promise<KeyCaller | undefined>;
  list(caller: Caller, input: ListApiKeys): Promise<ApiKeyPage>;
  /** Throws `not-found`. */
  describe(caller: Caller, id: string): Promise<VersionedApiKey>;
  /** Throws `api-key-name-taken`, `validation-failed` for `teamId` or `expiresAt`. */
  create(caller: Caller, input: CreateApiKey): Promise<VersionedApiKey & { token: string }>;
  /** Throws `own-api-key`, `not-found`, `api-key-changed`, `api-key-name-taken`, `validation-failed` for `permissions` or `expiresAt`. */
  update(
    caller: Caller,
    id: string,
    ifMatch: string | undefined,
    patch: UpdateApiKey,
  ): Promise<VersionedApiKey>;
  /** Throws `not-found`. */
  revoke(caller: Caller, id: string): Promise<void>;
}

/** API keys in this database. */
export function createApiKeys(
  database: Database,
  audit: Audit,
  changeAccess: ChangeAccess,
  permissions: Permissions,
): ApiKeys {
  const findByHash = prepareFindApiKey(database);

  /** What a key could do for itself it could do by stealth: whoever finds one must not make it last longer. */
  async function demandOther(caller: Caller, id: string): Promise<void> {
    if (caller.kind !== 'api-key' || caller.id !== id.toLowerCase()) return;
    await audit.recordSeldom(caller, {
      action: 'permission.denied',
      subject: subjectOf('API key', id),
      permissions: [],
    });
    throw new Problem('own-api-key');
  }

  return {
    async authenticate(token, origin) {
      const key = await findByHash(hashToken(token));
      if (key?.state !== 'live') {
        await audit.recordSeldom(...refusalOf(key, origin));
        return undefined;
      }
      if (key.isTouchDue) await touchApiKey(database.queries, key.id);
      return {
        kind: 'api-key',
        id: key.id,
        name: key.name,
        permissions: key.permissions,
        ...origin,
      };
    },

    async list(caller, input) {
      await permissions.demand(caller, manageAccess, 'API keys');
      const after =
        input.cursor === undefined ? undefined : parseCursor(input.cursor, ApiKeySortSchema, input);
      const { sort, q } = after ?? { sort: input.sort ?? 'name', q: input.q ?? '' };
      // One row more than asked for tells whether there is a next page.
      const [rows, total] = await Promise.all([
        listApiKeys(database.queries, { sort, q, limit: input.limit + 1, after }),
        countApiKeys(database.queries, q),
      ]);
      const items = rows.slice(0, input.limit);
      const last = rows.length > input.limit ? items.at(-1) : undefined;
      const nextCursor = last
        ? printCursor({ sort, q, key: keyOf(sort, last), id: last.id })
        : null;
      return { items: items.map(present), nextCursor, total };
    },

    async describe(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('API key', id));
      return versioned(await findOrRefuse(database.queries, id));
    },

    async create(caller, { name, permissions: wanted, teamId, expiresAt }) {
      await permissions.demand(caller, manageAccess, 'API keys');
      const id = randomUUID();
      const token = mintApiKey();
      const granted = inOrder(wanted);
      // As a change of access: a team that is being deleted must not get a key at its last moment.
      const key = await changeAccess(caller, async (tx, tell) => {
        const [team] = teamId === null ? [] : await findTeamNames(tx, [teamId]);
        if (teamId !== null && team === undefined)
          throw fieldProblem('teamId', 'The team is not there any more.');
        await insertApiKey(tx, {
          id,
          name,
          canonicalName: canonicalName(name),
          tokenHash: hashToken(token),
          endsWith: endOf(token),
          createdBy: signatureOf(caller),
          teamId,
          expiresAt: asStored(expiresAt),
        });
        await permissions.grant(tx, id, granted);
        const made = await findOrRefuse(tx, id);
        refuseOver(made);
        tell({ action: 'api-key.created', subject: name, permissions: granted });
        tell(expirySet(made));
        if (team !== undefined) {
          tell({ action: 'team.api-key-added', subject: `${team.name}/${name}` });
          // Counted, for whoever is about to delete the team and was told how many keys go with it.
          await updateTeam(tx, team.id, {});
        }
        return made;
      });
      return { ...versioned(key), token };
    },

    async update(caller, id, ifMatch, patch) {
      await permissions.demand(caller, manageAccess, subjectOf('API key', id));
      await demandOther(caller, id);
      return changeAccess(caller, async (tx, tell) => {
        const before = await findOrRefuse(tx, id);
        if (!isMatch(ifMatch, versioned(before).etag)) throw new Problem('api-key-changed');
        const { name = before.name } = patch;
        const granted = inOrder(patch.permissions ?? before.permissions);
        const expiresAt =
          patch.expiresAt === undefined ? before.expiresAt : asStored(patch.expiresAt);
        if (patch.permissions !== undefined && granted.length === 0 && before.team === null)
          throw fieldProblem('permissions', 'Choose at least one permission: the key has no team.');
        const isRenamed = name !== before.name;
        const isGranted = !isSame(granted, before.permissions);
        const isMoved = expiresAt !== before.expiresAt;
        if (!isRenamed && !isGranted && !isMoved) return versioned(before);
        await updateApiKey(tx, before.id, {
          ...(isRenamed && { name, canonicalName: canonicalName(name) }),
          expiresAt,
        });
        if (isRenamed) tell({ action: 'api-key.renamed', subject: `${before.name}/${name}` });
        if (isGranted) {
          await permissions.grant(tx, before.id, granted);
          const given = granted.filter((one) => !before.permissions.includes(one));
          const taken = before.permissions.filter((one) => !granted.includes(one));
          if (given.length > 0)
            tell({ action: 'api-key.permissions-given', subject: name, permissions: given });
          if (taken.length > 0)
            tell({ action: 'api-key.permissions-taken', subject: name, permissions: taken });
        }
        const after = await findOrRefuse(tx, id);
        if (isMoved) {
          refuseOver(after);
          tell(expirySet(after));
        }
        return versioned(after);
      });
    },

    async revoke(caller, id) {
      await permissions.demand(caller, manageAccess, subjectOf('API key', id));
      await changeAccess(caller, async (tx, tell) => {
        const [revoked] = isUuid(id) ? await revokeApiKeys(tx, { id }) : [];
        if (revoked === undefined) throw new Problem('not-found');
        await permissions.grant(tx, revoked.id, []);
        tell({ action: 'api-key.revoked', subject: revoked.name });
      });
    },
  };
}

async function findOrRefuse(
  queries: Parameters<typeof findApiKey>[0],
  id: string,
): Promise<StoredApiKey> {
  const key = isUuid(id) ? await findApiKey(queries, id) : undefined;
  if (key === undefined) throw new Problem('not-found');
  return key;
}

/** By the database's clock, as it will be decided later. */
function refuseOver({ isExpired }: StoredApiKey): void {
  if (isExpired) throw fieldProblem('expiresAt', 'This moment is over. Choose a later one.');
}

/** A moment as it comes back from the database, to the millisecond. */
function asStored(moment: string | null): string | null {
  return moment === null ? null : new Date(moment).toISOString();
}

function expirySet({ name, expiresAt }: StoredApiKey): AuditEvent {
  return { action: 'api-key.expiry-set', subject: `${name}/${expiresAt ?? 'never'}` };
}

function versioned(key: StoredApiKey): VersionedApiKey {
  return { apiKey: present(key), etag: etagOf(key.id, key.version) };
}

/** The key as it is shown. */
function present(stored: StoredApiKey): ApiKey {
  const { team, canonicalName: _, version: __, ...key } = stored;
  const granting = team === null ? [] : [team];
  return {
    ...key,
    team: team && { id: team.id, name: team.name, isDisabled: team.isDisabled },
    effectivePermissions: effectivePermissions(key.permissions, granting),
  };
}
