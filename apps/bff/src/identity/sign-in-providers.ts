/**
 * @file The providers of OpenID Connect that people sign in through, as the operator writes them down. Pure: files that
 * the configuration names are read by who reads the configuration (config.ts).
 */
import { SignInProviderNameSchema } from '@dropsafe/contract/sign-in';
import { z } from 'zod';
import { parseJsonList } from '../base/json-list.ts';
import { Redacted } from '../base/redacted.ts';
import { StartError } from '../base/start-error.ts';

/** A provider that people sign in through. */
export interface SignInProvider {
  name: string;
  /** In words for people: "Sign in with …". */
  label: string;
  /** Compared letter by letter with what the provider says of itself (OpenID Connect Discovery 1.0, 4.3). */
  issuer: string;
  clientId: string;
  /** Undefined for a public client: then the code verifier alone proves who began. */
  clientSecret: Redacted<string> | undefined;
  scopes: string;
  userNameClaim: string;
  groupsClaim: string;
  /** Whether somebody who is not known yet becomes a user. */
  createUsers: boolean;
  /** PEM: trusted in place of the usual authorities. */
  authorities: string | undefined;
}

/** Reads a file that the configuration names, for a field of a provider. Throws a `StartError`. */
export type ReadNamedFile = (path: string, field: string) => string;

const text = (max: number) =>
  z
    .string({ error: 'must be a text' })
    .trim()
    .min(1, 'must not be empty')
    .max(max, `may have ${max} characters at most`);

const ProviderSchema = z
  .strictObject(
    {
      name: SignInProviderNameSchema,
      label: text(64).regex(/^[^\p{Cc}]*$/u, 'must be one line of text'),
      issuer: text(1024).refine(
        isIssuer,
        'must be an https: address without query and fragment; http: only on this machine (localhost)',
      ),
      clientId: text(255),
      clientSecret: text(4096).optional(),
      clientSecretFile: text(4096).optional(),
      scopes: text(1024)
        .refine((scopes) => scopes.split(/\s+/).includes('openid'), 'must contain openid')
        .default('openid profile email'),
      userNameClaim: text(255).default('preferred_username'),
      groupsClaim: text(255).default('groups'),
      createUsers: z.boolean({ error: 'must be true or false' }).default(true),
      caFile: text(4096).optional(),
    },
    { error: (issue) => (issue.code === 'invalid_type' ? 'must be an object' : undefined) },
  )
  .refine(
    ({ clientSecret, clientSecretFile }) =>
      clientSecret === undefined || clientSecretFile === undefined,
    { path: ['clientSecret'], message: 'and clientSecretFile exclude each other' },
  );

/** More than anybody has; the sign-in page shows a button for each. */
const mostProviders = 16;

/**
 * The providers of a configuration. Throws a `StartError` that names `variable`, the provider and the field, and repeats
 * nothing of what stands there.
 */
export function parseSignInProviders(
  variable: string,
  json: string,
  readFile: ReadNamedFile,
): SignInProvider[] {
  const refuse = (where: string, why: string): never => {
    throw new StartError(`${variable} cannot be used: ${where}${why}.`);
  };
  const list = parseJsonList(json);
  if (list === undefined || list.length > mostProviders)
    return refuse('', `it must be a JSON list of ${mostProviders} providers at most`);
  const providers = list.map((entry, index) => {
    const parsed = ProviderSchema.safeParse(entry);
    const name = SignInProviderNameSchema.safeParse(
      typeof entry === 'object' && entry !== null && 'name' in entry ? entry.name : undefined,
    );
    const where = name.success ? `provider ${name.data}` : `provider number ${index + 1}`;
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      // The name of an unknown field may be a secret in the wrong place.
      return issue === undefined || issue.code === 'unrecognized_keys'
        ? refuse(where, ' has a field that is not known')
        : refuse(where, `, ${issue.path.join('.') || 'as a whole'}: ${issue.message}`);
    }
    const { clientSecret, clientSecretFile, caFile, ...plain } = parsed.data;
    const secret =
      clientSecretFile === undefined
        ? clientSecret
        : readFile(clientSecretFile, `${where}, clientSecretFile`).trim();
    if (secret === '') return refuse(where, ', clientSecretFile: the file is empty');
    return {
      ...plain,
      clientSecret: secret === undefined ? undefined : new Redacted(secret),
      authorities: caFile === undefined ? undefined : readFile(caFile, `${where}, caFile`),
    };
  });
  const names = providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) return refuse(`provider ${twice}`, ' is there twice');
  return providers;
}

function isIssuer(issuer: string): boolean {
  const url = URL.parse(issuer);
  if (url === null || /[?#@]/.test(issuer)) return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname));
}

/** True for names and addresses that do not leave this machine. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host);
}
