import type { Page } from '@playwright/test';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectToast,
  phone,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

/** Says at the provider who one is, and what else it should say. */
async function signInAtProvider(page: Page, account: string, claims: object = {}): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Example Corp' })).toBeVisible();
  await page.getByLabel('Account').fill(account);
  await page.getByLabel('Claims').fill(JSON.stringify(claims));
  await page.getByRole('button', { name: 'Go on' }).click();
}

/** The button of the provider that works. */
const corp = (page: Page) => page.getByRole('button', { name: 'Sign in with Corp' });

test('somebody signs in through a provider, by keyboard, and lands on the page that they wanted, with the team of their group', async ({
  as,
  stranger,
  unique,
}) => {
  const { api } = await as('ACCESS_MANAGEMENT');
  const [account, team, group] = [unique('anna'), unique('Readers'), unique('/eng/readers')];
  const permissions = ['SECRET_MANAGEMENT_READ'];
  const { id } = (await api.send('POST', '/teams', { name: team, permissions })).json;
  await api.send('POST', '/oidc-groups', { provider: 'corp', group, teamId: id });

  const page = await stranger();
  await page.goto('/secrets?q=wanted&sort=-createdAt');
  await corp(page).press('Enter');
  await signInAtProvider(page, account, { groups: ['others', group] });
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Search secrets' })).toHaveValue('wanted');
  expect(new URL(page.url()).searchParams.get('sort')).toBe('-createdAt');
  await expect(page.getByRole('button', { name: `Account of ${account}` })).toBeVisible();
  // Nothing of what the provider sent stays behind: not in the address, the history or the cookies.
  const names = (await page.context().cookies(stack().url)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('dropsafe'))).toEqual(['dropsafe']);
  await page.goto('/sessions');
  await expect(page.getByRole('row').filter({ hasText: 'by corp' })).toHaveCount(1);

  // Without the group they lose what it gave, with the next sign-in.
  await page.getByRole('button', { name: `Account of ${account}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.context().clearCookies();
  await corp(page).click();
  await signInAtProvider(page, account);
  await expect(page.getByRole('main')).toContainText('There is nothing here for you yet');
});

test('a refusal says what to do and leads back, and what came back is not in the address', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  await page.goto('/sign-in');
  await corp(page).click();
  await signInAtProvider(page, unique('impostor'), { preferred_username: 'admin' });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Your name is taken here by somebody else');
  await expect(alert).toContainText('Ask an administrator of Dropsafe.');
  expect(page.url()).toBe(`${stack().url}/sign-in/oidc/corp`);
  await expectAccessible(page);
  await page.reload();
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();

  await page.context().clearCookies();
  await corp(page).click();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(alert).toContainText('The provider did not let you sign in');
  await expect(page.getByText('pressed cancel')).toHaveCount(0);
  await page.getByRole('link', { name: 'Back to sign-in' }).click();
  await expect(corp(page)).toBeEnabled();
});

test('an answer that was meant for another browser signs nobody in', async ({
  stranger,
  unique,
}) => {
  const [attacker, victim] = [await stranger(), await stranger()];
  await attacker.goto('/sign-in');
  const sent = attacker.waitForRequest((request) => request.url().includes('/callback'));
  await corp(attacker).click();
  await signInAtProvider(attacker, unique('attacker'));
  const { parameters } = (await sent).postDataJSON();
  await victim.goto(`/sign-in/oidc/corp?${parameters}`);
  await expect(victim.getByRole('alert')).toContainText('This sign-in is not known any more');
  await expect(victim.getByRole('alert')).toContainText('Start again.');
});

test('a provider that is down is told where one is, and the password still works beside it', async ({
  stranger,
}) => {
  const page = await stranger();
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Absent' }).click();
  await expect(page.getByRole('alert')).toContainText('The provider cannot be reached');
  await expect(page.getByLabel('Password')).toBeEditable();
  await expect(corp(page)).toBeEnabled();
  await expectAccessible(page);
});

test('an administrator adds somebody who signs in through a provider, without an invitation', async ({
  as,
  stranger,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT');
  const name = unique('expected');
  await page.goto(`/users?q=${name}`);
  await page.getByRole('button', { name: 'Invite user' }).click();
  const dialog = page.getByRole('dialog', { name: 'Invite a user' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Signs in by').selectOption('Corp');
  await expect(dialog.getByText('There is no invitation')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Create', exact: true }).click();
  await expectToast(page, `User ${name} created`);
  await expect(row(page, name)).toContainText('Not yet here');
  await expect(row(page, name)).toContainText('by Corp');

  const person = await stranger();
  await person.goto('/sign-in');
  await corp(person).click();
  await signInAtProvider(person, unique('subject'), { preferred_username: name.toUpperCase() });
  await expect(person.getByRole('button', { name: `Account of ${name}` })).toBeVisible();
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(row(page, name)).toContainText('Active');
  const { items } = (await api.send('GET', `/users?q=${name}`)).json;
  expect(items).toHaveLength(1);
});

test('over an open form only the password is offered: leaving would lose what was typed', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  await page.goto('/secrets');
  await page.getByRole('button', { name: 'Create secret' }).click();
  const create = page.getByRole('dialog', { name: 'Create a secret' });
  await create.getByLabel('Name').fill(unique('TYPED'));
  await create.getByLabel('Value', { exact: true }).fill('typed');
  await api.send('DELETE', '/session');
  await create.getByRole('button', { name: 'Create secret' }).click();
  const again = page.getByRole('dialog', { name: 'You have been signed out' });
  await expect(again.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  await expect(corp(page)).toHaveCount(0);
});

test.describe('on a phone of 360 px', () => {
  test.use({ viewport: phone });

  test('the sign-in page and a refusal fit', async ({ stranger }) => {
    const page = await stranger();
    for (const path of ['/sign-in', '/sign-in/oidc/corp?state=unknown']) {
      await page.goto(path);
      if (path === '/sign-in') await expect(corp(page)).toBeVisible();
      else await expect(page.getByRole('alert')).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
    }
  });
});
