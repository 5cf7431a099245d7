/**
 * @file Pictures of every page and dialog in both themes, wide and narrow, to be looked at, and for the README. Run by
 * hand in `e2e`: `DROPSAFE_PICTURES=<folder> npx pnpm exec playwright test --project pictures`.
 */
import { join } from 'node:path';
import { newCanary } from '@dropsafe/bff/testkit/canary';
import { createClient } from '@dropsafe/bff/testkit/client';
import { countUses, createUser, testPassword } from '@dropsafe/bff/testkit/node';
import { startUpstream } from '@dropsafe/bff/testkit/upstream';
import type { Browser, Page } from '@playwright/test';
import { expect, test, watchedPage } from './fixtures.ts';
import { startSite } from './sites.ts';
import { stack } from './stack.ts';

const folder = process.env['DROPSAFE_PICTURES'] ?? '';

const examples = [
  ['GITHUB_TOKEN', 'Reads repositories for the nightly import', ['https://api.github.com']],
  ['JIRA_PASSWORD', 'Service account of the release bot', ['https://*.atlassian.net']],
  ['MAIL_RELAY', 'Sends notifications', ['smtps://mail.example.com']],
  ['NVD_API_KEY', 'Vulnerability feed, 50 requests in 30 s', ['https://services.nvd.nist.gov']],
  ['OSSINDEX_API_KEY', null, ['https://ossindex.sonatype.org']],
  ['SLACK_WEBHOOK_SIGNING_KEY', 'Not in use yet', []],
  [
    'SNYK_TOKEN',
    'Expires every 90 days, ask security',
    ['https://api.snyk.io', 'https://api.eu.snyk.io', 'https://api.us.snyk.io'],
  ],
] as const;

test.describe.configure({ mode: 'serial' });

/** A page in this scheme, as wide as this, and what takes pictures of it. */
async function openFor(
  browser: Browser,
  baseURL: string,
  colorScheme: 'light' | 'dark',
  width: number,
) {
  const context = await browser.newContext({
    baseURL,
    colorScheme,
    viewport: { width, height: width === 360 ? 740 : 800 },
    reducedMotion: 'reduce',
    locale: 'en-GB',
    timezoneId: 'UTC',
  });
  const page: Page = await watchedPage(context);
  const picture = async (name: string) => {
    await page.evaluate(() => document.fonts.ready);
    await page.screenshot({
      path: join(folder, `${name}-${colorScheme}${width === 360 ? '-narrow' : ''}.png`),
      animations: 'disabled',
    });
  };
  return { context, page, picture };
}

