import { newCanary } from '@dropsafe/bff/testkit/canary';
import type { Client } from '@dropsafe/bff/testkit/client';
import { countUses } from '@dropsafe/bff/testkit/node';
import {
  expect,
  expectAccessibleWideAndNarrow,
  expectToast,
  openSecrets,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

const api1 = 'https://api.example.com';
const api2 = 'https://other.example.com';

/** A secret that may go to both. */
function createSecret(api: Client, name: string) {
  return api.send('POST', '/secrets', { name, value: newCanary(), destinations: [api1, api2] });
}

/** An integration that sends the secret to `baseUrl`; answers its id. */
async function createIntegration(api: Client, name: string, baseUrl: string, secret: string) {
  const expression = `{{ secret('${secret}') }}`;
  const fields = {
    baseUrl,
    auth: 'bearer',
    token: expression,
    headers: [{ name: 'X-Again', value: expression }],
  };
  const { json } = await api.send('POST', '/integrations', { name, type: 'http', fields });
  return json.id as string;
}

test('a secret has a page that tells where it is used and how often; it goes only when its name was typed', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const [name, first, second] = [unique('IN_USE'), unique('First'), unique('Second')];
  const expression = `{{ secret('${name}') }}`;
  await createSecret(api, name);
  const id = await createIntegration(api, first, api1, name);
  await createIntegration(api, second, api2, name);

  // From the table, which copies the expression as well.
  await openSecrets(page, name);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: `Copy expression of ${name}` }).click();
  await expectToast(page, `Copied ${expression}`);
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(expression);
  const loadedAt = await page.evaluate(() => performance.timeOrigin);
  await row(page, name).getByRole('link', { name }).click();
  await expect(page.getByRole('heading', { name, level: 1 })).toBeVisible();
  expect(await page.evaluate(() => performance.timeOrigin)).toBe(loadedAt);

  // Not used so far; then it is, and one who comes back to the page sees it.
  await expect(page.getByText('Not used in the last 30 days.')).toBeVisible();
  await expect(row(page, first)).toContainText('Token, Further headers');
  await expect(row(page, first)).toContainText('Never');
  await expect(page.getByRole('link', { name: first })).toHaveAttribute(
    'href',
    `/integrations?edit=${id}`,
  );
  await expect(page.getByText('2 integrations')).toBeVisible();
  await countUses({ DROPSAFE_DATA_DIR: stack().dataDir }, name, id, [true, false, true]);
  await page.reload();
  await expect(page.getByText('3 uses on 1 day, 1 failed.')).toBeVisible();
  await expect(page.getByRole('table', { name: 'Uses by day, in UTC' })).toContainText('31');
  await expect(row(page, first)).toContainText('just now');
  await expect(row(page, second)).toContainText('Never');
  await expectAccessibleWideAndNarrow(page);

  // Over plain HTTP browsers have no clipboard: it can be copied by hand.
  await page.evaluate(() => Object.defineProperty(navigator, 'clipboard', { value: undefined }));
  await page.getByRole('button', { name: 'Copy expression' }).click();
  await expectToast(page, `Copy it by hand: ${expression}`);
  await page.getByRole('button', { name: 'Dismiss' }).click();

  await page.getByRole('button', { name: 'Delete' }).click();
  const question = page.getByRole('alertdialog', { name: `Delete ${name}?` });
  await expect(question).toContainText('2 integrations will stop working');
  await expect(question.getByRole('listitem')).toHaveText([
    `${first} (Token, Further headers)`,
    `${second} (Token, Further headers)`,
  ]);
  const typed = question.getByRole('textbox', { name: `Type ${name} to delete it all the same` });
  await typed.fill(name.toLowerCase());
  const confirm = question.getByRole('button', { name: 'Delete' });
  await expect(confirm).toBeDisabled();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Tab');
  await expect(confirm).toBeFocused();
  await expect(page.getByRole('tooltip')).toContainText(`First type ${name}`);
  await page.keyboard.press('Enter');
  await typed.press('Enter');
  expect((await api.send('GET', `/secrets/${name}`)).status).toBe(200);
  await typed.fill(name);
  await expect(confirm).toBeEnabled();
  await expectAccessibleWideAndNarrow(page);
  await typed.press('Enter');
  await expectToast(page, `Secret ${name} deleted`);
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();

  await page.goto(`/secrets/${name}`);
  await expect(
    page.getByRole('heading', { name: 'There is no secret of this name' }),
  ).toBeVisible();
  await page.getByRole('link', { name: 'Show all secrets' }).click();
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
});

