import { newCanary, sweep } from '@dropsafe/bff/testkit/canary';
import type { Locator, Page } from '@playwright/test';
import { expect, expectToast, openSecrets, row, test, type Person } from './fixtures.ts';

/** The open create form with its value field. */
async function openForm(
  { page }: Person,
  name: string,
): Promise<{ dialog: Locator; field: Locator; save: () => Promise<string> }> {
  if (page.url() === 'about:blank') await openSecrets(page, name);
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

test('what is typed is masked until one asks to see it, and password managers, spell checkers and autofill are told to stay away', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { dialog, field } = await openForm(person, unique('MASKED'));
  await field.fill(newCanary());
  await expect(field).toHaveCSS('-webkit-text-security', 'disc');
  await dialog.getByRole('switch', { name: 'Show what I type' }).check();
  await expect(field).toHaveCSS('-webkit-text-security', 'none');
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

test('what is pasted or dropped is kept to the byte: lines, blanks, line ends; unless one asks to change it', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const lines = await openForm(person, unique('PEM'));
  const pem = newCanary(4);
  await paste(lines.field, pem);
  expect(await lines.save()).toBe(pem);

  // A line end and blanks that came along are pointed out.
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

  // So are the line ends of Windows.
  const windows = newCanary(2).replace('\n', '\r\n');
  const crlf = await openForm(person, unique('CRLF'));
  await paste(crlf.field, windows);
  expect(await crlf.save()).toBe(windows);
  const converted = await openForm(person, unique('LF'));
  await paste(converted.field, windows);
  await converted.dialog.getByRole('button', { name: 'Convert to LF' }).click();
  expect(await converted.save()).toBe(windows.replace('\r\n', '\n'));

  // A file is taken with what a text field would change.
  const file = await openForm(person, unique('FILE'));
  const content = `\uFEFF${newCanary(2).replace('\n', '\r\n')}\rend\n`;
  await drop(person.page, file.field, 'key.pem', [...Buffer.from(content)]);
  await expect(file.dialog).toContainText('key.pem');
  expect(await file.save()).toBe(content);
});

test('a file that is not text, or too large, is refused and leaves the field as it was; so is too much that is typed, counted in bytes', async ({
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

  await field.fill('é'.repeat(30_000));
  await expect(dialog.getByText('60,000 of 65,536 bytes')).toBeVisible();
  await field.fill('é'.repeat(40_000));
  await expect(dialog.getByText('80,000 of 65,536 bytes')).toBeVisible();
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(field).toHaveAccessibleDescription(/at most 64 KiB/);
});

test('what is typed stands in no markup, no storage, no history and no query cache: saved, discarded or refused, created or updated', async ({
  as,
  unique,
}) => {
  const person = await as('SECRET_MANAGEMENT');
  const { page } = person;
  const name = unique('NOWHERE');
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
  const expectNowhere = async () => {
    expect(sweep('page', await everywhere())).toEqual([]);
    // Whatever still leads to it: a form, the query client, a listener that nobody took away.
    const held = await heldText(page);
    expect(held).toContain(name);
    expect(sweep('objects', held)).toEqual([]);
  };
  const { dialog, field, save } = await openForm(person, name);
  await field.pressSequentially(newCanary());
  await expect(field).not.toHaveValue('');
  expect(sweep('page', await everywhere())).toEqual([]);
  await save();
  await expect(row(page, name)).toBeVisible();
  await expectNowhere();

  const discard = async (form: Locator) => {
    await form.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('alertdialog').getByRole('button', { name: 'Discard' }).click();
    await expect(form).toBeHidden();
  };
  const again = await openForm(person, name);
  await again.field.fill(newCanary());
  await discard(dialog);
  await expectNowhere();

  // The server refuses it: the name is taken. It is in the form still, and gone with it.
  const refused = await openForm(person, name);
  await refused.field.fill(newCanary());
  await dialog.getByRole('button', { name: 'Create secret' }).click();
  await expect(dialog.getByLabel('Name')).toHaveAccessibleDescription(/already a secret/);
  await discard(dialog);
  await expectNowhere();

  const openUpdate = async () => {
    await page.getByRole('button', { name: `Edit ${name}` }).click();
    const update = page.getByRole('dialog', { name: `Update ${name}` });
    await update.getByLabel('Value', { exact: true }).fill(newCanary());
    return update;
  };
  const saved = await openUpdate();
  await saved.getByRole('button', { name: 'Save changes' }).click();
  await expectToast(page, `Secret ${name} updated`);
  await expectNowhere();
  await discard(await openUpdate());
  await expectNowhere();
  const contested = await openUpdate();
  await person.api.send('PATCH', `/secrets/${name}`, { description: 'theirs' });
  await contested.getByRole('button', { name: 'Save changes' }).click();
  await contested.getByRole('button', { name: 'Discard my changes' }).click();
  await expect(contested).toBeHidden();
  await expectNowhere();
});

/** Every text that the scripts of the page hold: what nothing leads to any more is swept up first. */
async function heldText(page: Page): Promise<string> {
  const inspector = await page.context().newCDPSession(page);
  const chunks: string[] = [];
  inspector.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => chunks.push(chunk));
  await inspector.send('HeapProfiler.collectGarbage');
  await inspector.send('HeapProfiler.takeHeapSnapshot');
  await inspector.detach();
  const text = chunks.join('');
  return text.slice(text.lastIndexOf('"strings":['));
}
