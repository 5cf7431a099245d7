/**
 * @file One node from start to stop: database, tables, keys, rooms, HTTP; shut down in reverse. Whatever is wrong at the
 * start ends in a `StartError` with everything that was started stopped again.
 */
import { randomUUID } from 'node:crypto';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { createApp } from './app.ts';
import { openAudit } from './audit/audit.ts';
import { checkpointPath, keepCheckpoints } from './audit/checkpoint-file.ts';
import { openTrail } from './audit/trail.ts';
import { createVerification, type Verification } from './audit/verification.ts';
import { systemCaller } from './base/caller.ts';
import { codeOf, migrateDatabase, openDatabase, type DatabaseTarget } from './base/database.ts';
import { startEmbeddedPostgres } from './base/embedded-postgres.ts';
import type { Log } from './base/log.ts';
import { Problem } from './base/problem.ts';
import type { Redacted } from './base/redacted.ts';
import { StartError } from './base/start-error.ts';
import { migrationsFolder, readVersion, type Config } from './config.ts';
import { warmUp } from './identity/password.ts';
import { openKeys, readNamedKey } from './keys/keys.ts';
import type { LookUp } from './outbound/host-guard.ts';
import { createProviders } from './secrets/providers.ts';
import { readWebApp } from './web.http.ts';
import { wire, type Rooms } from './wiring.ts';

/** A running node. */
export interface RunningNode {
  /** Where it listens, such as `http://127.0.0.1:8080`. */
  url: string;
  /** The made-up password of the first user, on the very first start only. */
  firstPassword: Redacted<string> | undefined;
  /** A start or a command of before has made the first user, and the trail, which is all there, has no sign-in since: its password may be lost. */
  isUnused: boolean;
  stop(): Promise<void>;
}

/** Stops one thing. What waits for the database does so only briefly when that was found not to answer. */
type Stop = (isReady?: Promise<boolean>) => Promise<void>;

/** Where things that were started are put, to be stopped in reverse. */
interface Stops {
  add(stop: Stop): void;
}

/** Things that were started, to be stopped in reverse. */
class Started implements Stops {
  readonly #stops: Stop[] = [];

  add(stop: Stop): void {
    this.#stops.push(stop);
  }

  async stopAll(isReady?: Promise<boolean>): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop())
      await stop(isReady);
  }
}

/**
 * Starts a node. `onLost` is called when it can serve no more and should end; `lookUp` resolves the names of hosts that integrations
 * name, by default as the system does. Throws a `StartError`.
 */
export async function startNode(
  config: Config,
  log: Log,
  onLost: (reason: string) => void,
  lookUp?: LookUp,
): Promise<RunningNode> {
  const started = new Started();
  try {
    const webApp = await readWebApp(config.webDir);
    const target = await startDatabase(config, log, started, onLost);
    const rooms = await openRooms(target, config, log, started, lookUp);
    await rooms.providers.start();
    rooms.secretUses.start();
    await warmUp();
    const app = createApp(rooms, {
      version: readVersion(),
      publicOrigin: config.publicOrigin,
      trustedProxies: config.trustedProxies,
      webApp,
    });
    // The last checkpoint is written when nothing is served any more.
    let endCheckpoints: Awaited<ReturnType<typeof keepCheckpoints>> | undefined;
    started.add(async (isReady) => endCheckpoints?.(await isReady));
    let answer: Answer = notYet;
    const url = await listen((...request) => answer(...request), config, started);
    // When nothing can fail any more: such a start would take the password with it, and the next one makes none. Until then nobody is
    // answered: whoever came through a provider of OpenID Connect would be the first user, who manages nothing, and `admin` never made.
    const firstPassword = await createFirstUser(rooms, config);
    answer = app.fetch;
    const isToldNothing = firstPassword === undefined && config.adminPassword === undefined;
    const isUnused = isToldNothing && !(await mayAnybodyHaveSignedIn(rooms));
    endCheckpoints = await keepCheckpoints(rooms.trail, checkpointPath(config.dataDir), log);
    log.info('node.started', { url });
    return {
      url,
      firstPassword,
      isUnused,
      // Whether the database answers is found out once, while requests under way get their moment.
      stop: () => started.stopAll(rooms.database.isReady()),
    };
  } catch (error) {
    await started.stopAll();
    throw error;
  }
}

/** The configured database, or the embedded one, which is started for it. */
export async function startDatabase(
  config: Config,
  log: Log,
  started: Stops,
  onLost: (reason: string) => void,
): Promise<DatabaseTarget> {
  if (config.databaseUrl !== undefined) return config.databaseUrl;
  const embedded = await startEmbeddedPostgres({
    dataDir: config.dataDir,
    onEvent: (event, fields) => log.info(event, fields),
    onLost,
  });
  started.add(() => embedded.stop());
  return embedded.connection;
}

