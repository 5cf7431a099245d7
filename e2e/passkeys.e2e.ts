import { createClient } from '@dropsafe/bff/testkit/client';
import { createUser, testPassword } from '@dropsafe/bff/testkit/node';
import type { CDPSession, Page } from '@playwright/test';
import {
  expect,
  expectAccessible,
  expectNoSidewaysScroll,
  expectToast,
  phone,
  row,
  sessionCookie,
  settle,
  tabTo,
  test,
} from './fixtures.ts';
import { byKeyboard, confirm, press } from './keyboard.ts';
import { stack } from './stack.ts';

/** Browsers know passkeys at this name of the machine only, not at its number. */
const at = (path: string) => stack().url.replace('127.0.0.1', 'localhost') + path;

/** The authenticator of a page, which can be told how its person behaves. */
interface Authenticator {
  cdp: CDPSession;
  id: string;
  /** A person who refuses to be verified, as one who closes the window of the browser. */
  refuse(): Promise<void>;
  consent(): Promise<void>;
}

/** Chromium's own authenticator: real keys, real signatures, a person who agrees at once. */
async function addAuthenticator(page: Page): Promise<Authenticator> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  const verify = (isUserVerified: boolean) =>
    cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
  return {
    cdp,
    id: authenticatorId,
    refuse: async () => void (await verify(false)),
    consent: async () => void (await verify(true)),
  };
}

/** Signs a new user in by password, on a page with an authenticator. */
async function signedIn(
  page: Page,
  name: string,
  ...permissions: Parameters<typeof createUser>[2]
): Promise<Authenticator> {
  await createUser({ DROPSAFE_DATA_DIR: stack().dataDir }, name, permissions);
  const api = createClient(stack().url);
  await api.signIn(name, testPassword);
  await page.context().addCookies([sessionCookie(api, at('/'))]);
  const authenticator = await addAuthenticator(page);
  await page.goto(at('/passkeys'));
  await expect(page.getByRole('heading', { name: 'Passkeys', level: 1 })).toBeVisible();
  return authenticator;
}

async function add(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Add passkey' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Current password').fill(testPassword);
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expectToast(page, `Passkey ${name} added`);
}

async function signOut(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(byPasskey(page)).toBeVisible();
}

const byPasskey = (page: Page) => page.getByRole('button', { name: 'Sign in with a passkey' });

test('a passkey is added, signs in without name and password, is renamed, and once removed is refused', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  const name = unique('keen');
  await signedIn(page, name, 'SECRET_MANAGEMENT_READ');
  await expect(page.getByText('by fingerprint, face or its code')).toBeVisible();
  await add(page, 'Laptop');
  await expect(row(page, 'Laptop')).toContainText('On one device');
  await expect(row(page, 'Laptop')).toContainText('Never');

  await signOut(page, name);
  await page.goto(at('/secrets?q=wanted'));
  await byPasskey(page).click();
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Search secrets' })).toHaveValue('wanted');

  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Sessions' }).click();
  await expect(page.getByText('by passkey')).toBeVisible();
  await page.getByRole('button', { name: `Account of ${name}` }).click();
  await page.getByRole('menuitem', { name: 'Passkeys' }).click();
  await expect(row(page, 'Laptop')).not.toContainText('Never');

  await page.getByRole('button', { name: 'Rename Laptop' }).click();
  const rename = page.getByRole('dialog', { name: 'Rename Laptop' });
  await rename.getByLabel('Name').fill('a/b');
  await rename.getByRole('button', { name: 'Rename' }).click();
  await expect(rename.getByText('without a slash')).toBeVisible();
  await rename.getByLabel('Name').fill('Work laptop');
  await rename.getByRole('button', { name: 'Rename' }).click();
  await expectToast(page, 'Passkey renamed to Work laptop');

  await page.getByRole('button', { name: 'Remove Work laptop' }).click();
  const question = page.getByRole('alertdialog', { name: 'Remove Work laptop?' });
  await expect(question).toContainText('It was last used');
  await question.getByRole('button', { name: 'Remove' }).click();
  await expectToast(page, 'Passkey Work laptop removed');
  await expect(page.getByRole('heading', { name: 'You have no passkey yet' })).toBeVisible();

  // The authenticator still has it.
  await signOut(page, name);
  await byPasskey(page).click();
  await expect(page.getByRole('alert')).toContainText('This passkey was not accepted');
  await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
});

