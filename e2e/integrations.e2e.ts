import { newCanary } from '@dropsafe/bff/testkit/canary';
import { selfSigned } from '@dropsafe/bff/testkit/certificate';
import { startUpstream, type Upstream } from '@dropsafe/bff/testkit/upstream';
import type { Locator, Page } from '@playwright/test';
import {
  expect,
  expectAccessibleWideAndNarrow,
  expectToast,
  phone,
  row,
  tabTo,
  test as base,
} from './fixtures.ts';
import { byKeyboard, confirm, press } from './keyboard.ts';

/** With a server that stands for GitHub. */
const test = base.extend<{ github: Upstream & { cert: string; url: string } }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
  github: async ({}, use) => {
    const tls = selfSigned();
    const upstream = await startUpstream({ tls });
    await use({ ...upstream, cert: tls.cert, url: `https://127.0.0.1:${upstream.port}` });
    await upstream.stop();
  },
});

/** Opens the table of integrations, showing those of this test only. */
async function open(page: Page, q: string): Promise<void> {
  await page.goto(`/integrations?q=${encodeURIComponent(q)}`);
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeVisible();
}

/** The line of a check in what a test came to. */
const check = (within: Page | Locator, title: string) =>
  within.getByRole('list', { name: 'Checks' }).getByRole('listitem').filter({ hasText: title });

const works = 'The connection works.';

