import { newCanary } from '@dropsafe/bff/testkit/canary';
import { createClient } from '@dropsafe/bff/testkit/client';
import type { Page } from '@playwright/test';
import {
  actionsIn,
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectToast,
  openSecrets,
  phone,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

const password = 'seven herons cross a river';

/** Opens the table of users or teams, showing those of this test only. */
async function open(page: Page, what: 'Users' | 'Teams', q = ''): Promise<void> {
  await page.goto(`/${what.toLowerCase()}${q === '' ? '' : `?q=${encodeURIComponent(q)}`}`);
  await expect(page.getByRole('heading', { name: what, level: 1 })).toBeVisible();
}

/** Reads the link of the invitation that is shown, and closes it. */
async function takeLink(page: Page, name: string): Promise<string> {
  const shown = page.getByRole('dialog', { name: `Invitation for ${name}` });
  const link = await shown.getByLabel('Link').inputValue();
  await shown.getByRole('button', { name: 'Done' }).click();
  await expect(shown).toBeHidden();
  return link;
}

test('an invited person sets a password, is put into a team, and may do what the team may, and nothing else', async ({
  as,
  stranger,
  unique,
}) => {
  test.slow();
  const admin = await as('ACCESS_MANAGEMENT', 'SECRET_MANAGEMENT', 'AUDIT_READ');
  const [name, team] = [unique('invited'), unique('Team')];
  const secret = unique('OF_SOMEBODY');
  await admin.api.send('POST', '/secrets', { name: secret, value: newCanary() });

  // The administrator makes a team that may create secrets.
  await open(admin.page, 'Teams', team);
  await admin.page.getByRole('button', { name: 'Create team' }).click();
  const makeTeam = admin.page.getByRole('dialog', { name: 'Create a team' });
  await makeTeam.getByLabel('Name').fill(team);
  await makeTeam.getByLabel('SECRET_MANAGEMENT_CREATE').check();
  await makeTeam.getByRole('button', { name: 'Create team' }).click();
  const members = admin.page.getByRole('dialog', { name: `Members of ${team}` });
  await expect(members.getByRole('status')).toContainText(`Team ${team} created`);
  await members.getByRole('button', { name: 'Done' }).click();

  // And invites somebody.
  await open(admin.page, 'Users', name);
  await admin.page.getByRole('button', { name: 'Invite user' }).click();
  const invite = admin.page.getByRole('dialog', { name: 'Invite a user' });
  await invite.getByLabel('Name').fill(`\u0430${name}`);
  await invite.getByRole('button', { name: 'Create and invite' }).click();
  await expect(invite.getByText('Use letters of one script only')).toBeVisible();
  await invite.getByLabel('Name').fill(name);
  await invite.getByRole('button', { name: 'Create and invite' }).click();
  const link = await takeLink(admin.page, name);
  await expect(row(admin.page, name)).toContainText('Invited');

  // Who sets a password of their own.
  const page = await stranger();
  await page.goto(link);
  await expect(page.getByRole('heading', { name: 'Set your password' })).toBeVisible();
  await expectAccessible(page);
  await page.getByLabel('New password').fill('too short');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('Use at least 15 characters.')).toBeVisible();
  await page.getByLabel('New password').fill('passwordpassword');
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('too easy to guess')).toBeVisible();
  await page.getByLabel('New password').fill(password);
  await page.getByRole('button', { name: 'Set password' }).click();
  await expect(page.getByText('Your password is set.')).toBeVisible();
  expect(new URL(page.url()).hash).toBe('');
  await expect(page.getByLabel('User name')).toHaveValue(name);
  await expectAccessible(page);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('There is nothing here for you yet');
  await expect(page.getByRole('link', { name: 'Users' })).toHaveCount(0);

  // A second use of the link is told so.
  const late = await stranger();
  await late.goto(link);
  await late.getByLabel('New password').fill(`${password} again`);
  await late.getByRole('button', { name: 'Set password' }).click();
  await expect(late.getByText('This invitation does not hold')).toBeVisible();
  await expectAccessible(late);

  // The administrator puts them into the team, and sees what it adds up to.
  await admin.page.getByRole('button', { name: 'Refresh' }).click();
  await expect(row(admin.page, name)).toContainText('Active');
  await admin.page.getByRole('button', { name: `Edit ${name}` }).click();
  const edit = admin.page.getByRole('dialog', { name: `Edit ${name}` });
  await edit.getByLabel(team).check();
  await expect(edit.getByRole('region', { name: 'What this adds up to' })).toContainText(
    `SECRET_MANAGEMENT_CREATE by ${team}`,
  );
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(admin.page, `User ${name} changed`);
  await expect(row(admin.page, name)).toContainText(team);

  // What they may do now: create, and nothing else; by the buttons and by the API.
  await page.reload();
  await openSecrets(page, secret);
  await expect(page.getByRole('button', { name: `Edit ${secret}` })).toBeDisabled();
  await expect(page.getByRole('button', { name: `Delete ${secret}` })).toBeDisabled();
  const own = unique('OWN');
  await page.getByRole('button', { name: 'Create secret' }).click();
  const create = page.getByRole('dialog', { name: 'Create a secret' });
  await create.getByLabel('Name').fill(own);
  await create.getByLabel('Value', { exact: true }).fill(newCanary());
  await create.getByRole('button', { name: 'Create secret' }).click();
  await expectToast(page, `Secret ${own} created`);
  const api = createClient(stack().url);
  await api.signIn(name, password);
  expect((await api.send('PATCH', `/secrets/${secret}`, { description: 'x' })).status).toBe(403);
  expect((await api.send('DELETE', `/secrets/${secret}`)).status).toBe(403);
  expect((await api.send('GET', '/users')).status).toBe(403);

  // Disabling the team acts on their next request, and so does enabling it.
  await open(admin.page, 'Teams', team);
  const question = admin.page.getByRole('alertdialog');
  await admin.page.getByRole('button', { name: `Disable ${team}` }).click();
  await expect(question).toContainText(
    '1 user is in this team. From their next request on it grants nothing to them until it is enabled again; that is SECRET_MANAGEMENT_CREATE.',
  );
  await expectAccessible(admin.page);
  await question.getByRole('button', { name: 'Disable' }).click();
  await expectToast(admin.page, `Team ${team} disabled`);
  await expect(row(admin.page, team)).toContainText('Disabled');
  expect((await api.send('GET', '/secrets')).status).toBe(403);
  await open(admin.page, 'Users', name);
  await expect(row(admin.page, name)).toContainText(`${team} (disabled)`);
  await admin.page.getByRole('button', { name: `Edit ${name}` }).click();
  await expect(edit.getByRole('region', { name: 'What this adds up to' })).toContainText(
    `${team} is disabled. Enabled, it would grant SECRET_MANAGEMENT_CREATE.`,
  );
  await edit.getByRole('button', { name: 'Cancel' }).click();
  await open(admin.page, 'Teams', team);
  await admin.page.getByRole('button', { name: `Enable ${team}` }).click();
  await question.getByRole('button', { name: 'Enable' }).click();
  await expectToast(admin.page, `Team ${team} enabled`);
  expect((await api.send('GET', '/secrets')).status).toBe(200);

  // Deleting the team acts on their next request.
  await admin.page.getByRole('button', { name: `Delete ${team}` }).click();
  await expect(question).toContainText(
    '1 user is in this team. With their next request they lose what they hold by this team alone: SECRET_MANAGEMENT_CREATE.',
  );
  await question.getByRole('button', { name: 'Delete' }).click();
  await expectToast(admin.page, `Team ${team} deleted`);
  expect((await api.send('GET', '/secrets')).status).toBe(403);

  // Disabling ends the session.
  await open(admin.page, 'Users', name);
  await admin.page.getByRole('button', { name: `Disable ${name}` }).click();
  await admin.page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click();
  await expectToast(admin.page, `User ${name} disabled`);
  await expect(row(admin.page, name)).toContainText('Disabled');
  expect((await api.send('GET', '/session')).status).toBe(401);

  // Every step is in the trail.
  expect(await actionsIn(admin.api, { subject: team })).toEqual([
    'team.created',
    'team.member-added',
    'team.disabled',
    'team.enabled',
    'team.deleted',
  ]);
  expect(await actionsIn(admin.api, { subject: name })).toEqual([
    'user.created',
    'user.invited',
    'invitation.accepted',
    'session.started',
    'team.member-added',
    'session.started',
    'user.disabled',
  ]);
  expect(await actionsIn(admin.api, { principal: name })).toEqual([
    'secret.created',
    'permission.denied',
    'permission.denied',
    'permission.denied',
    'permission.denied',
  ]);
});

