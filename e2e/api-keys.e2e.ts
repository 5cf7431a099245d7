import { newCanary } from '@dropsafe/bff/testkit/canary';
import { createProgram } from '@dropsafe/bff/testkit/client';
import { createUser, testPassword } from '@dropsafe/bff/testkit/node';
import type { Page } from '@playwright/test';
import {
  actionsIn,
  expect,
  expectAccessibleWideAndNarrow,
  expectToast,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

/** Creates a key in the browser; answers the token that is shown, with its dialog still open. */
async function createKey(page: Page, name: string, permission: string): Promise<string> {
  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API key' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('checkbox', { name: permission, exact: true }).check();
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  const created = page.getByRole('dialog', { name: `API key ${name} created` });
  return created.getByLabel('API key', { exact: true }).inputValue();
}

test('a key is created in the browser, used by a program, changed, and revoked: its next request is refused', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT', 'AUDIT_READ');
  const name = unique('import');
  await page.goto('/');
  await page.getByRole('link', { name: 'API keys' }).click();
  const token = await createKey(page, name, 'SECRET_MANAGEMENT_CREATE');
  const dialog = page.getByRole('dialog', { name: `API key ${name} created` });
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy' }).click();
  await expect(dialog.getByText('Copied.')).toBeVisible();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(token);
  // Neither a key by habit nor a click beside it throws the token away.
  await page.keyboard.press('Escape');
  await page.mouse.click(5, 5);
  await expect(dialog).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(dialog).toBeHidden();

  const program = createProgram(stack().url, token);
  const secret = { name: unique('BY_PROGRAM'), value: newCanary() };
  expect((await program.send('POST', '/secrets', secret)).status).toBe(201);
  expect((await program.send('DELETE', `/secrets/${secret.name}`)).status).toBe(403);

  // Its permissions are changed while it is in use, but not over what somebody else has changed meanwhile.
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const form = page.getByRole('dialog', { name: `Edit ${name}` });
  const sum = form.getByRole('region', { name: 'What this adds up to' });
  await expect(sum.getByRole('listitem')).toHaveText(['SECRET_MANAGEMENT_CREATE granted directly']);
  const { items } = (await api.send('GET', `/api-keys?q=${name}`)).json;
  const renamed = await api.send('PATCH', `/api-keys/${items[0].id}`, { name: `${name}.2` });
  expect(renamed.status).toBe(200);
  await form.getByRole('checkbox', { name: 'SECRET_MANAGEMENT_DELETE' }).check();
  await form.getByRole('button', { name: 'Save changes' }).click();
  await expect(form.getByText('Somebody else changed this API key meanwhile.')).toBeVisible();
  expect((await program.send('DELETE', `/secrets/${secret.name}`)).status).toBe(403);
  await form.getByRole('button', { name: 'Load again' }).click();
  const again = page.getByRole('dialog', { name: `Edit ${name}.2` });
  await again.getByRole('checkbox', { name: 'SECRET_MANAGEMENT_DELETE' }).check();
  await again.getByLabel('Name').fill(name);
  await again.getByLabel('Expires after').selectOption('1 year');
  await again.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `API key ${name} changed`);
  await expect(row(page, name)).toContainText('SECRET_MANAGEMENT_DELETE');
  expect((await program.send('DELETE', `/secrets/${secret.name}`)).status).toBe(204);

  await page.reload();
  await expect(row(page, name)).toContainText(`…${token.slice(-4)}`);
  await expect(row(page, name)).toContainText('in 1 year');
  await expect(row(page, name)).toContainText('just now');
  expect(await page.content()).not.toContain(token);
  expect(JSON.stringify(await page.context().storageState({ indexedDB: true }))).not.toContain(
    token,
  );

  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  const question = page.getByRole('alertdialog', { name: `Revoke ${name}?` });
  await expect(question).toContainText('It was last used');
  await question.getByRole('button', { name: 'Revoke' }).click();
  await expectToast(page, `API key ${name} revoked`);
  await expect(row(page, name)).toHaveCount(0);
  expect((await program.send('GET', '/secrets')).status).toBe(401);

  // Every step is in the trail.
  expect(await actionsIn(api, { subject: name })).toEqual([
    'api-key.created',
    'api-key.expiry-set',
    'api-key.renamed',
    'api-key.renamed',
    'api-key.permissions-given',
    'api-key.expiry-set',
    'api-key.revoked',
    'api-key.revoked-used',
  ]);
  expect(await actionsIn(api, { principal: items[0].id })).toEqual([
    'secret.created',
    'permission.denied',
    'secret.deleted',
    'api-key.revoked-used',
  ]);
});

