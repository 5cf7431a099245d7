/**
 * @file A vault on loopback that follows the documented API of HashiCorp Vault and OpenBao: KV version 2 and 1 in several
 * mounts and namespaces, tokens with an end, AppRole and Kubernetes, policies, health. It can fail in any way that a test
 * names, and records what it was asked. Its clock can be put forward.
 */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { faults, type Fault } from './vault-faults.ts';
import {
  createKv1,
  createKv2,
  type Call,
  type Engine,
  type Kv2Settings,
  type Reply,
} from './vault-kv.ts';

/** One request as it arrived. */
export interface Recorded {
  /** LIST for `list=true`. */
  method: string;
  /** Below `/v1/`, without the query. */
  path: string;
  namespace: string;
  hasToken: boolean;
  headers: IncomingMessage['headers'];
}

/** What a token may do: capabilities by path; a path may end in `*`, and `+` stands for one part of it. */
export type Policy = Record<string, readonly Capability[]>;
type Capability = 'create' | 'read' | 'update' | 'delete' | 'list' | 'deny';

/** What a token is made with. Times in seconds; a token without `ttl` has no end. */
export interface TokenSettings {
  policies?: readonly string[];
  ttl?: number;
  maxTtl?: number;
  isRenewable?: boolean;
  namespace?: string;
}

/** A role of an auth method. */
interface Role extends TokenSettings {
  accepts: (proof: string) => boolean;
}

/** A vault that runs. */
export interface VaultServer {
  address: string;
  rootToken: string;
  requests: Recorded[];
  /** How many requests were below this path, and forgets all. */
  take(method: string, path: string): number;
  mount(path: string, settings?: Kv2Settings & { namespace?: string; version?: 1 | 2 }): void;
  unmount(path: string): void;
  policy(name: string, policy: Policy): void;
  /** A token, as the operator makes them. */
  issue(settings: TokenSettings): string;
  revoke(token: string): void;
  /** The tokens that were given out by signing in, oldest first. */
  issued: string[];
  /** Lets a role sign in at `auth/<mount>/login`, with any of the proofs (secret ids, JWTs) that `accepts` takes. */
  role(mount: string, name: string, role: Role): void;
  /** Does something as root, past HTTP and faults. */
  asRoot(method: Call['method'], path: string, body?: object, namespace?: string): Reply;
  /** Something that happens once, right before the next request of this kind is handled. */
  before(method: string, path: RegExp, happen: () => void): void;
  /** Fails; only below `path`, where it is given. */
  fail(fault: Fault | undefined, path?: RegExp): void;
  /** Puts its clock forward. */
  pass(ms: number): void;
  stop(): Promise<void>;
}

interface Token {
  policies: readonly string[];
  namespace: string;
  isRenewable: boolean;
  /** Seconds that a renewal gives. */
  ttl: number;
  until: number;
  latest: number;
}

