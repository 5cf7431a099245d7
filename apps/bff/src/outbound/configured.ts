/**
 * @file What a configuration sends when its connection is tested: read by the declaration of its type, before any value is there.
 * Fields that take secrets come out tainted, the others as text in which no value can be. Pure.
 */
import {
  evaluate,
  evaluatePlain,
  type ValueOperations,
} from '@dropsafe/contract/expression-evaluation';
import { parseExpression } from '@dropsafe/contract/expressions';
import {
  checkConfiguration,
  readConfiguration,
  testAddressOf,
} from '@dropsafe/contract/integration-check';
import { declarationOf, type IntegrationType } from '@dropsafe/contract/integration-types';
import type { Fields } from '@dropsafe/contract/integrations';
import type { Redacted } from '../base/redacted.ts';
import {
  redactedOperations,
  type Authentication,
  type Content,
  type HttpRest,
  type Login,
} from './inject.ts';

/** The values of a request, by the names of their secrets. */
type Values = ReadonlyMap<string, Redacted<string>>;

/** The same as evaluation takes them: one for all fields of a request. */
type Operations = ValueOperations<Redacted<string>>;

const operationsOf = (values: Values): Operations => redactedOperations((name) => values.get(name));

/** What makes each message of a webhook another one. */
export interface MessageStamp {
  id: string;
  /** In UTC, ISO 8601. */
  at: string;
}

/** What a test sends. */
export type Configured = {
  /** The whole address, with a word in place of each secret. */
  target: string;
  /** Every secret that it names, once. */
  names: readonly string[];
} & (
  | { kind: 'http'; place: (values: Values) => HttpRest }
  | { kind: 'mail'; place: (values: Values) => { login: Login | undefined } }
);

/** Header of the signature of a webhook; as GitHub signs, so that what checks theirs can check ours. */
export const signatureHeader = 'X-Dropsafe-Signature-256';

/**
 * Reads a configuration for a test. Undefined for one that would not be saved, whatever secrets there are: it was saved by an earlier
 * version, or past Dropsafe.
 */
export function readConfigured(
  type: IntegrationType,
  sent: Fields,
  stamp: MessageStamp,
): Configured | undefined {
  const read = readConfiguration(type, sent);
  const isSound = checkConfiguration(read, () => 'known').length === 0;
  if (!isSound || read.target === undefined) return undefined;
  const names = [...new Set(read.references.map(({ secret }) => secret))];
  const fields = fieldsOf(type, read.fields);
  switch (type) {
    case 'http': {
      const target = testAddressOf(fields.plain);
      const place = (values: Values) => requestOf(fields, operationsOf(values));
      return target === undefined ? undefined : { kind: 'http', target, names, place };
    }
    case 'webhook': {
      const place = (values: Values) => messageOf(fields, operationsOf(values), stamp);
      return { kind: 'http', target: read.target, names, place };
    }
    case 'email': {
      const place = (values: Values) => ({ login: loginOf(fields, operationsOf(values)) });
      return { kind: 'mail', target: read.target, names, place };
    }
  }
}

interface ReadFields {
  /** Those that take no secrets. Texts are evaluated: there may be a literal in them. */
  plain: Fields;
  /** Those that take some, as they are written. */
  accepting: Fields;
}

function fieldsOf(type: IntegrationType, fields: Fields): ReadFields {
  const read: ReadFields = { plain: {}, accepting: {} };
  for (const [key, { secrets, kind }] of Object.entries(declarationOf(type).fields)) {
    const content = fields[key];
    if (secrets !== 'none') read.accepting[key] = content;
    else if (typeof content === 'string' && (kind === 'text' || kind === 'url'))
      read.plain[key] = evaluatePlain(parseExpression(content).parts);
    else read.plain[key] = content;
  }
  return read;
}

/** The text of a field that takes no secrets; undefined where there is none. */
function plainIn({ plain }: ReadFields, key: string): string | undefined {
  const content = plain[key];
  return typeof content === 'string' ? content : undefined;
}

/** What a field comes to that takes secrets. */
function contentIn({ accepting }: ReadFields, key: string, operations: Operations): Content {
  const content = accepting[key];
  return contentOf(typeof content === 'string' ? content : '', operations);
}

function contentOf(text: string, operations: Operations): Content {
  return evaluate(parseExpression(text).parts, operations);
}

// --- types ---

function requestOf(fields: ReadFields, operations: Operations): HttpRest {
  const { headers } = fields.accepting;
  const [authorities, certificate] = [
    plainIn(fields, 'caCertificate'),
    plainIn(fields, 'clientCertificate'),
  ];
  return {
    method: 'GET',
    headers: Array.isArray(headers)
      ? headers.map(({ name, value }) => [name, contentOf(value, operations)] as const)
      : [],
    authentication: authenticationOf(fields, operations),
    trust: {
      authorities,
      clientCertificate:
        certificate === undefined
          ? undefined
          : { certificate, key: contentIn(fields, 'clientKey', operations) },
    },
  };
}

function authenticationOf(fields: ReadFields, operations: Operations): Authentication | undefined {
  const plain = (key: string) => plainIn(fields, key) ?? '';
  const content = (key: string) => contentIn(fields, key, operations);
  switch (plain('auth')) {
    case 'bearer':
      return { kind: 'bearer', token: content('token') };
    case 'basic':
      return { kind: 'basic', userName: content('username'), password: content('password') };
    case 'header':
      return { kind: 'header', name: plain('headerName'), content: content('headerValue') };
    case 'query':
      return { kind: 'query', name: plain('queryName'), content: content('queryValue') };
    case 'hmac':
      return {
        kind: 'signature',
        header: plain('hmacHeader'),
        hash: plain('hmacAlgorithm') === 'sha512' ? 'sha512' : 'sha256',
        encoding: 'hex',
        prefix: plain('hmacPrefix'),
        key: content('hmacSecret'),
      };
    default:
      return undefined;
  }
}

function messageOf(fields: ReadFields, operations: Operations, { id, at }: MessageStamp): HttpRest {
  return {
    method: 'POST',
    address: contentIn(fields, 'url', operations),
    headers: [['Content-Type', 'application/json']],
    // Time and id are under the signature, so that the other side can refuse what somebody sends it again.
    body: JSON.stringify({ event: 'ping', id, at }),
    authentication: {
      kind: 'signature',
      header: signatureHeader,
      hash: 'sha256',
      encoding: 'hex',
      prefix: 'sha256=',
      key: contentIn(fields, 'signingSecret', operations),
    },
  };
}

function loginOf(fields: ReadFields, operations: Operations): Login | undefined {
  if (fields.accepting['username'] === undefined) return undefined;
  return {
    userName: contentIn(fields, 'username', operations),
    password: contentIn(fields, 'password', operations),
  };
}
