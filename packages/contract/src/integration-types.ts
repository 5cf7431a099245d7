/**
 * @file The types of integrations. A type declares its fields, and form, check and documentation are made from the
 * declaration: whoever adds a type or a field writes it here and nowhere else.
 */

/** What a field holds. `text` is one line, `url` an address, `pem` certificates or a key, `headers` a list of name and value. */
export type IntegrationFieldKind =
  | 'text'
  | 'url'
  | 'choice'
  | 'boolean'
  | 'number'
  | 'headers'
  | 'pem';

/** One field of a type. */
export interface FieldDeclaration {
  title: string;
  help: string;
  kind: IntegrationFieldKind;
  isRequired: boolean;
  /**
   * `none`: shown to everybody who may see the integration, so a secret is refused. `allowed`: text, with secrets in it where
   * wanted. `required`: a credential; text without a secret is refused, as it would be stored and shown as it is.
   */
  secrets: 'none' | 'allowed' | 'required';
  /** What holds when nothing is sent. */
  default?: string | number | boolean;
  /** Of a `choice`: its values with their titles. */
  choices?: Readonly<Record<string, string>>;
  placeholder?: string;
  /** It is there only with one of these choices of another field. */
  onlyWith?: { field: string; is: readonly string[] };
  /**
   * It says nothing about where a secret goes or how: whoever may not use secrets may change it all the same. Of a list of headers: the
   * other entries.
   */
  isAside?: true;
}

/** A type of integrations. */
export interface IntegrationTypeDeclaration {
  title: string;
  help: string;
  /** What a test of the connection does. */
  test: string;
  fields: Readonly<Record<string, FieldDeclaration>>;
}

const credential = { kind: 'text', isRequired: true, secrets: 'required' } as const;
const plainText = { kind: 'text', isRequired: true, secrets: 'none' } as const;

const http = {
  title: 'HTTP API',
  help: 'A system that is asked by HTTP requests.',
  test: 'Sends a GET request to the base URL, or to the path for tests, with the authentication and the further headers.',
  fields: {
    baseUrl: {
      title: 'Base URL',
      help: 'Every request goes to this address or below it. A secret must name it among its destinations.',
      kind: 'url',
      isRequired: true,
      secrets: 'none',
      placeholder: 'https://api.example.com',
    },
    auth: {
      title: 'Authentication',
      help: 'How a request proves who sends it.',
      kind: 'choice',
      isRequired: false,
      secrets: 'none',
      default: 'none',
      choices: {
        none: 'None',
        bearer: 'Bearer token',
        basic: 'User name and password',
        header: 'A header',
        query: 'A query parameter',
        hmac: 'Signature (HMAC)',
      },
    },
    token: {
      ...credential,
      title: 'Token',
      help: 'Sent as "Authorization: Bearer …".',
      onlyWith: { field: 'auth', is: ['bearer'] },
    },
    username: {
      title: 'User name',
      help: 'Sent together with the password as "Authorization: Basic …".',
      kind: 'text',
      isRequired: true,
      secrets: 'allowed',
      onlyWith: { field: 'auth', is: ['basic'] },
    },
    password: {
      ...credential,
      title: 'Password',
      help: 'Many systems take a token here.',
      onlyWith: { field: 'auth', is: ['basic'] },
    },
    headerName: {
      ...plainText,
      title: 'Name of the header',
      help: 'As the documentation of the system names it.',
      placeholder: 'X-Api-Key',
      onlyWith: { field: 'auth', is: ['header'] },
    },
    headerValue: {
      ...credential,
      title: 'Value of the header',
      help: 'The secret, with a word before it where the system wants one.',
      onlyWith: { field: 'auth', is: ['header'] },
    },
    queryName: {
      ...plainText,
      title: 'Name of the parameter',
      help: 'Addresses end up in logs of the other side: take another way if it has one.',
      placeholder: 'api_key',
      onlyWith: { field: 'auth', is: ['query'] },
    },
    queryValue: {
      ...credential,
      title: 'Value of the parameter',
      help: 'It is encoded for an address by itself.',
      onlyWith: { field: 'auth', is: ['query'] },
    },
    hmacHeader: {
      ...plainText,
      title: 'Header of the signature',
      help: 'It carries the HMAC of the body, in hexadecimal.',
      placeholder: 'X-Signature-256',
      onlyWith: { field: 'auth', is: ['hmac'] },
    },
    hmacAlgorithm: {
      title: 'Algorithm',
      help: 'The hash that the HMAC is made with.',
      kind: 'choice',
      isRequired: false,
      secrets: 'none',
      default: 'sha256',
      choices: { sha256: 'SHA-256', sha512: 'SHA-512' },
      onlyWith: { field: 'auth', is: ['hmac'] },
    },
    hmacPrefix: {
      title: 'Before the signature',
      help: 'Text that stands before it in the header.',
      kind: 'text',
      isRequired: false,
      secrets: 'none',
      placeholder: 'sha256=',
      onlyWith: { field: 'auth', is: ['hmac'] },
    },
    hmacSecret: {
      ...credential,
      title: 'Key of the signature',
      help: 'It is never sent itself.',
      onlyWith: { field: 'auth', is: ['hmac'] },
    },
    headers: {
      title: 'Further headers',
      help: 'Sent with every request.',
      kind: 'headers',
      isRequired: false,
      secrets: 'allowed',
      isAside: true,
    },
    testPath: {
      title: 'Path for tests',
      help: 'What a test of the connection asks for, below the base URL: best something that needs the authentication and changes nothing.',
      kind: 'text',
      isRequired: false,
      secrets: 'none',
      placeholder: '/user',
    },
    caCertificate: {
      title: 'Certificate authority',
      help: 'For a system whose certificate comes from an authority of your own.',
      kind: 'pem',
      isRequired: false,
      secrets: 'none',
      placeholder: '-----BEGIN CERTIFICATE-----',
    },
    clientCertificate: {
      title: 'Client certificate',
      help: 'For a system that wants one, with its chain if needed.',
      kind: 'pem',
      isRequired: false,
      secrets: 'none',
      placeholder: '-----BEGIN CERTIFICATE-----',
    },
    clientKey: {
      title: 'Key of the client certificate',
      help: 'A secret whose value is the key in PEM. The key is never sent.',
      kind: 'pem',
      isRequired: false,
      secrets: 'required',
    },
  },
} as const satisfies IntegrationTypeDeclaration;

