import { newCanary, sweep } from '@dropsafe/bff/testkit/canary';
import { testPassword } from '@dropsafe/bff/testkit/node';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectToast, openSecrets, row, test } from './fixtures.ts';

const api1 = 'https://api.example.com';
const api2 = 'https://other.example.com';

/** Opens the create form. */
async function openCreate(page: Page) {
  await page.getByRole('button', { name: 'Create secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a secret' });
  await expect(dialog).toBeVisible();
  return dialog;
}

async function openUpdate(page: Page, name: string) {
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const dialog = page.getByRole('dialog', { name: `Update ${name}` });
  await expect(dialog.getByLabel('Description')).toBeVisible();
  return dialog;
}

test('a secret is created, found, updated and deleted', async ({ as, unique }) => {
  const { page, name: user } = await as('SECRET_MANAGEMENT');
  const name = unique('LIFE');
  await openSecrets(page, name);
  await expect(page.getByRole('heading', { name: 'No secret matches your search' })).toBeVisible();

  const create = await openCreate(page);
  await create.getByLabel('Name').fill(name);
  await create.getByLabel('Value', { exact: true }).fill(newCanary());
  await create.getByLabel('Description').fill('For the build');
  await create.getByLabel('Destinations').fill('HTTPS://Api.Example.com:443/');
  await create.getByRole('button', { name: 'Create secret' }).click();
  await expectToast(page, `Secret ${name} created`);
  await expect(row(page, name)).toContainText('For the build');
  await expect(row(page, name)).toContainText(api1);
  await expect(
    row(page, name).getByRole('time').or(row(page, name).locator('time')).first(),
  ).toHaveAttribute('title', new RegExp(user));

  const update = await openUpdate(page, name);
  await expect(update.getByLabel('Value', { exact: true })).toHaveValue('');
  await update.getByLabel('Description').fill('For the release');
  await update.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Secret ${name} updated`);
  await expect(row(page, name)).toContainText('For the release');

  await page.getByRole('button', { name: `Delete ${name}` }).click();
  const question = page.getByRole('alertdialog', { name: `Delete ${name}?` });
  await expect(question).toContainText('It cannot be restored.');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(row(page, name)).toBeVisible();
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await question.getByRole('button', { name: 'Delete' }).click();
  await expectToast(page, `Secret ${name} deleted`);
  await expect(row(page, name)).toHaveCount(0);
});

test('an update sends only what changed: an empty value is not sent, and nothing changed is said', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('ONLY');
  await api.send('POST', '/secrets', {
    name,
    value: newCanary(),
    description: 'old',
    destinations: [api1],
  });
  await openSecrets(page, name);
  const dialog = await openUpdate(page, name);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(dialog.getByText('Nothing has changed.')).toBeVisible();
  expect((await api.send('GET', `/secrets/${name}`)).json.version).toBe(1);

  await dialog.getByLabel('Description').fill('new');
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  expect((await sent).postDataJSON()).toEqual({ description: 'new' });
  await expectToast(page, `Secret ${name} updated`);

  const value = newCanary();
  const again = await openUpdate(page, name);
  await again.getByLabel('Value', { exact: true }).fill(value);
  const sentAgain = page.waitForRequest((request) => request.method() === 'PATCH');
  await again.getByRole('button', { name: 'Save changes' }).click();
  expect((await sentAgain).postDataJSON()).toEqual({ value });
});

test('what is wrong is told at its field, from the form and from the server alike', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('TAKEN');
  await api.send('POST', '/secrets', { name, value: newCanary() });
  await openSecrets(page, name);
  const dialog = await openCreate(page);
  await dialog.getByLabel('Name').fill('no blanks allowed');
  await dialog.getByLabel('Destinations').fill('api.example.com');
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription(/letters, digits/i);
  await expect(dialog.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true');
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveAccessibleDescription(
    /Enter a value/,
  );
  await expect(dialog.getByLabel('Destinations')).toHaveAccessibleDescription(/Start with https/);

  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
  await dialog.getByLabel('Destinations').fill(api1);
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription(
    /already a secret of this name/,
  );
  await expect(dialog.getByLabel('Value', { exact: true })).not.toHaveValue('');
});

test('destinations can be narrowed; more of them ask for the value again', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('BOUND');
  await api.send('POST', '/secrets', { name, value: newCanary(), destinations: [api1, api2] });
  await openSecrets(page, name);
  const dialog = await openUpdate(page, name);
  await dialog.getByRole('button', { name: `Remove ${api2}` }).click();
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Secret ${name} updated`);
  expect((await api.send('GET', `/secrets/${name}`)).json.destinations).toEqual([api1]);

  const again = await openUpdate(page, name);
  await again.getByLabel('Destinations').fill(api2);
  await again.getByRole('button', { name: 'Save changes' }).click();
  await expect(again.getByLabel('Destinations')).toHaveAccessibleDescription(
    /may not be sent to further destinations/,
  );
  await again.getByLabel('Value', { exact: true }).fill(newCanary());
  await again.getByRole('button', { name: 'Save changes' }).click();
  await expect(again).toBeHidden();
  expect((await api.send('GET', `/secrets/${name}`)).json.destinations).toEqual([api1, api2]);
});

