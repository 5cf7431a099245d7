import { newCanary } from '@dropsafe/bff/testkit/canary';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectToast,
  openSecrets,
  phone,
  row,
  tabTo,
  tabToOne,
  test,
  type Person,
} from './fixtures.ts';
import { byKeyboard, confirm, press } from './keyboard.ts';
import { broken, downProviders, envOnly, manyVariables, mixed, several } from './sites.ts';

// One worker for all of it, so that each kind of node is started once.
test.describe.configure({ mode: 'default' });

/** Expects a button that cannot be pressed and tells by keyboard why. */
async function expectRefused(page: Page, button: string, reason: string): Promise<void> {
  const refused = page.getByRole('button', { name: button, exact: true });
  await expect(refused).toHaveAttribute('aria-disabled', 'true');
  await refused.focus();
  await expect(page.getByRole('tooltip').filter({ hasText: reason })).toBeVisible();
  await expect(refused).toHaveAccessibleDescription(reason);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog').or(page.getByRole('alertdialog'))).toHaveCount(0);
  await page.keyboard.press('Escape');
}

/** Expects axe to find nothing in either theme, and nothing to be cut off at 360 px. */
async function expectFits(page: Page): Promise<void> {
  const wide = page.viewportSize();
  // Not half behind the bar at the top.
  await page.evaluate(() => window.scrollTo(0, 0));
  await expectAccessible(page);
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  if (wide !== null) await page.setViewportSize(wide);
}

/** Opens the dialog that copies all secrets of a provider. */
async function openCopyAll(page: Page, provider: string) {
  await page.goto('/system');
  await page.getByRole('button', { name: `Copy all its secrets…, ${provider}` }).click();
  return page.getByRole('dialog', { name: `Copy all secrets of ${provider}` });
}

/** Takes what a test copied into the database out of it again. */
async function empty({ api }: Person): Promise<void> {
  const { json } = await api.send('GET', '/secrets?provider=database&limit=1000');
  for (const { name } of json.items)
    expect((await api.send('DELETE', `/secrets/${name}?provider=database`)).status).toBe(204);
}

envOnly.describe('with the environment only', () => {
  envOnly(
    'nothing can be changed: the buttons say why, and the API refuses with what it can',
    async ({ as, unique }) => {
      const { page, api } = await as('SECRET_MANAGEMENT');
      await openSecrets(page);
      await expect(row(page, 'ENV_ALPHA')).toContainText('Ready');
      await expect(page.getByRole('combobox', { name: 'Provider' })).toHaveCount(0);
      await expect(page.getByRole('button', { name: /to another provider$/ })).toHaveCount(0);
      await expectRefused(page, 'Create secret', 'No provider can create secrets.');
      await expectRefused(page, 'Edit ENV_ALPHA', 'The provider env cannot update secrets.');
      await expectRefused(page, 'Delete ENV_ALPHA', 'The provider env cannot delete secrets.');
      await expectFits(page);

      for (const [method, path, body] of [
        ['PATCH', '/secrets/ENV_ALPHA', { description: 'x' }],
        ['DELETE', '/secrets/ENV_ALPHA', undefined],
        ['POST', '/secrets', { name: unique('NEW'), value: newCanary() }],
      ] as const) {
        const { status, headers, problem } = await api.send(method, path, body);
        expect(status).toBe(405);
        expect(headers.get('Allow')).toBe('GET, HEAD');
        expect(problem.type).toBe('/problems/provider-cannot');
      }
    },
  );

  envOnly('the page System tells what there is', async ({ as }) => {
    const { page } = await as('SECRET_MANAGEMENT_READ');
    await openSecrets(page);
    await page.getByRole('link', { name: 'System' }).click();
    await expect(page.getByRole('heading', { name: 'System', level: 1 })).toBeVisible();
    const card = page.getByRole('listitem', { name: 'env' });
    await expect(card).toContainText('Variables of the environment');
    await expect(card).toContainText('Nothing, it is read only');
    await expect(card).toContainText('up');
    await expect(card.getByRole('button')).toHaveCount(0);
    await expectFits(page);
  });
});

