import type { Page } from '@playwright/test';
import {
  test as base,
  expect,
  expectAccessible,
  expectAccessibleWideAndNarrow,
  expectToast,
  row,
} from './fixtures.ts';
import type { Spoiling } from './spoiled-provider.ts';
import { stack } from './stack.ts';

/** With `spoil`: what is wrong with the provider that is called Other, until the end of the test or the next word. */
const test = base.extend<{ spoil: (how: Spoiling) => Promise<void> }>({
  spoil: async ({ request }, use) => {
    const spoil = async (how: Spoiling) => {
      const answer = await request.post(stack().spoilUrl, { data: how });
      expect(answer.status()).toBe(204);
    };
    await use(spoil);
    await spoil({});
  },
});

/** Says at the provider who one is, and what else it should say. */
async function signInAtProvider(page: Page, account: string, claims: object = {}): Promise<void> {
  await expect(page.getByRole('heading', { name: 'Example Corp' })).toBeVisible();
  await page.getByLabel('Account').fill(account);
  await page.getByLabel('Claims').fill(JSON.stringify(claims));
  await page.getByRole('button', { name: 'Go on' }).click();
}

/** The button of the provider that works. */
const corp = (page: Page) => page.getByRole('button', { name: 'Sign in with Corp' });

/** The button of the provider that can be spoiled, and admits nobody who is not a user yet. */
const other = (page: Page) => page.getByRole('button', { name: 'Sign in with Other' });

/** The cookies of Dropsafe by which somebody is signed in. */
const sessionsOf = async (page: Page) =>
  (await page.context().cookies(stack().url)).filter(({ name }) => name === 'dropsafe');

/** Signs out at the provider itself, in another tab; where it tells us by a frame, until the frame has had its answer. */
async function signOutAtProvider(page: Page, issuer: string, by: 'server' | 'frame') {
  const tab = await page.context().newPage();
  await tab.goto(`${issuer}/session/end`);
  const told = by === 'frame' ? tab.waitForResponse('**/frontchannel-logout?*') : undefined;
  await tab.getByRole('button', { name: 'Sign out everywhere' }).click();
  await expect(tab.getByText('Signed out')).toBeVisible();
  if (told !== undefined) expect((await told).status()).toBe(204);
  await tab.close();
}

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
  await expect(page.getByLabel('Account')).toBeVisible();
  const { origin: issuer } = new URL(page.url());
  await signInAtProvider(page, account, { groups: ['others', group] });
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Search secrets' })).toHaveValue('wanted');
  expect(new URL(page.url()).searchParams.get('sort')).toBe('-createdAt');
  await expect(page.getByRole('button', { name: `Account of ${account}` })).toBeVisible();
  // Nothing of what the provider sent stays behind: not in the address, the history or the cookies.
  const names = (await page.context().cookies(stack().url)).map(({ name }) => name);
  expect(names.filter((name) => name.startsWith('dropsafe'))).toEqual(['dropsafe']);

  // Once they have signed out at the provider, which says so by itself, their next request shows it.
  await signOutAtProvider(page, issuer, 'server');
  await page.reload();
  // Without the group they lose what it gave, with the next sign-in.
  await corp(page).click();
  await signInAtProvider(page, account);
  await expect(page.getByRole('main')).toContainText('There is nothing here for you yet');
  await page.goto('/sessions');
  await expect(page.getByRole('row').filter({ hasText: 'by corp' })).toHaveCount(1);
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
  await expect(alert).toContainText('Ask an administrator of Dropsafe to rename that user.');
  expect(page.url()).toBe(`${stack().url}/sign-in/oidc/corp`);
  await expectAccessibleWideAndNarrow(page);
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
  // Kept back, so that it is still good.
  await attacker.route('**/callback', (route) => route.abort());
  const sent = attacker.waitForRequest('**/callback');
  await corp(attacker).click();
  await signInAtProvider(attacker, unique('attacker'));
  const { parameters } = (await sent).postDataJSON();
  await victim.goto(`/sign-in/oidc/corp?${parameters}`);
  await expect(victim.getByRole('alert')).toContainText('This sign-in is not known any more');
  await expect(victim.getByRole('alert')).toContainText('Start again.');
});

