import { createProgram } from '@dropsafe/bff/testkit/client';
import type { Page } from '@playwright/test';
import {
  expect,
  expectAccessible,
  expectAccessibleWideAndNarrow,
  expectToast,
  row,
  test,
} from './fixtures.ts';
import { stack } from './stack.ts';

/** Opens the dialog of the members of a team. */
async function openMembers(page: Page, team: string) {
  await page.goto(`/teams?q=${encodeURIComponent(team)}`);
  await page.getByRole('button', { name: `Members of ${team}` }).click();
  return page.getByRole('dialog', { name: `Members of ${team}` });
}

test('a group is given to a team and taken from it in the dialog of its members, by keyboard, with errors at their field', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT');
  const [team, group] = [unique('Grouped'), unique('/eng/“ops” ')];
  await api.send('POST', '/teams', { name: team });
  const members = await openMembers(page, team);
  const section = members.getByRole('region', { name: 'Groups of identity providers' });
  await expect(section.getByText('None yet. Name a group here')).toBeVisible();

  const field = section.getByLabel(/Name of (a|the) group/);
  await field.focus();
  await page.keyboard.press('Enter');
  await expect(section.getByText('Enter the name of a group.')).toBeVisible();
  await expect(field).toBeFocused();
  await page.keyboard.insertText(group);
  await page.keyboard.press('Enter');
  await expect(members.getByRole('status')).toContainText(`Whoever is in “${group}” joins ${team}`);
  await expect(section.getByRole('listitem').filter({ hasText: group.trim() })).toHaveCount(1);
  await expect(field).toHaveValue('');
  // Once is enough, and what was typed stays for a correction.
  await field.fill(group);
  await page.keyboard.press('Enter');
  await expect(section.getByText('There is nothing left to do for this group')).toBeVisible();
  await expect(field).toHaveValue(group);

  await section.getByRole('button', { name: `Remove group ${group.trim()}` }).press('Enter');
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('by this group alone leaves the team');
  await question.getByRole('button', { name: 'Remove' }).press('Enter');
  await expect(members.getByRole('status')).toContainText(`does not give ${team} any more`);
  await expect(section.getByRole('listitem')).toHaveCount(0);
  await expect(section.getByRole('heading')).toBeFocused();
});

/** Signs somebody in through the provider, which says that they are in these groups. */
async function signInThrough(page: Page, account: string, groups: string[]): Promise<void> {
  await page.goto('/secrets');
  await page.getByRole('button', { name: 'Sign in with Corp' }).click();
  await page.getByLabel('Account').fill(account);
  await page.getByLabel('Claims').fill(JSON.stringify({ groups }));
  await page.getByRole('button', { name: 'Go on' }).click();
}