test('members are found, added and removed; a change of somebody else is told; names are changed', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT');
  const [name, team] = [unique('member'), unique('Group')];
  await api.send('POST', '/users', { name });
  const { id } = (await api.send('POST', '/teams', { name: team })).json;
  await open(page, 'Teams', team);
  await page.getByRole('button', { name: `Members of ${team}` }).click();
  const members = page.getByRole('dialog', { name: `Members of ${team}` });
  await expect(members.getByText('Nobody is in this team yet.')).toBeVisible();
  await members.getByLabel('Find users to add').fill(name);
  await members.getByRole('button', { name: `Add ${name}` }).click();
  await expect(members.getByRole('status')).toContainText(`${name} joined ${team}`);
  await expect(members.getByRole('button', { name: `Remove ${name}` })).toBeVisible();
  await members.getByRole('button', { name: `Remove ${name}` }).click();
  await expect(members.getByText('Nobody is in this team yet.')).toBeVisible();
  await members.getByRole('button', { name: 'Done' }).click();

  await page.getByRole('button', { name: `Edit ${team}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${team}` });
  await edit.getByLabel('Description').fill('mine');
  await api.send('PATCH', `/teams/${id}`, { description: 'theirs' });
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expect(edit.getByText('Somebody else changed this team meanwhile.')).toBeVisible();
  await edit.getByRole('button', { name: 'Load again' }).click();
  await expect(edit.getByLabel('Description')).toHaveValue('theirs');

  await edit.getByLabel('Name').fill(`${team} anew`);
  await edit.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Team ${team} anew changed`);
  await expect(row(page, `${team} anew`)).toBeVisible();
  await open(page, 'Users', name);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const editUser = page.getByRole('dialog', { name: `Edit ${name}` });
  await editUser.getByLabel('Name').fill(`${name}-anew`);
  await editUser.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `User ${name}-anew changed`);
  await expect(row(page, `${name}-anew`)).toBeVisible();
});

test('axe finds nothing on users, teams and their dialogs, in light and in dark', async ({
  as,
  unique,
}) => {
  test.slow();
  const { page, api, name: self } = await as('ACCESS_MANAGEMENT');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const [name, team] = [unique('axe'), unique('Axe')];
  const permissions = ['SECRET_MANAGEMENT'];
  const made = await api.send('POST', '/teams', { name: team, permissions });
  await api.send('POST', '/users', { name, teams: [made.json.id], permissions });

  await open(page, 'Users', name);
  await expect(row(page, name)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: `Edit ${name}` }).click();
  const edit = page.getByRole('dialog', { name: `Edit ${name}` });
  await expect(edit.getByText('Included in SECRET_MANAGEMENT.').first()).toBeVisible();
  await expect(edit.getByRole('region')).toContainText(`granted directly and by ${team}`);
  await expectAccessible(page);
  await edit.getByRole('button', { name: 'Cancel' }).click();
  for (const action of ['Disable', 'Delete']) {
    await page.getByRole('button', { name: `${action} ${name}` }).click();
    await expect(page.getByRole('alertdialog').getByRole('button', { name: action })).toBeEnabled();
    await expectAccessible(page);
    await page.getByRole('button', { name: 'Cancel' }).click();
  }
  await page.getByRole('button', { name: `New invitation for ${name}` }).click();
  await page.getByRole('button', { name: 'Make invitation' }).click();
  await expect(page.getByRole('dialog', { name: `Invitation for ${name}` })).toBeVisible();
  await expectAccessible(page);
  await takeLink(page, name);

  await open(page, 'Teams', team);
  await expect(row(page, team)).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: `Members of ${team}` }).click();
  await expect(page.getByRole('button', { name: `Remove ${name}` })).toBeVisible();
  await page.getByLabel('Find users to add').fill(self);
  await expect(page.getByRole('button', { name: `Add ${self}` })).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Done' }).click();
  await page.getByRole('button', { name: `Edit ${team}` }).click();
  await expect(page.getByRole('dialog', { name: `Edit ${team}` })).toBeVisible();
  await expectAccessible(page);

  await open(page, 'Users', 'nobody-like-it');
  await expect(page.getByRole('heading', { name: 'No user matches your search' })).toBeVisible();
  await expectAccessible(page);
  await page.goto('/users?cursor=made-up');
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page);
  await page.goto('/invitation');
  await expect(page.getByText('This link is not complete')).toBeVisible();
  await expectAccessible(page);
});

test.describe('on a phone of 360 px', () => {
  test.use({ viewport: phone });

  test('no page or dialog of users and teams scrolls sideways', async ({ as, unique }) => {
    const { page, api } = await as('ACCESS_MANAGEMENT', 'SECRET_MANAGEMENT');
    const [name, team] = [`${unique('p')}${'x'.repeat(45)}`, `${unique('T')}${'x'.repeat(45)}`];
    const permissions = ['SECRET_MANAGEMENT_CREATE', 'SECRET_MANAGEMENT_UPDATE'];
    const made = await api.send('POST', '/teams', {
      name: team,
      permissions,
      description: 'W'.repeat(255),
    });
    await api.send('POST', '/users', { name, teams: [made.json.id], permissions });
    for (const [what, wanted] of [
      ['Users', name],
      ['Teams', team],
    ] as const) {
      await open(page, what, wanted);
      await expect(page.getByText(wanted).first()).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await page.getByRole('button', { name: `Edit ${wanted}` }).click();
      await expect(page.getByRole('dialog').getByLabel('Name')).toBeVisible();
      await expectNoSidewaysScroll(page);
      await expectAccessible(page);
      await page.getByRole('button', { name: 'Cancel' }).click();
    }
  });
});
