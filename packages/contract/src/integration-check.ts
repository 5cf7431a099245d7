/**
 * @file The check of an integration's configuration: every problem of every field at once. The form runs it while somebody
 * types, the server before it saves. Pure: what is known of secrets is given. No message repeats what was typed.
 */
import { judgeTarget, parseDestination } from './destinations.ts';
import { checkExpressions, type CheckedField, type SecretKnowledge } from './expression-check.ts';
import { evaluate } from './expression-evaluation.ts';
import { parseExpression } from './expressions.ts';
import { declarationOf, type FieldDeclaration, type IntegrationType } from './integration-types.ts';
import type { FieldValue, Fields } from './integrations.ts';
import type { FieldError } from './problems.ts';

/** The mention of a secret in a configuration. */
export interface ConfigurationReference {
  secret: string;
  /** The field that it stands in, by its key. */
  key: string;
  /** The same as a path, such as `fields.headers.0.value`. */
  field: string;
  /**
   * Everything that decides where the value goes and how. Two mentions of one setting are the same mention: whoever changes any of it
   * mentions the secret anew.
   */
  setting: string;
}

/** A configuration, read by the declaration of its type. */
export interface ReadConfiguration {
  /** As it is stored: without what is empty, with what holds by default. */
  fields: Fields;
  /** Where values would go, for `judgeTarget`; undefined while that cannot be told. */
  target: string | undefined;
  references: ConfigurationReference[];
  /** What is wrong beside its expressions. */
  problems: FieldError[];
  /** The texts whose expressions are to be checked. */
  texts: CheckedField[];
}

const sentences = {
  missing: 'Fill this in.',
  'not-text': 'Must be text.',
  'not-a-choice': 'Must be one of the choices.',
  'not-a-boolean': 'Must be true or false.',
  'not-a-number': 'Must be a whole number from 1 to 65535.',
  'not-headers': 'Must be a list of headers with name and value.',
  'not-of-type': 'Integrations of this type have no such field. Leave it out.',
  'not-of-choice': 'This belongs to another choice. Leave it out.',
  'not-certificates':
    'Must be certificates in PEM, each from BEGIN CERTIFICATE to END CERTIFICATE.',
  'not-a-url': 'Use the form https://host/path, without user name, blanks, "\\" or "#".',
  'not-http': 'Start with https:// or http://.',
  'query-in-base': 'Leave out the query: paths are put behind this address.',
  'not-a-path': 'Start with "/" and go on as the address below the base URL does.',
  'not-a-host': 'Must be the name or the address of a mail server.',
  'not-a-header': 'The name of a header has letters, digits and - only.',
  'header-of-ours': 'This header is set by Dropsafe. Leave it out.',
  'header-of-another-request':
    'This header would make it another request than the address says. Leave it out.',
  'header-twice': 'This header is there twice.',
  'header-of-authentication': 'The authentication sends this header already.',
  credential:
    "Put the credential into a secret and name it here: {{ secret('NAME') }}. Text is shown to everybody who may see this integration.",
  'key-without-certificate': 'A client certificate and its key go together: fill in both or none.',
  'password-without-user': 'User name and password go together: fill in both or none.',
} as const;

type Sentence = keyof typeof sentences;

/** Headers that say how a request travels: whoever sets them could make one request look like two, or like one to another host. */
const headersOfOurs =
  /^(host|content-length|transfer-encoding|connection|keep-alive|upgrade|te|trailer|expect|http2-settings|proxy-.*)$/;
/**
 * Headers by which some systems take another path, host or method than those of the request: past the path that a secret is bound to, and
 * past the address, which somebody without a permission for secrets may not change.
 */
const headersOfAnotherRequest =
  /^(x[-_](original|rewrite)[-_]url|x[-_]http[-_]method([-_]override)?|x[-_]method[-_]override|forwarded|x[-_]forwarded[-_].*)$/;
/** Headers that carry a credential and nothing else. */
const credentialHeaders =
  /^(authorization|cookie|x-api-key|api-key|apikey|x-auth-token|private-token)$/;

/** Reads a configuration as it was sent. Never throws. */
export function readConfiguration(type: IntegrationType, sent: Fields): ReadConfiguration {
  const declared = declarationOf(type).fields;
  const read: ReadConfiguration = {
    fields: {},
    target: undefined,
    references: [],
    problems: [],
    texts: [],
  };
  for (const key of Object.keys(sent))
    if (!Object.hasOwn(declared, key)) report(read, `fields.${key}`, 'not-of-type');
  for (const [key, field] of Object.entries(declared)) readField(read, key, field, sent[key]);
  checkTogether(read, type);
  read.target = targetOf(type, read.fields);
  read.references = referencesOf(declared, read);
  return read;
}

/** Everything that is wrong with a configuration; none means that it can be saved. */
export function checkConfiguration(
  { problems, texts, references }: ReadConfiguration,
  known: (reference: ConfigurationReference) => SecretKnowledge,
): FieldError[] {
  const found = checkExpressions(texts, (name, path) => {
    const reference = references.find(({ secret, field }) => secret === name && field === path);
    return reference === undefined ? 'known' : known(reference);
  });
  const ofExpressions = found.map(({ field, message, start, end }) => ({
    field,
    message,
    start,
    end,
  }));
  return [...problems, ...ofExpressions];
}

