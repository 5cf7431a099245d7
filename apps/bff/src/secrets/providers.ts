/**
 * @file The providers of this node, in the operator's order: makes them, finds them, keeps the catalogue in step with
 * them. A new kind of provider has its entry in `outsideOf` and in provider-settings.ts.
 */
import type { Provider } from '@dropsafe/contract/providers';
import type { Audit } from '../audit/audit.ts';
import type { Database } from '../base/database.ts';
import { waitAtMost } from '../base/in-time.ts';
import type { Log } from '../base/log.ts';
import { Problem, fieldProblem } from '../base/problem.ts';
import type { Redacted } from '../base/redacted.ts';
import type { Keys } from '../keys/keys.ts';
import { createCataloguedProvider } from './catalogued-provider.ts';
import { openCatalogue, settleCatalogue, type Clash } from './catalogue.store.ts';
import { createDatabaseProvider } from './database-provider.ts';
import { destinationsKeyOf } from './destinations-mac.ts';
import {
  createEnvProvider,
  reportEnvironmentProblems,
  type EnvironmentSecrets,
} from './env-provider.ts';
import { createFileProvider } from './file-provider.ts';
import type { OutsideProvider } from './outside-provider.ts';
import type { SecretProvider } from './provider.ts';
import type { ProviderSettings } from './provider-settings.ts';
import { shownName } from './shown-name.ts';
import { createVaultProvider } from './vault-provider.ts';

/** The providers of this node. */
export interface Providers {
  /** In their order. */
  readonly names: readonly string[];
  /** The one of this name; undefined when it is not (or no longer) configured. */
  find(name: string): SecretProvider | undefined;
  /** The one that is to create a secret. Throws a problem of the field that named it, or `provider-cannot`. */
  forCreating(name: string | undefined, field?: string): SecretProvider;
  /** All of them, with how they are doing. */
  describe(): Promise<Provider[]>;
  /** Brings the catalogue in step where that was not done for a moment. Waits for a short while at most. */
  refresh(): Promise<void>;
  /** To be called when a secret is gone: decides which one of its name is used from now on. */
  settle(): Promise<void>;
  /** Reads all catalogues for the first time. A provider that is down does not hold up the start for long. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** What providers are made with. */
export interface ProviderMeans {
  database: Database;
  audit: Audit;
  keys: Keys;
  log: Log;
  /** Makes what holds values elsewhere; whoever tries the catalogue brings another. */
  makeOutside?: (entry: OutsideSettings) => OutsideProvider;
}

/** The settings of a provider that holds values elsewhere. */
type OutsideSettings = Exclude<ProviderSettings, { type: 'database' }>;

/** What a table shows may be so old. Every use asks the provider itself. */
const freshForMs = 2_000;
/** What a page waits for a provider that is slow. */
const waitMs = 250;
/** What the start waits for one. */
const startMs = 5_000;
/** What the end waits for lists that are under way. */
const closeMs = 500;

/** Makes the providers that are configured. */
export function createProviders(
  settings: readonly ProviderSettings[],
  environment: EnvironmentSecrets,
  destinationsKey: Redacted<Uint8Array>,
  { database, audit, keys, log, makeOutside }: ProviderMeans,
): Providers {
  const names = settings.map(({ name }) => name);
  const told = new Set<string>();
  const catalogue = {
    database,
    audit,
    log,
    key: destinationsKeyOf(destinationsKey),
    order: names,
    onClashes: tellClashes,
  };
  const providers = settings.map((entry) =>
    entry.type === 'database'
      ? createDatabaseProvider(entry.name, database, audit, keys)
      : createCataloguedProvider(entry.name, (makeOutside ?? outsideOf)(entry), catalogue),
  );
  const byName = new Map(providers.map((provider) => [provider.name, provider]));
  const isAlone = providers.every(({ type }) => type === 'database');
  const running = new Map<SecretProvider, { at: number; done: Promise<void> }>();

  function outsideOf(entry: OutsideSettings): OutsideProvider {
    switch (entry.type) {
      case 'env':
        return createEnvProvider(environment);
      case 'file':
        return createFileProvider(entry, log);
      case 'vault':
        return createVaultProvider(entry.vault, {
          onLeftOut: (left) =>
            log.warn('secrets.vault-left-out', {
              provider: entry.name,
              names: left.map(shownName),
            }),
        });
    }
  }

  /** Each once: the same clash is met again with every list. */
  function tellClashes(clashes: readonly Clash[]): void {
    for (const { name, provider, used } of clashes) {
      const clash = `${name}/${provider}/${used}`;
      if (!told.has(clash)) log.warn('secret.clash', { name, used, notUsed: provider });
      told.add(clash);
    }
  }

  /** Begins to bring one in step, unless that was done a moment ago or is under way. */
  function begin(provider: SecretProvider): Promise<void> | undefined {
    const last = running.get(provider);
    if (last !== undefined && Date.now() < last.at + freshForMs) return undefined;
    const done = provider.keepInStep().catch((error: unknown) => {
      // What is wrong on the other side was told where it was asked.
      if (!(error instanceof Problem))
        log.error('provider.not-in-step', error, { provider: provider.name });
    });
    const run = { at: Infinity, done };
    running.set(provider, run);
    return done.then(() => void (run.at = Date.now()));
  }

  async function refreshWithin(longestMs: number): Promise<void> {
    const begun = providers.flatMap((provider) => begin(provider) ?? []);
    if (begun.length > 0) await waitAtMost(longestMs, Promise.all(begun));
  }

  return {
    names,
    find: (name) => byName.get(name),

    forCreating(name, field = 'provider') {
      const able = providers.filter(({ capabilities }) => capabilities.create);
      if (name === undefined) {
        const [first, second] = able;
        if (first === undefined)
          throw new Problem('provider-cannot', {
            detail: 'No provider of this installation can create secrets.',
            allow: ['GET', 'HEAD'],
          });
        if (second !== undefined) throw fieldProblem(field, 'Choose where the secret is to live.');
        return first;
      }
      const provider = byName.get(name);
      if (provider === undefined) throw fieldProblem(field, 'There is no provider of this name.');
      if (!provider.capabilities.create)
        throw new Problem('provider-cannot', {
          detail: `The provider ${name} cannot create secrets.`,
          allow: able.length > 0 ? ['GET', 'HEAD', 'POST'] : ['GET', 'HEAD'],
        });
      return provider;
    },

    describe: () =>
      Promise.all(
        providers.map(async (provider) => {
          const { name, type, capabilities, origin } = provider;
          const health = { ...(await provider.health()), checkedAt: new Date().toISOString() };
          return { name, type, capabilities, origin, health };
        }),
      ),

    refresh: async () => (isAlone ? undefined : refreshWithin(waitMs)),

    async settle() {
      if (!isAlone) tellClashes(await settleCatalogue(database, names));
    },

    async start() {
      if (providers.some(({ type }) => type === 'env'))
        reportEnvironmentProblems(environment.problems, log);
      tellClashes(await openCatalogue(database, names));
      await refreshWithin(startMs);
    },

    async close() {
      await Promise.all(providers.map((provider) => provider.close()));
      const lists = [...running.values()].map(({ done }) => done);
      await waitAtMost(closeMs, Promise.all(lists));
    },
  };
}
