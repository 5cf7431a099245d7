/**
 * @file The only reader of `process.env`. What is secret is removed from the environment once read, so that no child
 * process and no dump of the environment holds it.
 */
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { BlockList, isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { codeOf } from './base/database.ts';
import { Redacted } from './base/redacted.ts';
import { StartError } from './base/start-error.ts';
import {
  isLoopback,
  parseSignInProviders,
  type SignInProvider,
} from './identity/sign-in-providers.ts';
import { takeSecretsFromEnvironment, type EnvironmentSecrets } from './secrets/env-provider.ts';
import {
  parseProviders,
  usualProviders,
  type ProviderSettings,
} from './secrets/provider-settings.ts';

/** The checkout that this file belongs to. */
const root = resolve(import.meta.dirname, '../../..');

/** Everything that an operator can set. */
export interface Config {
  /** `PORT`: TCP port to listen on. Default 8080; 0 takes a free one. */
  port: number;
  /** `HOST`: address to listen on. Default 127.0.0.1, this machine only. */
  host: string;
  /** `DATABASE_URL`: a PostgreSQL 15 or newer, primary. Without it an embedded one is started. */
  databaseUrl: string | undefined;
  /** `DROPSAFE_DATA_DIR`: keyset and embedded database. Default `.data` in the checkout. */
  dataDir: string;
  /** `DROPSAFE_KEYSET`: the keyset itself, a JWK Set. Default: from the file. */
  keyset: Redacted<string> | undefined;
  /** `DROPSAFE_KEYSET_FILE`: where the keyset is. Default `keys/keyset.json` in the data directory. */
  keysetFile: string;
  /** `DROPSAFE_ADMIN_PASSWORD`: password of the first user, `admin`. Default: a random one, printed once. */
  adminPassword: Redacted<string> | undefined;
  /** `DROPSAFE_PUBLIC_URL`: the origin that browsers see, such as `https://safe.example.com`. https switches on secure cookies and HSTS. */
  publicOrigin: string | undefined;
  /** `DROPSAFE_TRUSTED_PROXIES`: addresses or networks, separated by commas, whose `X-Forwarded-For` counts. Default none. */
  trustedProxies: BlockList;
  /**
   * `DROPSAFE_OUTBOUND_ALLOW`: addresses or networks, separated by commas, that requests with values may go to although they are
   * not public (`outbound/address.ts`). Default none. Where clouds hand out credentials stays refused.
   */
  outboundAllowed: BlockList;
  /** `DROPSAFE_SESSION_IDLE_MINUTES`: a session without a request ends after this. Default and most: 30 (NIST SP 800-63B-4, AAL2: 1 h at most). */
  sessionIdleMinutes: number;
  /** `DROPSAFE_SESSION_HOURS`: a session ends after this at the latest. Default and most: 12. */
  sessionHours: number;
  /**
   * `DROPSAFE_OIDC_FILE`, the path of a JSON file, or `DROPSAFE_OIDC`, the JSON itself: the providers of OpenID Connect that
   * people can sign in through (docs/sign-in.md). Default none.
   */
  signInProviders: SignInProvider[];
  /**
   * `DROPSAFE_PROVIDERS_FILE`, the path of a JSON file, or `DROPSAFE_PROVIDERS`, the JSON itself: where secrets live, in the
   * order in which providers are asked for a name (docs/providers.md). Default: the database alone.
   */
  providers: ProviderSettings[];
  /** `DROPSAFE_SECRET_<NAME>`: the secrets of the provider `env`. Taken out of the environment whether it is configured or not. */
  environmentSecrets: EnvironmentSecrets;
  /** `DROPSAFE_WEB_DIR`: the built web app. Default `apps/web/dist`. */
  webDir: string;
}

/** Reads and checks the environment. Throws a `StartError` that names the variable, never its content. */
export function readConfig(env: NodeJS.ProcessEnv): Config {
  const text = (name: string) =>
    env[name] === undefined || env[name] === '' ? undefined : env[name];
  const secret = (name: string) => {
    const content = text(name);
    delete env[name];
    return content;
  };
  const number = (name: string, fallback: number, min: number, max: number) => {
    const content = text(name);
    if (content === undefined) return fallback;
    const parsed = /^\d{1,6}$/.test(content) ? Number(content) : Number.NaN;
    if (parsed >= min && parsed <= max) return parsed;
    throw new StartError(`${name} must be a whole number from ${min} to ${max}.`);
  };
  const dataDir = resolve(text('DROPSAFE_DATA_DIR') ?? join(root, '.data'));
  const keyset = secret('DROPSAFE_KEYSET');
  const adminPassword = secret('DROPSAFE_ADMIN_PASSWORD');
  const host = text('HOST') ?? '127.0.0.1';
  const publicOrigin = readPublicOrigin(text('DROPSAFE_PUBLIC_URL'));
  const signInProviders = readSignInProviders(text('DROPSAFE_OIDC_FILE'), secret('DROPSAFE_OIDC'));
  if (signInProviders.length > 0 && publicOrigin === undefined && !isLoopback(host)) {
    throw new StartError(
      'DROPSAFE_PUBLIC_URL is needed for signing in through a provider: it says where people come back to.',
    );
  }
  return {
    port: number('PORT', 8080, 0, 65_535),
    host,
    databaseUrl: readDatabaseUrl(secret('DATABASE_URL')),
    dataDir,
    keyset: keyset === undefined ? undefined : new Redacted(keyset),
    keysetFile: resolve(text('DROPSAFE_KEYSET_FILE') ?? join(dataDir, 'keys', 'keyset.json')),
    adminPassword: adminPassword === undefined ? undefined : new Redacted(adminPassword),
    publicOrigin,
    trustedProxies: readNetworks('DROPSAFE_TRUSTED_PROXIES', text('DROPSAFE_TRUSTED_PROXIES')),
    outboundAllowed: readNetworks('DROPSAFE_OUTBOUND_ALLOW', text('DROPSAFE_OUTBOUND_ALLOW')),
    sessionIdleMinutes: number('DROPSAFE_SESSION_IDLE_MINUTES', 30, 1, 30),
    sessionHours: number('DROPSAFE_SESSION_HOURS', 12, 1, 12),
    signInProviders,
    providers: readProviders(text('DROPSAFE_PROVIDERS_FILE'), secret('DROPSAFE_PROVIDERS')),
    environmentSecrets: takeSecretsFromEnvironment(env),
    webDir: resolve(text('DROPSAFE_WEB_DIR') ?? join(root, 'apps/web/dist')),
  };
}

/** The version in package.json. */
export function readVersion(): string {
  // as: our own file, whose shape a test of the packaging would catch.
  return (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string })
    .version;
}