test('an integration is made from a preset, with its secret; tested, it sends the value that the secret has now', async ({
  as,
  unique,
  github,
}) => {
  test.slow();
  const { page } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const [name, secret] = [unique('GitHub'), unique('GITHUB_TOKEN')];
  const [first, second] = [newCanary(), newCanary()];
  await open(page, name);
  await expect(page.getByText('No integration matches your search')).toBeVisible();

  // From the preset, to the server that stands for GitHub.
  await page.getByRole('button', { name: 'Create integration' }).click();
  const create = page.getByRole('dialog', { name: 'Create an integration' });
  await create.getByRole('button', { name: 'GitHub' }).click();
  await expect(create.getByRole('link', { name: 'its documentation' })).toHaveAttribute(
    'rel',
    'noreferrer',
  );
  await create.getByLabel('Name', { exact: true }).fill(name);
  await create.getByLabel('Base URL').fill(github.url);

  // What is missing is told once the field was left, and a mistake at once.
  const token = create.getByRole('textbox', { name: 'Token' });
  await token.click();
  await page.keyboard.press('Tab');
  await expect(create.getByRole('button', { name: 'Choose a secret for Token' })).toBeFocused();
  await expect(create.getByText('Fill this in.')).toHaveCount(0);
  await page.keyboard.press('Tab');
  await expect(create.getByText('Fill this in.')).toBeVisible();
  await create.getByRole('button', { name: 'Create integration' }).click();
  await expect(create.getByText('Fill this in.')).toBeVisible();
  await expect(token).toBeFocused();
  await page.keyboard.type(`{{ secret('${secret}') }}`);
  await expect(create.getByText('There is no secret of this name.')).toBeVisible();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Delete');
  await expectAccessibleWideAndNarrow(page);

  // The secret, from within its field: it is bound to where it will go.
  await create.getByRole('button', { name: 'Choose a secret for Token' }).click();
  const picker = page.getByRole('dialog', { name: 'Choose a secret' });
  await picker.getByText('Create a new secret here').click();
  const createSecret = page.getByRole('dialog', { name: 'Create a secret' });
  await expect(createSecret).toContainText(github.url);
  await createSecret.getByLabel('Name').fill(secret);
  await createSecret.getByLabel('Value', { exact: true }).fill(first);
  await createSecret.getByRole('button', { name: 'Create secret' }).click();
  await expect(token).toContainText(secret);

  // Its certificate is nobody's; then it is known.
  const connection = create.getByRole('region', { name: 'Connection' });
  await connection.getByRole('button', { name: 'Test connection' }).click();
  await expect(connection.getByRole('status')).toContainText('The connection does not work.');
  await expect(check(connection, 'Encryption (TLS)')).toContainText('Failed');
  await expect(check(connection, 'Answer')).toContainText('Skipped');
  expect(github.arrived).toEqual([]);
  await create.getByLabel('Certificate authority').fill(github.cert);
  await expect(connection.getByRole('status')).toContainText('has changed since');
  await connection.getByRole('button', { name: 'Test connection' }).click();
  await expect(connection.getByRole('status')).toContainText(works);
  await expect(check(connection, 'Authentication')).toContainText('Passed');
  expect(github.arrived).toEqual([
    expect.objectContaining({
      method: 'GET',
      url: '/rate_limit',
      headers: expect.objectContaining({
        authorization: `Bearer ${first}`,
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
      }),
    }),
  ]);
  await expectAccessibleWideAndNarrow(page);
  await create.getByRole('button', { name: 'Create integration' }).click();
  await expectToast(page, `Integration ${name} created`);
  await expect(row(page, name)).toContainText('HTTP API');
  await expect(row(page, name)).toContainText('Enabled');

  // The secret's page tells where it is used, and leads there.
  await page.goto(`/secrets/${secret}`);
  await expect(row(page, name)).toContainText('Token');
  await page.getByRole('link', { name }).click();
  await expect(page.getByRole('dialog', { name }).getByLabel('Base URL')).toHaveValue(github.url);
  await page.getByRole('dialog', { name }).getByRole('button', { name: 'Cancel' }).click();
  expect(new URL(page.url()).search).toBe('');

  // A new value: the next test carries it, whatever the other side makes of it.
  await page.goto(`/secrets/${secret}`);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  const update = page.getByRole('dialog', { name: `Update ${secret}` });
  await update.getByLabel('Value', { exact: true }).fill(second);
  await update.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Secret ${secret} updated`);
  await open(page, name);
  await page.getByRole('button', { name: `Test connection of ${name}` }).click();
  const saved = page.getByRole('dialog', { name: `Test the connection of ${name}` });
  github.answerWith(401);
  await saved.getByRole('button', { name: 'Test connection' }).click();
  await expect(saved.getByRole('status')).toContainText(
    'The connection does not work. Authentication: The host does not accept the credentials.',
  );
  expect(github.arrived.at(-1)?.headers.authorization).toBe(`Bearer ${second}`);
  await page.keyboard.press('Escape');

  // Deleting the secret is stopped, and explained.
  await page.goto(`/secrets/${secret}`);
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  const question = page.getByRole('alertdialog', { name: `Delete ${secret}?` });
  await expect(question).toContainText('1 integration will stop working');
  await expect(question).toContainText(`${name} (Token)`);
  await expect(question.getByRole('button', { name: 'Delete' })).toBeDisabled();
});

test('by keyboard alone: from the empty form to a passed test, a new value, and a secret that is not deleted by mistake', async ({
  as,
  unique,
  github,
}) => {
  test.slow();
  const { page } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const [name, secret, value] = [unique('Keys'), unique('BY_KEYS'), newCanary()];
  const { keyboard } = page;
  const typeInto = async (label: string, text: string) => {
    await tabTo(page, 'textbox', label);
    await keyboard.press('Control+a');
    await keyboard.insertText(text);
  };
  await open(page, name);
  await byKeyboard(page);
  await press(page, 'Create integration');
  // The first system has the focus.
  const gitHub = page.getByRole('button', { name: 'GitHub' });
  await expect(gitHub).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await keyboard.type('Of another system');
  await press(page, 'Choose another system');
  await confirm(page, 'Discard');
  await expect(gitHub).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByLabel('Name', { exact: true })).toBeFocused();
  await typeInto('Name', name);
  await typeInto('Base URL', github.url);

  await press(page, 'Choose a secret for Token');
  const picker = page.getByRole('dialog', { name: 'Choose a secret' });
  await expect(picker.getByRole('combobox')).toBeFocused();
  await keyboard.type(secret);
  await expect(picker.getByRole('status')).toHaveText('No secret matches.');
  await keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Create a secret' })).toBeVisible();
  await typeInto('Name', secret);
  await typeInto('Value', value);
  await press(page, 'Create secret');
  const token = page.getByRole('textbox', { name: 'Token' });
  await expect(token).toContainText(secret);
  await expect(token).toBeFocused();

  // A header more, a header less: the focus goes where one goes on.
  await press(page, 'Add header');
  await expect(page.getByLabel('Name of header 3')).toBeFocused();
  await keyboard.type('X-Trace');
  await keyboard.press('Tab');
  await keyboard.type('on');
  await press(page, 'Add header');
  await press(page, 'Remove header 4');
  await expect(page.getByLabel('Name of header 3')).toBeFocused();
  await expect(page.getByLabel('Name of header 3')).toHaveValue('X-Trace');

  await typeInto('Certificate authority', github.cert);
  await press(page, 'Test connection');
  await expect(page.getByRole('status').getByText(works)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Test connection' })).toBeFocused();
  expect(github.arrived.at(-1)?.headers).toMatchObject({
    authorization: `Bearer ${value}`,
    'x-trace': 'on',
  });
  await press(page, 'Create integration');
  await expectToast(page, `Integration ${name} created`);

  // Nothing typed is lost by Escape unasked.
  await press(page, `Edit ${name}`);
  const edit = page.getByRole('dialog', { name });
  await expect(edit.getByLabel('Base URL')).toHaveValue(github.url);
  await typeInto('Description', 'Typed');
  await keyboard.press('Escape');
  await expect(page.getByRole('alertdialog')).toContainText('Discard what you typed?');
  await keyboard.press('Escape');
  await keyboard.press('Enter');
  await expectToast(page, `Integration ${name} changed`);
  await expect(row(page, name)).toContainText('Typed');

  // On a phone the choice of a secret is a dialog over the form.
  const size = page.viewportSize() ?? phone;
  await page.setViewportSize(phone);
  await press(page, `Edit ${name}`);
  await press(page, 'Choose a secret for Token');
  await expect(picker.getByRole('heading')).toBeVisible();
  await press(page, 'Close');
  await expect(picker).toHaveCount(0);
  await press(page, 'Cancel');
  await page.setViewportSize(size);

  // Tested as it is saved, copied, switched off; and the copy deleted.
  await press(page, `Test connection of ${name}`);
  await expect(page.getByRole('button', { name: 'Test connection' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByRole('dialog').getByRole('status')).toContainText(works);
  await press(page, 'Close');
  await press(page, `Copy ${name}`);
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await keyboard.press('Enter');
  await expectToast(page, `Integration ${name} copy created`);
  await press(page, `Disable ${name} copy`);
  await confirm(page, 'Disable');
  await expectToast(page, `Integration ${name} copy disabled`);
  await press(page, `Delete ${name} copy`);
  await confirm(page, 'Delete');
  await expectToast(page, `Integration ${name} copy deleted`);
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeFocused();

  // Where the secret is used, on its page.
  const openSecret = async () => {
    await tabTo(page, 'link', 'Secrets');
    await keyboard.press('Enter');
    await tabTo(page, 'searchbox', 'Search secrets');
    await keyboard.insertText(secret);
    await keyboard.press('Enter');
    await expect(row(page, secret)).toBeVisible();
    await tabTo(page, 'link', secret);
    await keyboard.press('Enter');
    await expect(row(page, name)).toContainText('Token');
  };
  await openSecret();

  // A new value: the next test carries it.
  const next = newCanary();
  await press(page, 'Edit');
  await expect(page.getByRole('textbox', { name: 'Value' })).toBeFocused();
  await keyboard.insertText(next);
  await press(page, 'Save changes');
  await expectToast(page, `Secret ${secret} updated`);
  await tabTo(page, 'link', name);
  await keyboard.press('Enter');
  await expect(edit.getByLabel('Base URL')).toHaveValue(github.url);
  await press(page, 'Test connection');
  await expect(page.getByRole('status').getByText(works)).toBeVisible();
  expect(github.arrived.at(-1)?.headers.authorization).toBe(`Bearer ${next}`);
  await keyboard.press('Escape');
  await expect(edit).toHaveCount(0);

  // Deleting the secret is stopped, and explained.
  await openSecret();
  await press(page, 'Delete');
  const question = page.getByRole('alertdialog', { name: `Delete ${secret}?` });
  await expect(question).toContainText(`${name} (Token)`);
  await expect(question.getByRole('button', { name: 'Delete' })).toBeDisabled();
  await keyboard.press('Escape');
  await expect(row(page, name)).toContainText('Token');
});

test('who may not see secrets changes what says nothing about them; who may only use integrations finds and tests them', async ({
  as,
  unique,
  github,
}) => {
  const admin = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const [name, secret] = [unique('Shared'), unique('OF_OTHERS')];
  await admin.api.send('POST', '/secrets', {
    name: secret,
    value: newCanary(),
    destinations: [github.url],
  });
  const fields = {
    baseUrl: github.url,
    auth: 'bearer',
    token: `{{ secret('${secret}') }}`,
    caCertificate: github.cert,
  };
  const { json: made } = await admin.api.send('POST', '/integrations', {
    name,
    type: 'http',
    fields,
  });

  // Another address would be another use of a secret of others: refused at its field. What was there may stay.
  const { page } = await as('INTEGRATION_MANAGEMENT');
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeVisible();
  await page.goto(`/integrations?q=${name}&edit=${made.id}`);
  const edit = page.getByRole('dialog', { name });
  await edit.getByLabel('Base URL').fill('https://elsewhere.example');
  await expect(edit.getByText('Only somebody who may see secrets can use one.')).toBeVisible();
  await edit.getByLabel('Base URL').fill(github.url);
  await expect(edit.getByText('Only somebody who may see secrets can use one.')).toHaveCount(0);
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(edit.getByRole('status').getByText('Nothing has changed.')).toBeVisible();

  // Somebody else was quicker: their change is shown, and ours goes on top of it.
  await admin.api.send('PATCH', `/integrations/${made.id}`, { description: 'Theirs' });
  await edit.getByRole('button', { name: 'Add header' }).click();
  await edit.getByLabel('Name of header 1').fill('X-Ours');
  await edit.getByRole('textbox', { name: 'Value of header 1' }).fill('yes');
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(edit.getByText('This integration was changed meanwhile')).toBeVisible();
  await expect(edit.getByRole('listitem').getByText('Description')).toBeVisible();
  await edit.getByRole('button', { name: 'Continue on the new version' }).click();
  await expect(edit.getByLabel('Description')).toHaveValue('Theirs');
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Integration ${name} changed`);
  expect((await admin.api.send('GET', `/integrations/${made.id}`)).json).toMatchObject({
    description: 'Theirs',
    fields: { ...fields, headers: [{ name: 'X-Ours', value: 'yes' }] },
  });

  // A copy would be a new use; disabling is none.
  await page.getByRole('button', { name: `Copy ${name}` }).click();
  await page.getByRole('button', { name: 'Create copy' }).click();
  await expect(page.getByRole('alert')).toContainText('Token: Only somebody who may see secrets');
  await page.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: `Disable ${name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click();
  await expectToast(page, `Integration ${name} disabled`);
  await expect(row(page, name)).toContainText('Disabled');
  await page.getByRole('button', { name: `Enable ${name}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Enable' }).click();
  await expect(row(page, name)).toContainText('Enabled');

  // Use alone: the list and the test, and a reason for the rest.
  const user = await as('INTEGRATION_USE');
  await user.page.goto(`/integrations?q=${name}&edit=${made.id}`);
  await expect(row(user.page, name)).toBeVisible();
  await expect(user.page.getByRole('dialog')).toHaveCount(0);
  for (const action of ['Edit', 'Copy', 'Disable', 'Delete'])
    await expect(user.page.getByRole('button', { name: `${action} ${name}` })).toBeDisabled();
  await user.page.getByRole('button', { name: `Test connection of ${name}` }).click();
  await user.page.getByRole('dialog').getByRole('button', { name: 'Test connection' }).click();
  await expect(user.page.getByRole('dialog').getByRole('status')).toContainText(works);
  expect(github.arrived).toHaveLength(1);
  await user.page.getByRole('button', { name: 'Close' }).last().click();

  // Gone for good, but for the secret.
  await page.getByRole('button', { name: `Delete ${name}` }).click();
  await expect(page.getByRole('alertdialog', { name: `Delete ${name}?` })).toContainText(
    `It uses ${secret}. Secrets stay.`,
  );
  await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click();
  await expectToast(page, `Integration ${name} deleted`);
  await expect(page.getByRole('heading', { name: 'Integrations', level: 1 })).toBeFocused();
});