test('whoever closes the window of the browser is told calmly, and nothing has changed', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  const name = unique('hesitant');
  const authenticator = await signedIn(page, name);
  await authenticator.refuse();
  await page.getByRole('button', { name: 'Add passkey' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByLabel('Name').fill('Phone');
  await dialog.getByLabel('Current password').fill('not my password');
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expect(dialog.getByText('This is not your current password.')).toBeVisible();
  await dialog.getByLabel('Current password').fill(testPassword);
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expect(dialog.getByRole('status')).toContainText('No passkey was made');
  await expect(dialog.getByLabel('Name')).toHaveValue('Phone');
  await expectAccessible(page);
  await authenticator.consent();
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expectToast(page, 'Passkey Phone added');

  // The same device makes no second one.
  await page.getByRole('button', { name: 'Add passkey' }).click();
  await dialog.getByLabel('Name').fill('Again');
  await dialog.getByLabel('Current password').fill(testPassword);
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expect(dialog.getByRole('status')).toContainText('on it already');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await page.getByRole('button', { name: 'Discard' }).click();

  await signOut(page, name);
  await authenticator.refuse();
  await byPasskey(page).click();
  await expect(page.getByRole('status').getByText('No passkey was used')).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expectAccessible(page);
  await authenticator.consent();
  await byPasskey(page).click();
  await expect(page.getByRole('button', { name: `Account of ${name}` })).toBeVisible();
});

test('over an open form a passkey signs in again, and what was typed is still there', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  const [name, secret] = [unique('interrupted'), unique('TYPED')];
  await signedIn(page, name, 'SECRET_MANAGEMENT');
  await add(page, 'Laptop');
  await page.goto(at('/secrets'));
  await page.getByRole('button', { name: 'Create secret' }).first().click();
  const form = page.getByRole('dialog', { name: 'Create a secret' });
  await form.getByLabel('Name').fill(secret);
  // Signed out in another tab.
  const other = await page.context().newPage();
  await other.goto(at('/secrets'));
  await signOut(other, name);
  const again = page.getByRole('dialog', { name: 'You have been signed out' });
  await again.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await expect(again).toBeHidden();
  await expect(form.getByLabel('Name')).toHaveValue(secret);
});

test('who manages access sees that somebody has passkeys, and removes them', async ({
  as,
  stranger,
  unique,
}) => {
  const page = await stranger();
  const name = unique('loser');
  await signedIn(page, name);
  await add(page, 'Lost phone');
  await signOut(page, name);

  const admin = await as('ACCESS_MANAGEMENT', 'AUDIT_READ');
  await admin.page.goto(`/users?q=${name}`);
  await expect(row(admin.page, name)).toContainText('1 passkey');
  await byKeyboard(admin.page);
  await press(admin.page, `Edit ${name}`);
  const form = admin.page.getByRole('dialog', { name: `Edit ${name}` });
  await expect(form.getByText('Has 1 passkey beside the password.')).toBeVisible();
  await expectAccessible(admin.page);
  // What was typed meanwhile stays.
  await tabTo(admin.page, 'checkbox', 'SECRET_MANAGEMENT_READ');
  await admin.page.keyboard.press('Space');
  await press(admin.page, 'Remove passkeys');
  const question = admin.page.getByRole('alertdialog', { name: `Remove 1 passkey of ${name}?` });
  await expect(question).toBeVisible();
  await expectAccessible(admin.page);
  await confirm(admin.page, 'Remove');
  await expect(form.getByText('The passkeys are removed.')).toBeVisible();
  await expect(form.getByText('beside the password')).toHaveCount(0);
  await expectAccessible(admin.page);
  await expect(form.getByLabel('SECRET_MANAGEMENT_READ')).toBeChecked();
  await press(admin.page, 'Save changes');
  await expectToast(admin.page, `User ${name} changed`);
  await expect(row(admin.page, name)).not.toContainText('passkey');
  await admin.page.goto(`/audit?subject=${encodeURIComponent(`${name}/Lost phone`)}`);
  const events = admin.page.getByRole('table', { name: 'Events' });
  await expect(events.getByText('Removed a passkey')).toBeVisible();

  await byPasskey(page).click();
  await expect(page.getByRole('alert')).toContainText('This passkey was not accepted');
});

