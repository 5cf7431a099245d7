import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../../..');

/** Source files of the product, with their text. */
function filesOf(pattern: string): { path: string; text: string }[] {
  return globSync(pattern, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

const bff = filesOf('apps/bff/src/**/*.ts').filter(({ path }) => !path.endsWith('.test.ts'));
const web = filesOf('apps/web/src/**/*.{ts,tsx}').filter(({ path }) => !/\.test\.tsx?$/.test(path));
const tests = filesOf('{apps,packages}/**/*.test.{ts,tsx}').concat(filesOf('e2e/*.ts'));

/** The files in which a pattern stands. */
const filesWith = (files: typeof bff, pattern: RegExp) =>
  files.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

// Each list below is short on purpose. A new name in it is a decision that a reviewer sees.

test('plaintext comes out of its wrapper in these files only', () => {
  // A key object gives its bytes away in one way only. Of a checkpoint it is the public half.
  expect(filesWith(bff, /\.export\(/)).toEqual(['apps/bff/src/audit/checkpoint.ts']);
  expect(filesWith(bff, /\.reveal\(/)).toMatchInlineSnapshot(`
    [
      "apps/bff/src/audit/audit.ts",
      "apps/bff/src/audit/trail.ts",
      "apps/bff/src/audit/verification.ts",
      "apps/bff/src/cli/cli.ts",
      "apps/bff/src/identity/oidc.ts",
      "apps/bff/src/identity/password.ts",
      "apps/bff/src/keys/envelope.ts",
      "apps/bff/src/keys/keyring.ts",
      "apps/bff/src/keys/keys.ts",
      "apps/bff/src/keys/keyset-file.ts",
      "apps/bff/src/main.ts",
      "apps/bff/src/outbound/inject.ts",
      "apps/bff/src/outbound/scrub.ts",
      "apps/bff/src/secrets/destinations-mac.ts",
      "apps/bff/src/secrets/env-provider.ts",
      "apps/bff/src/secrets/vault-client.ts",
    ]
  `);
});

test('these files read the environment', () => {
  expect(filesWith(bff, /process\.env\b/)).toMatchInlineSnapshot(`
    [
      "apps/bff/src/cli/cli.ts",
      "apps/bff/src/config.ts",
      "apps/bff/src/main.ts",
    ]
  `);
});

test('the README tells of every variable that is read, and of no other', () => {
  const [config = ''] = bff
    .filter(({ path }) => path.endsWith('/config.ts'))
    .map(({ text }) => text);
  const read = [...config.matchAll(/\b(?:text|secret|number)\('([A-Z_]+)'/g)].map(
    ([, name = '']) => name,
  );
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const [, table = ''] = /\n## Configuration\n([^]*?)\n## /.exec(readme) ?? [];
  const told = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name = '']) => name);
  // Of providers' secrets there is one variable for each (secrets/env-provider.ts).
  expect(told.toSorted()).toEqual([...new Set(read), 'DROPSAFE_SECRET_<NAME>'].toSorted());
});

test('these files write to the terminal', () => {
  expect(filesWith(bff, /process\.std(out|err)\.write|console\./)).toMatchInlineSnapshot(`
    [
      "apps/bff/src/cli/cli.ts",
      "apps/bff/src/main.ts",
    ]
  `);
});

test('these files start other processes or open sockets outward', () => {
  // A type opens nothing.
  const opening =
    /(?<!import type \{[^}]*\} )from 'node:(child_process|net|tls|dgram|dns|dns\/promises|http|https|http2)'|\bfetch\(/;
  expect(filesWith(bff, opening)).toMatchInlineSnapshot(`
    [
      "apps/bff/src/base/client-address.ts",
      "apps/bff/src/base/embedded-postgres-cluster.ts",
      "apps/bff/src/base/embedded-postgres-process.ts",
      "apps/bff/src/base/embedded-postgres-programs.ts",
      "apps/bff/src/base/way-out.ts",
      "apps/bff/src/config.ts",
      "apps/bff/src/outbound/host-guard.ts",
    ]
  `);
});

test('in the web app only the client speaks to the server, and nothing is kept in the browser but the colour scheme and the wanted page', () => {
  expect(filesWith(web, /\bfetch\(|XMLHttpRequest|sendBeacon|WebSocket|EventSource/)).toEqual([
    'apps/web/src/api/client.ts',
  ]);
  expect(filesWith(web, /localStorage|sessionStorage|indexedDB|document\.cookie/))
    .toMatchInlineSnapshot(`
    [
      "apps/web/src/identity/AccountMenu.tsx",
      "apps/web/src/identity/wanted-page.ts",
    ]
  `);
  expect(filesWith(web, /dangerouslySetInnerHTML|innerHTML|\beval\(/)).toEqual([]);
});

describe('tests', () => {
  test('mock nothing of ours', () => {
    expect(filesWith(tests, new RegExp(['vi', 'mock\\('].join('\\.')))).toEqual([]);
    // A request may be held or lost on the way; no answer is made up.
    expect(filesWith(tests, new RegExp(['route', 'fulfill\\('].join('\\.')))).toEqual([]);
  });

  test('are all run: none is singled out', () => {
    expect(filesWith(tests, new RegExp(['\\b(test|describe|it)', 'only\\b'].join('\\.')))).toEqual(
      [],
    );
  });
});

describe('every operation begins by demanding its permission', () => {
  /** The operations of a door, with whether they do. */
  function operationsOf(path: string): [string | undefined, boolean | undefined][] {
    const door = readFileSync(join(root, 'apps/bff/src', path), 'utf8');
    return [...door.matchAll(/^ {4}async (\w+)\([^]*?\) \{\n\s*(\S.*)$/gm)].map(
      ([, name, first]) => [name, first?.startsWith('await permissions.demand(caller, ')],
    );
  }

  test('on secrets', () => {
    expect(operationsOf('secrets/secrets.ts')).toEqual([
      ['list', true],
      ['describe', true],
      ['create', true],
      ['update', true],
      ['delete', true],
      ['listReferences', true],
      ['describeUses', true],
      ['copy', true],
      ['bind', true],
    ]);
  });

  test('on integrations', () => {
    const names = ['list', 'describe', 'create', 'update', 'delete', 'copy'];
    expect(operationsOf('integrations/integrations.ts')).toEqual(names.map((name) => [name, true]));
  });

  test('on connections', () => {
    expect(operationsOf('outbound/outbound.ts')).toEqual([
      ['test', true],
      ['testDraft', true],
    ]);
  });

  test('on API keys, but finding out who calls', () => {
    expect(operationsOf('identity/api-keys.ts')).toEqual([
      ['authenticate', false],
      ['list', true],
      ['describe', true],
      ['create', true],
      ['update', true],
      ['revoke', true],
    ]);
  });

  test('on users and teams', () => {
    const users = [
      'list',
      'listMembers',
      'describe',
      'create',
      'update',
      'delete',
      'invite',
      'removePasskeys',
    ];
    expect(operationsOf('identity/users.ts')).toEqual(users.map((name) => [name, true]));
    const groups = ['list', 'create', 'delete'];
    expect(operationsOf('identity/oidc-groups.ts')).toEqual(groups.map((name) => [name, true]));
    const teams = ['list', 'describe', 'create', 'update', 'delete'];
    expect(operationsOf('identity/teams.ts')).toEqual(teams.map((name) => [name, true]));
  });

  test("on passkeys, which are all one's own or of nobody yet", () => {
    expect(operationsOf('identity/passkeys.ts')).toEqual([
      ['beginSignIn', false],
      ['signIn', false],
      ['listOwn', false],
      ['begin', false],
      ['add', false],
      ['renameOwn', false],
      ['removeOwn', false],
    ]);
  });

  test("on sessions, but one's own", () => {
    expect(operationsOf('identity/sessions.ts')).toEqual([
      ['listOwn', false],
      ['endOwn', false],
      ['endOthers', false],
      ['list', true],
      ['end', true],
    ]);
  });
});

test('of the trail, which permissions cannot stand before, every route demands the permission itself', () => {
  const routes = readFileSync(join(root, 'apps/bff/src/audit/audit.http.ts'), 'utf8');
  const first = [
    ...routes.matchAll(/mount\(operations\.(\w+), async \([^]*?=> \{\n\s*(\S.*)$/gm),
  ].map(([, name, line]) => [name, line]);
  const demand = "await permissions.demand(caller, readAudit, 'audit-events');";
  expect(first).toEqual([
    ['listAuditEvents', demand],
    ['readAuditState', demand],
    ['exportAuditEvents', demand],
  ]);
  expect([...routes.matchAll(/\bmount\(/g)]).toHaveLength(first.length);
});

test('no route is mounted past the contract', () => {
  const routes = bff.filter(({ path }) => path.endsWith('.http.ts'));
  // The page, the helper that mounts, and nobody else.
  expect(filesWith(routes, /\b(app|api)\.(get|post|put|patch|delete|all|on|use)\(/)).toEqual([
    'apps/bff/src/base/route.http.ts',
    'apps/bff/src/web.http.ts',
  ]);
});
