/**
 * @file One vault (HashiCorp Vault or OpenBao, KV version 2) as the operator writes it down: docs/vault.md. Pure: files
 * that the configuration names are read by who reads the configuration; those that rotate, at every login.
 */
import { parseDestination } from '@dropsafe/contract/destinations';
import { z } from 'zod';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';
import { isLoopback, type ReadNamedFile } from '../identity/sign-in-providers.ts';

/** What proves who we are: written down, or in a file that is read at every login, because it rotates. */
export type VaultCredential =
  | { kind: 'text'; text: Redacted<string> }
  | { kind: 'file'; path: string };

/** How to sign in to the vault. `mount` is where the auth method is, below `auth/`. */
export type VaultAuth =
  | { method: 'token'; token: VaultCredential }
  | { method: 'approle'; mount: string; roleId: string; secretId: VaultCredential }
  | { method: 'kubernetes'; mount: string; role: string; jwt: VaultCredential };

/** One vault. */
export interface VaultSettings {
  /** An origin in canonical form, such as `https://vault.example.com:8200`. */
  address: string;
  /** Where the KV engine is, such as `secret`. */
  mount: string;
  /** The folder below the mount, whose entries are the secrets; empty for all of the mount. */
  folder: string;
  /** The key of an entry that holds the value. */
  key: string;
  namespace: string | undefined;
  /** PEM: trusted in place of the usual authorities. */
  authorities: string | undefined;
  /** How long one operation may take, all its requests together. */
  timeoutMs: number;
  auth: VaultAuth;
}

const text = (max: number) =>
  z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, 'must not be empty')
    .max(max, `may have ${max} characters at most`);

/** A path of the vault: `..` would lead elsewhere, and the vault serves nothing that ends in a full stop. */
const path = text(512).regex(
  /^(?!.*\.(\/|$))[A-Za-z0-9_.-]+(\/[A-Za-z0-9_.-]+)*$/,
  'must be a path of letters, digits, "_", "-" and "." without a slash at its ends, and no part may end in "."',
);

const filePath = text(4096);

/** What must be there exactly once: the text itself, or the file that it is in. */
const isOne = (content: string | undefined, file: string | undefined) =>
  (content === undefined) !== (file === undefined);

const TokenSchema = z
  .strictObject({
    method: z.literal('token'),
    token: text(4096).optional(),
    tokenFile: filePath.optional(),
  })
  .refine(({ token, tokenFile }) => isOne(token, tokenFile), {
    path: ['token'],
    message: 'or tokenFile must be there, and not both',
  });

const AppRoleSchema = z
  .strictObject({
    method: z.literal('approle'),
    mount: path.default('approle'),
    roleId: text(4096),
    secretId: text(4096).optional(),
    secretIdFile: filePath.optional(),
  })
  .refine(({ secretId, secretIdFile }) => isOne(secretId, secretIdFile), {
    path: ['secretId'],
    message: 'or secretIdFile must be there, and not both',
  });

const KubernetesSchema = z.strictObject({
  method: z.literal('kubernetes'),
  mount: path.default('kubernetes'),
  role: text(512),
  jwtFile: filePath.default('/var/run/secrets/kubernetes.io/serviceaccount/token'),
});

const SettingsSchema = z.strictObject(
  {
    address: text(300).transform((address, context) => {
      const canonical = originOf(address);
      if (canonical !== undefined) return canonical;
      context.addIssue({
        code: 'custom',
        message:
          'must be an https: address without a path, such as https://vault.example.com:8200; http: only on this machine (localhost)',
      });
      return z.NEVER;
    }),
    mount: path.default('secret'),
    folder: path.optional(),
    key: text(255)
      .regex(/^[^\p{Cc}]*$/u, 'must be one line of text')
      .default('value'),
    namespace: path.optional(),
    caFile: filePath.optional(),
    timeoutMs: z
      .int({ error: 'must be a whole number of milliseconds' })
      .min(100, 'must be 100 at least')
      .max(10_000, 'may be 10000 at most')
      .default(3_000),
    auth: z.discriminatedUnion('method', [TokenSchema, AppRoleSchema, KubernetesSchema], {
      error: (issue) =>
        issue.code === 'invalid_union'
          ? 'must be token, approle or kubernetes'
          : 'must be an object with a method: token, approle or kubernetes',
    }),
  },
  { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
);

/**
 * The settings of one vault. `entry` is its part of the configuration without `type` and `name`; `where` names it to the
 * operator. Throws a `StartError` that names the field, and repeats nothing of what stands there.
 */
export function parseVaultSettings(
  where: string,
  entry: unknown,
  readFile: ReadNamedFile,
): VaultSettings {
  const parsed = SettingsSchema.safeParse(entry);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    // The name of an unknown field may be a secret in the wrong place.
    throw new StartError(
      issue === undefined || issue.code === 'unrecognized_keys'
        ? `${where} has a field that is not known.`
        : `${where}, ${issue.path.join('.') || 'as a whole'}: ${issue.message}.`,
    );
  }
  const { caFile, folder = '', namespace, auth, ...plain } = parsed.data;
  return {
    ...plain,
    folder,
    namespace,
    authorities: caFile === undefined ? undefined : readFile(caFile, `${where}, caFile`),
    auth: authOf(auth),
  };
}

function authOf(auth: z.infer<typeof SettingsSchema>['auth']): VaultAuth {
  switch (auth.method) {
    case 'token':
      return { method: 'token', token: credentialOf(auth.token, auth.tokenFile) };
    case 'approle': {
      const { method, mount, roleId, secretId, secretIdFile } = auth;
      return { method, mount, roleId, secretId: credentialOf(secretId, secretIdFile) };
    }
    case 'kubernetes': {
      const { method, mount, role, jwtFile } = auth;
      return { method, mount, role, jwt: { kind: 'file', path: jwtFile } };
    }
  }
}

function credentialOf(content: string | undefined, file: string | undefined): VaultCredential {
  return file === undefined
    ? { kind: 'text', text: new Redacted(content ?? '') }
    : { kind: 'file', path: file };
}

function originOf(address: string): string | undefined {
  const destination = parseDestination(address);
  if (destination.kind === 'refused') return undefined;
  if (destination.isWildcard || destination.path !== '') return undefined;
  const { scheme, host, canonical } = destination;
  return scheme === 'https' || (scheme === 'http' && isLoopback(host)) ? canonical : undefined;
}