test('the form of a key explains what it refuses, at the fields', async ({ as, unique }) => {
  const { page } = await as('ACCESS_MANAGEMENT');
  const name = unique('taken');
  await page.goto('/api-keys');
  await createKey(page, name, 'SECRET_MANAGEMENT_READ');
  await page.getByRole('button', { name: 'Done' }).click();

  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API key' });
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  await expect(dialog.getByText('Enter a name for the API key.')).toBeVisible();
  await expect(dialog.getByText('Choose at least one permission, or a team.')).toBeVisible();
  await dialog.getByLabel('Name').fill(name.toUpperCase());
  await dialog.getByRole('checkbox').first().check();
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  await expect(dialog.getByText('There is already an API key of this name.')).toBeVisible();
  await expect(dialog.getByLabel('Name')).toBeFocused();
});

test('without ACCESS_MANAGEMENT there are no keys and no sessions of others to see', async ({
  as,
}) => {
  const { page } = await as('SECRET_MANAGEMENT');
  await page.goto('/api-keys');
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
  await expect(page.getByRole('link', { name: 'API keys' })).toHaveCount(0);
  await page.goto('/sessions/everybody');
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible();
  await expect(page.getByRole('table', { name: 'Your sessions' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Whose sessions' })).toHaveCount(0);
});

/** Signs somebody in at a browser of their own. */
async function signIn(page: Page, name: string): Promise<void> {
  await page.goto('/sessions');
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password').fill(testPassword);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Sessions', level: 1 })).toBeVisible();
}

test("one's session at another browser is ended from the page of sessions", async ({
  stranger,
  unique,
}) => {
  const name = unique('roamer');
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, name, ['SECRET_MANAGEMENT_READ']);
  const [here, there, third] = [await stranger(), await stranger(), await stranger()];
  for (const page of [there, third, here]) await signIn(page, name);
  const table = here.getByRole('table', { name: 'Your sessions' });
  await expect(table.getByRole('row')).toHaveCount(4);
  const current = table.getByRole('row').filter({ hasText: 'This session' });
  await expect(current).toHaveCount(1);
  await expect(current).toContainText(/Chrome on \w+/);
  await expect(current).toContainText('by password');
  await expect(current.getByRole('button')).toHaveCount(0);

  await table
    .getByRole('button', { name: /^End session/ })
    .last()
    .click();
  await here.getByRole('alertdialog').getByRole('button', { name: 'End session' }).click();
  await expectToast(here, 'Session ended');
  await expect(table.getByRole('row')).toHaveCount(3);
  await there.goto('/secrets');
  await expect(there.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();

  await here.getByRole('button', { name: 'End all others' }).click();
  await here.getByRole('alertdialog').getByRole('button', { name: 'End all others' }).click();
  await expectToast(here, 'All other sessions ended');
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(here.getByRole('button', { name: 'End all others' })).toBeDisabled();
  await third.goto('/secrets');
  await expect(third.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test("somebody else's session is found by the name and ended by who manages access", async ({
  as,
}) => {
  const suspect = await as('SECRET_MANAGEMENT');
  const { page, name } = await as('ACCESS_MANAGEMENT');
  await page.goto('/');
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Sessions' }).click();
  await page.getByRole('link', { name: 'Everybody’s' }).click();
  await page.getByRole('searchbox', { name: 'Search sessions' }).fill(suspect.name);
  await expect(page.getByRole('rowheader')).toHaveText([suspect.name]);
  await page.getByRole('button', { name: `End session of ${suspect.name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'End session' }).click();
  await expectToast(page, 'Session ended');
  await expect(
    page.getByRole('heading', { name: 'Nobody of that name is signed in' }),
  ).toBeVisible();
  expect((await suspect.api.send('GET', '/session')).status).toBe(401);
});

test('axe finds nothing on the pages of keys and sessions, and nothing scrolls sideways, wide and narrow', async ({
  as,
  unique,
}) => {
  const { page } = await as('ACCESS_MANAGEMENT', 'SECRET_MANAGEMENT');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const name = unique('axe');
  await page.goto('/api-keys?q=nothing-like-it');
  await expect(page.getByRole('heading', { name: 'No API key matches' })).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.goto('/api-keys');
  await page.getByRole('button', { name: 'Create API key' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByText('Choose at least one permission, or a team.')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await createKey(page, name, 'SECRET_MANAGEMENT');
  await expectAccessibleWideAndNarrow(page);
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('button', { name: `Revoke ${name}` })).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  await expect(page.getByRole('dialog').getByLabel('Expires after')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: `Revoke ${name}` }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.goto('/sessions');
  await expect(page.getByText('This session')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.goto('/sessions/everybody?limit=10');
  await page
    .getByRole('button', { name: /^End session/ })
    .first()
    .click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
});
