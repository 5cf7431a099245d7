import { newCanary } from '@dropsafe/bff/testkit/canary';
import { createClient } from '@dropsafe/bff/testkit/client';
import { testPassword } from '@dropsafe/bff/testkit/node';
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
import { byKeyboard, confirm, press } from './keyboard.ts';
import { stack } from './stack.ts';

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

  await page.getByRole('button', { name: 'Columns' }).click();
  await expect(page.getByRole('menu', { name: 'Columns' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');

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
  test.slow();
  const { page, api, name: user } = await as('SECRET_MANAGEMENT', 'INTEGRATION_MANAGEMENT');
  const { keyboard } = page;
  const name = unique('KEYBOARD');
  await openSecrets(page, name);
  await byKeyboard(page);
  await keyboard.press('Tab');
  await expect(page.getByRole('link', { name: /skip/i })).toBeFocused();

  await press(page, 'Create secret');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await keyboard.type(name);
  await keyboard.press('Escape');
  const question = page.getByRole('alertdialog');
  await expect(question.getByRole('button', { name: 'Keep editing' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await tabTo(page, 'textbox', 'Value');
  await keyboard.insertText(newCanary());
  await tabTo(page, 'textbox', 'Description');
  await keyboard.type('typed');
  await tabTo(page, 'textbox', 'Destinations');
  await keyboard.type('https://a.example.com');
  await keyboard.press('Enter');
  await keyboard.type('https://b.example.com,');
  await keyboard.type('https://c.example.com,');
  await press(page, 'Create secret');
  await expectToast(page, `Secret ${name} created`);

  const edit = async () => {
    await press(page, `Edit ${name}`);
    await expect(page.getByRole('dialog', { name: `Update ${name}` })).toBeVisible();
    await expect(page.getByRole('textbox', { name: 'Value' })).toBeFocused();
  };
  await edit();
  await tabTo(page, 'button', 'Remove https://b.example.com');
  await keyboard.press('Space');
  await tabTo(page, 'textbox', 'Description');
  await keyboard.type('changed');
  await keyboard.press('Enter');
  await expectToast(page, `Secret ${name} updated`);
  await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeFocused();
  expect((await api.send('GET', `/secrets/${name}`)).json).toMatchObject({
    destinations: ['https://a.example.com', 'https://c.example.com'],
    version: 2,
  });

  // Discarded, once one was asked.
  await edit();
  await keyboard.insertText(newCanary());
  await keyboard.press('Escape');
  await confirm(page, 'Discard');
  await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeFocused();

  // Somebody else was quicker, and what one wants to take away is in use.
  await edit();
  const fields = {
    baseUrl: 'https://a.example.com',
    auth: 'bearer',
    token: `{{ secret('${name}') }}`,
  };
  await api.send('POST', '/integrations', { name: unique('Uses'), type: 'http', fields });
  await api.send('PATCH', `/secrets/${name}`, { description: 'theirs' });
  await press(page, 'Remove https://a.example.com');
  await press(page, 'Save changes');
  await expect(page.getByText('This secret was changed meanwhile')).toBeVisible();
  await press(page, 'Continue on the new version');
  await expect(page.getByText('This secret was changed meanwhile')).toBeHidden();
  await press(page, 'Save changes');
  await expect(question.getByRole('button', { name: 'Keep editing' })).toBeFocused();
  await tabTo(page, 'textbox', `Type ${name} to save it all the same`);
  await keyboard.type(name);
  await press(page, 'Save');
  await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeFocused();
  expect((await api.send('GET', `/secrets/${name}`)).json).toMatchObject({
    description: 'theirs',
    destinations: ['https://c.example.com'],
    version: 4,
  });

  // One in use goes when its name was typed.
  await keyboard.press('Tab');
  await keyboard.press('Enter');
  await expect(question.getByRole('button', { name: 'Cancel' })).toBeFocused();
  await keyboard.press('Escape');
  await expect(page.getByRole('button', { name: `Delete ${name}` })).toBeFocused();
  await keyboard.press('Enter');
  await tabTo(page, 'textbox', `Type ${name} to delete it all the same`);
  await keyboard.type(name);
  await expect(question.getByRole('button', { name: 'Delete' })).toBeEnabled();
  await press(page, 'Delete');
  await expectToast(page, `Secret ${name} deleted`);

  // Another password; then the session ends over an open form, and goes on.
  const password = 'nine ravens on a wire';
  await press(page, `Account of ${user}`);
  await keyboard.press('c');
  await expect(page.getByRole('menuitem', { name: 'Change password' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(page.getByRole('textbox', { name: 'Current password' })).toBeFocused();
  await keyboard.insertText(testPassword);
  await tabTo(page, 'textbox', 'New password');
  await keyboard.insertText(password);
  await tabTo(page, 'textbox', 'Repeat the new password');
  await keyboard.insertText(password);
  await keyboard.press('Enter');
  await expectToast(page, 'Password changed');
  await press(page, 'Create secret');
  await keyboard.type(name);
  await tabTo(page, 'textbox', 'Value');
  await keyboard.insertText(newCanary());
  await api.send('DELETE', '/session');
  await press(page, 'Create secret');
  await expect(page.getByRole('dialog', { name: 'You have been signed out' })).toBeVisible();
  await tabTo(page, 'textbox', 'Password');
  await keyboard.insertText(password);
  await keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Create a secret' })).toBeVisible();
  await press(page, 'Create secret');
  await expectToast(page, `Secret ${name} created`);

  await press(page, `Account of ${user}`);
  await keyboard.press('ArrowUp');
  await keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test('users and teams are made, changed and deleted by keyboard alone', async ({ as, unique }) => {
  const { page, name: oneself } = await as('ACCESS_MANAGEMENT');
  const { keyboard } = page;
  const [name, team] = [unique('keyed'), unique('Keyed')];
  await page.goto(`/teams?q=${team}`);
  await byKeyboard(page);
  await press(page, 'Create team');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await keyboard.type(team);
  await tabTo(page, 'checkbox', 'SECRET_MANAGEMENT_CREATE');
  await keyboard.press('Space');
  await press(page, 'Create team');
  const members = page.getByRole('dialog', { name: `Members of ${team}` });
  await expect(members).toBeVisible();
  await tabTo(page, 'searchbox', 'Find users to add');
  await keyboard.type(oneself);
  await keyboard.press('Enter');
  await expect(members.getByRole('button', { name: `Add ${oneself}` })).toBeVisible();
  await press(page, `Add ${oneself}`);
  await expect(members.getByRole('status')).toContainText(`${oneself} joined ${team}`);
  await tabTo(page, 'textbox', /^Name of (a|the) group/);
  await keyboard.type('engineers');
  await keyboard.press('Enter');
  await expect(members.getByRole('status')).toContainText('Whoever is in “engineers”');
  await press(page, 'Remove group engineers');
  await confirm(page, 'Remove');
  await expect(members.getByRole('heading', { name: 'Groups' })).toBeFocused();
  await press(page, `Remove ${oneself}`);
  await expect(members.getByText('Nobody is in this team yet.')).toBeVisible();
  await press(page, 'Done');
  await expect(page.getByRole('button', { name: 'Create team' })).toBeFocused();
  await press(page, `Edit ${team}`);
  await expect(page.getByRole('dialog', { name: `Edit ${team}` })).toBeVisible();
  await tabTo(page, 'textbox', 'Description');
  await keyboard.type('typed');
  await keyboard.press('Enter');
  await expectToast(page, `Team ${team} changed`);
  await expect(page.getByRole('button', { name: `Edit ${team}` })).toBeFocused();
  await press(page, `Disable ${team}`);
  await confirm(page, 'Disable');
  await expectToast(page, `Team ${team} disabled`);
  await press(page, `Delete ${team}`);
  await confirm(page, 'Delete');
  await expectToast(page, `Team ${team} deleted`);
  await expect(page.getByRole('heading', { name: 'Teams', level: 1 })).toBeFocused();

  await page.goto(`/users?q=${name}`);
  await press(page, 'Invite user');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await keyboard.type(name);
  await keyboard.press('Enter');
  const invitation = page.getByRole('dialog', { name: `Invitation for ${name}` });
  await expect(invitation.getByRole('button', { name: 'Copy link' })).toBeFocused();
  // What is shown once does not go by habit.
  await keyboard.press('Escape');
  await press(page, 'Done');
  await expect(invitation).toBeHidden();
  await press(page, `New invitation for ${name}`);
  await confirm(page, 'Make invitation');
  await expect(invitation.getByRole('button', { name: 'Copy link' })).toBeFocused();
  await press(page, 'Done');
  await press(page, `Edit ${name}`);
  await expect(page.getByRole('dialog', { name: `Edit ${name}` })).toBeVisible();
  await tabTo(page, 'checkbox', 'AUDIT_READ');
  await keyboard.press('Space');
  await press(page, 'Save changes');
  await expectToast(page, `User ${name} changed`);
  await expect(page.getByRole('button', { name: `Edit ${name}` })).toBeFocused();
  await press(page, `Disable ${name}`);
  await confirm(page, 'Disable');
  await expectToast(page, `User ${name} disabled`);
  await press(page, `Delete ${name}`);
  await confirm(page, 'Delete');
  await expectToast(page, `User ${name} deleted`);
  await expect(page.getByRole('heading', { name: 'Users', level: 1 })).toBeFocused();
});

test('keys are created and revoked, sessions ended and events looked at by keyboard alone', async ({
  as,
  unique,
}) => {
  const {
    page,
    api,
    name: user,
  } = await as('ACCESS_MANAGEMENT', 'AUDIT_READ', 'SECRET_MANAGEMENT');
  const { keyboard } = page;
  const [name, secret] = [unique('keyed'), unique('KEYED')];
  await page.goto(`/api-keys?q=${name}`);
  await byKeyboard(page);
  await press(page, 'Create API key');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await keyboard.type(name);
  await tabTo(page, 'checkbox', 'AUDIT_READ');
  await keyboard.press('Space');
  await press(page, 'Create API key');
  const created = page.getByRole('dialog', { name: `API key ${name} created` });
  await expect(created.getByRole('button', { name: 'Copy' })).toBeFocused();
  await keyboard.press('Escape');
  await press(page, 'Done');
  await expect(created).toBeHidden();
  await press(page, `Edit ${name}`);
  await expect(page.getByRole('dialog', { name: `Edit ${name}` })).toBeVisible();
  await tabTo(page, 'checkbox', 'ACCESS_MANAGEMENT');
  await keyboard.press('Space');
  await press(page, 'Save changes');
  await expectToast(page, `API key ${name} changed`);
  await press(page, `Revoke ${name}`);
  await confirm(page, 'Revoke');
  await expectToast(page, `API key ${name} revoked`);

  for (let others = 0; others < 2; others += 1)
    await createClient(stack().url).signIn(user, testPassword);
  await page.goto('/sessions');
  await press(page, /^End session/);
  await confirm(page, 'End session');
  await expectToast(page, 'Session ended');
  await press(page, 'End all others');
  await confirm(page, 'End all others');
  await expectToast(page, 'All other sessions ended');

  await api.send('POST', '/secrets', { name: secret, value: newCanary() });
  await page.goto(`/audit?subject=${secret}`);
  await press(page, /^Details of event/);
  const event = page.getByRole('dialog', { name: 'Created a secret' });
  await expect(event.getByRole('button', { name: 'Close' })).toBeFocused();
  await keyboard.press('Enter');
  await expect(event).toBeHidden();
  await expect(page.getByRole('button', { name: /^Details of event/ })).toBeFocused();
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
