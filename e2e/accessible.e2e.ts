import { newCanary } from '@dropsafe/bff/testkit/canary';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectToast,
  openSecrets,
  phone,
  row,
  tabTo,
  test,
} from './fixtures.ts';

test('axe finds nothing on any page or dialog, in light and in dark', async ({
  as,
  stranger,
  unique,
}) => {
  test.slow();
  const signIn = await stranger();
  await signIn.goto('/');
  await expect(signIn.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await expectAccessible(signIn);

  const { page, api, name: user } = await as('SECRET_MANAGEMENT');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const name = unique('AXE');
  await api.send('POST', '/secrets', {
    name,
    value: newCanary(),
    description: 'For axe',
    destinations: ['https://api.example.com'],
  });
  await openSecrets(page, name);
  await expect(row(page, name)).toBeVisible();
  await expectAccessible(page);

  await page.getByRole('button', { name: 'Create secret' }).click();
  const create = page.getByRole('dialog', { name: 'Create a secret' });
  await expect(create).toBeVisible();
  await expectAccessible(page);
  await create.getByLabel('Destinations').fill('nonsense');
  await create.getByLabel('Value', { exact: true }).fill(' x\n');
  await create.getByRole('button', { name: 'Create secret' }).click();
  await expect(create.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expectAccessible(page);
  await create.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Discard' }).click();

  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const update = page.getByRole('dialog', { name: `Update ${name}` });
  await update.getByLabel('Destinations').fill('https://more.example.com');
  await page.keyboard.press('Enter');
  await expect(update.getByText('may not be sent to further destinations')).toBeVisible();
  await expectAccessible(page);
  await api.send('PATCH', `/secrets/${name}`, { description: 'Changed' });
  await update.getByLabel('Value', { exact: true }).fill(newCanary());
  await update.getByRole('button', { name: 'Save changes' }).click();
  await expect(update.getByText('This secret was changed meanwhile')).toBeVisible();
  await expectAccessible(page);
  await update.getByRole('button', { name: 'Discard my changes' }).click();

  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await expect(page.getByRole('alertdialog').getByRole('button', { name: 'Delete' })).toBeEnabled();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Cancel' }).click();

  await page.getByRole('button', { name: `Account of ${user}` }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('menuitem', { name: 'Change password' }).click();
  await expect(page.getByRole('dialog', { name: 'Change password' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');

  await page.goto('/secrets?q=nothing-like-it-anywhere');
  await expect(page.getByRole('heading', { name: 'No secret matches your search' })).toBeVisible();
  await expectAccessible(page);
  await page.goto('/secrets?cursor=made-up');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  await page.goto('/no-such-page');
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expectAccessible(page);
});

test('everything is done by keyboard alone, and the focus comes back to where it was', async ({
  as,
  unique,
}) => {
  const { page, api, name: user } = await as('SECRET_MANAGEMENT');
  const name = unique('KEYBOARD');
  await openSecrets(page, name);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: /skip/i })).toBeFocused();

  await tabTo(page, 'button', 'Create secret');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type(name);
  await tabTo(page, 'textbox', 'Value');
  await page.keyboard.insertText(newCanary());
  await tabTo(page, 'textbox', 'Description');
  await page.keyboard.type('typed');
  await tabTo(page, 'textbox', 'Destinations');
  await page.keyboard.type('https://a.example.com');
  await page.keyboard.press('Enter');
  await page.keyboard.type('https://b.example.com,');
  await tabTo(page, 'button', 'Create secret');
  await page.keyboard.press('Enter');
  await expectToast(page, `Secret ${name} created`);

  await tabTo(page, 'button', `Edit ${name}`);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: `Update ${name}` })).toBeVisible();
  await tabTo(page, 'button', 'Remove https://b.example.com');
  await page.keyboard.press('Space');
  await tabTo(page, 'textbox', 'Description');
  await page.keyboard.type('changed');
  await page.keyboard.press('Enter');
  await expectToast(page, `Secret ${name} updated`);
  await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeFocused();
  expect((await api.send('GET', `/secrets/${name}`)).json).toMatchObject({
    destinations: ['https://a.example.com'],
    version: 2,
  });

  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: `Delete ${name}` })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('alertdialog').getByRole('button', { name: 'Delete' })).toBeEnabled();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expectToast(page, `Secret ${name} deleted`);

  await tabTo(page, 'button', `Account of ${user}`);
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test.describe('on a phone of 360 px', () => {
  test.use({ viewport: phone });

  test('nothing is cut off, no page scrolls sideways, and a secret is created, changed and deleted', async ({
    as,
    unique,
  }) => {
    const { page, api } = await as('SECRET_MANAGEMENT');
    const name = `${unique('PHONE')}_${'x'.repeat(45)}`;
    await api.send('POST', '/secrets', {
      name,
      value: newCanary(),
      description: 'W'.repeat(255),
      destinations: [`https://${'long-label.'.repeat(12)}example.com`],
    });
    await openSecrets(page, name);
    await expect(page.getByText(name)).toBeVisible();
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    for (const button of await page.getByRole('button').all()) {
      const box = await button.boundingBox();
      if (box === null) continue;
      expect(box.x >= 0 && box.x + box.width <= 360 && Math.min(box.width, box.height) >= 24).toBe(
        true,
      );
    }

    await page.getByRole('button', { name: `Edit ${name}` }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Description').fill('short');
    await expectNoSidewaysScroll(page);
    await expectAccessible(page);
    await dialog.getByRole('button', { name: 'Save changes' }).click();
    await expectToast(page, 'updated');
    await expect(page.getByText('short', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: `Delete ${name}` }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
    await expectToast(page, 'deleted');
    await expectNoSidewaysScroll(page);
  });
});