test('where browsers know no passkeys the pages say why, and what to do', async ({
  as,
  stranger,
}) => {
  // Opened by its number, as all other tests do.
  const page = await stranger();
  await page.goto('/');
  await expect(byPasskey(page)).toHaveAttribute('aria-disabled', 'true');
  await byPasskey(page).hover();
  await expect(page.getByRole('tooltip')).toContainText(`Open ${at('')} instead of 127.0.0.1`);
  // Playwright would wait for it to be enabled.
  await byPasskey(page).click({ force: true });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expectAccessible(page);

  const person = await as();
  await person.page.goto('/passkeys');
  await expect(person.page.getByRole('alert')).toContainText(`Open ${at('')} instead`);
  await expect(person.page.getByRole('button', { name: 'Add passkey' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  await expectAccessible(person.page);
});

test('a passkey is added, renamed, used and removed by keyboard alone', async ({
  stranger,
  unique,
}) => {
  const page = await stranger();
  const name = unique('keyboard');
  await signedIn(page, name);
  await byKeyboard(page);
  await press(page, 'Add passkey');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.type('Typed');
  await page.keyboard.press('Tab');
  await page.keyboard.type(testPassword);
  await page.keyboard.press('Enter');
  await expectToast(page, 'Passkey Typed added');

  await press(page, 'Rename Typed');
  await expect(page.getByRole('textbox', { name: 'Name' })).toBeFocused();
  await page.keyboard.press('End');
  await page.keyboard.type(' again');
  await page.keyboard.press('Enter');
  await expectToast(page, 'Passkey renamed to Typed again');
  await expect(page.getByRole('button', { name: 'Rename Typed again' })).toBeFocused();

  await press(page, `Account of ${name}`);
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(byPasskey(page)).toBeVisible();
  await press(page, 'Sign in with a passkey');
  await expect(page.getByRole('button', { name: `Account of ${name}` })).toBeVisible();

  await page.goto(at('/passkeys'));
  await expect(row(page, 'Typed again')).toBeVisible();
  await press(page, 'Remove Typed again');
  await confirm(page, 'Remove');
  await expectToast(page, 'Passkey Typed again removed');
  await expect(page.getByRole('heading', { name: 'Passkeys', level: 1 })).toBeFocused();
});

test('axe finds nothing about passkeys, in light and in dark', async ({ stranger, unique }) => {
  const page = await stranger();
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto(at('/sign-in'));
  await expect(byPasskey(page)).toBeVisible();
  await expectAccessible(page);
  await signedIn(page, unique('axe'));
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Add passkey' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByRole('button', { name: 'Add passkey' }).click();
  await expect(dialog.getByText('Enter a name.')).toBeVisible();
  await expectAccessible(page);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await add(page, 'Laptop');
  // Without the message, which is about to go.
  await page.reload();
  await expect(row(page, 'Laptop')).toBeVisible();
  await expectAccessible(page);
  await page.getByRole('button', { name: 'Rename Laptop' }).click();
  await expect(page.getByRole('dialog', { name: 'Rename Laptop' })).toBeVisible();
  await expectAccessible(page);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Remove Laptop' }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  await expectAccessible(page);
});

test.describe('on a phone of 360 px', () => {
  test.use({ viewport: phone });

  test('nothing about passkeys is cut off', async ({ stranger, unique }) => {
    const page = await stranger();
    const expectToFit = async () => {
      await settle(page);
      await expectNoSidewaysScroll(page);
      for (const button of await page.getByRole('button').all()) {
        const box = await button.boundingBox();
        if (box === null) continue;
        expect([
          box.x >= 0,
          box.x + box.width <= 360,
          Math.min(box.width, box.height) >= 24,
        ]).toEqual([true, true, true]);
      }
    };
    await page.goto(at('/sign-in'));
    await expect(byPasskey(page)).toBeVisible();
    await expectToFit();
    await signedIn(page, unique('phone'));
    await expectToFit();
    const name = 'W'.repeat(64);
    await add(page, name);
    await expect(page.getByText(name, { exact: true })).toBeVisible();
    await expectToFit();
    // Without the message, which is about to go.
    await page.reload();
    await expect(page.getByText(name, { exact: true })).toBeVisible();
    await expectAccessible(page);
    await page.getByRole('button', { name: `Remove ${name}` }).click();
    await expect(page.getByRole('alertdialog')).toBeVisible();
    await expectToFit();
  });
});