const webhook = {
  title: 'Webhook',
  help: 'An address that is told of what happens. Each message is signed.',
  test: 'Posts a signed message of the event "ping".',
  fields: {
    url: {
      title: 'URL',
      help: 'Where messages go. Where the address itself is the credential, put that part into a secret.',
      kind: 'url',
      isRequired: true,
      secrets: 'allowed',
      placeholder: 'https://hooks.example.com/dropsafe',
    },
    signingSecret: {
      ...credential,
      title: 'Key of the signature',
      help: 'The other side checks with it that a message comes from here. It is never sent itself.',
    },
  },
} as const satisfies IntegrationTypeDeclaration;

const email = {
  title: 'E-mail',
  help: 'A mail server that mail is sent through.',
  test: 'Connects to the mail server and signs in. No mail is sent.',
  fields: {
    host: {
      ...plainText,
      title: 'Mail server',
      help: 'A secret must name it among its destinations, such as smtps://mail.example.com.',
      placeholder: 'mail.example.com',
    },
    port: {
      title: 'Port',
      help: '465 for TLS from the beginning, 587 for STARTTLS.',
      kind: 'number',
      isRequired: false,
      secrets: 'none',
      default: 465,
    },
    security: {
      title: 'Security',
      help: 'Nothing is ever sent without TLS.',
      kind: 'choice',
      isRequired: false,
      secrets: 'none',
      default: 'tls',
      choices: { tls: 'TLS from the beginning (smtps)', starttls: 'STARTTLS (smtp)' },
    },
    username: {
      title: 'User name',
      help: 'Leave it out for a server that wants none.',
      kind: 'text',
      isRequired: false,
      secrets: 'allowed',
    },
    password: {
      title: 'Password',
      help: 'Goes with the user name.',
      kind: 'text',
      isRequired: false,
      secrets: 'required',
    },
    from: {
      ...plainText,
      title: 'Sender',
      help: 'The address that mail comes from.',
      placeholder: 'dropsafe@example.com',
      isAside: true,
    },
  },
} as const satisfies IntegrationTypeDeclaration;

/** Every type, in the order in which they are offered. */
export const integrationTypes = { http, webhook, email };

/** The name of a type. */
export type IntegrationType = keyof typeof integrationTypes;

/** The key of a field, of whatever type. */
export type IntegrationField = {
  [Type in IntegrationType]: keyof (typeof integrationTypes)[Type]['fields'];
}[IntegrationType];

/** The declaration of a type, for what looks at all fields alike. */
export function declarationOf(type: IntegrationType): IntegrationTypeDeclaration {
  return integrationTypes[type];
}