mixed.describe('with the database and the environment', () => {
  mixed(
    'the table says where each secret lives, shows one provider alone, and keeps that in the address',
    async ({ as, unique }) => {
      const person = await as('SECRET_MANAGEMENT');
      const { page, api } = person;
      const name = unique('TYPED');
      await api.send('POST', '/secrets', { name, value: newCanary() });
      await openSecrets(page);
      await expect(row(page, 'ENV_ALPHA')).toContainText('env');
      await expect(row(page, name)).toContainText('database');
      await expect(row(page, 'EMPTY')).toContainText('cannot be used It is empty.');
      await expectRefused(page, 'Edit ENV_ALPHA', 'The provider env cannot update secrets.');
      await expectRefused(page, 'Delete ENV_ALPHA', 'The provider env cannot delete secrets.');
      await expectRefused(
        page,
        'Copy EMPTY to another provider',
        'It cannot be copied. It is empty.',
      );
      await expectRefused(
        page,
        `Copy ${name} to another provider`,
        'No other provider can create secrets.',
      );
      await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeEnabled();
      // One row of each kind: a page of many takes axe long, and teaches it nothing.
      await openSecrets(page, 'p');
      await expect(page.getByRole('rowheader')).toHaveText(['EMPTY', 'ENV_ALPHA', name]);
      await expectFits(page);
      await openSecrets(page);

      await page.getByRole('combobox', { name: 'Provider' }).selectOption('env');
      await expect(row(page, name)).toHaveCount(0);
      await expect(page).toHaveURL(/[?&]provider=env/);
      await page.getByLabel('Page size').selectOption('25');
      await page.getByRole('button', { name: 'Next' }).click();
      await expect(page).toHaveURL(/cursor=/);
      await page.reload();
      await expect(page.getByRole('rowheader').first()).toHaveText(/^MANY_/);
      await expect(page.getByRole('combobox', { name: 'Provider' })).toHaveValue('env');
      await page.getByRole('combobox', { name: 'Provider' }).selectOption('database');
      await expect(page.getByRole('rowheader')).toHaveText([name]);

      await page.goto('/secrets?provider=env&q=nothing-like-it');
      await expect(page.getByText('Nothing in env has “nothing-like-it”')).toBeVisible();
      await empty(person);
      await page.goto('/secrets?provider=database');
      await expect(page.getByText('There are no secrets in database')).toBeVisible();
      await page.getByRole('button', { name: 'Show all providers' }).click();
      await expect(row(page, 'ENV_ALPHA')).toBeVisible();
      await page.goto('/secrets?provider=gone');
      await expect(page.getByRole('alert')).toContainText('There is no provider of this name.');
      await page.getByRole('combobox', { name: 'Provider' }).selectOption('');
      await expect(row(page, 'ENV_ALPHA')).toBeVisible();
    },
  );

  mixed('create does not ask where only one provider can create', async ({ as, unique }) => {
    const person = await as('SECRET_MANAGEMENT');
    const { page } = person;
    const name = unique('ONLY_PLACE');
    await openSecrets(page);
    await page.getByRole('button', { name: 'Create secret' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create a secret' });
    await dialog.getByLabel('Name').fill(name);
    await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
    await expect(dialog.getByLabel('Provider')).toHaveCount(0);
    const sent = page.waitForRequest((request) => request.method() === 'POST');
    await dialog.getByRole('button', { name: 'Create secret' }).click();
    expect((await sent).postDataJSON()).not.toHaveProperty('provider');
    await expectToast(page, `Secret ${name} created`);
    await empty(person);
  });

  mixed(
    'one secret is copied by keyboard; then the table tells of both, and deleting the first tells what follows',
    async ({ as }) => {
      const { page, api } = await as('SECRET_MANAGEMENT');
      await openSecrets(page, 'ENV_BETA');
      await byKeyboard(page);
      await press(page, 'Copy ENV_BETA to another provider');
      const dialog = page.getByRole('dialog', { name: 'Copy ENV_BETA to another provider' });
      await expect(dialog).toContainText('Nobody sees it.');
      await expect(dialog.getByLabel('Copy to')).toHaveValue('database');
      await expect(dialog).toContainText(
        'database comes before env, so the copy is the one that is used.',
      );
      await expectFits(page);
      await press(page, 'Copy');
      await expectToast(page, 'Secret ENV_BETA copied to database');
      await expect(row(page, 'ENV_BETA')).toContainText(
        'also in env database comes first, so its secret is used.',
      );
      await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeFocused();

      // What is there is not overwritten.
      const again = await api.send('POST', '/secrets/ENV_BETA/copies', {
        from: 'env',
        to: 'database',
      });
      expect(again.status).toBe(409);
      await tabTo(page, 'combobox', 'Provider');
      await page.keyboard.type('env');
      await expect(row(page, 'ENV_BETA')).toContainText(
        'not used database comes first, so its secret is used.',
      );
      await tabTo(page, 'button', 'Copy ENV_BETA to another provider');
      await expectRefused(
        page,
        'Copy ENV_BETA to another provider',
        'There is a secret of this name in database already.',
      );
      await expectFits(page);

      await tabTo(page, 'combobox', 'Provider');
      await page.keyboard.type('all');
      await press(page, 'Delete ENV_BETA');
      const question = page.getByRole('alertdialog', { name: 'Delete ENV_BETA?' });
      await expect(question).toContainText('The secret ENV_BETA in database and its value');
      await expect(question).toContainText(
        'After this, the secret of the same name in env is used.',
      );
      await expectFits(page);
      await confirm(page, 'Delete');
      await expectToast(page, 'Secret ENV_BETA deleted');
      await expect(row(page, 'ENV_BETA')).toContainText('env');
    },
  );

  mixed('a copy that is refused says so in the dialog', async ({ as }) => {
    const person = await as('SECRET_MANAGEMENT');
    const { page, api } = person;
    await openSecrets(page, 'ENV_GAMMA');
    await page.getByRole('button', { name: 'Copy ENV_GAMMA to another provider' }).click();
    await api.send('POST', '/secrets/ENV_GAMMA/copies', { from: 'env', to: 'database' });
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Copy' }).click();
    await expect(dialog.getByRole('alert')).toContainText(
      'The provider database already has a secret of this name.',
    );
    await expectAccessible(page);
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await empty(person);
  });

  mixed('who may not create may not copy, and is told', async ({ as }) => {
    const { page, api } = await as('SECRET_MANAGEMENT_READ');
    await openSecrets(page, 'ENV_ALPHA');
    await expectRefused(
      page,
      'Copy ENV_ALPHA to another provider',
      'You need SECRET_MANAGEMENT or SECRET_MANAGEMENT_CREATE.',
    );
    await page.goto('/system');
    await expectRefused(
      page,
      'Copy all its secrets…, env',
      'You need SECRET_MANAGEMENT or SECRET_MANAGEMENT_CREATE.',
    );
    const copy = { from: 'env', to: 'database' };
    expect((await api.send('POST', '/secrets/ENV_ALPHA/copies', copy)).status).toBe(403);
  });

  mixed('the page System lists the providers in their order', async ({ as }) => {
    const { page } = await as('SECRET_MANAGEMENT');
    await page.goto('/system');
    const cards = page.getByRole('list', { name: 'Providers' }).getByRole('listitem');
    await expect(cards.getByRole('heading')).toHaveText(['1. database', '2. env']);
    await expect(page.getByText('the one of the first provider is used')).toBeVisible();
    await expect(cards.first()).toContainText('Create, update and delete');
    await expect(cards.last()).toContainText('Nothing, it is read only');
    await expectRefused(
      page,
      'Copy all its secrets…, database',
      'No other provider can create secrets.',
    );
    await expectFits(page);
    const asked = page.waitForResponse((response) => response.url().endsWith('/providers'));
    await page.getByRole('button', { name: 'Refresh' }).click();
    expect((await asked).ok()).toBe(true);
    await page.getByRole('link', { name: 'Show its secrets, env' }).click();
    await expect(page).toHaveURL(/\/secrets\?provider=env$/);
    await expect(row(page, 'ENV_ALPHA')).toBeVisible();
  });

  mixed(
    'all secrets of a provider are copied: a preview, real progress, stopping, a failure, and again for the rest',
    async ({ as }) => {
      test.slow();
      const person = await as('SECRET_MANAGEMENT');
      const { page, api } = person;
      await api.send('POST', '/secrets/ENV_ALPHA/copies', { from: 'env', to: 'database' });
      // Held until the test lets them go on, so that there is a middle to look at.
      const held: (() => void)[] = [];
      let isHeld = true;
      let isCut = true;
      await page.route('**/copies', async (route) => {
        if (isCut && route.request().url().includes('MANY_20')) return route.abort();
        if (isHeld) await new Promise<void>((goOn) => held.push(goOn));
        return route.continue();
      });

      await page.goto('/system');
      await byKeyboard(page);
      await press(page, 'Copy all its secrets…, env');
      const dialog = page.getByRole('dialog', { name: 'Copy all secrets of env' });
      await expect(dialog.getByText(`${manyVariables + 2} to copy to database`)).toBeVisible();
      const unfold = async (text: string) => {
        await tabToOne(page, dialog.locator('summary', { hasText: text }));
        await page.keyboard.press('Enter');
      };
      await unfold('1 in database already');
      await expect(dialog.getByText('ENV_ALPHA', { exact: true })).toBeVisible();
      await unfold('1 cannot be used');
      await expect(dialog.getByText('EMPTY It is empty.')).toBeVisible();
      await expectFits(page);
      await press(page, `Copy ${manyVariables + 2} secrets`);

      const bar = dialog.getByRole('progressbar', { name: 'Copied' });
      await expect(bar).toHaveAttribute('aria-valuetext', `0 of ${manyVariables + 2}`);
      await expect(dialog.getByRole('heading', { name: 'Copying', exact: true })).toBeFocused();
      await expect.poll(() => held.length).toBe(4);
      held.shift()?.();
      await expect(bar).toHaveAttribute('aria-valuetext', `1 of ${manyVariables + 2}`);
      await expect(dialog.getByRole('paragraph')).toHaveText(`1 of ${manyVariables + 2}`);
      // Four at a time, never more.
      await expect.poll(() => held.length).toBe(4);
      await expectFits(page);

      // Closing asks first.
      await page.keyboard.press('Escape');
      const question = page.getByRole('alertdialog', { name: 'Stop copying?' });
      await expect(question).toContainText(`1 of ${manyVariables + 2} are done.`);
      await expectFits(page);
      await page.keyboard.press('Enter');
      await expect(question).toBeHidden();

      await press(page, 'Stop');
      isHeld = false;
      for (const goOn of held.splice(0)) goOn();
      await expect(
        dialog.getByRole('paragraph').filter({ hasText: '5 copied, 21 not done.' }),
      ).toBeVisible();
      await expect(dialog.getByRole('status')).toHaveText('5 copied, 21 not done.');
      await expect(dialog.getByRole('heading', { name: 'What was done' })).toBeFocused();
      await press(page, 'Look again');

      await expect(dialog.getByText('6 in database already')).toBeVisible();
      await press(page, 'Copy 21 secrets');
      await expect(
        dialog.getByRole('paragraph').filter({ hasText: '20 copied, 1 failed.' }),
      ).toBeVisible();
      await expect(dialog.getByText('MANY_20 Dropsafe cannot be reached.')).toBeVisible();
      await expectFits(page);
      await press(page, 'Done');
      await expect(page.getByRole('button', { name: 'Copy all its secrets…, env' })).toBeFocused();

      // Closed in the middle: what is under way comes to its end.
      isCut = false;
      isHeld = true;
      await page.keyboard.press('Enter');
      await expect(dialog.getByText(/^1 to copy to database$/)).toBeVisible();
      await press(page, 'Copy 1 secret');
      await expect.poll(() => held.length).toBe(1);
      await page.keyboard.press('Escape');
      await confirm(page, 'Stop and close');
      await expect(dialog).toBeHidden();
      const copied = page.waitForResponse('**/copies');
      held.shift()?.();
      await copied;
      await press(page, 'Copy all its secrets…, env');
      await expect(dialog.getByText('27 in database already')).toBeVisible();
      await tabTo(page, 'button', 'Copy');
      await expectRefusedIn(page, 'Copy', 'There is nothing to copy.');
      await press(page, 'Cancel');
      await expect(dialog).toBeHidden();

      const { json } = await api.send('GET', '/secrets?provider=env&limit=1000');
      expect(json.items.filter(({ isUsed }: { isUsed: boolean }) => isUsed).map(nameOf)).toEqual([
        'EMPTY',
      ]);
      await empty(person);
    },
  );
});

const nameOf = ({ name }: { name: string }) => name;

/** The same as `expectRefused`, within a dialog that stays open. */
async function expectRefusedIn(page: Page, button: string, reason: string): Promise<void> {
  const refused = page.getByRole('dialog').getByRole('button', { name: button, exact: true });
  await expect(refused).toHaveAttribute('aria-disabled', 'true');
  await refused.focus();
  await expect(refused).toHaveAccessibleDescription(reason);
}

broken.describe('with variables that cannot be used, and providers that are down', () => {
  broken('what cannot be used says why, and everything else works', async ({ as, unique }) => {
    const person = await as('SECRET_MANAGEMENT');
    const { page, api } = person;
    const name = unique('WORKS');
    await openSecrets(page);
    await expect(row(page, 'EMPTY')).toContainText('cannot be used It is empty.');
    await expect(row(page, 'LARGE')).toContainText('cannot be used It is larger than 64 KiB.');
    await expect(row(page, 'TWICE')).toContainText('cannot be used');
    await expect(page.getByRole('rowheader', { name: 'NOT.A.NAME' })).toHaveCount(0);
    for (const { settings, why } of downProviders)
      await expect(
        page.getByRole('status').getByText(`${settings.name} is down. ${why}`),
      ).toBeVisible();
    await expectFits(page);
    expect(
      (await api.send('POST', '/secrets', { name, value: newCanary(), provider: 'database' }))
        .status,
    ).toBe(201);
    await page.getByRole('button', { name: 'Refresh' }).click();
    await expect(row(page, name)).toContainText('database');
    expect(
      (await api.send('POST', '/secrets/EMPTY/copies', { from: 'env', to: 'database' })).status,
    ).toBe(409);
    await empty(person);
  });

  broken(
    'the page System says of each how it is doing, and the copy of all what cannot be copied',
    async ({ as }) => {
      const { page } = await as('SECRET_MANAGEMENT');
      await page.goto('/system');
      await expect(page.getByRole('listitem', { name: 'env' })).toContainText('up');
      for (const { settings, why } of downProviders)
        await expect(page.getByRole('listitem', { name: settings.name })).toContainText(
          `down ${why}`,
        );
      await expectFits(page);
      const dialog = await openCopyAll(page, 'env');
      // The vault is down, and still a place to copy to.
      await dialog.getByLabel('Copy to').selectOption('database');
      await dialog.getByText('3 cannot be used').click();
      for (const entry of ['EMPTY It is empty.', 'LARGE It is larger than 64 KiB.'])
        await expect(dialog.getByText(entry)).toBeVisible();
      await expectFits(page);
    },
  );
});

several.describe('with a vault and a folder of files', () => {
  several(
    'create asks where; in the vault a secret is created, updated and deleted as in the database',
    async ({ as, unique, vault }) => {
      const { page } = await as('SECRET_MANAGEMENT');
      const name = unique('IN_VAULT');
      await openSecrets(page);
      await page.getByRole('button', { name: 'Create secret' }).click();
      const dialog = page.getByRole('dialog', { name: 'Create a secret' });
      await dialog.getByLabel('Name').fill(name);
      await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
      await dialog.getByRole('button', { name: 'Create secret' }).click();
      const choice = dialog.getByLabel('Provider');
      await expect(choice).toHaveAttribute('aria-invalid', 'true');
      await expect(choice.getByRole('option')).toHaveText([/Choose/, 'database', 'vault']);
      await expectFits(page);
      await choice.selectOption('vault');
      await dialog.getByRole('button', { name: 'Create secret' }).click();
      await expectToast(page, `Secret ${name} created`);
      await expect(row(page, name)).toContainText('vault');
      expect(vault.asRoot('GET', `kv/data/apps/${name}`).status).toBe(200);

      await page.getByRole('button', { name: `Edit ${name}` }).click();
      const edit = page.getByRole('dialog');
      await edit.getByLabel('Value', { exact: true }).fill(newCanary());
      await edit.getByLabel('Description').fill('Changed in the vault');
      await edit.getByRole('button', { name: 'Save' }).click();
      await expectToast(page, `Secret ${name} updated`);
      await expect(row(page, name)).toContainText('Changed in the vault');
      await page.getByRole('button', { name: `Delete ${name}` }).click();
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
      await expectToast(page, `Secret ${name} deleted`);
      expect(vault.asRoot('GET', `kv/data/apps/${name}`).status).toBe(404);
    },
  );

  several(
    'a sealed vault is told above the table and where it matters, the others go on, and it is back by itself',
    async ({ as, unique, vault }) => {
      test.slow();
      const { page, api } = await as('SECRET_MANAGEMENT');
      const [there, beside] = [unique('SEALED'), unique('BESIDE')];
      for (const [name, provider] of [
        [there, 'vault'],
        [beside, 'database'],
      ] as const)
        expect(
          (await api.send('POST', '/secrets', { name, provider, value: newCanary() })).status,
        ).toBe(201);
      await openSecrets(page, there);
      const banner = page.getByRole('status').getByText('vault is down. It is sealed.');
      await expect(banner).toHaveCount(0);
      vault.fail('sealed');
      try {
        await page.getByRole('button', { name: 'Refresh' }).click();
        await expect(banner).toBeVisible();
        await expect(row(page, there)).toContainText('vault is down It is sealed.');
        await expectFits(page);
        await page.getByRole('button', { name: `Edit ${there}` }).click();
        const edit = page.getByRole('dialog');
        await edit.getByLabel('Value', { exact: true }).fill(newCanary());
        await edit.getByRole('button', { name: 'Save' }).click();
        await expect(edit.getByRole('alert')).toContainText('It is sealed.');
        // Nothing that was typed is lost.
        await expect(edit.getByLabel('Value', { exact: true })).not.toHaveValue('');
        await edit.getByLabel('Value', { exact: true }).press('Escape');
        await page.getByRole('alertdialog').getByRole('button', { name: 'Discard' }).click();
        await page.goto('/system');
        await expect(page.getByRole('listitem', { name: 'vault' })).toContainText(
          'down It is sealed.',
        );
        expect((await api.send('PATCH', `/secrets/${beside}`, { value: newCanary() })).status).toBe(
          200,
        );
      } finally {
        vault.fail(undefined);
      }
      await openSecrets(page, there);
      await expect(async () => {
        await page.getByRole('button', { name: 'Refresh' }).click();
        await expect(banner).toHaveCount(0, { timeout: 500 });
      }).toPass();
      await expect
        .poll(async () => (await api.send('DELETE', `/secrets/${there}`)).status)
        .toBe(204);
      expect((await api.send('DELETE', `/secrets/${beside}`)).status).toBe(204);
    },
  );

  several(
    'a value goes into the vault only when it is bound to it, and one chooses which of two is deleted',
    async ({ as, unique, vault }) => {
      const { page, api } = await as('SECRET_MANAGEMENT');
      const name = unique('BOUND');
      const created = { name, provider: 'database', value: newCanary() };
      expect((await api.send('POST', '/secrets', created)).status).toBe(201);
      await openSecrets(page, name);
      const open = () =>
        page.getByRole('button', { name: `Copy ${name} to another provider` }).click();
      await open();
      const dialog = page.getByRole('dialog');
      await dialog.getByRole('button', { name: 'Copy' }).click();
      await expect(dialog.getByRole('alert')).toContainText('Enter the value again');
      await expectFits(page);
      await page.keyboard.press('Escape');
      const bound = { value: newCanary(), destinations: [vault.address] };
      expect((await api.send('PATCH', `/secrets/${name}`, bound)).status).toBe(200);
      await page.getByRole('button', { name: 'Refresh' }).click();
      await open();
      await dialog.getByRole('button', { name: 'Copy' }).click();
      await expectToast(page, `Secret ${name} copied to vault`);
      // Without the message, which fades while axe looks.
      await openSecrets(page, name);
      await expect(row(page, name)).toContainText('also in vault');

      await page.getByRole('button', { name: `Delete ${name}` }).click();
      const question = page.getByRole('alertdialog');
      await question.getByLabel('Delete the one in').selectOption('vault');
      await expectFits(page);
      await question.getByRole('button', { name: 'Delete' }).click();
      await expectToast(page, `Secret ${name} deleted`);
      await expect(row(page, name)).not.toContainText('also in vault');
      expect(vault.asRoot('GET', `kv/data/apps/${name}`).status).toBe(404);
      expect((await api.send('DELETE', `/secrets/${name}`)).status).toBe(204);
    },
  );

  several('files are read only, and what is no file says so', async ({ as, folder }) => {
    const { page, api } = await as('SECRET_MANAGEMENT');
    await openSecrets(page);
    await expect(row(page, 'MOUNTED_KEY')).toContainText('mounted');
    await expectRefused(page, 'Edit MOUNTED_KEY', 'The provider mounted cannot update secrets.');
    await expect(row(page, 'MOUNTED_FOLDER')).toContainText(
      'cannot be used It is no regular file.',
    );
    const { status, headers } = await api.send('PATCH', '/secrets/MOUNTED_KEY', {
      value: newCanary(),
    });
    expect([status, headers.get('Allow')]).toEqual([405, 'GET, HEAD']);
    await writeFile(join(folder, 'MOUNTED_LATER'), newCanary());
    await expect(async () => {
      await page.getByRole('button', { name: 'Refresh' }).click();
      await expect(row(page, 'MOUNTED_LATER')).toBeVisible({ timeout: 500 });
    }).toPass();
  });
});
