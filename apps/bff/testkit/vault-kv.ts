/**
 * @file The KV engine of a vault in memory, version 2 and version 1, after its documentation: paths, checks, status codes
 * and bodies as at https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2 and https://openbao.org/api-docs/secret/kv/kv-v2.
 */

/** What comes back: `data` of a 200 or of a 404 that has some, `errors` of anything else from 400 on. */
export interface Reply {
  status: number;
  data?: unknown;
  errors?: string[];
}

/** One call of an engine; `path` is below its mount. */
export interface Call {
  method: 'GET' | 'LIST' | 'POST' | 'DELETE';
  path: string;
  query: URLSearchParams;
  body: Record<string, unknown>;
}

/** An engine. */
export interface Engine {
  version: '1' | '2';
  handle(call: Call): Reply;
  /** Whether a write would be an update: policies tell it from creating. */
  has(path: string): boolean;
}

/** Settings of the engine (`config`). */
export interface Kv2Settings {
  casRequired?: boolean;
  /** 0: ten. */
  maxVersions?: number;
}

interface Version {
  data: Record<string, unknown> | undefined;
  created_time: string;
  deletion_time: string;
  destroyed: boolean;
}

interface Entry {
  versions: Map<number, Version>;
  current: number;
  oldest: number;
  created_time: string;
  updated_time: string;
  max_versions: number;
  cas_required: boolean;
}

const nothing: Reply = { status: 404, errors: [] };
const done: Reply = { status: 204 };
const refuse = (error: string): Reply => ({ status: 400, errors: [error] });

/** Nanoseconds, as in Go: never the same twice. */
let tick = 0;
function timestamp(now: number): string {
  tick = (tick + 1) % 1_000_000;
  return new Date(now).toISOString().replace('Z', `${String(tick).padStart(6, '0')}Z`);
}

