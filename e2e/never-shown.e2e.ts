/**
 * @file The leak sweep (P1): every value that the browser tests used is a canary. This looks for them in everything that
 * the tests left behind: each answer that the browser and the API clients got, pages, storage, consoles, the node's log,
 * the raw files of the database, a dump of it, and the profile that a browser wrote to disk. The requests that carried
 * the values upwards are the one exception.
 */
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newCanary, sweep, sweepStream, type Leak } from '@dropsafe/bff/testkit/canary';
import { createUser, testPassword } from '@dropsafe/bff/testkit/node';
import { dumpDatabase } from '@dropsafe/bff/testkit/dump';
import { chromium, type LaunchOptions } from '@playwright/test';
import { answersFile, expect, expectToast, test, unreadReasons, watchedPage } from './fixtures.ts';
import { recordDir } from './record.ts';
import { stack } from './stack.ts';

// One after the other: what the last one plants, the others would find.
test.describe.configure({ mode: 'default' });

/** Sweeps every file below a folder. Answers how many there were, too: an empty folder proves nothing. */
async function sweepFolder(folder: string): Promise<{ files: number; leaks: Leak[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const leaks: Leak[] = [];
  for (const path of paths) {
    // A live server removes files under our hands.
    leaks.push(
      ...(await sweepStream(path, createReadStream(path)).catch((error: NodeJS.ErrnoException) =>
        error.code === 'ENOENT' ? [] : Promise.reject(error),
      )),
    );
  }
  return { files: paths.length, leaks };
}

test('nothing that the browser or an API client received, showed or kept holds a value', async () => {
  const names = await readdir(recordDir);
  expect(names).toEqual(expect.arrayContaining(['api.txt', 'browser-answers.bin', 'node.log']));
  expect(names.filter((name) => name.endsWith('-dom.html')).length).toBeGreaterThan(20);
  expect((await sweepFolder(recordDir)).leaks).toEqual([]);
});

test('what a browser received was read for the sweep, but for the little that it throws away itself', async () => {
  const lines = (await readFile(join(recordDir, answersFile), 'utf8')).trimEnd().split('\n');
  const answers: { url: string; unread?: string }[] = lines.map((line) => JSON.parse(line));
  const unread = answers.filter((answer) => answer.unread !== undefined);
  expect(unread.filter((answer) => !unreadReasons.includes(answer.unread ?? ''))).toEqual([]);
  expect(answers.length).toBeGreaterThan(1_000);
  expect(unread.length / answers.length).toBeLessThan(0.03);
});

test('the log holds no value', async () => {
  const log = await readFile(join(recordDir, 'node.log'), 'utf8');
  expect(log).toContain('"operation":"POST /secrets","status":201');
  expect(sweep('log', log)).toEqual([]);
});

test('a dump of the database holds no value, and no password', async () => {
  const dump = await dumpDatabase(stack().dataDir);
  expect(dump).toContain('FIRST_SECRET');
  expect(sweep('dump', dump)).toEqual([]);
  for (const password of [testPassword, stack().firstPassword])
    expect(dump).not.toContain(password);
});

test('the raw files of the database, its log of changes included, hold no value', async () => {
  const { files, leaks } = await sweepFolder(stack().dataDir);
  expect(files).toBeGreaterThan(500);
  expect(leaks).toEqual([]);
});

test('the profile that a browser writes to disk holds no value, of a secret that was saved or of one that was discarded', async ({
  launchOptions,
}) => {
  const profile = await mkdtemp(join(tmpdir(), 'dropsafe-profile-'));
  const options: LaunchOptions = launchOptions;
  const user = `profile-${Date.now()}`;
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, user, ['SECRET_MANAGEMENT']);
  const context = await chromium.launchPersistentContext(profile, {
    ...options,
    baseURL: stack().url,
  });
  try {
    const page = await watchedPage(context);
    await page.goto('/secrets');
    await page.getByLabel('User name').fill(user);
    await page.getByLabel('Password').fill(testPassword);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByRole('button', { name: 'Create secret' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create a secret' });
    await dialog.getByLabel('Name').fill(`PROFILE_${Date.now()}`);
    await dialog.getByLabel('Value', { exact: true }).fill(newCanary(3));
    await dialog.getByRole('button', { name: 'Create secret' }).click();
    await expectToast(page, 'created');
    await page.getByRole('button', { name: 'Create secret' }).click();
    await dialog.getByLabel('Value', { exact: true }).pressSequentially(newCanary());
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Discard' }).click();
    await expect(dialog).toBeHidden();
  } finally {
    await context.close();
  }
  const { files, leaks } = await sweepFolder(profile);
  expect(files).toBeGreaterThan(10);
  expect(leaks).toEqual([]);
  await rm(profile, { recursive: true, force: true });
});

test('the sweep finds a leak that is planted in any of these places', async ({ as, unique }) => {
  const { page, api } = await as('SECRET_MANAGEMENT');
  const name = unique('PLANTED');
  // A value in a description is a leak of exactly the kind that this is for. From here on it is in the database.
  const planted = newCanary();
  await api.send('POST', '/secrets', { name, value: newCanary(), description: planted });
  await page.goto(`/secrets?q=${name}`);
  await expect(page.getByText(name)).toBeVisible();
  await page.evaluate((value) => localStorage.setItem('planted', value), planted);

  expect(sweep('page', await page.content())).not.toEqual([]);
  expect(sweep('answer', (await api.send('GET', `/secrets/${name}`)).text)).not.toEqual([]);
  expect(sweep('storage', JSON.stringify(await page.context().storageState()))).not.toEqual([]);
  expect(sweep('dump', await dumpDatabase(stack().dataDir))).not.toEqual([]);
  const { leaks } = await sweepFolder(stack().dataDir);
  expect(leaks.some(({ where }) => where.includes('pg_wal'))).toBe(true);
});