test("somebody else's change is shown and not overwritten; one goes on upon it with nothing lost", async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const other = await as('SECRET_MANAGEMENT');
  const name = unique('CONTESTED');
  await api.send('POST', '/secrets', {
    name,
    value: newCanary(),
    description: 'old',
    destinations: [api1, api2],
  });
  await openSecrets(page, name);
  const dialog = await openUpdate(page, name);
  const value = newCanary();
  await dialog.getByLabel('Value', { exact: true }).fill(value);
  await dialog.getByLabel('Description').fill('mine');
  await other.api.send('PATCH', `/secrets/${name}`, {
    description: 'theirs',
    destinations: [api1],
  });
  await dialog.getByRole('button', { name: 'Save changes' }).click();

  await expect(dialog.getByText('This secret was changed meanwhile')).toBeVisible();
  await expect(dialog).toContainText(other.name);
  await expect(dialog).toContainText('theirs');
  expect((await api.send('GET', `/secrets/${name}`)).json).toMatchObject({
    description: 'theirs',
    version: 2,
  });
  await dialog.getByRole('button', { name: 'Continue on the new version' }).click();
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveValue(value);
  await expect(dialog.getByLabel('Description')).toHaveValue('mine');
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Secret ${name} updated`);
  expect((await api.send('GET', `/secrets/${name}`)).json).toMatchObject({
    description: 'mine',
    destinations: [api1],
    version: 3,
  });
});

test('a secret that changed while its deletion was asked about is not deleted unseen', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('SPARED');
  await api.send('POST', '/secrets', { name, value: newCanary() });
  await openSecrets(page, name);
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  const question = page.getByRole('alertdialog');
  await expect(question.getByRole('button', { name: 'Delete' })).toBeEnabled();
  await api.send('PATCH', `/secrets/${name}`, { description: 'still needed' });
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(question).toContainText('Nothing was deleted.');
  expect((await api.send('GET', `/secrets/${name}`)).status).toBe(200);
  await question.getByRole('button', { name: 'Delete' }).click();
  await expectToast(page, `Secret ${name} deleted`);
});

test('a session that ends in the middle of an edit loses nothing: one signs in over the form and saves, and the value goes nowhere else', async ({
  as,
  unique,
}) => {
  const { page, api, name: user } = await as('SECRET_MANAGEMENT');
  const name = unique('EXPIRED');
  await openSecrets(page, name);
  const [value, next] = [newCanary(3), newCanary()];
  const carriers: string[] = [];
  page.on('request', (request) => {
    const { pathname } = new URL(request.url());
    if (sweep('request', `${request.url()} ${request.postData()}`).length > 0)
      carriers.push(`${request.method()} ${pathname}`);
  });
  const signIn = page.getByRole('dialog', { name: 'You have been signed out' });
  const signInAgain = async () => {
    await signIn.getByLabel('Password').fill(testPassword);
    await signIn.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(signIn).toHaveCount(0);
  };

  const dialog = await openCreate(page);
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Value', { exact: true }).fill(value);
  await dialog.getByLabel('Description').fill('typed before the end');
  await api.send('DELETE', '/session');
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(signIn).toBeVisible();
  await expectAccessible(page);
  await signInAgain();
  await expect(dialog.getByLabel('Name')).toHaveValue(name);
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveValue(value);
  const sent = page.waitForRequest(
    (request) => request.method() === 'POST' && request.url().endsWith('/secrets'),
  );
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  expect((await sent).postDataJSON()).toMatchObject({
    name,
    value,
    description: 'typed before the end',
  });
  await expectToast(page, `Secret ${name} created`);
  await expect(row(page, name).locator('time').first()).toHaveAttribute('title', new RegExp(user));

  const update = await openUpdate(page, name);
  await update.getByLabel('Value', { exact: true }).fill(next);
  await update.getByLabel('Description').fill('typed once more');
  await page.context().clearCookies();
  await update.getByRole('button', { name: 'Save changes' }).click();
  await signInAgain();
  await expect(update.getByLabel('Value', { exact: true })).toHaveValue(next);
  await expect(update.getByLabel('Description')).toHaveValue('typed once more');
  const sentNext = page.waitForRequest((request) => request.method() === 'PATCH');
  await update.getByRole('button', { name: 'Save changes' }).click();
  expect((await sentNext).postDataJSON()).toEqual({ value: next, description: 'typed once more' });
  await expectToast(page, `Secret ${name} updated`);
  await expect(row(page, name)).toContainText('typed once more');

  // Each was sent twice, the first time in vain.
  const [creating, updating] = ['POST /api/v1/secrets', `PATCH /api/v1/secrets/${name}`];
  expect(carriers).toEqual([creating, creating, updating, updating]);
});

test('somebody else who signs in over an open form does not get what was typed', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const other = await as('SECRET_MANAGEMENT');
  const name = unique('NOT_HANDED_ON');
  await openSecrets(page, name);
  const dialog = await openCreate(page);
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
  await api.send('DELETE', '/session');
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  const signIn = page.getByRole('dialog').filter({ has: page.getByLabel('Password') });
  await signIn.getByLabel('User name').fill(other.name);
  await signIn.getByLabel('Password').fill(testPassword);
  await signIn.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('button', { name: `Account of ${other.name}` })).toBeVisible();
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await expect(page.getByText(/discarded/i)).toBeVisible();
  expect((await other.api.send('GET', `/secrets/${name}`)).status).toBe(404);
});

test('closing a form asks before anything typed is discarded, and then it is gone', async ({
  as,
  unique,
}) => {
  const { page } = await as('SECRET_MANAGEMENT');
  await openSecrets(page, unique('DISCARDED'));
  const dialog = await openCreate(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  await openCreate(page);
  await dialog.getByLabel('Value', { exact: true }).fill(newCanary());
  await page.keyboard.press('Escape');
  const question = page.getByRole('alertdialog', { name: 'Discard what you typed?' });
  await question.getByRole('button', { name: 'Keep editing' }).click();
  await expect(dialog.getByLabel('Value', { exact: true })).not.toHaveValue('');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await question.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();
  await openCreate(page);
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveValue('');
});

test('search, order, page size and columns stand in the address and survive a reload', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const tag = unique('paged');
  for (let n = 10; n < 40; n += 1)
    await api.send('POST', '/secrets', {
      name: `${tag}_${n}`,
      value: newCanary(),
      description: n === 20 ? '100% literal_' : null,
    });
  await openSecrets(page);
  await page.getByRole('searchbox', { name: 'Search secrets' }).fill(tag.toLowerCase());
  await expect(page.getByText('30 secrets')).toBeVisible();
  await page.getByLabel('Page size').selectOption('25');
  await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
  await expect(page.getByRole('columnheader', { name: 'Name' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  await expect(page.getByRole('rowheader')).toHaveCount(25);
  await expect(page.getByRole('rowheader').first()).toHaveText(`${tag}_39`);
  await page.getByRole('button', { name: 'Columns' }).click();
  await page.getByRole('menuitemcheckbox', { name: 'Last used' }).click();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('columnheader', { name: 'Last used' })).toHaveCount(0);

  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('rowheader')).toHaveCount(5);
  await page.reload();
  await expect(page.getByRole('rowheader').first()).toHaveText(`${tag}_14`);
  await expect(page.getByRole('columnheader', { name: 'Last used' })).toHaveCount(0);
  await page.getByRole('button', { name: 'Previous' }).click();
  await expect(page.getByRole('rowheader').first()).toHaveText(`${tag}_39`);
  await page.goForward().catch(() => undefined);

  await page.getByRole('searchbox', { name: 'Search secrets' }).fill('0% literal_');
  await expect(page.getByRole('rowheader')).toHaveCount(1);
  await page.getByRole('searchbox', { name: 'Search secrets' }).fill(`${tag} nothing`);
  await page.getByRole('button', { name: 'Clear the search' }).click();
  await expect(page.getByRole('searchbox', { name: 'Search secrets' })).toHaveValue('');
});

test('while rows are on their way the table says so; refresh shows what others did meanwhile', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('MEANWHILE');
  await api.send('POST', '/secrets', { name, value: newCanary() });
  // Held until there was a look at it.
  let goOn = () => {};
  await page.route('**/api/v1/secrets?*', async (route) => {
    await new Promise<void>((resolve) => (goOn = resolve));
    await route.continue();
  });
  const table = page.getByRole('table', { name: 'Secrets' });
  const loading = page.getByRole('progressbar', { name: 'Loading' });
  await openSecrets(page, name);
  await expect(loading).toBeVisible();
  await expect(table.getByRole('columnheader', { name: 'Name' })).toBeVisible();
  await expect(table.getByRole('rowheader')).toHaveCount(0);
  goOn();
  await expect(row(page, name)).toBeVisible();
  await expect(loading).toHaveCount(0);

  await api.send('PATCH', `/secrets/${name}`, { description: 'changed elsewhere' });
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(loading).toBeVisible();
  await expect(row(page, name)).toBeVisible();
  goOn();
  await expect(row(page, name)).toContainText('changed elsewhere');
  await expect(loading).toHaveCount(0);
});

test('a failure is shown with its request id and a way to try again', async ({ as }) => {
  const { page } = await as('SECRET_MANAGEMENT');
  await page.goto('/secrets?cursor=made-up');
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(/[0-9a-f]{8}-[0-9a-f]{4}-/);
  await alert.getByRole('button', { name: 'Go to the first page' }).click();
  await expect(alert).toBeHidden();
});