/** KV version 2. `now` in milliseconds since 1970. */
export function createKv2(now: () => number, settings: Kv2Settings = {}): Engine {
  const entries = new Map<string, Entry>();

  const isGone = ({ destroyed, deletion_time: at }: Version) =>
    destroyed || (at !== '' && Date.parse(at) <= now());
  const metadataOf = (version: number, { created_time, deletion_time, destroyed }: Version) => ({
    created_time,
    custom_metadata: null,
    deletion_time,
    destroyed,
    version,
  });

  function write(path: string, body: Record<string, unknown>): Reply {
    const { data, options } = body as {
      data?: Record<string, unknown>;
      options?: { cas?: number };
    }; // as: a test or the product has written it
    if (path === '') return refuse('missing path');
    if (data === undefined) return refuse('no data provided');
    const entry = entries.get(path) ?? newEntry();
    if (options?.cas !== undefined) {
      if (options.cas !== entry.current)
        return refuse('check-and-set parameter did not match the current version');
    } else if (settings.casRequired === true || entry.cas_required)
      return refuse('check-and-set parameter required for this call');
    entries.set(path, entry);
    const at = timestamp(now());
    const version: Version = { data, created_time: at, deletion_time: '', destroyed: false };
    entry.current += 1;
    entry.updated_time = at;
    if (entry.current === 1) entry.created_time = at;
    entry.versions.set(entry.current, version);
    const most = entry.max_versions || settings.maxVersions || 10;
    for (const number of [...entry.versions.keys()].slice(0, -most)) {
      entry.versions.delete(number);
      entry.oldest = number + 1;
    }
    return { status: 200, data: metadataOf(entry.current, version) };
  }

  function newEntry(): Entry {
    const at = timestamp(now());
    return {
      versions: new Map(),
      current: 0,
      oldest: 0,
      created_time: at,
      updated_time: at,
      max_versions: 0,
      cas_required: false,
    };
  }

  function read(path: string, query: URLSearchParams): Reply {
    const entry = entries.get(path);
    const number = Number(query.get('version') ?? 0) || (entry?.current ?? 0);
    const version = entry?.versions.get(number);
    if (version === undefined) return nothing;
    const metadata = metadataOf(number, version);
    return isGone(version)
      ? { status: 404, data: { data: null, metadata } }
      : { status: 200, data: { data: version.data, metadata } };
  }

  function describe(path: string): Reply {
    const entry = entries.get(path);
    if (entry === undefined) return nothing;
    const versions = [...entry.versions].map(
      ([number, { created_time, deletion_time, destroyed }]) =>
        [String(number), { created_time, deletion_time, destroyed }] as const,
    );
    return {
      status: 200,
      data: {
        cas_required: entry.cas_required,
        created_time: entry.created_time,
        current_version: entry.current,
        custom_metadata: null,
        delete_version_after: '0s',
        max_versions: entry.max_versions,
        oldest_version: entry.oldest,
        updated_time: entry.updated_time,
        versions: Object.fromEntries(versions),
      },
    };
  }

  function change(path: string, numbers: unknown, how: (version: Version) => void): Reply {
    const wanted = Array.isArray(numbers) ? numbers : [entries.get(path)?.current];
    for (const number of wanted) {
      const version = entries.get(path)?.versions.get(Number(number));
      if (version !== undefined && !version.destroyed) how(version);
    }
    return done;
  }

  const softDelete = (version: Version) => void (version.deletion_time = timestamp(now()));
  const undelete = (version: Version) => void (version.deletion_time = '');
  const destroy = (version: Version) => {
    version.destroyed = true;
    version.data = undefined;
  };

  return {
    version: '2',
    has: (path) => entries.has(path.replace(/^[a-z]+\//, '')),
    handle({ method, path: whole, query, body }) {
      const [, kind = '', path = ''] = /^([a-z]+)\/?(.*)$/s.exec(whole) ?? [];
      switch (`${method} ${kind}`) {
        case 'GET data':
          return read(path, query);
        case 'POST data':
          return write(path, body);
        case 'DELETE data':
          return change(path, undefined, softDelete);
        case 'POST delete':
          return change(path, body['versions'], softDelete);
        case 'POST undelete':
          return change(path, body['versions'], undelete);
        case 'POST destroy':
          return change(path, body['versions'], destroy);
        case 'GET metadata':
          return describe(path);
        case 'LIST metadata':
          return list([...entries.keys()], path);
        case 'POST metadata': {
          const entry = entries.get(path) ?? newEntry();
          entries.set(path, entry);
          if (typeof body['max_versions'] === 'number') entry.max_versions = body['max_versions'];
          if (typeof body['cas_required'] === 'boolean') entry.cas_required = body['cas_required'];
          return done;
        }
        case 'DELETE metadata':
          entries.delete(path);
          return done;
        default:
          return { status: 405, errors: ['unsupported operation'] };
      }
    },
  };
}

/** KV version 1: any path, no versions (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v1). */
export function createKv1(): Engine {
  const entries = new Map<string, Record<string, unknown>>();
  return {
    version: '1',
    has: (path) => entries.has(path),
    handle({ method, path, body }) {
      const entry = entries.get(path);
      switch (method) {
        case 'GET':
          return entry === undefined ? nothing : { status: 200, data: entry };
        case 'LIST':
          return list([...entries.keys()], path);
        case 'POST':
          entries.set(path, body);
          return done;
        case 'DELETE':
          entries.delete(path);
          return done;
      }
    },
  };
}

/** Names below a folder; folders end in a slash. */
function list(paths: readonly string[], path: string): Reply {
  const folder = path === '' || path.endsWith('/') ? path : `${path}/`;
  const keys = paths
    .filter((one) => one.startsWith(folder))
    .map((one) => /^[^/]*\/?/.exec(one.slice(folder.length))?.[0] ?? '');
  return keys.length === 0
    ? nothing
    : { status: 200, data: { keys: [...new Set(keys)].toSorted() } };
}