test.beforeAll(async () => {
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, 'anna', ['SECRET_MANAGEMENT']);
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, 'reader', ['SECRET_MANAGEMENT_READ']);
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, 'nobody', []);
});

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`${colorScheme}, ${width} px`, async ({ browser }) => {
      test.slow();
      const { page, context, picture } = await openFor(browser, stack().url, colorScheme, width);
      const signIn = async (name: string) => {
        await page.goto('/sign-in');
        await page.getByLabel('User name').fill(name);
        await page.getByLabel('Password').fill(testPassword);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await expect(page).not.toHaveURL(/sign-in/);
        await expect(page.getByRole('main').getByRole('heading', { level: 1 })).toBeVisible();
      };
      await page.goto('/');
      await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
      await picture('sign-in');
      await signIn('nobody');
      await picture('no-permission');
      await context.clearCookies();
      await signIn('anna');
      const api = createClient(stack().url);
      await api.signIn('anna', testPassword);
      if (colorScheme === 'light' && width === 1280) {
        await expect(page.getByRole('heading', { name: 'There are no secrets yet' })).toBeVisible();
        await picture('empty');
        for (const [name, description, destinations] of examples)
          await api.send('POST', '/secrets', {
            name,
            value: newCanary(),
            description,
            destinations,
          });
        await api.send('PATCH', '/secrets/NVD_API_KEY', { value: newCanary() });
      }
      await page.goto('/secrets');
      await expect(page.getByText('SNYK_TOKEN')).toBeVisible();
      await picture('secrets');
      await page.getByRole('button', { name: 'Columns' }).click();
      await picture('columns');
      await page.keyboard.press('Escape');

      await page.getByRole('button', { name: 'Create secret' }).click();
      const create = page.getByRole('dialog', { name: 'Create a secret' });
      await expect(create).toBeVisible();
      await picture('create');
      await create.getByLabel('Name').fill('PAYMENT GATEWAY');
      await create.getByLabel('Value', { exact: true }).fill('not a value, shown dots only\n');
      await create.getByLabel('Destinations').fill('api.payments.example');
      await create.getByRole('button', { name: 'Create secret' }).click();
      await expect(create.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
      await picture('create-refused');
      await create.getByRole('button', { name: 'Cancel' }).click();
      await picture('discard');
      await page.getByRole('button', { name: 'Discard' }).click();

      await page.getByRole('button', { name: 'Edit SNYK_TOKEN' }).click();
      const update = page.getByRole('dialog', { name: 'Update SNYK_TOKEN' });
      await expect(update.getByLabel('Description')).toBeVisible();
      await picture('update');
      await update.getByLabel('Destinations').fill('https://app.snyk.io');
      await page.keyboard.press('Enter');
      await update.getByLabel('Description').fill('Mine');
      await update.getByLabel('Value', { exact: true }).fill('dots');
      await api.send('PATCH', '/secrets/SNYK_TOKEN', {
        description: `Changed by somebody else, ${colorScheme} ${width}`,
      });
      await update.getByRole('button', { name: 'Save changes' }).click();
      await expect(update.getByText('This secret was changed meanwhile')).toBeVisible();
      await picture('conflict');
      await update.getByRole('button', { name: 'Discard my changes' }).click();
      await expect(update).toBeHidden();

      await page.getByRole('button', { name: 'Delete JIRA_PASSWORD' }).click();
      await expect(
        page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }),
      ).toBeEnabled();
      await picture('delete');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Account of anna' }).click();
      await picture('account');
      await page.getByRole('menuitem', { name: 'Change password' }).click();
      await expect(page.getByRole('dialog', { name: 'Change password' })).toBeVisible();
      await picture('password');
      await page.keyboard.press('Escape');
      await page.goto('/secrets?q=no-such-thing');
      await expect(
        page.getByRole('heading', { name: 'No secret matches your search' }),
      ).toBeVisible();
      await picture('no-match');
      await page.goto('/secrets?cursor=made-up');
      await expect(page.getByRole('alert')).toBeVisible();
      await picture('failure');
      await page.goto('/nowhere');
      await picture('not-found');
      await page.goto('/secrets');
      await page.getByRole('button', { name: 'Edit GITHUB_TOKEN' }).click();
      await page.getByLabel('Description').fill('Typed before the session ended');
      await api.send('DELETE', '/session');
      await context.clearCookies();
      await page.getByRole('button', { name: 'Save changes' }).click();
      await expect(page.getByRole('textbox', { name: 'Password' })).toBeVisible();
      await picture('signed-out');
      await context.close();
    });
  }
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`keys and sessions, ${colorScheme}, ${width} px`, async ({ browser }) => {
      test.slow();
      const { page, context, picture } = await openFor(browser, stack().url, colorScheme, width);
      const keeper = `keeper-${colorScheme}-${width}`;
      await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, keeper, [
        'SECRET_MANAGEMENT',
        'ACCESS_MANAGEMENT',
      ]);
      const api = createClient(stack().url);
      await api.signIn(keeper, testPassword);
      await page.goto('/api-keys');
      await page.getByLabel('User name').fill(keeper);
      await page.getByLabel('Password').fill(testPassword);
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByRole('heading', { name: 'API keys', level: 1 })).toBeVisible();
      if (colorScheme === 'light' && width === 1280) {
        await expect(
          page.getByRole('heading', { name: 'There are no API keys yet' }),
        ).toBeVisible();
        await picture('api-keys-empty');
        for (const [name, permissions, days] of [
          ['Nightly import', ['SECRET_MANAGEMENT_READ'], 90],
          ['release-bot', ['SECRET_MANAGEMENT_CREATE', 'SECRET_MANAGEMENT_UPDATE'], 365],
          ['Provisioning of customers', ['SECRET_MANAGEMENT'], null],
        ] as const) {
          const expiresAt =
            days === null ? null : new Date(Date.now() + days * 24 * 3_600_000).toISOString();
          await api.send('POST', '/api-keys', { name, permissions, expiresAt });
        }
        await page.reload();
      }
      await expect(page.getByText('Nightly import')).toBeVisible();
      await picture('api-keys');
      await page.getByRole('button', { name: 'Create API key' }).click();
      const create = page.getByRole('dialog', { name: 'Create an API key' });
      await create.getByRole('button', { name: 'Create API key' }).click();
      await expect(create.getByText('Choose at least one permission, or a team.')).toBeVisible();
      await picture('api-key-refused');
      await create.getByLabel('Name').fill(`Picture ${colorScheme} ${width}`);
      await create.getByRole('checkbox', { name: 'SECRET_MANAGEMENT_READ' }).check();
      await picture('api-key-create');
      await create.getByRole('button', { name: 'Create API key' }).click();
      await expect(page.getByRole('button', { name: 'Done' })).toBeVisible();
      await page.getByRole('button', { name: 'Copy' }).click();
      await picture('api-key-created');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: `Revoke Picture ${colorScheme} ${width}` }).click();
      await picture('api-key-revoke');
      await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click();
      await expect(page.getByRole('alertdialog')).toBeHidden();
      await page.getByRole('button', { name: /^Account of/ }).click();
      await picture('account-keeper');
      await page.getByRole('menuitem', { name: 'Sessions' }).click();
      await expect(page.getByText('This session')).toBeVisible();
      await picture('sessions');
      await page.getByRole('button', { name: /^End session/ }).click();
      await picture('session-end');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('link', { name: 'Everybody’s' }).click();
      await expect(page.getByRole('searchbox')).toBeVisible();
      await expect(page.getByText('This session')).toBeVisible();
      await picture('sessions-everybody');
      await context.close();
    });
  }
}

