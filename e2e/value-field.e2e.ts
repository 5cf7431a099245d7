import { newCanary } from '@dropsafe/bff/testkit/canary';
import type { Locator, Page } from '@playwright/test';
import { expect, expectToast, openSecrets, test, type Person } from './fixtures.ts';

/** The open create form with its value field. */
async function openForm(
  { page }: Person,
  name: string,
): Promise<{ dialog: Locator; field: Locator; save: () => Promise<string> }> {
  await openSecrets(page, name);
  await page.getByRole('button', { name: 'Create secret' }).click();
  const dialog = page.getByRole('dialog', { name: 'Create a secret' });
  await dialog.getByLabel('Name').fill(name);
  const field = dialog.getByLabel('Value', { exact: true });
  return {
    dialog,
    field,
    /** Saves, and answers the value that was sent. */
    save: async () => {
      const sent = page.waitForRequest(
        (request) => request.method() === 'POST' && request.url().endsWith('/secrets'),
      );
      await dialog.getByRole('button', { name: 'Create secret' }).click();
      const value: unknown = (await sent).postDataJSON().value;
      await expectToast(page, `Secret ${name} created`);
      return String(value);
    },
  };
}

/** Pastes text into the focused element, as it stands in the clipboard. */
async function paste(field: Locator, text: string): Promise<void> {
  await field.focus();
  await field.evaluate((element, pasted) => {
    const data = new DataTransfer();
    data.setData('text/plain', pasted);
    const isTaken = !element.dispatchEvent(
      new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }),
    );
    // What the browser does itself when nobody takes the event.
    if (!isTaken) document.execCommand('insertText', false, pasted);
  }, text);
}

/** Drops a file on the field. */
async function drop(page: Page, field: Locator, name: string, bytes: number[]): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([fileName, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], fileName));
      return data;
    },
    [name, bytes] as const,
  );
  await field.dispatchEvent('dragenter', { dataTransfer: transfer });
  await field.dispatchEvent('dragover', { dataTransfer: transfer });
  await field.dispatchEvent('drop', { dataTransfer: transfer });
}

test('what is typed is masked until one asks to see it', async ({ as, unique }) => {
  const person = await as('SECRET_MANAGEMENT');
  const { dialog, field } = await openForm(person, unique('MASKED'));
  await field.fill(newCanary());
  await expect(field).toHaveCSS('-webkit-text-security', 'disc');
  await dialog.getByRole('switch', { name: 'Show what I type' }).check();
  await expect(field).toHaveCSS('-webkit-text-security', 'none');
});

test('password managers, spell checkers and autofill are told to stay away', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { field } = await openForm(person, unique('ALONE'));
  for (const [attribute, content] of [
    ['autocomplete', 'off'],
    ['spellcheck', 'false'],
    ['autocorrect', 'off'],
    ['autocapitalize', 'none'],
    ['data-1p-ignore', ''],
    ['data-lpignore', 'true'],
    ['data-bwignore', 'true'],
  ] as const) {
    await expect(field).toHaveAttribute(attribute, content);
  }
});

test('several lines are kept as they are', async ({ as, unique }) => {
  const { field, save } = await openForm(await as('SECRET_MANAGEMENT'), unique('PEM'));
  const value = newCanary(4);
  await paste(field, value);
  expect(await save()).toBe(value);
});

test('a pasted line end and blanks are pointed out, and kept unless one removes them', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const kept = await openForm(person, unique('KEPT'));
  const value = newCanary();
  await paste(kept.field, ` ${value}\n`);
  await expect(kept.dialog.getByRole('button', { name: 'Trim the value' })).toBeVisible();
  expect(await kept.save()).toBe(` ${value}\n`);

  const trimmed = await openForm(person, unique('TRIMMED'));
  await paste(trimmed.field, ` ${value}\n`);
  await trimmed.dialog.getByRole('button', { name: 'Trim the value' }).click();
  await expect(trimmed.dialog.getByRole('button', { name: 'Trim the value' })).toBeHidden();
  expect(await trimmed.save()).toBe(value);
});