/** Migrates, proves the keyset and builds the rooms. */
export async function openRooms(
  target: DatabaseTarget,
  config: Config,
  log: Log,
  started: Stops,
  lookUp?: LookUp,
): Promise<Rooms> {
  const database = await openDatabase(target);
  started.add(async (isReady) => database.close(await isReady));
  const { keys, audit, trail, destinationsKey } = await migrateDatabase(
    target,
    migrationsFolder,
    async () => {
      const opened = await openKeys(
        database,
        { text: config.keyset, file: config.keysetFile },
        log,
      );
      const trailKey = await opened.namedKey('audit');
      // That key is made when the chain was begun, below: where it is, there was a chain.
      const wasBegun = await opened.hasNamedKey('destinations');
      const chained = await openAudit(database, trailKey, log, wasBegun);
      return {
        keys: opened,
        audit: chained,
        trail: openTrail(database, chained, trailKey, checkpointPath(config.dataDir)),
        destinationsKey: await opened.namedKey('destinations'),
      };
    },
  );
  const providers = createProviders(config.providers, config.environmentSecrets, destinationsKey, {
    database,
    audit,
    keys,
    log,
  });
  started.add(() => providers.close());
  const limits = { idleMinutes: config.sessionIdleMinutes, hours: config.sessionHours };
  const { signInProviders } = config;
  const rooms = wire(database, audit, trail, log, limits, signInProviders, providers, {
    allowed: config.outboundAllowed,
    ...(lookUp && { lookUp }),
  });
  started.add(async (isReady) => rooms.secretUses.close(await isReady));
  started.add(async () => rooms.outbound.close());
  return rooms;
}

/** Opens the trail for looking at it: nothing is migrated, made or repaired. Throws a `StartError` when there is none. */
export async function openVerification(
  target: DatabaseTarget,
  config: Config,
  started: Stops,
): Promise<Verification> {
  const database = await openDatabase(target);
  started.add(async (isReady) => database.close(await isReady));
  const source = { text: config.keyset, file: config.keysetFile };
  const trailKey = await readNamedKey(database, source, 'audit');
  if (trailKey === undefined) throw new StartError('This database has no audit trail yet.');
  return createVerification(database, trailKey);
}

async function createFirstUser(
  { identity }: Rooms,
  config: Config,
): Promise<Redacted<string> | undefined> {
  try {
    return await identity.createFirstUser(
      systemCaller('start', randomUUID()),
      config.adminPassword,
    );
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new StartError(
      `DROPSAFE_ADMIN_PASSWORD cannot be used: ${error.params.errors?.[0]?.message ?? error.code}`,
      { cause: error },
    );
  }
}

/** Found by the index of the trail on its actions. True of a trail that is not all there, as what was dropped may have been a sign-in. */
async function mayAnybodyHaveSignedIn({ trail }: Rooms): Promise<boolean> {
  const { items } = await trail.list({ action: 'session.started', limit: 1 });
  return items.length > 0 || (await trail.state()).dropped !== null;
}

/** Answers a request. */
type Answer = Parameters<typeof serve>[0]['fetch'];

/** The answer of a node that is being started. */
const notYet: Answer = () => new Response(null, { status: 503, headers: { 'Retry-After': '1' } });

async function listen(fetch: Answer, config: Config, started: Stops): Promise<string> {
  const server = await new Promise<Server>((resolve, reject) => {
    const starting = serve(
      // Slow senders are cut off: headers within 10 s, the whole request within 30 s.
      {
        fetch,
        port: config.port,
        hostname: config.host,
        serverOptions: { headersTimeout: 10_000, requestTimeout: 30_000, keepAliveTimeout: 65_000 },
      },
      () => resolve(starting as Server), // as: without createServer it is node:http's
    );
    starting.once('error', (error) => {
      const code = codeOf(error);
      const what =
        code === 'EADDRINUSE'
          ? 'is already in use; set PORT to another'
          : `cannot be listened on (${code ?? 'unknown reason'})`;
      reject(
        new StartError(`The address ${config.host}:${config.port} ${what}.`, { cause: error }),
      );
    });
  });
  started.add(
    () =>
      new Promise((resolve) => {
        // Whoever goes on asking on a connection of before is answered, and told that it was the last time.
        server.prependListener('request', (_, response) => (response.shouldKeepAlive = false));
        server.closeIdleConnections();
        const closing = setInterval(() => server.closeIdleConnections(), 50);
        // Requests under way get a moment; then the rest of the shutdown must go on.
        const late = setTimeout(() => server.closeAllConnections(), 3_000);
        server.close(() => {
          clearInterval(closing);
          clearTimeout(late);
          resolve();
        });
      }),
  );
  const { address, port, family } = server.address() as AddressInfo; // as: a TCP server
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
}
