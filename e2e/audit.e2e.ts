import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newCanary } from '@dropsafe/bff/testkit/canary';
import { connectBeside } from '@dropsafe/bff/testkit/opened';
import { appendEvents } from '@dropsafe/bff/testkit/trail';
import type { Page } from '@playwright/test';
import { expect, expectAccessible, expectNoSidewaysScroll, phone, test } from './fixtures.ts';
import { stack } from './stack.ts';

// One after the other: one of them spoils the checkpoint of the node for a moment, which every page of the trail would tell of.
test.describe.configure({ mode: 'default' });

async function openAudit(page: Page, query = ''): Promise<void> {
  await page.goto(`/audit${query}`);
  await expect(page.getByRole('heading', { name: 'Audit', level: 1 })).toBeVisible();
}

const rows = (page: Page) => page.getByRole('table', { name: 'Events' }).locator('tbody tr');

test('somebody with AUDIT_READ finds out who did what, and takes it with them as a file', async ({
  as,
  unique,
}) => {
  const editor = await as('SECRET_MANAGEMENT');
  const name = unique('AUDITED');
  await editor.api.send('POST', '/secrets', { name, value: newCanary() });
  await editor.api.send('PATCH', `/secrets/${name}`, { description: 'changed' });
  await editor.api.send('DELETE', `/secrets/${name}`);

  const { page } = await as('AUDIT_READ');
  // There is nothing else that they may see.
  await page.goto('/');
  await expect(page).toHaveURL(/\/audit$/);
  await expect(page.getByRole('link', { name: 'Audit' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('link', { name: 'Secrets', exact: true })).toHaveCount(0);

  const state = page.getByRole('region', { name: 'State of the trail' });
  await expect(state).toContainText(
    /Events are kept from number 1 on \(.*\); none was ever dropped/,
  );
  await expect(state).toContainText(/The last checkpoint, at event \d+, holds/);
  await state.getByText('How to verify it').click();
  await expect(state.getByText('npx pnpm dropsafe audit drop')).toBeVisible();
  await expectAccessible(page);

  // A checkpoint that is not the one of this trail is a warning.
  const path = join(stack().dataDir, 'audit-checkpoint.json');
  const kept = await readFile(path, 'utf8');
  await writeFile(path, kept.replace(/"id":\d+/, '"id":0'));
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(state.getByRole('alert')).toContainText(
    'The last checkpoint of this node cannot be',
  );
  await expectAccessible(page);
  await writeFile(path, kept);
  await page.getByRole('button', { name: 'Refresh' }).click();
  await expect(state.getByRole('alert')).toHaveCount(0);

  await page.getByLabel('Subject').fill(name);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(rows(page)).toHaveCount(3);
  await expect(page).toHaveURL(new RegExp(`subject=${name}`));
  await expect(rows(page).nth(0)).toContainText('Deleted a secret');
  await expect(rows(page).nth(1)).toContainText('description');
  await expect(rows(page).nth(2)).toContainText(editor.name);
  await expect(rows(page).nth(2).locator('time')).toHaveAttribute('title', /\d{4}/);

  await page.getByLabel('Action').selectOption('secret.created');
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole('button', { name: /^Details of event/ }).click();
  const details = page.getByRole('dialog', { name: 'Created a secret' });
  await expect(details).toContainText(/Request id\s*[0-9a-f-]{36}/);
  await expectAccessible(page);
  await details.getByRole('button', { name: 'Close' }).click();

  const downloading = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Export NDJSON' }).click();
  const download = await downloading;
  expect(download.suggestedFilename()).toBe('audit-events.ndjson');
  const lines = (await readFile(await download.path(), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { action: 'secret.created', subject: name, mac: expect.stringMatching(/^[0-9a-f]{64}$/) },
  ]);

  // A link that is shared shows the same, and going back undoes the last choice.
  await page.goBack();
  await expect(rows(page)).toHaveCount(3);
  await expect(page.getByLabel('Action')).toHaveValue('');
  await page.getByRole('button', { name: 'Clear' }).click();
  await expect(page).toHaveURL(/\/audit$/);
  await expect(page.getByLabel('Subject')).toHaveValue('');
});

test('pages lead on and back, and a day in the future has nothing', async ({ as, unique }) => {
  const editor = await as('SECRET_MANAGEMENT');
  const name = unique('PAGED');
  await editor.api.send('POST', '/secrets', { name, value: newCanary() });
  for (const description of ['one', 'two', 'three'])
    await editor.api.send('PATCH', `/secrets/${name}`, { description });
  const { page } = await as('AUDIT_READ');
  await openAudit(page, `?subject=${name}&limit=3`);
  await expect(rows(page)).toHaveCount(3);
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText('Created a secret');
  await expect(page.getByText('page 2')).toBeVisible();
  await page.getByRole('button', { name: 'Previous' }).click();
  await expect(rows(page)).toHaveCount(3);

  await page.getByLabel('From day (UTC)').fill('2999-01-01');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'No event matches' })).toBeVisible();
  await expectAccessible(page);
  await openAudit(page, '?cursor=made-up');
  await expect(page.getByRole('alert')).toBeVisible();
  await page.getByRole('button', { name: 'Go to the first page' }).click();
  await expect(rows(page).first()).toBeVisible();
});

test('of two filters that are common and rarely meet the page finds what fits both, however far back', async ({
  as,
  unique,
}) => {
  const robot = unique('robot');
  const sql = await connectBeside(stack().dataDir);
  await appendEvents(sql, stack().dataDir, 8_400, (index) => ({
    at: new Date().toISOString(),
    ...((index === 0 || index % 2 === 1) && { principalKind: 'user', principalName: robot }),
    ...(index % 2 === 0 && { action: 'secret.created', subject: `S${index}` }),
  }));
  await sql.end();
  const { page, api } = await as('AUDIT_READ');
  const query = `?principal=${robot}&action=secret.created`;
  const { json } = await api.send('GET', `/audit-events${query}`);
  expect([json.items.length, typeof json.nextCursor]).toEqual([0, 'string']);
  await openAudit(page, query);
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText(robot);
  await expect(page.getByRole('button', { name: 'Next' })).toBeDisabled();
});

test('without AUDIT_READ there is neither the page nor the way to it', async ({ as }) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  await page.goto('/audit');
  await expect(page).toHaveURL(/\/secrets$/);
  await expect(page.getByRole('link', { name: 'Audit' })).toHaveCount(0);
  expect((await api.send('GET', '/audit-events')).status).toBe(403);
  expect((await api.send('GET', '/audit-events/state')).status).toBe(403);
  expect((await api.send('GET', '/audit-events/export?format=csv')).status).toBe(403);
});

test('the page is accessible and nothing of it is cut off, wide and narrow', async ({
  as,
  unique,
}) => {
  const editor = await as('SECRET_MANAGEMENT');
  await editor.api.send('POST', '/secrets', {
    name: `${unique('WIDE')}_${'x'.repeat(40)}`,
    value: newCanary(),
    description: 'x',
    destinations: ['https://api.example.com'],
  });
  const { page } = await as('AUDIT_READ');
  await page.emulateMedia({ reducedMotion: 'reduce' });
  // A page of all that other tests did takes axe long, and teaches it nothing.
  await openAudit(page, '?limit=20');
  await expect(page.getByText('Created a secret').last()).toBeVisible();
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
  await page.setViewportSize(phone);
  await expectNoSidewaysScroll(page);
  await expectAccessible(page);
});
