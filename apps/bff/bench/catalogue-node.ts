/**
 * @file A node with providers elsewhere that answer from memory, so that a page costs what the catalogue costs, and not what a vault
 * on the same two cores does. All else is the product. A process of its own that gets its connection as a message and answers with
 * its port.
 */
import { openSync, writeSync } from 'node:fs';
import { BlockList, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import { createApp } from '../src/app.ts';
import { openAudit } from '../src/audit/audit.ts';
import { openTrail } from '../src/audit/trail.ts';
import { openDatabase } from '../src/base/database.ts';
import type { PostgresConnection } from '../src/base/embedded-postgres.ts';
import { createLog } from '../src/base/log.ts';
import { openKeys } from '../src/keys/keys.ts';
import { takeSecretsFromEnvironment } from '../src/secrets/env-provider.ts';
import { usualProviders, type ProviderSettings } from '../src/secrets/provider-settings.ts';
import { createProviders } from '../src/secrets/providers.ts';
import { wire } from '../src/wiring.ts';
import { createMemoryPlace } from '../testkit/memory-place.ts';

/** What the child needs to know. */
export interface CatalogueNodeOptions {
  connection: PostgresConnection;
  dataDir: string;
  /** The names that each provider elsewhere holds. */
  outside: Record<string, readonly string[]>;
}

async function serveCatalogue({ connection, dataDir, outside }: CatalogueNodeOptions) {
  const logFile = openSync(`${dataDir}.catalogue.log`, 'a');
  const log = createLog((text) => writeSync(logFile, text));
  const database = await openDatabase(connection);
  const file = join(dataDir, 'keys/keyset.json');
  const keys = await openKeys(database, { text: undefined, file }, log);
  const trailKey = await keys.namedKey('audit');
  const audit = await openAudit(database, trailKey, log, true);
  const settings = Object.keys(outside).map((name): ProviderSettings => ({ name, type: 'env' }));
  const providers = createProviders(
    [...usualProviders, ...settings],
    takeSecretsFromEnvironment({}),
    await keys.namedKey('destinations'),
    {
      database,
      audit,
      keys,
      log,
      makeOutside({ name }) {
        const place = createMemoryPlace({ create: true, update: true, delete: true });
        for (const each of outside[name] ?? []) place.seed(each, 'bench');
        return place.provider();
      },
    },
  );
  const trail = openTrail(database, audit, trailKey, `${dataDir}.checkpoint.json`);
  const rooms = wire(database, audit, trail, log, { idleMinutes: 30, hours: 12 }, [], providers, {
    allowed: new BlockList(),
  });
  await providers.start();
  const app = createApp(rooms, {
    version: 'bench',
    publicOrigin: undefined,
    trustedProxies: new BlockList(),
    webApp: { page: '', files: new Map() },
  });
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => {
    process.send?.((server.address() as AddressInfo).port); // as: a TCP server
  });
}

process.once('message', (options: CatalogueNodeOptions) => void serveCatalogue(options));
