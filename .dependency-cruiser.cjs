// The fences of docs/architecture.md. Each prints the sentence that says what to do instead.
const rooms = ['audit', 'permissions', 'identity', 'keys', 'secrets', 'integrations', 'outbound'];
const src = '^apps/bff/src';

/** Files that must stay pure: no clock, no I/O. Adding one is a reviewed line. */
const rules = [
  'audit/anchor',
  'audit/checkpoint',
  'audit/cursor',
  'audit/event',
  'audit/export',
  'audit/verify',
  'base/caller',
  'base/cursor',
  'base/etag',
  'base/json-list',
  'base/problem',
  'base/redacted',
  'identity/access-cursor',
  'identity/api-key',
  'identity/claims',
  'identity/granted',
  'identity/guessing',
  'identity/page-cursor',
  'identity/refusal',
  'identity/sign-in-providers',
  'identity/user-agent',
  'integrations/integration',
  'integrations/integration-cursor',
  'headers',
  'openapi',
  'outbound/address',
  'outbound/checks',
  'outbound/configured',
  'outbound/destination',
  'outbound/failure',
  'outbound/inject',
  'outbound/request',
  'outbound/scrub',
  'secrets/cursor',
  'secrets/destinations-mac',
  'secrets/outside-provider',
  'secrets/provider-settings',
  'secrets/shown-name',
  'secrets/reference-cursor',
  'secrets/secret',
  'secrets/vault-answers',
  'secrets/vault-breaker',
  'secrets/vault-settings',
].map((name) => `${src}/${name}\\.ts$`);

/** F4: what a room may not import, read from left to right. */
const order = rooms.map((room, index) => ({
  name: `F4-${room}`,
  comment: 'This would make a circle: a room imports only rooms to its left.',
  severity: 'error',
  from: { path: `${src}/${room}/`, pathNot: '\\.http\\.ts$' },
  to: {
    path: rooms
      .slice(index + 1)
      .map((right) => `${src}/${right}/`)
      .concat([`${src}/(app|main|node|wiring|openapi|web\\.http)\\.ts$`]),
  },
}));

module.exports = {
  forbidden: [
    {
      name: 'F1-web-never-imports-bff',
      comment: 'Agree on it in packages/contract.',
      severity: 'error',
      from: { path: '^apps/web/' },
      to: { path: '^apps/bff/' },
    },
    {
      name: 'F2-contract-runs-in-both-worlds',
      comment: 'The contract imports zod and itself only.',
      severity: 'error',
      from: { path: '^packages/contract/src', pathNot: '\\.test\\.ts$' },
      to: { pathNot: ['^packages/contract/src', 'node_modules/zod/'] },
    },
    {
      name: 'F3-front-door',
      comment: 'Knock at the front door: <room>/<room>.ts.',
      severity: 'error',
      from: { path: `${src}/(${rooms.join('|')})/`, pathNot: '\\.test\\.ts$' },
      to: {
        path: `${src}/(${rooms.join('|')})/`,
        pathNot: [`${src}/$1/`, `${src}/([a-z]+)/\\1\\.ts$`, ...rules],
        dependencyTypesNot: ['type-only'],
      },
    },
    ...order,
    {
      name: 'F5-rows-stay-in-their-room',
      comment: 'Only *.store.ts, base/database.ts and base/columns.ts speak to the database.',
      severity: 'error',
      from: {
        path: src,
        pathNot: [
          '\\.store\\.ts$',
          'base/(database|columns|embedded-postgres[a-z-]*)\\.ts$',
          '\\.test\\.ts$',
        ],
      },
      to: { path: 'node_modules/(drizzle-orm|postgres)/' },
    },
    {
      name: 'F5-store-of-its-own-room',
      comment: 'Rows stay in their room: ask its front door.',
      severity: 'error',
      from: { path: `${src}/([a-z]+)/`, pathNot: '\\.test\\.ts$' },
      to: { path: `${src}/[a-z]+/[a-z-]+\\.store\\.ts$`, pathNot: `${src}/$1/` },
    },
    {
      name: 'F6-http-stops-at-the-route',
      comment: 'Only *.http.ts, app.ts and node.ts know HTTP.',
      severity: 'error',
      from: { path: src, pathNot: ['\\.http\\.ts$', `${src}/(app|node)\\.ts$`, '\\.test\\.ts$'] },
      to: { path: 'node_modules/(hono|@hono)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'F6-routes-are-mounted-in-app',
      comment: 'Only app.ts mounts routes.',
      severity: 'error',
      from: { path: src, pathNot: ['\\.http\\.ts$', `${src}/(app|node)\\.ts$`] },
      to: { path: '\\.http\\.ts$' },
    },
    {
      name: 'F7-rules-stay-pure',
      comment:
        'A rules file must not reach the database, HTTP, files, sockets or the configuration.',
      severity: 'error',
      from: { path: rules },
      to: {
        path: [
          'node_modules/(drizzle-orm|postgres|hono)/',
          '^(node:)?(fs|fs/promises|http|https|net|dns|dns/promises|child_process)$',
          `${src}/config\\.ts$`,
        ],
        reachable: true,
      },
    },
    {
      name: 'F8-one-way-out',
      comment:
        'Only base/way-out.ts opens sockets outward, and only identity/oidc.ts knows OpenID Connect: ask them.',
      severity: 'error',
      from: {
        path: src,
        pathNot: [`${src}/base/way-out\\.ts$`, `${src}/identity/oidc\\.ts$`, '\\.test\\.ts$'],
      },
      to: {
        path: [
          'node_modules/(openid-client|oauth4webapi|jose)/',
          '^(node:)?(http|https|http2|tls)$',
        ],
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      // Who goes outside, and to whom: providers of OpenID Connect and the vault of the operator; hosts that somebody configured.
      name: 'F8-who-goes-outside',
      comment:
        'Only identity/oidc.ts, secrets/vault-client.ts, outbound/guarded-fetch.ts and outbound/mail.ts go outward: ask them.',
      severity: 'error',
      from: {
        path: src,
        pathNot: [
          `${src}/identity/oidc\\.ts$`,
          `${src}/secrets/vault-client\\.ts$`,
          `${src}/outbound/(guarded-fetch|mail)\\.ts$`,
          '\\.test\\.ts$',
        ],
      },
      to: { path: `${src}/base/way-out\\.ts$`, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'F8-mail',
      comment: 'Only outbound/mail.ts knows SMTP, on connections that were judged: ask it.',
      severity: 'error',
      from: { path: src, pathNot: `${src}/outbound/mail\\.ts$` },
      to: { path: 'node_modules/nodemailer/' },
    },
    {
      name: 'F8-one-resolver',
      comment:
        'Names are resolved once, where their addresses are judged: ask outbound/host-guard.ts.',
      severity: 'error',
      from: { path: src, pathNot: [`${src}/outbound/host-guard\\.ts$`, '\\.test\\.ts$'] },
      to: { path: '^(node:)?dns(/promises)?$' },
    },
    {
      name: 'F9-src-never-imports-testkit',
      comment: 'Tests know the house, not the other way.',
      severity: 'error',
      from: { path: src, pathNot: '\\.test\\.ts$' },
      to: { path: '^apps/bff/(testkit|test|bench)/' },
    },
    {
      name: 'F10-no-cycles',
      comment: 'Two files that need each other are one file, or three.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      comment: 'Every import leads somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|\\.css$)' },
    tsPreCompilationDeps: 'specify',
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.tsx', '.js', '.mjs', '.cjs', '.json', '.d.ts'],
    },
  },
};
