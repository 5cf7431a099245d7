import { createUser, testPassword } from '@dropsafe/bff/testkit/node';
import { expect, expectAccessible, test } from './fixtures.ts';
import { stack } from './stack.ts';

test('whoever is not signed in is asked to, and then arrives where they wanted to go', async ({
  stranger,
  unique,
}) => {
  const name = unique('arriving');
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, name, ['SECRET_MANAGEMENT_READ']);
  const page = await stranger();
  await page.goto('/secrets?q=wanted&sort=-createdAt');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await page.getByLabel('User name').fill(name.toUpperCase());
  await page.getByLabel('Password').fill(testPassword);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Search secrets' })).toHaveValue('wanted');
  expect(new URL(page.url()).searchParams.get('sort')).toBe('-createdAt');
});

test('a wanted address of another site is not gone to', async ({ as, stranger }) => {
  const { name } = await as('SECRET_MANAGEMENT_READ');
  for (const wanted of [
    'https://evil.example/',
    '//evil.example/',
    '/\\evil.example',
    'javascript:alert(1)',
  ]) {
    const page = await stranger();
    await page.goto('/');
    const signInUrl = new URL(page.url());
    // Whatever the parameter is called: every one of them is tried.
    for (const parameter of ['to', 'next', 'return', 'returnTo', 'redirect', 'from', 'wanted'])
      signInUrl.searchParams.set(parameter, wanted);
    await page.goto(signInUrl.href);
    await page.getByLabel('User name').fill(name);
    await page.getByLabel('Password').fill(testPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
    expect(new URL(page.url()).origin).toBe(stack().url);
  }
});

test('a wrong password is told in one sentence, and after five the page says how long to wait', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  await page.goto('/');
  await page.getByLabel('User name').fill(unique('guesser'));
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    await page.getByLabel('Password').fill(`guess number ${attempt}`);
    const answered = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    expect((await answered).status()).toBe(401);
    await expect(page.getByRole('alert')).toContainText('The user name or the password is wrong.');
    await expect(page.getByLabel('Password')).toHaveValue('');
  }
  await page.getByLabel('Password').fill('guess number 6');
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText(/try again (in \d+ seconds?|now)/);
  await expectAccessible(page);
});

test('signing out ends the session everywhere and leaves nothing in the browser but the theme', async ({
  as,
}) => {
  const { page, name, api } = await as('SECRET_MANAGEMENT');
  const scheme = (shown: 'light' | 'dark') =>
    expect(page.locator('html')).toHaveAttribute('data-scheme', shown);
  await page.goto('/secrets?q=before');
  await scheme('light');

  // It follows the system until one chooses; the choice outlives the page.
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  const choice = (title: string) => page.getByRole('menuitemradio', { name: title, exact: true });
  await expect(choice('Like the system')).toBeChecked();
  await choice('Dark').click();
  await scheme('dark');
  await page.goto('/secrets');
  await scheme('dark');
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await expect(choice('Dark')).toBeChecked();
  await page.emulateMedia({ colorScheme: 'dark' });
  await choice('Light').click();
  await scheme('light');
  await choice('Like the system').click();
  await scheme('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await scheme('light');
  await choice('Dark').click();

  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await scheme('dark');
  expect((await api.send('GET', '/session')).status).toBe(401);
  expect(await page.context().cookies()).toEqual([]);
  await page.goBack();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test("one's own password is changed in a dialog that explains what it refuses", async ({
  as,
  stranger,
}) => {
  const { page, name, api } = await as('SECRET_MANAGEMENT_READ');
  const newPassword = 'seven herons cross a river';
  await page.goto('/secrets');
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Change password' }).click();
  const dialog = page.getByRole('dialog', { name: 'Change password' });
  await expect(dialog).toBeVisible();
  await expectAccessible(page);
  await dialog.getByLabel('Current password').fill('not my password');
  await dialog.getByLabel('New password', { exact: true }).fill('too short');
  await dialog.getByLabel('Repeat the new password').fill('different');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('Use at least 15 characters.')).toBeVisible();
  await expect(dialog.getByText('The two new passwords differ.')).toBeVisible();

  await dialog.getByLabel('New password', { exact: true }).fill('passwordpassword');
  await dialog.getByLabel('Repeat the new password').fill('passwordpassword');
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('This is not your current password.')).toBeVisible();
  await dialog.getByLabel('Current password').fill(testPassword);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog.getByText('too easy to guess')).toBeVisible();

  await dialog.getByLabel('New password', { exact: true }).fill(newPassword);
  await dialog.getByLabel('Repeat the new password').fill(newPassword);
  await dialog.getByRole('button', { name: 'Change password' }).click();
  await expect(dialog).toBeHidden();
  // The API client shares the session of the page, which stays.
  expect((await api.send('GET', '/session')).status).toBe(200);
  const elsewhere = await stranger();
  await elsewhere.goto('/');
  await elsewhere.getByLabel('User name').fill(name);
  await elsewhere.getByLabel('Password').fill(newPassword);
  await elsewhere.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(elsewhere.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
});