test('a person signs in through a provider and may do what the team of their group may; without the group, no more; all of it is in the trail', async ({
  as,
  stranger,
  unique,
}) => {
  test.slow();
  const admin = await as('ACCESS_MANAGEMENT', 'AUDIT_READ');
  const [team, group, account] = [unique('Readers'), unique('/eng/readers'), unique('anna')];
  const permissions = ['SECRET_MANAGEMENT_READ'];
  await admin.api.send('POST', '/teams', { name: team, permissions });
  const members = await openMembers(admin.page, team);
  await members.getByLabel(/Name of (a|the) group/).fill(group);
  await members.getByRole('button', { name: 'Add group' }).click();
  await expect(members.getByRole('status')).toContainText('at their next sign-in');

  const person = await stranger();
  await signInThrough(person, account, ['everybody', group]);
  await expect(person.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();

  // The administrator sees where it comes from, and why it cannot be taken away by hand.
  await openMembers(admin.page, team);
  await expect(
    members.getByRole('listitem').filter({ hasText: `${account} by a group of Corp` }),
  ).toBeVisible();
  const remove = members.getByRole('button', { name: `Remove ${account}` });
  await expect(remove).toHaveAttribute('aria-disabled', 'true');
  await remove.hover();
  await expect(admin.page.getByRole('tooltip')).toContainText(
    'A group of Corp puts them into this team.',
  );
  await remove.press('Enter');
  await expect(remove).toBeVisible();
  await members.getByLabel('Find users to add').fill(account);
  await expect(members.getByRole('button', { name: `Add by hand ${account}` })).toBeVisible();
  await expectAccessible(admin.page);
  await admin.page.goto(`/users?q=${account}`);
  await admin.page.getByRole('button', { name: `Edit ${account}` }).click();
  const edit = admin.page.getByRole('dialog', { name: `Edit ${account}` });
  await expect(edit.getByRole('checkbox', { name: team })).toBeDisabled();
  await expect(edit.getByText('By a group of Corp: it is taken away there')).toBeVisible();
  await expect(edit.getByRole('region', { name: 'What this adds up to' })).toContainText(
    `SECRET_MANAGEMENT_READ by ${team} (by a group of Corp)`,
  );
  await expectAccessible(admin.page);

  // At the provider the group is taken away.
  await person.getByRole('button', { name: `Account of ${account}` }).click();
  await person.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(person.getByRole('button', { name: 'Sign in with Corp' })).toBeVisible();
  // The provider's, too: it would not ask who one is.
  await person.context().clearCookies();
  await signInThrough(person, account, ['everybody']);
  await expect(person.getByRole('main')).toContainText('There is nothing here for you yet');

  const trail = async (subject: string) => {
    const { json } = await admin.api.send(
      'GET',
      `/audit-events?subject=${encodeURIComponent(subject)}`,
    );
    return json.items.map(
      ({ action, principal }: { action: string; principal: { means: string | null } }) =>
        `${action} ${principal.means}`,
    );
  };
  expect(await trail(`corp/${group}/${team}`)).toEqual(['oidc-group.mapped password']);
  expect(await trail(`${team}/${account}`)).toEqual([
    'team.member-removed oidc:corp',
    'team.member-added oidc:corp',
  ]);
  await admin.page.goto(`/audit?subject=${encodeURIComponent(`${team}/${account}`)}`);
  await expect(admin.page.getByRole('rowheader')).toHaveText([
    'Took a user out of a team',
    'Put a user into a team',
  ]);
});

test('an API key is created for a team, may do what the team may, and goes with it', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT');
  const [team, name] = [unique('Programs'), unique('robot')];
  await api.send('POST', '/teams', { name: team, permissions: ['SECRET_MANAGEMENT_READ'] });
  await page.goto('/api-keys');
  await page.getByRole('button', { name: 'Create API key' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create an API key' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  await expect(dialog.getByText('Choose at least one permission, or a team.')).toBeVisible();
  await expect(dialog.getByRole('checkbox').first()).toBeFocused();
  const search = dialog.getByRole('searchbox', { name: 'Search teams' });
  if (await search.isVisible()) await search.fill(team);
  await dialog.getByRole('radio', { name: team }).check();
  await expect(dialog.getByText('Choose at least one permission, or a team.')).toBeHidden();
  await expect(dialog.getByRole('region', { name: 'What this adds up to' })).toContainText(
    `SECRET_MANAGEMENT_READ by ${team}`,
  );
  await dialog.getByRole('button', { name: 'Create API key' }).click();
  const created = page.getByRole('dialog', { name: `API key ${name} created` });
  const token = await created.getByLabel('API key', { exact: true }).inputValue();
  await created.getByRole('button', { name: 'Done' }).click();
  await expect(row(page, name)).toContainText(team);
  await expect(row(page, name)).toContainText('SECRET_MANAGEMENT_READ');
  const program = createProgram(stack().url, token);
  expect((await program.send('GET', '/secrets')).status).toBe(200);

  await page.goto(`/teams?q=${encodeURIComponent(team)}`);
  await page.getByRole('button', { name: `Delete ${team}` }).click();
  const question = page.getByRole('alertdialog');
  await expect(question).toContainText('1 API key belongs to this team and is revoked with it');
  await question.getByRole('button', { name: 'Delete' }).click();
  await expectToast(page, `Team ${team} deleted`);
  expect((await program.send('GET', '/secrets')).status).toBe(401);
});

test('axe finds nothing on groups of teams and keys of teams, and nothing scrolls sideways, wide and narrow', async ({
  as,
  unique,
}) => {
  const { page, api } = await as('ACCESS_MANAGEMENT');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  const team = `${unique('T')}${'x'.repeat(45)}`;
  const teamId = (await api.send('POST', '/teams', { name: team })).json.id;
  const members = await openMembers(page, team);
  const section = members.getByRole('region', { name: 'Groups of identity providers' });
  await section.getByRole('button', { name: 'Add group' }).click();
  await expect(section.getByText('Enter the name of a group.')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  const group = 'w'.repeat(255);
  await section.getByLabel(/Name of (a|the) group/).fill(group);
  await section.getByRole('button', { name: 'Add group' }).click();
  await expect(section.getByRole('listitem')).toHaveCount(1);
  await expectAccessibleWideAndNarrow(page);
  await section.getByRole('button', { name: `Remove group ${group}` }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await api.send('POST', '/api-keys', { name: unique('key'), teamId });
  await page.goto(`/teams?q=${encodeURIComponent(team)}`);
  await page.getByRole('button', { name: `Delete ${team}` }).click();
  await expect(page.getByRole('alertdialog')).toContainText('1 API key belongs');
  await expectAccessibleWideAndNarrow(page);
  await page.goto('/api-keys');
  await expect(page.getByText(team)).toBeVisible();
  await expectAccessibleWideAndNarrow(page);
  await page.getByRole('button', { name: 'Create API key' }).click();
  await expect(page.getByRole('radio', { name: 'No team' })).toBeChecked();
  await expectAccessibleWideAndNarrow(page);
});
