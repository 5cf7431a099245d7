/**
 * @file The product without its permission check and its audit write, and with everything else: what these two cost
 * together is the difference. A process of its own that gets its connection as a message and answers with its port.
 */
import { openSync, writeSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { permissionNames } from '@dropsafe/contract/permissions';
import { serve } from '@hono/node-server';
import { and, eq, sql } from 'drizzle-orm';
import { BlockList } from 'node:net';
import { createApp } from '../src/app.ts';
import { groupLimits, type Audit, type GroupStatement } from '../src/audit/audit.ts';
import { openTrail } from '../src/audit/trail.ts';
import type { AuditEvent } from '../src/audit/event.ts';
import type { Caller, UserCaller } from '../src/base/caller.ts';
import { openDatabase, within, type Database } from '../src/base/database.ts';
import type { PostgresConnection } from '../src/base/embedded-postgres.ts';
import { inGroups, oneAtATime } from '../src/base/in-groups.ts';
import { createLog } from '../src/base/log.ts';
import { findByToken } from '../src/identity/by-token.store.ts';
import { sessions } from '../src/identity/sessions.store.ts';
import { hashToken } from '../src/identity/token.ts';
import { users } from '../src/identity/users.store.ts';
import { openKeys } from '../src/keys/keys.ts';
import { takeSecretsFromEnvironment } from '../src/secrets/env-provider.ts';
import { usualProviders } from '../src/secrets/provider-settings.ts';
import { createProviders } from '../src/secrets/providers.ts';
import { wire } from '../src/wiring.ts';

/** What the child needs to know. */
export interface UncheckedOptions {
  connection: PostgresConnection;
  dataDir: string;
}

/** Makes changes as the product does, in the same groups, and writes no event. */
function withoutTrail(database: Database): Audit {
  const { queries } = database;
  const parts = {
    chain: queries.$with('chain', {}).as(sql`select`),
    chainEnd: queries.$with('chain_end', {}).as(sql`select`),
    recorded: queries.$with('recorded', {}).as(sql`select`),
  };
  return {
    change: (_, work) =>
      database.transaction((tx) =>
        work(
          tx,
          () => {},
          () => {},
        ),
      ),
    recordAlone: async () => {},
    recordSeldom: async () => {},
    groupedChange<C, Row, R>(group: GroupStatement<C, Row, R>) {
      const statement = group.prepare(parts);
      const change = inGroups(async (changes: readonly C[]) => {
        const values = group.valuesOf(changes);
        const rows = await database.inLine((line) => within(line, statement).execute(values));
        // as: every statement of this kind answers the id of what it changed.
        const changed = new Set((rows as { id: string }[]).map(({ id }) => id));
        const fitting = changes.filter((each) => changed.has(group.idOf(each)));
        const results = new Map(
          group.resultsOf(rows, fitting).map((result, index) => [fitting[index], result]),
        );
        return changes.map((each) => results.get(each));
      }, groupLimits);
      const changeOne = oneAtATime(change, group.keyOf);
      return (_caller: Caller, _event: AuditEvent, wanted: C) => changeOne(wanted);
    },
  };
}

/** Finds the session as the product does, but for what the user may do: they may do everything. */
function withoutPermissions(
  database: Database,
): (token: string) => Promise<Omit<UserCaller, 'requestId' | 'address'> | undefined> {
  const query = database.queries
    .select({
      tokenHash: sessions.tokenHash,
      id: sessions.id,
      expiresAt: sessions.expiresAt,
      means: sessions.means,
      userId: users.id,
      userName: users.name,
    })
    .from(sessions)
    .innerJoin(users, eq(users.id, sessions.userId))
    .where(
      and(
        sql`${sessions.tokenHash} = any(${sql.placeholder('tokenHashes')}::bytea[])`,
        sql`${sessions.expiresAt} > now() and ${sessions.lastSeenAt} > now() - interval '30 minutes' and not ${users.isDisabled}`,
      ),
    )
    .prepare('find_session_only');
  const find = findByToken(database, query);
  return async (token) => {
    const session = await find(hashToken(token));
    if (session === undefined) return undefined;
    const { id, expiresAt, means, userId, userName } = session;
    return {
      kind: 'user',
      id: userId,
      name: userName,
      permissions: permissionNames,
      session: { id, expiresAt, means },
    };
  };
}

async function serveUnchecked({ connection, dataDir }: UncheckedOptions): Promise<void> {
  const logFile = openSync(`${dataDir}.unchecked.log`, 'a');
  const log = createLog((text) => writeSync(logFile, text));
  const database = await openDatabase(connection);
  const file = join(dataDir, 'keys/keyset.json');
  const keys = await openKeys(database, { text: undefined, file }, log);
  const audit = withoutTrail(database);
  const trailKey = await keys.namedKey('audit');
  const trail = openTrail(database, audit, trailKey, `${dataDir}.checkpoint.json`);
  const providers = createProviders(
    usualProviders,
    takeSecretsFromEnvironment({}),
    await keys.namedKey('destinations'),
    { database, audit, keys, log },
  );
  const rooms = wire(database, audit, trail, log, { idleMinutes: 30, hours: 12 }, [], providers, {
    allowed: new BlockList(),
  });
  rooms.permissions.demand = async () => {};
  const findSession = withoutPermissions(database);
  rooms.identity.authenticate = async (token, origin) => {
    const found = await findSession(token);
    return found && { ...found, ...origin };
  };
  const webApp = { page: '', files: new Map() };
  const app = createApp(rooms, {
    version: 'bench',
    publicOrigin: undefined,
    trustedProxies: new BlockList(),
    webApp,
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => {
    process.send?.((server.address() as AddressInfo).port); // as: a TCP server
  });
}

process.once('message', (options: UncheckedOptions) => void serveUnchecked(options));