/** Starts one; over TLS with a key and a certificate. Where redirects lead to is `elsewhere`. */
export async function startVaultServer(
  tls?: { key: string; cert: string },
  elsewhere = 'http://127.0.0.1:9',
): Promise<VaultServer> {
  const rootToken = `hvs.root-${randomUUID()}`;
  const engines = new Map<string, Engine>();
  const roles = new Map<string, Role>();
  const policies = new Map<string, Policy>([
    ['default', { 'auth/token/lookup-self': ['read'], 'auth/token/renew-self': ['update'] }],
  ]);
  const tokens = new Map<string, Token>();
  const issued: string[] = [];
  const requests: Recorded[] = [];
  let awaited: { method: string; path: RegExp; happen: () => void } | undefined;
  let fault: { kind: Fault; path: RegExp } | undefined;
  let aheadMs = 0;
  const now = () => Date.now() + aheadMs;

  // --- tokens ---

  function issue({
    policies: names = [],
    ttl,
    maxTtl,
    isRenewable = true,
    namespace = '',
  }: TokenSettings): string {
    const token = `hvs.${randomUUID()}`;
    tokens.set(token, {
      policies: ['default', ...names],
      namespace,
      isRenewable: isRenewable && ttl !== undefined,
      ttl: ttl ?? 0,
      until: ttl === undefined ? Number.POSITIVE_INFINITY : now() + ttl * 1000,
      latest: maxTtl === undefined ? Number.POSITIVE_INFINITY : now() + maxTtl * 1000,
    });
    return token;
  }

  function find(token: string | undefined): Token | undefined {
    if (token === rootToken) return root;
    const found = tokens.get(token ?? '');
    return found !== undefined && found.until > now() ? found : undefined;
  }

  /** Whole seconds, as in Go; what has just begun is whole. */
  const secondsLeft = ({ until }: Token) =>
    until === Number.POSITIVE_INFINITY ? 0 : Math.floor((until - now() + 20) / 1000);

  const authOf = (id: string, token: Token) => ({
    client_token: id,
    accessor: randomUUID(),
    policies: token.policies,
    token_policies: token.policies,
    metadata: null,
    lease_duration: secondsLeft(token),
    renewable: token.isRenewable,
    entity_id: '',
    token_type: 'service',
    orphan: true,
  });

  // --- what may be done ---

  function capabilitiesOf(token: Token, path: string): readonly Capability[] {
    const rules = token.policies.flatMap((name) => Object.entries(policies.get(name) ?? {}));
    const fitting = rules.filter(([rule]) => patternOf(rule).test(path));
    // The longest rule counts, as the most exact.
    const best = fitting.toSorted(([one], [other]) => other.length - one.length)[0];
    return best?.[1] ?? [];
  }

  function mayDo(token: Token, method: Call['method'], path: string, exists: boolean): boolean {
    if (token === root) return true;
    const needed = {
      GET: 'read',
      LIST: 'list',
      POST: exists ? 'update' : 'create',
      DELETE: 'delete',
    } as const;
    const capabilities = capabilitiesOf(token, path);
    return capabilities.includes(needed[method]) && !capabilities.includes('deny');
  }

  // --- requests ---

  type Sent = Call & { token: string | undefined; namespace: string };

  function handle(sent: Sent): { status: number; body?: object } {
    const { method, path, token: id, namespace } = sent;
    if (path === 'sys/health')
      return namespace === '' ? health(sent.query) : failed(404, 'unsupported path');
    if (path === 'sys/seal-status')
      return {
        status: 200,
        body: { type: 'shamir', initialized: true, sealed: false, t: 3, n: 5 },
      };
    const login = method === 'POST' && /^auth\/(.+)\/login$/.exec(path);
    if (login && isAuthMount(namespace, login[1] ?? '')) return signIn(login[1] ?? '', sent);
    const token = find(id);
    if (
      id === undefined ||
      token === undefined ||
      (token !== root && token.namespace !== namespace)
    )
      return failed(403, 'permission denied');
    if (path.startsWith('sys/internal/ui/mounts/'))
      return preflight(token, namespace, path.slice('sys/internal/ui/mounts/'.length));
    const at = engineOf(namespace, path);
    if (!mayDo(token, method, path, at?.engine.has(at.path) ?? true))
      return failed(403, '1 error occurred:\n\t* permission denied\n\n');
    if (path === 'auth/token/lookup-self' && method === 'GET') return lookUp(id, token);
    if (path === 'auth/token/renew-self' && method === 'POST') return renew(id, token);
    return at === undefined
      ? failed(404, `no handler for route ${JSON.stringify(path)}. route entry not found.`)
      : bodyOf(at.engine.handle({ ...sent, path: at.path }));
  }

  function health(query: URLSearchParams): { status: number; body: object } {
    const isSealed = fault?.kind === 'sealed';
    const status = isSealed ? Number(query.get('sealedcode') ?? 503) : 200;
    return {
      status,
      body: {
        initialized: true,
        sealed: isSealed,
        standby: isSealed,
        performance_standby: false,
        server_time_utc: Math.floor(now() / 1000),
        version: '1.21.0',
        cluster_name: 'vault-cluster-test',
      },
    };
  }

  const isAuthMount = (namespace: string, mount: string) =>
    [...roles.keys()].some((key) => key.startsWith(`${namespace} ${mount} `));

  function signIn(mount: string, { body, namespace }: Sent): { status: number; body: object } {
    const isKubernetes = typeof body['jwt'] === 'string';
    const name = String(isKubernetes ? body['role'] : body['role_id']);
    const role = roles.get(`${namespace} ${mount} ${name}`);
    if (role?.accepts(String(isKubernetes ? body['jwt'] : body['secret_id'])) !== true) {
      if (!isKubernetes) return failed(400, 'invalid role or secret ID');
      return role === undefined
        ? failed(400, `invalid role name ${JSON.stringify(name)}`)
        : failed(403, 'permission denied');
    }
    const id = issue({ ...role, namespace });
    issued.push(id);
    const token = tokens.get(id);
    return enveloped({ auth: token && authOf(id, token) });
  }

  /** Told to any token that may do something in there, and the same of a mount that is not and one that is forbidden. */
  function preflight(
    token: Token,
    namespace: string,
    path: string,
  ): { status: number; body: object } {
    const mount = mountOf(namespace, `${path}/`);
    const isKnown =
      token === root ||
      token.policies.some((name) =>
        Object.keys(policies.get(name) ?? {}).some((rule) => rule.startsWith(`${mount}/`)),
      );
    const engine = engines.get(`${namespace} ${mount}`);
    if (engine === undefined || !isKnown)
      return failed(
        403,
        `preflight capability check returned 403, please ensure client's policies grant access to path "${path}/"`,
      );
    const { version } = engine;
    return enveloped({
      data: { path: `${mount}/`, type: 'kv', options: { version }, accessor: 'kv_1', local: false },
    });
  }

  function lookUp(id: string, token: Token): { status: number; body: object } {
    return enveloped({
      data: {
        id,
        accessor: randomUUID(),
        ttl: secondsLeft(token),
        creation_ttl: token.ttl,
        expire_time: token.ttl === 0 ? null : new Date(token.until).toISOString(),
        explicit_max_ttl: 0,
        policies: token.policies,
        renewable: token.isRenewable,
        orphan: true,
        path: 'auth/token/create',
        num_uses: 0,
      },
    });
  }

  function renew(id: string, token: Token): { status: number; body: object } {
    if (!token.isRenewable) return failed(400, 'lease is not renewable');
    token.until = Math.min(now() + token.ttl * 1000, token.latest);
    return enveloped({ auth: authOf(id, token) });
  }

  function mountOf(namespace: string, path: string): string {
    const mounts = [...engines.keys()]
      .filter((key) => key.startsWith(`${namespace} `))
      .map((key) => key.slice(namespace.length + 1));
    return mounts.find((mount) => path.startsWith(`${mount}/`)) ?? '';
  }

  function engineOf(namespace: string, path: string): { engine: Engine; path: string } | undefined {
    const mount = mountOf(namespace, path);
    const engine = engines.get(`${namespace} ${mount}`);
    return engine && { engine, path: path.slice(mount.length + 1) };
  }

  // --- HTTP ---

  async function receive(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://vault');
    const path = decodeURIComponent(url.pathname).replace(/^\/v1\//, '');
    const isList = url.searchParams.get('list') === 'true';
    // as: Node has checked it
    const method = (isList ? 'LIST' : req.method === 'PUT' ? 'POST' : req.method) as Call['method'];
    const header = (name: string) => {
      const content = req.headers[name];
      return typeof content === 'string' ? content : undefined;
    };
    const token = header('x-vault-token');
    const namespace = header('x-vault-namespace') ?? '';
    const { headers } = req;
    requests.push({ method, path, namespace, hasToken: token !== undefined, headers });
    const content = await readAll(req);
    if (awaited?.method === method && awaited.path.test(path)) {
      const { happen } = awaited;
      awaited = undefined;
      happen();
    }
    const kind = fault?.path.test(path) === true ? fault.kind : undefined;
    if (kind !== undefined && !(kind === 'sealed' && path.startsWith('sys/'))) {
      faults[kind](res, elsewhere);
      return;
    }
    const body = content === '' ? {} : (JSON.parse(content) as Record<string, unknown>); // as: the product has written it
    const reply = handle({ method, path, query: url.searchParams, body, token, namespace });
    res.writeHead(reply.status, {
      'Content-Type': 'application/json',
      'Cache-Control': 'no-store',
    });
    res.end(reply.body && JSON.stringify(reply.body));
  }

  const listener = (req: IncomingMessage, res: ServerResponse) => void receive(req, res);
  const server: Server =
    tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo; // as: a TCP server

  return {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    rootToken,
    requests,
    issued,
    take(method, path) {
      const count = requests.filter((one) => one.method === method && one.path.startsWith(path));
      requests.length = 0;
      return count.length;
    },
    mount: (path, { namespace = '', version = 2, ...settings } = {}) =>
      void engines.set(
        `${namespace} ${path}`,
        version === 1 ? createKv1() : createKv2(now, settings),
      ),
    unmount: (path) => void engines.delete(` ${path}`),
    policy: (name, policy) => void policies.set(name, policy),
    issue,
    revoke: (token) => void tokens.delete(token),
    role: (mount, name, role) => void roles.set(`${role.namespace ?? ''} ${mount} ${name}`, role),
    asRoot(method, path, body = {}, namespace = '') {
      const at = engineOf(namespace, path);
      if (at === undefined) throw new Error('There is no such mount.');
      // as: a test wrote it
      const sent = structuredClone(body) as Record<string, unknown>;
      return at.engine.handle({ method, path: at.path, query: new URLSearchParams(), body: sent });
    },
    before: (method, path, happen) => void (awaited = { method, path, happen }),
    fail: (kind, path = /^/) => void (fault = kind && { kind, path }),
    pass: (ms) => void (aheadMs += ms),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const root: Token = {
  policies: ['root'],
  namespace: '',
  isRenewable: false,
  ttl: 0,
  until: Number.POSITIVE_INFINITY,
  latest: Number.POSITIVE_INFINITY,
};

const failed = (status: number, error: string) => ({ status, body: { errors: [error] } });

const enveloped = (parts: { data?: unknown; auth?: unknown }, status = 200) => ({
  status,
  body: {
    request_id: randomUUID(),
    lease_id: '',
    renewable: false,
    lease_duration: 0,
    data: null,
    wrap_info: null,
    warnings: null,
    auth: null,
    ...parts,
  },
});

function bodyOf({ status, data, errors }: Reply): { status: number; body?: object } {
  if (data !== undefined) return enveloped({ data }, status);
  return errors === undefined ? { status } : { status, body: { errors } };
}

/** `+` is one part of a path, `*` at the end anything. */
function patternOf(rule: string): RegExp {
  const escaped = rule.replaceAll(/[.?^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${escaped.replaceAll('+', '[^/]+').replace(/\*$/, '.*')}$`, 's');
}
