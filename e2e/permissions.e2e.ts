import { newCanary } from '@dropsafe/bff/testkit/canary';
import { setPermissions } from '@dropsafe/bff/testkit/node';
import type { Permission } from '@dropsafe/contract/permissions';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  openSecrets,
  phone,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

const may: [Permission, { create: boolean; update: boolean; delete: boolean }][] = [
  ['SECRET_MANAGEMENT', { create: true, update: true, delete: true }],
  ['SECRET_MANAGEMENT_READ', { create: false, update: false, delete: false }],
  ['SECRET_MANAGEMENT_CREATE', { create: true, update: false, delete: false }],
  ['SECRET_MANAGEMENT_UPDATE', { create: false, update: true, delete: false }],
  ['SECRET_MANAGEMENT_DELETE', { create: false, update: false, delete: true }],
];

for (const [permission, allowed] of may) {
  test(`with ${permission} the buttons and the API allow the same`, async ({ as, unique }) => {
    const admin = await as('SECRET_MANAGEMENT');
    const name = unique('PERMITTED');
    await admin.api.send('POST', '/secrets', { name, value: newCanary() });
    const { page, api } = await as(permission);
    await openSecrets(page, name);
    await expect(row(page, name)).toBeVisible();

    const buttons = [
      [
        page.getByRole('button', { name: 'Create secret' }),
        allowed.create,
        'SECRET_MANAGEMENT_CREATE',
      ],
      [
        page.getByRole('button', { name: `Edit ${name}` }),
        allowed.update,
        'SECRET_MANAGEMENT_UPDATE',
      ],
      [
        page.getByRole('button', { name: `Delete ${name}` }),
        allowed.delete,
        'SECRET_MANAGEMENT_DELETE',
      ],
    ] as const;
    for (const [button, isAllowed, needed] of buttons) {
      if (isAllowed) {
        await expect(button).toBeEnabled();
        continue;
      }
      await expect(button).toBeDisabled();
      // Reached by keyboard, it says why.
      await button.focus();
      await expect(page.getByRole('tooltip').filter({ hasText: needed })).toBeVisible();
      await page.keyboard.press('Enter');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
    await expectAccessible(page);

    // Last, as it may succeed: what the API says to the same person.
    expect(
      (await api.send('POST', '/secrets', { name: unique('BY_API'), value: newCanary() })).status,
    ).toBe(allowed.create ? 201 : 403);
    expect((await api.send('PATCH', `/secrets/${name}`, { description: 'x' })).status).toBe(
      allowed.update ? 200 : 403,
    );
    expect((await api.send('DELETE', `/secrets/${name}`)).status).toBe(allowed.delete ? 204 : 403);
  });
}

test('somebody without any permission sees why there is nothing to see', async ({ as }) => {
  const { page } = await as();
  await page.goto('/');
  await expect(page.getByRole('link', { name: 'Secrets' })).toHaveCount(0);
  await expect(page.getByRole('main')).toContainText(/permission/i);
  await page.goto('/secrets');
  await expect(page.getByRole('table')).toHaveCount(0);
  await expectAccessible(page);
});

test('a permission taken away while a form is open is told in the form, and nothing typed is lost', async ({
  as,
  unique,
}) => {
  const { page, name: user, api } = await as('SECRET_MANAGEMENT');
  const name = unique('TAKEN_AWAY');
  await api.send('POST', '/secrets', { name, value: newCanary() });
  await openSecrets(page, name);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const dialog = page.getByRole('dialog', { name: `Update ${name}` });
  await dialog.getByLabel('Description').fill('typed before');
  await setPermissions({ DROPSAFE_DATA_DIR: stack().dataDir }, user, ['SECRET_MANAGEMENT_READ']);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog.getByRole('alert')).toContainText('SECRET_MANAGEMENT_UPDATE');
  await expect(dialog.getByRole('alert')).toContainText(/Request id: [0-9a-f]{8}-[0-9a-f-]{27}$/);
  await expect(dialog.getByLabel('Description')).toHaveValue('typed before');
});

test.describe('on a phone of 360 px', () => {
  test.use({ viewport: phone });

  test('many pages are in a menu, which a keyboard opens, and nothing scrolls sideways', async ({
    as,
  }) => {
    const { page } = await as('SECRET_MANAGEMENT', 'ACCESS_MANAGEMENT', 'AUDIT_READ');
    await openSecrets(page);
    await expect(page.getByRole('link', { name: 'Audit' })).toHaveCount(0);
    const pages = page.getByRole('button', { name: 'Secrets, choose a page' });
    await pages.focus();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('menuitem')).toHaveText([
      'Secrets',
      'Users',
      'Teams',
      'API keys',
      'Audit',
      'System',
    ]);
    await expectAccessible(page);
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Users', level: 1 })).toBeVisible();
    const users = page.getByRole('button', { name: 'Users, choose a page' });
    await expect(users).toBeVisible();
    await expectNoSidewaysScroll(page);
    // Wider, there is not room for the links at once either.
    await page.setViewportSize({ width: 620, height: 740 });
    await expect(users).toBeVisible();
    await expectNoSidewaysScroll(page);
    await page.setViewportSize({ width: 900, height: 740 });
    await expect(page.getByRole('link', { name: 'System' })).toBeVisible();
    await expectNoSidewaysScroll(page);
  });

  test('a few pages stand beside each other, unless their names are long', async ({ as }) => {
    const { page: other } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
    await openSecrets(other);
    await expect(other.getByRole('button', { name: 'Secrets, choose a page' })).toBeVisible();

    const { page } = await as('SECRET_MANAGEMENT', 'AUDIT_READ');
    await openSecrets(page);
    // The names take their width with the font.
    await expect
      .poll(async () => {
        const last = await page.getByRole('link', { name: 'System' }).boundingBox();
        const menu = await page.getByRole('button', { name: /^Account/ }).boundingBox();
        return last !== null && menu !== null && last.x + last.width <= menu.x;
      })
      .toBe(true);
    await page.getByRole('link', { name: 'Audit' }).click();
    await expect(page.getByRole('heading', { name: 'Audit', level: 1 })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Audit' })).toHaveAttribute('aria-current', 'page');
  });
});
