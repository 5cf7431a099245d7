/**
 * @file API keys of programs, a part of this room's front door. Promises: the token is in the answer of its creation and
 * nowhere else, not even in the database; revoking a key is in effect on the very next request to any node. A key may belong
 * to a team: then it may do what the team may, and is revoked with it (teams.ts).
 */
import { randomUUID } from 'node:crypto';
import {
  ApiKeySortSchema,
  type ApiKey,
  type ApiKeyPage,
  type CreateApiKey,
  type CreatedApiKey,
  type ListApiKeys,
} from '@dropsafe/contract/api-keys';
import { manageAccess } from '@dropsafe/contract/permissions';
import { effectivePermissions } from '@dropsafe/contract/users';
import { signatureOf, type Caller, type KeyCaller } from '../base/caller.ts';
import type { Database } from '../base/database.ts';
import { fieldProblem, Problem } from '../base/problem.ts';
import type { Permissions } from '../permissions/permissions.ts';
import type { ChangeAccess } from './access.ts';
import { endOf } from './api-key.ts';
import {
  countApiKeys,
  deleteApiKey,
  findApiKey,
  insertApiKey,
  keyOf,
  listApiKeys,
  prepareFindApiKey,
  touchApiKey,
  type StoredApiKey,
} from './api-keys.store.ts';
import { printCursor } from '../base/cursor.ts';
import { inOrder } from './granted.ts';
import { parseCursor } from './page-cursor.ts';
import { findTeamNames, updateTeam } from './teams.store.ts';
import { hashToken, mintApiKey } from './token.ts';
import { isUuid } from './uuid.ts';

/** The operations on API keys. */
export interface ApiKeys {
  /** The caller behind a well-formed key, with the permissions of this moment; undefined when it is unknown, revoked or expired. */
  authenticate(
    token: string,
    origin: { requestId: string; address: string | null },
  ): Promise<KeyCaller | undefined>;
  list(caller: Caller, input: ListApiKeys): Promise<ApiKeyPage>;
  /** Throws `api-key-name-taken`, `validation-failed` for `teamId` or `expiresAt`. */
  create(caller: Caller, input: CreateApiKey): Promise<CreatedApiKey>;
  /** Throws `not-found`. */
  revoke(caller: Caller, id: string): Promise<void>;
}

/** API keys in this database. */
export function createApiKeys(
  database: Database,
  changeAccess: ChangeAccess,
  permissions: Permissions,
): ApiKeys {
  const findByHash = prepareFindApiKey(database);

  return {
    async authenticate(token, origin) {
      const key = await findByHash(hashToken(token));
      if (key === undefined) return undefined;
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
          tokenHash: hashToken(token),
          endsWith: endOf(token),
          createdBy: signatureOf(caller),
          teamId,
          expiresAt,
        });
        await permissions.grant(tx, id, granted);
        const made = await findApiKey(tx, id);
        if (made === undefined) throw new Error('A key that was just added is not there.');
        // By the database's clock, as it will be decided later.
        if (made.isExpired)
          throw fieldProblem('expiresAt', 'This moment is over. Choose a later one.');
        tell({ action: 'api-key.created', subject: name, permissions: granted });
        if (team !== undefined) {
          tell({ action: 'team.api-key-added', subject: `${team.name}/${name}` });
          // Counted, for whoever is about to delete the team and was told how many keys go with it.
          await updateTeam(tx, team.id, {});
        }
        return made;
      });
      return { ...present(key), token };
    },

    async revoke(caller, id) {
      await permissions.demand(caller, manageAccess, 'API keys');
      await changeAccess(caller, async (tx, tell) => {
        const name = isUuid(id) ? await deleteApiKey(tx, id) : undefined;
        if (name === undefined) throw new Problem('not-found');
        await permissions.grant(tx, id, []);
        tell({ action: 'api-key.revoked', subject: name });
      });
    },
  };
}

/** The key as it is shown. */
function present({ team, ...key }: StoredApiKey): ApiKey {
  const granting = team === null ? [] : [team];
  return {
    ...key,
    team: team && { id: team.id, name: team.name, isDisabled: team.isDisabled },
    effectivePermissions: effectivePermissions(key.permissions, granting),
  };
}
