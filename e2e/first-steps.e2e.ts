import { newCanary } from '@dropsafe/bff/testkit/canary';
import { expect, expectAccessible, expectToast, row, test } from './fixtures.ts';
import { stack } from './stack.ts';

test('from the printed password to the first secret', async ({ stranger }) => {
  const page = await stranger();
  await page.goto('/');
  await page.getByLabel('User name').fill('admin');
  await page.getByLabel('Password').fill(stack().firstPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();

  await expect(page.getByRole('heading', { name: 'There are no secrets yet' })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Create secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a secret' });
  await dialog.getByLabel('Name').fill('FIRST_SECRET');
  await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
  await dialog.getByRole('button', { name: 'Create secret' }).click();

  await expectToast(page, 'Secret FIRST_SECRET created');
  await expect(dialog).toBeHidden();
  await expect(row(page, 'FIRST_SECRET')).toBeVisible();
});