function report({ problems }: ReadConfiguration, field: string, sentence: Sentence): void {
  problems.push({ field, message: sentences[sentence] });
}

function readField(
  read: ReadConfiguration,
  key: string,
  field: FieldDeclaration,
  sent: FieldValue | undefined,
): void {
  const path = `fields.${key}`;
  const isEmpty = sent === undefined || sent === '' || (Array.isArray(sent) && sent.length === 0);
  const { onlyWith } = field;
  // What it hangs on is wrong itself: one thing at a time.
  if (onlyWith !== undefined && read.fields[onlyWith.field] === undefined) return;
  if (onlyWith !== undefined && !onlyWith.is.includes(textIn(read.fields, onlyWith.field))) {
    if (!isEmpty) report(read, path, 'not-of-choice');
    return;
  }
  if (isEmpty) {
    if (field.default !== undefined) read.fields[key] = field.default;
    else if (field.isRequired) report(read, path, 'missing');
    return;
  }
  const wrong = wrongKind(field, sent);
  if (wrong !== undefined) {
    report(read, path, wrong);
    return;
  }
  read.fields[key] = sent;
  if (typeof sent === 'string' && ['text', 'url', 'pem'].includes(field.kind))
    readText(read, path, field, sent);
  if (Array.isArray(sent)) readHeaders(read, path, field, sent);
}

function wrongKind(field: FieldDeclaration, sent: FieldValue): Sentence | undefined {
  switch (field.kind) {
    case 'text':
    case 'url':
    case 'pem':
      return typeof sent === 'string' ? undefined : 'not-text';
    case 'choice':
      return typeof sent === 'string' && Object.hasOwn(field.choices ?? {}, sent)
        ? undefined
        : 'not-a-choice';
    case 'boolean':
      return typeof sent === 'boolean' ? undefined : 'not-a-boolean';
    case 'number':
      return typeof sent === 'number' && Number.isInteger(sent) && sent >= 1 && sent <= 65_535
        ? undefined
        : 'not-a-number';
    case 'headers':
      return Array.isArray(sent) ? undefined : 'not-headers';
  }
}

function readText(
  read: ReadConfiguration,
  path: string,
  { kind, secrets }: Pick<FieldDeclaration, 'kind' | 'secrets'>,
  text: string,
): void {
  // Longer than an expression may be, and shown as it is: it is certificates, or it is wrong.
  if (kind === 'pem' && secrets === 'none') {
    if (!areCertificates(text)) report(read, path, 'not-certificates');
    return;
  }
  read.texts.push({
    field: path,
    text,
    acceptsSecrets: secrets !== 'none',
    // A key is one secret: there is nothing to write on further lines.
    kind: kind === 'url' && secrets !== 'none' ? 'url' : 'line',
  });
  const { problems, references } = parseExpression(text);
  if (secrets === 'required' && problems.length === 0 && references.length === 0)
    report(read, path, 'credential');
}

function areCertificates(text: string): boolean {
  return /^\s*(-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----\s*)+$/.test(
    text,
  );
}

function readHeaders(
  read: ReadConfiguration,
  path: string,
  { secrets }: FieldDeclaration,
  headers: readonly { name: string; value: string }[],
): void {
  const names = new Set<string>();
  for (const [index, { name, value }] of headers.entries()) {
    const place = `${path}.${index}`;
    const lower = name.toLowerCase();
    const wrong = wrongHeaderName(lower);
    if (wrong !== undefined) report(read, `${place}.name`, wrong);
    else if (names.has(lower)) report(read, `${place}.name`, 'header-twice');
    else if (lower === headerOfAuthentication(read.fields))
      report(read, `${place}.name`, 'header-of-authentication');
    names.add(lower);
    if (value === '') report(read, `${place}.value`, 'missing');
    else {
      const isCredential = secrets === 'allowed' && credentialHeaders.test(lower);
      const accepted = isCredential ? 'required' : secrets;
      readText(read, `${place}.value`, { kind: 'text', secrets: accepted }, value);
    }
  }
}

function wrongHeaderName(lower: string): Sentence | undefined {
  if (lower === '') return 'missing';
  // Of what RFC 9110, 5.6.2, lets through, what systems use.
  if (!/^[a-z\d_-]{1,128}$/.test(lower)) return 'not-a-header';
  if (headersOfAnotherRequest.test(lower)) return 'header-of-another-request';
  return headersOfOurs.test(lower) ? 'header-of-ours' : undefined;
}

function headerOfAuthentication({ auth, headerName, hmacHeader }: Fields): string | undefined {
  if (auth === 'bearer' || auth === 'basic') return 'authorization';
  const name = auth === 'header' ? headerName : auth === 'hmac' ? hmacHeader : undefined;
  return typeof name === 'string' ? name.toLowerCase() : undefined;
}