test('narrowing a secret in use is stopped and explained, with nothing lost; so is deleting one that is in use since a moment', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  // She may list integrations; whose page it is, may not.
  const { api: hers } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const name = unique('NARROWED');
  await createSecret(api, name);
  await createIntegration(hers, unique('Stays'), api1, name);
  await createIntegration(hers, unique('Breaks'), api2, name);
  await page.goto(`/secrets/${name}`);
  await expect(page.getByText(/2 integrations use it/)).toBeVisible();
  await page.getByRole('button', { name: 'Edit' }).click();
  const dialog = page.getByRole('dialog', { name: `Update ${name}` });
  const value = newCanary();
  await dialog.getByLabel('Value', { exact: true }).fill(value);
  await dialog.getByRole('button', { name: `Remove ${api2}` }).click();
  await dialog.getByRole('button', { name: 'Save changes' }).click();

  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('1 integration will stop working');
  await expect(question).toContainText('told to those who may list integrations');
  await expectAccessibleWideAndNarrow(page);
  await question.getByRole('button', { name: 'Keep editing' }).click();
  await expect(dialog.getByLabel('Value', { exact: true })).toHaveValue(value);
  await dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(question.getByRole('button', { name: 'Save' })).toBeDisabled();
  expect((await api.send('GET', `/secrets/${name}`)).json.version).toBe(1);
  await question.getByRole('textbox').fill(name);
  const sent = page.waitForRequest((request) => request.method() === 'PATCH');
  await question.getByRole('button', { name: 'Save' }).click();
  expect((await sent).postDataJSON()).toEqual({ value, destinations: [api1] });
  await expectToast(page, `Secret ${name} updated`);
  await expect(dialog).toBeHidden();
  await expect(page.getByText(api2)).toHaveCount(0);

  const fresh = unique('FRESH');
  await createSecret(api, fresh);
  await openSecrets(page, fresh);
  await page.getByRole('button', { name: `Delete ${fresh}` }).click();
  await expect(question.getByRole('button', { name: 'Delete' })).toBeEnabled();
  await createIntegration(hers, unique('Meanwhile'), api1, fresh);
  await question.getByRole('button', { name: 'Delete' }).click();
  await expect(question).toContainText('1 integration will stop working');
  await expect(question.getByRole('button', { name: 'Delete' })).toBeDisabled();
  await question.getByRole('textbox').fill(fresh);
  await question.getByRole('button', { name: 'Delete' }).click();
  await expectToast(page, `Secret ${fresh} deleted`);
});

test('the table shows what was never used, or not for 90 days', async ({ as, unique }) => {
  const { page, api } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const tag = unique('UNUSED');
  const [used, never] = [`${tag}_a`, `${tag}_b`];
  await createSecret(api, used);
  await createSecret(api, never);
  const id = await createIntegration(api, unique('Uses'), api1, used);
  await countUses({ DROPSAFE_DATA_DIR: stack().dataDir }, used, id, [true]);

  await openSecrets(page, tag);
  await expect(page.getByRole('rowheader')).toHaveText([used, never]);
  const filter = page.getByRole('combobox', { name: 'Use' });
  await filter.selectOption('Never used');
  await expect(page.getByRole('rowheader')).toHaveText([never]);
  await page.reload();
  await expect(filter).toHaveValue('never');
  await expect(page.getByRole('rowheader')).toHaveText([never]);
  // Both are younger than that.
  await filter.selectOption('Unused for 90 days');
  await expect(page.getByText('among those that were unused for 90 days')).toBeVisible();
  await page.getByRole('button', { name: 'Show used ones, too' }).click();
  await expect(page.getByRole('rowheader')).toHaveText([used, never]);
});
