/**
 * @file What answers of a vault mean: pure. Shapes as documented for KV version 2
 * (https://developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2); a field that is not named here is not looked at.
 */
import type { ProviderFailureReason } from '@dropsafe/contract/providers';
import { secretLimits, SecretNameSchema, type SecretName } from '@dropsafe/contract/secrets';
import { z } from 'zod';
import { Redacted } from '../base/redacted.ts';
import { ProviderFailure, type OutsideSecret, type Resolved } from './outside-provider.ts';

/** An answer that means something to who asked; what does not is thrown by `vault-client.ts`. */
export interface VaultAnswer {
  status: 200 | 204 | 400 | 403 | 404;
  content: unknown;
}

/** The version of an entry that is current. */
export interface CurrentVersion {
  /** 0: there is an entry, but there was never a version of it. */
  version: number;
  createdTime: string;
  /** False once it is deleted or destroyed. */
  isAlive: boolean;
}

/** A failure whose `cause` tells the operator's log one code, and nothing else. */
export function vaultFailure(reason: ProviderFailureReason, code: string): ProviderFailure {
  return new ProviderFailure(reason, { cause: new VaultTrace(code) });
}

/** What a failure came from: a code of the network, or `HTTP_` and the status. The log shows name and code of a cause. */
class VaultTrace extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.name = 'VaultTrace';
    this.code = code;
  }
}

const VersionSchema = z.object({
  created_time: z.string(),
  deletion_time: z.string(),
  destroyed: z.boolean(),
});
const MetadataSchema = z.object({
  data: z.object({
    current_version: z.int().min(0),
    versions: z.record(z.string(), VersionSchema),
  }),
});
const WrittenSchema = z.object({ data: VersionSchema.extend({ version: z.int().min(1) }) });
const ReadSchema = z.object({
  data: z.object({
    // Not cloned: what is in there may be of any shape and is put back as it is.
    data: z.custom<Record<string, unknown>>(isRecord),
    metadata: VersionSchema.extend({ version: z.int().min(1) }),
  }),
});
const ListSchema = z.object({ data: z.object({ keys: z.array(z.string()) }) });
const MountSchema = z.object({
  data: z.object({
    path: z.string(),
    type: z.string(),
    options: z.object({ version: z.string().optional() }).nullish(),
  }),
});
const ErrorsSchema = z.object({ errors: z.array(z.string()) });

function read<T>(schema: z.ZodType<T>, content: unknown): T {
  const parsed = schema.safeParse(content);
  // zod's error repeats names of fields.
  if (!parsed.success) throw vaultFailure('misconfigured', 'SHAPE');
  return parsed.data;
}

/**
 * True when a 404 says that there is nothing, and not that there is no such mount: the vault sends an empty list of errors
 * for the one, and "no handler for route" for the other. A deleted version comes with its metadata.
 */
export function isNothingThere({ status, content }: VaultAnswer): boolean {
  if (status !== 404) return false;
  if (isRecord(content) && isRecord(content['data'])) return true;
  const parsed = ErrorsSchema.safeParse(content);
  return parsed.success && parsed.data.errors.length === 0;
}

/** True when a write was refused because somebody else has written meanwhile. */
export function isCasMismatch({ status, content }: VaultAnswer): boolean {
  return status === 400 && hasError(content, /check-and-set parameter did not match/);
}

/** True when one of the errors that were sent reads like this. Their text goes no further. */
export function hasError(content: unknown, pattern: RegExp): boolean {
  const parsed = ErrorsSchema.safeParse(content);
  return parsed.success && parsed.data.errors.some((error) => pattern.test(error));
}

/** True when a 503 says that the vault is sealed: in an error, or as the answer of `sys/health`. A proxy answers 503, too. */
export function isSealed(content: unknown): boolean {
  return hasError(content, /\bis sealed\b/i) || (isRecord(content) && content['sealed'] === true);
}

/** The current version out of the metadata of an entry. `now` in milliseconds since 1970. */
export function readCurrent(content: unknown, now: number): CurrentVersion {
  const { current_version: version, versions } = read(MetadataSchema, content).data;
  const current = versions[String(version)];
  return current === undefined
    ? { version, createdTime: '', isAlive: false }
    : {
        version,
        createdTime: current.created_time,
        isAlive: !current.destroyed && !isPast(current.deletion_time, now),
      };
}

/** A time to come is that of an engine which deletes versions after a while. */
function isPast(deletionTime: string, now: number): boolean {
  return deletionTime !== '' && !(Date.parse(deletionTime) > now);
}

/** The version that a write has made. */
export function readWritten(content: unknown): CurrentVersion {
  const { version, created_time: createdTime } = read(WrittenSchema, content).data;
  return { version, createdTime, isAlive: true };
}

/** An entry: its version, and all of its keys. */
export function readEntry(content: unknown): {
  version: CurrentVersion;
  keys: Record<string, unknown>;
} {
  const { data, metadata } = read(ReadSchema, content).data;
  return {
    version: { version: metadata.version, createdTime: metadata.created_time, isAlive: true },
    keys: data,
  };
}

/** The names of a folder: those that can be secrets, and those that cannot (folders in it end in a slash). */
export function readNames(content: unknown): { names: SecretName[]; leftOut: string[] } {
  const names: SecretName[] = [];
  const leftOut: string[] = [];
  for (const key of read(ListSchema, content).data.keys) {
    const name = SecretNameSchema.safeParse(key);
    if (name.success) names.push(name.data);
    else leftOut.push(key);
  }
  return { names, leftOut };
}

/** True for a mount of KV version 2 that is exactly this one. */
export function isKv2(content: unknown, mount: string): boolean {
  const { path, type, options } = read(MountSchema, content).data;
  return path === `${mount}/` && type === 'kv' && options?.version === '2';
}

/** Another text whenever the value is another, also for an entry that was deleted and created anew. */
export function revisionOf({ version, createdTime }: CurrentVersion): string {
  return `${version} ${createdTime}`;
}

/** What is told of a secret whose version this is. */
export function describe(name: SecretName, current: CurrentVersion): OutsideSecret {
  const at = new Date(current.createdTime);
  return {
    name,
    state: 'ready',
    revision: revisionOf(current),
    changedAt: Number.isNaN(at.getTime()) ? null : at,
  };
}

/** The value of an entry, byte for byte, or why it cannot be used. */
export function valueOf(
  { version, keys }: ReturnType<typeof readEntry>,
  key: string,
): Exclude<Resolved, { kind: 'missing' }> {
  const content = Object.hasOwn(keys, key) ? keys[key] : null;
  if (content === null) return { kind: 'unusable', state: 'no-value' };
  if (typeof content !== 'string' || !content.isWellFormed())
    return { kind: 'unusable', state: 'not-text' };
  if (content === '') return { kind: 'unusable', state: 'empty' };
  const bytes = Buffer.from(content, 'utf8');
  if (bytes.length > secretLimits.valueBytes) {
    bytes.fill(0);
    return { kind: 'unusable', state: 'too-large' };
  }
  return { kind: 'value', value: new Redacted<Uint8Array>(bytes), revision: revisionOf(version) };
}

/** True for an object that is no list. */
export function isRecord(content: unknown): content is Record<string, unknown> {
  return typeof content === 'object' && content !== null && !Array.isArray(content);
}