/** What no field tells alone. */
function checkTogether(read: ReadConfiguration, type: IntegrationType): void {
  const { fields } = read;
  const has = (key: string) => fields[key] !== undefined;
  const address = type === 'http' ? 'baseUrl' : type === 'webhook' ? 'url' : undefined;
  if (address !== undefined && has(address)) {
    const wrong = wrongAddress(textIn(fields, address), type === 'http');
    if (wrong !== undefined) report(read, `fields.${address}`, wrong);
  }
  if (has('testPath')) {
    // As they read in the end: what is wrong with their expressions is told in its place.
    const [baseUrl, testPath] = ['baseUrl', 'testPath'].map((key) =>
      withoutSecrets(textIn(fields, key)),
    );
    if (testPath !== undefined && testAddressOf({ baseUrl, testPath }) === undefined)
      report(read, 'fields.testPath', 'not-a-path');
  }
  for (const key of ['headerName', 'hmacHeader']) {
    const wrong = has(key) ? wrongHeaderName(textIn(fields, key).toLowerCase()) : undefined;
    if (wrong !== undefined) report(read, `fields.${key}`, wrong);
  }
  if (has('clientCertificate') !== has('clientKey'))
    report(
      read,
      has('clientKey') ? 'fields.clientCertificate' : 'fields.clientKey',
      'key-without-certificate',
    );
  if (type === 'email') {
    if (has('host') && targetOf(type, fields) === undefined)
      report(read, 'fields.host', 'not-a-host');
    if (has('username') !== has('password'))
      report(
        read,
        has('password') ? 'fields.username' : 'fields.password',
        'password-without-user',
      );
  }
}

/** What a test of an HTTP API asks for, out of texts that are evaluated; undefined when the path leads away from the base URL, or to no address at all. */
export function testAddressOf(fields: Fields): string | undefined {
  const base = textIn(fields, 'baseUrl');
  const path = textIn(fields, 'testPath');
  if (path === '') return base;
  const address = `${base.replace(/\/+$/, '')}${path}`;
  // A base that is wrong is told in its own place.
  const isWhole = !isTarget(base) || isTarget(address);
  const [steps = ''] = path.split('?', 1);
  // However it is written: "%2e" is a dot for whoever sends it, and some servers read "..;" as "..".
  const hasDotStep = /\/(\.|%2e){1,2}(;|\/|$)/i.test(steps);
  return isWhole && /^\/(?!\/)/.test(path) && !hasDotStep ? address : undefined;
}

function wrongAddress(text: string, isBase: boolean): Sentence | undefined {
  const address = withoutSecrets(text);
  // What is wrong with its expressions is told in its place.
  if (address === undefined) return undefined;
  if (!/^https?:\/\//i.test(address)) return 'not-http';
  if (!isTarget(address)) return 'not-a-url';
  return isBase && address.includes('?') ? 'query-in-base' : undefined;
}

function isTarget(address: string): boolean {
  const verdict = judgeTarget(address, []);
  return verdict.kind === 'refused' && verdict.code !== 'not-a-target';
}

/** An address as it reads with a word in place of each secret; undefined while its expressions are wrong. */
function withoutSecrets(text: string): string | undefined {
  const { parts, problems } = parseExpression(text);
  if (problems.length > 0) return undefined;
  return evaluate<string>(parts, {
    lookUp: () => 'secret',
    fromText: (plain) => plain,
    filter: (value, apply) => apply(value),
    concat: (values) => values.join(''),
  }).take();
}

/** Where the values of a configuration go, as an address for `judgeTarget`. */
function targetOf(type: IntegrationType, fields: Fields): string | undefined {
  if (type === 'email') {
    const host = textIn(fields, 'host');
    const scheme = fields['security'] === 'starttls' ? 'smtp' : 'smtps';
    const port = typeof fields['port'] === 'number' ? fields['port'] : 465;
    const destination = parseDestination(`${scheme}://${host}:${port}`);
    const isServer = destination.kind === 'destination' && !destination.isWildcard;
    // A port or a path in the host would make it another server than it says.
    return isServer && !/[/:](?!.*\])/.test(host) ? destination.canonical : undefined;
  }
  const address = withoutSecrets(textIn(fields, type === 'http' ? 'baseUrl' : 'url'));
  return address !== undefined && isTarget(address) ? address : undefined;
}

/** The text of a field; empty where there is none. */
function textIn(fields: Fields, key: string): string {
  const content = fields[key];
  return typeof content === 'string' ? content : '';
}

function referencesOf(
  declared: Readonly<Record<string, FieldDeclaration>>,
  { fields, texts }: ReadConfiguration,
): ConfigurationReference[] {
  const deciding = Object.entries(declared)
    .filter(([, { isAside }]) => isAside !== true)
    .map(([key]) => [key, fields[key]]);
  return texts
    .filter(({ acceptsSecrets }) => acceptsSecrets)
    .flatMap(({ field, text }) => {
      const [, key = '', index] = field.split('.');
      const list = fields[key];
      const header = Array.isArray(list) ? list[Number(index)]?.name.toLowerCase() : undefined;
      return parseExpression(text).references.map(({ name }) => ({
        secret: name,
        key,
        field,
        setting: JSON.stringify([name, key, header ?? null, text, deciding]),
      }));
    });
}