for (const colorScheme of ['light', 'dark'] as const) {
  for (const width of [1280, 360]) {
    test(`people, teams and trail, ${colorScheme}, ${width} px`, async ({ browser }) => {
      test.slow();
      const { page, context, picture } = await openFor(browser, stack().url, colorScheme, width);
      const admin = `admin-${colorScheme}-${width}`;
      await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, admin, [
        'SECRET_MANAGEMENT',
        'ACCESS_MANAGEMENT',
        'AUDIT_READ',
      ]);
      const api = createClient(stack().url);
      await api.signIn(admin, testPassword);
      if (colorScheme === 'light' && width === 1280) {
        const permissions = ['SECRET_MANAGEMENT_READ', 'SECRET_MANAGEMENT_CREATE'];
        const release = await api.send('POST', '/teams', {
          name: 'Release',
          description: 'Who ships the product',
          permissions,
        });
        const teamId = release.json.id;
        await api.send('POST', '/oidc-groups', { provider: 'corp', group: 'release', teamId });
        await api.send('POST', '/teams', { name: 'Security', permissions: ['AUDIT_READ'] });
        for (const name of ['bea', 'carlos', 'dilan'])
          await api.send('POST', '/users', { name, teams: [teamId] });
        await api.send('POST', '/users', { name: 'emil@corp.example', provider: 'corp' });
      }
      await page.goto('/users');
      await page.getByLabel('User name').fill(admin);
      await page.getByLabel('Password').fill(testPassword);
      await picture('sign-in-filled');
      await page.getByRole('button', { name: 'Sign in', exact: true }).click();
      await expect(page.getByText('carlos')).toBeVisible();
      await picture('users');
      if (width === 360) {
        await page.getByRole('button', { name: 'Users, choose a page' }).click();
        await picture('pages');
        await page.keyboard.press('Escape');
      }
      await page.getByRole('button', { name: 'Invite user' }).click();
      await expect(page.getByRole('dialog').getByLabel('Name')).toBeVisible();
      await picture('user-invite');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.getByRole('button', { name: 'Edit bea' }).click();
      await expect(page.getByRole('dialog').getByLabel('Name')).toHaveValue('bea');
      await picture('user-edit');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.goto('/teams');
      await expect(page.getByText('Who ships the product')).toBeVisible();
      await picture('teams');
      await page.getByRole('button', { name: 'Members of Release' }).click();
      await expect(page.getByRole('dialog').getByText('carlos')).toBeVisible();
      await picture('team-members');
      await page.getByRole('button', { name: 'Done' }).click();
      await page.getByRole('button', { name: 'Delete Release' }).click();
      await expect(page.getByRole('alertdialog')).toContainText('users are in this team');
      await picture('team-delete');
      await page.getByRole('button', { name: 'Cancel' }).click();
      await page.goto('/audit');
      const details = page.getByRole('button', { name: /^Details of event/ }).first();
      await expect(details).toBeVisible();
      await picture('audit');
      await details.click();
      await expect(page.getByRole('dialog')).toBeVisible();
      await picture('audit-event');
      await page.goto('/passkeys');
      await expect(page.getByRole('heading', { name: 'Passkeys', level: 1 })).toBeVisible();
      await picture('passkeys');
      await context.clearCookies();
      await page.goto('/sign-in/oidc/absent?error=access_denied&state=made-up');
      await expect(page.getByRole('alert')).toBeVisible();
      await picture('provider-refusal');
      await context.close();
    });
  }
}