/** The migrations that belong to this version. */
export const migrationsFolder = resolve(import.meta.dirname, '../migrations');

function readDatabaseUrl(url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  if (!/^postgres(ql)?:\/\//.test(url)) {
    throw new StartError('DATABASE_URL must begin with postgres:// or postgresql://.');
  }
  // The driver reads neither spelling of a socket, and would take it for a setting of the server.
  if (/[?&]host=|@%2f/i.test(url)) {
    throw new StartError('DATABASE_URL must name a host and a port; a socket is not supported.');
  }
  return url;
}

function readPublicOrigin(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (
    url !== null &&
    /^https?:$/.test(url.protocol) &&
    url.pathname === '/' &&
    url.search + url.hash + url.username === ''
  )
    return url.origin;
  throw new StartError(
    'DROPSAFE_PUBLIC_URL must be an origin such as https://safe.example.com, without a path.',
  );
}

/** The JSON of a list that is given in the variable `name` or in a file, and what reads the files that it names. */
function readList(
  name: string,
  file: string | undefined,
  json: string | undefined,
): { variable: string; text: string; read: (path: string, what: string) => string } | undefined {
  if (file === undefined && json === undefined) return undefined;
  if (file !== undefined && json !== undefined)
    throw new StartError(`${name} and ${name}_FILE exclude each other.`);
  const variable = json === undefined ? `${name}_FILE` : name;
  const read = (path: string, what: string) => {
    try {
      return readFileSync(resolve(path), 'utf8');
    } catch (error) {
      throw new StartError(
        `${variable} cannot be used: ${what} cannot be read (${codeOf(error) ?? 'unknown reason'}).`,
        { cause: error },
      );
    }
  };
  return { variable, text: json ?? read(file ?? '', 'the file'), read };
}

function readProviders(file: string | undefined, json: string | undefined): ProviderSettings[] {
  const list = readList('DROPSAFE_PROVIDERS', file, json);
  if (list === undefined) return usualProviders;
  const providers = parseProviders(list.variable, list.text, list.read);
  for (const provider of providers) {
    if (provider.type === 'vault')
      demandCertificates(list.variable, provider.name, provider.vault.authorities);
  }
  return providers;
}

function readSignInProviders(file: string | undefined, json: string | undefined): SignInProvider[] {
  const list = readList('DROPSAFE_OIDC', file, json);
  if (list === undefined) return [];
  const { variable, text, read } = list;
  const providers = parseSignInProviders(variable, text, read);
  for (const { name, authorities } of providers) demandCertificates(variable, name, authorities);
  return providers;
}

function demandCertificates(variable: string, provider: string, pem: string | undefined): void {
  if (pem === undefined || isCertificate(pem)) return;
  throw new StartError(
    `${variable} cannot be used: provider ${provider}, caFile: the file must hold certificates as PEM.`,
  );
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).subject !== undefined;
  } catch {
    return false;
  }
}

function readNetworks(variable: string, text = ''): BlockList {
  const networks = new BlockList();
  for (const entry of text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')) {
    const [address = '', prefix] = entry.split('/');
    const version = isIP(address);
    const widest = version === 4 ? 32 : 128;
    const length = prefix === undefined ? widest : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
    if (version === 0 || length < 0 || length > widest) {
      throw new StartError(
        `${variable} must list addresses or networks such as 10.0.0.0/8, separated by commas.`,
      );
    }
    networks.addSubnet(address, length, version === 4 ? 'ipv4' : 'ipv6');
  }
  return networks;
}