test('whatever is wrong with a provider or its answer is told with what to do, signs nobody in and leads back; once it is well, also with new keys, one is in', async ({
  as,
  stranger,
  spoil,
  unique,
}) => {
  test.slow();
  const page = await stranger();
  await page.context().setExtraHTTPHeaders({ 'X-Forwarded-For': '203.0.113.7' });
  const alert = page.getByRole('alert');
  await page.goto('/sign-in');
  await page.getByRole('button', { name: 'Sign in with Absent' }).click();
  await expect(alert).toContainText('The provider cannot be reached');
  await expect(alert).toContainText('Try again in a moment.');
  await expect(page.getByLabel('Password')).toBeEditable();
  await expect(corp(page)).toBeEnabled();
  await expectAccessibleWideAndNarrow(page);

  /** What is said on the page that one comes back to, having gone to the provider. */
  const expectRefused = async (title: string, whatToDo: string) => {
    await expect(page.getByRole('heading', { name: 'Sign-in did not work' })).toBeVisible();
    await expect(alert).toContainText(title);
    await expect(alert).toContainText(whatToDo);
    expect(await sessionsOf(page)).toEqual([]);
  };
  const goBack = () => page.getByRole('link', { name: 'Back to sign-in' }).click();
  const account = unique('doubtful');
  await other(page).click();
  await expect(page.getByLabel('Account')).toBeVisible();
  const { origin: issuer } = new URL(page.url());
  await signInAtProvider(page, account);
  await expectRefused('You are not known here yet', 'Ask an administrator of Dropsafe to add you.');

  const now = Math.floor(Date.now() / 1000);
  const stop = 'Do not try again; tell the operator.';
  const refusals: [Spoiling, string, string][] = [
    [{ claims: { aud: 'another' } }, 'The answer is not meant for Dropsafe', stop],
    [{ claims: { iss: 'https://evil.example' } }, 'comes from another provider', stop],
    [
      { claims: { exp: now - 300 } },
      'is of another time',
      'Start again. If this goes on, the clocks',
    ],
    [{ claims: { sub: 7 } }, 'cannot be used', 'Start again. If this goes on, tell the operator'],
    [{ hasNewKeys: true, signature: 'former' }, 'The answer of the provider is not genuine', stop],
    [
      { claims: { preferred_username: 'two words' } },
      'Your name at the provider cannot be used',
      'Ask for such a name at the provider',
    ],
  ];
  for (const [spoiling, title, whatToDo] of refusals) {
    await spoil(spoiling);
    await goBack();
    // The provider knows them by now and sends them straight back, unless it has begun anew.
    await other(page).click();
    if (spoiling.hasNewKeys === true) await signInAtProvider(page, account);
    await expectRefused(title, whatToDo);
  }

  // It goes down once it has sent them back.
  await spoil({});
  await page.route('**/callback', async (route) => {
    await spoil({ isDown: true });
    await route.continue();
  });
  await goBack();
  const returned = page.waitForRequest((request) => request.url().includes('/sign-in/oidc/other?'));
  await other(page).click();
  await expectRefused('The provider cannot be reached', 'Try again in a moment.');
  await page.unroute('**/callback');

  // A user meanwhile, and the provider is up; but what it said then was good for once.
  const { api } = await as('ACCESS_MANAGEMENT');
  const user = await api.send('POST', '/users', { name: account, provider: 'other' });
  await spoil({});
  await page.goto((await returned).url());
  await expectRefused('This sign-in is not known any more', 'Start again.');

  await spoil({ hasNewKeys: true });
  await goBack();
  await other(page).click();
  await signInAtProvider(page, account);
  await expect(page.getByRole('button', { name: `Account of ${account}` })).toBeVisible();
  expect(await sessionsOf(page)).toHaveLength(1);

  // A frame on the page of the provider ends the session as well.
  await page.goto('/sessions');
  await expect(page.getByRole('row').filter({ hasText: 'by other' })).toHaveCount(1);
  await signOutAtProvider(page, issuer, 'frame');
  await page.reload();
  await expect(other(page)).toBeVisible();

  // What is left is of the session that has ended.
  await page.context().clearCookies({ name: 'dropsafe' });
  await api.send('PATCH', `/users/${user.json.user.id}`, { isDisabled: true });
  await other(page).click();
  await signInAtProvider(page, account);
  await expectRefused('Your user is disabled', 'Ask an administrator of Dropsafe to enable it.');
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