test.describe('providers', () => {
  let site: Awaited<ReturnType<typeof startSite>>;
  test.beforeAll(async () => {
    site = await startSite({
      providers: [{ type: 'database' }, { type: 'env' }],
      variables: ['JIRA_PASSWORD', 'LDAP_BIND_PASSWORD', 'METRICS_TOKEN', 'PROXY_PASSWORD'],
      env: { DROPSAFE_SECRET_OLD_RELAY: '' },
    });
    await createUser({ DROPSAFE_DATA_DIR: site.dataDir }, 'anna', [
      'SECRET_MANAGEMENT',
      'ACCESS_MANAGEMENT',
      'AUDIT_READ',
    ]);
    const api = createClient(site.url);
    await api.signIn('anna', testPassword);
    for (const [name, description, destinations] of examples.filter(
      ([example]) => example !== 'JIRA_PASSWORD',
    ))
      await api.send('POST', '/secrets', { name, value: newCanary(), description, destinations });
    await api.send('POST', '/secrets/JIRA_PASSWORD/copies', { from: 'env', to: 'database' });
  });
  test.afterAll(() => site.stop());

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      test(`providers, ${colorScheme}, ${width} px`, async ({ browser }) => {
        test.slow();
        const { page, context, picture } = await openFor(browser, site.url, colorScheme, width);
        await page.goto('/secrets');
        await page.getByLabel('User name').fill('anna');
        await page.getByLabel('Password').fill(testPassword);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await expect(page.getByText('LDAP_BIND_PASSWORD')).toBeVisible();
        await picture('providers-table');
        await page.getByRole('combobox', { name: 'Provider' }).selectOption('env');
        await expect(page.getByText('not used', { exact: true })).toBeVisible();
        await picture('providers-filter');
        await page.getByRole('combobox', { name: 'Provider' }).selectOption('');
        await page.getByRole('button', { name: 'Copy METRICS_TOKEN to another provider' }).click();
        await expect(page.getByLabel('Copy to')).toBeVisible();
        await picture('secret-copy');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Delete JIRA_PASSWORD' }).click();
        await expect(page.getByText('After this, the secret')).toBeVisible();
        await picture('secret-delete-other');
        await page.keyboard.press('Escape');
        await page.goto('/system');
        await expect(page.getByRole('heading', { name: '2. env' })).toBeVisible();
        await picture('system');
        await page.getByRole('button', { name: 'Copy all its secrets…, env' }).click();
        await expect(page.getByText('1 in database already')).toBeVisible();
        await page.getByText('1 cannot be used').click();
        await picture('copy-all');
        // Held for the picture; what is closed meanwhile is not copied.
        const held = Promise.withResolvers<void>();
        await page.route('**/copies', async (route) => {
          await held.promise;
          await route.abort();
        });
        await page.getByRole('button', { name: 'Copy 3 secrets' }).click();
        await expect(page.getByText('0 of 3')).toBeVisible();
        await picture('copy-all-running');
        await page.keyboard.press('Escape');
        await picture('copy-all-stop');
        await page.getByRole('button', { name: 'Go on copying' }).click();
        held.resolve();
        await expect(page.getByRole('heading', { name: 'What was done' })).toBeVisible();
        await picture('copy-all-done');
        await context.close();
      });
    }
  }
});