test('Windows line ends are kept as they were pasted, and can be converted', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const lines = newCanary(2).replace('\n', '\r\n');
  const kept = await openForm(person, unique('CRLF'));
  await paste(kept.field, lines);
  expect(await kept.save()).toBe(lines);

  const converted = await openForm(person, unique('LF'));
  await paste(converted.field, lines);
  await converted.dialog.getByRole('button', { name: 'Convert to LF' }).click();
  expect(await converted.save()).toBe(lines.replace('\r\n', '\n'));
});

test('a dropped file is taken to the byte, also what a text field would change', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { field, save, dialog } = await openForm(person, unique('FILE'));
  const content = `\uFEFF${newCanary(2).replace('\n', '\r\n')}\rend\n`;
  await drop(person.page, field, 'key.pem', [...Buffer.from(content)]);
  await expect(dialog).toContainText('key.pem');
  expect(await save()).toBe(content);
});

test('a file that is not text, or too large, is refused and leaves the field as it was', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { field, dialog } = await openForm(person, unique('REFUSED'));
  const typed = newCanary();
  await field.fill(typed);
  await drop(person.page, field, 'photo.jpg', [0xff, 0xd8, 0xff, 0xe0]);
  await expect(field).toHaveAccessibleDescription(/UTF-8|text/);
  await expect(field).toHaveValue(typed);
  await drop(person.page, field, 'large.txt', Array<number>(65_537).fill(97));
  await expect(field).toHaveAccessibleDescription(/64 KiB|65,536/);
  await expect(field).toHaveValue(typed);
  await expect(dialog).not.toContainText('aaaa');
});

test('near the limit the size is counted in bytes, and too much is not sent', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { field, dialog } = await openForm(person, unique('LARGE'));
  await field.fill('é'.repeat(30_000));
  await expect(dialog.getByText('60,000 of 65,536 bytes')).toBeVisible();
  await field.fill('é'.repeat(40_000));
  await expect(dialog.getByText('80,000 of 65,536 bytes')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(field).toHaveAccessibleDescription(/at most 64 KiB/);
});

test('what is typed stands in no markup, no storage, no history and no query cache, before and after saving', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { page } = person;
  const { field, save } = await openForm(person, unique('NOWHERE'));
  const value = newCanary();
  await field.pressSequentially(value);
  await expect(field).toHaveValue(value);
  const everywhere = () =>
    page.evaluate(() =>
      JSON.stringify([
        document.documentElement.outerHTML,
        { ...localStorage },
        { ...sessionStorage },
        history.state,
        location.href,
        document.cookie,
        window.name,
      ]),
    );
  expect(await everywhere()).not.toContain(value.slice(0, 12));
  await save();
  expect(await everywhere()).not.toContain(value.slice(0, 12));
  // The live objects of the page: React's fibers hold hooks, and the query client hangs on them.
  expect(await reachableText(page)).not.toContain(value.slice(0, 12));
});

/** Every text that can be reached from the page's React tree, the query cache included. */
function reachableText(page: Page): Promise<string> {
  return page.evaluate(() => {
    const seen = new Set<unknown>();
    const texts: string[] = [];
    const todo: unknown[] = [...document.querySelectorAll('*')].flatMap((element) =>
      Object.keys(element)
        .filter((key) => key.startsWith('__react'))
        .map((key) => Reflect.get(element, key)),
    );
    while (todo.length > 0 && seen.size < 400_000) {
      const item = todo.pop();
      if (typeof item === 'string') texts.push(item);
      if (
        typeof item !== 'object' ||
        item === null ||
        seen.has(item) ||
        item instanceof Node ||
        item instanceof Window
      )
        continue;
      seen.add(item);
      if (item instanceof Map || item instanceof Set) todo.push(...item.values(), ...item.keys());
      for (const key of Reflect.ownKeys(item)) {
        try {
          todo.push(Reflect.get(item, key));
        } catch {
          // A getter that refuses holds nothing for us.
        }
      }
    }
    return texts.join('\n');
  });
}