test.describe('integrations', () => {
  let id = '';
  let upstream: Awaited<ReturnType<typeof startUpstream>>;
  test.beforeAll(async () => {
    upstream = await startUpstream();
    const env = { DROPSAFE_DATA_DIR: stack().dataDir };
    await createUser(env, 'ida', ['SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT']);
    const api = createClient(stack().url);
    await api.signIn('ida', testPassword);
    const origin = `http://127.0.0.1:${upstream.port}`;
    const secret = { name: 'GITLAB_TOKEN', value: newCanary(), destinations: [origin] };
    await api.send('POST', '/secrets', { ...secret, description: 'Reads merge requests' });
    for (const [name, token] of [
      ['GitHub nightly import', 'GITHUB_TOKEN'],
      ['GitLab self-hosted', 'GITLAB_TOKEN'],
    ]) {
      const fields = {
        baseUrl: token === 'GITLAB_TOKEN' ? origin : 'https://api.github.com',
        auth: 'bearer',
        token: `{{ secret('${token}') }}`,
      };
      ({ id } = (await api.send('POST', '/integrations', { name, type: 'http', fields })).json);
    }
    const outcomes = [true, true, false, true, true];
    await countUses(env, 'GITLAB_TOKEN', id, outcomes);
  });
  test.afterAll(() => upstream.stop());

  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 360]) {
      test(`integrations, ${colorScheme}, ${width} px`, async ({ browser }) => {
        test.slow();
        const { page, context, picture } = await openFor(browser, stack().url, colorScheme, width);
        await page.goto('/integrations');
        await page.getByLabel('User name').fill('ida');
        await page.getByLabel('Password').fill(testPassword);
        await page.getByRole('button', { name: 'Sign in', exact: true }).click();
        await expect(page.getByText('GitLab self-hosted')).toBeVisible();
        await picture('integrations');
        await page.getByRole('button', { name: 'Create integration' }).click();
        await picture('integration-start');
        await page.getByRole('button', { name: 'GitHub', exact: true }).click();
        await page.getByRole('button', { name: 'Choose a secret for Token' }).click();
        await expect(page.getByRole('option', { name: /GITLAB_TOKEN/ })).toBeVisible();
        await picture('integration-picker');
        await page.getByRole('option', { name: /GITHUB_TOKEN/ }).click();
        await expect(page.getByRole('img', { name: 'Secret GITHUB_TOKEN' })).toBeVisible();
        await picture('integration-form');
        await page.keyboard.press('Escape');
        await page.getByRole('button', { name: 'Discard' }).click();
        await page.goto(`/integrations?edit=${id}`);
        await page.getByRole('button', { name: 'Test connection', exact: true }).click();
        await expect(page.getByText('The connection works.')).toBeVisible();
        await page.getByRole('list', { name: 'Checks' }).scrollIntoViewIfNeeded();
        await picture('integration-test');
        await page.goto('/secrets/GITLAB_TOKEN');
        await expect(page.getByRole('heading', { name: /Uses of the last/ })).toBeVisible();
        await expect(page.getByText('GitLab self-hosted')).toBeVisible();
        await picture('secret');
        await page.getByRole('button', { name: 'Delete', exact: true }).click();
        await expect(page.getByText('will stop working')).toBeVisible();
        await picture('secret-in-use');
        await context.close();
      });
    }
  }
});
