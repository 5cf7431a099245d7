/** @file Proof that something was done by keyboard alone, and a record of every dialog that was gone through so. */
import type { Page } from '@playwright/test';
import { breach, expect, tabTo } from './fixtures.ts';
import { recordMore } from './record.ts';

/** A dialog that was opened and closed, with nothing but keys. */
export interface Walk {
  /** The page that it was opened on. */
  path: string;
  title: string;
  /** The button that closed it, or whose form was sent; the key where there was none. */
  by: string;
}

/** The file that the walks of a run are in, one a line. */
export const walksFile = 'walks.ndjson';

/** From here on only keys may do anything on this page: a pointer, or a focus that a test sets, makes the test fail. */
export async function byKeyboard(page: Page): Promise<void> {
  await page.exposeFunction('tellWalk', (walk: Walk) =>
    recordMore(walksFile, `${JSON.stringify(walk)}\n`),
  );
  await page.exposeFunction('tellBreach', breach);
  await page.addInitScript(watch);
  await page.evaluate(watch);
}

/** Tabs to a button and presses Enter. */
export async function press(page: Page, button: string | RegExp): Promise<void> {
  await tabTo(page, 'button', button);
  await page.keyboard.press('Enter');
}

/** Expects a question, which is asked with the safe answer at hand, and says yes to it. */
export async function confirm(page: Page, answer: string): Promise<void> {
  const question = page.getByRole('alertdialog');
  await expect(question.getByRole('button').first()).toBeFocused();
  await expect(question.getByRole('button', { name: answer })).toBeEnabled();
  await press(page, answer);
}

/** Runs in the page. */
function watch(): void {
  const tell = (name: 'tellWalk' | 'tellBreach', what: unknown) => Reflect.get(window, name)(what);

  let isKeyDown = false;
  let isFocusOfPage = false;
  // oxlint-disable-next-line typescript/unbound-method -- called on the element that it is of
  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function focusOfPage(options) {
    const before = isFocusOfPage;
    isFocusOfPage = true;
    focus.call(this, options);
    isFocusOfPage = before;
  };
  const refuse = (what: string, { target }: Event) => {
    if (target instanceof Element)
      tell('tellBreach', `${what}, not by a key: ${target.outerHTML.slice(0, 200)}`);
  };
  const onFocus = (event: Event) => isKeyDown || isFocusOfPage || refuse('focused', event);
  window.addEventListener('focusin', onFocus, true);
  window.addEventListener('pointerdown', (event) => refuse('clicked', event), true);

  const nameOf = (element: Element) =>
    element.getAttribute('aria-label') ?? element.textContent?.trim() ?? '';
  let by = '';
  window.addEventListener(
    'keydown',
    ({ key }) => {
      isKeyDown = true;
      // No other key closes anything.
      if (!['Enter', ' ', 'Escape'].includes(key)) return;
      const { activeElement: active } = document;
      const button =
        active?.closest('button, a') ?? active?.closest('form')?.querySelector('[type=submit]');
      by = key !== 'Escape' && button ? nameOf(button) : key;
    },
    true,
  );
  window.addEventListener('keyup', () => (isKeyDown = false), true);

  const open = new Map<Element, { path: string; title: string }>();
  const look = () => {
    for (const [dialog, opened] of open)
      if (!dialog.isConnected) {
        open.delete(dialog);
        tell('tellWalk', { ...opened, by });
      }
    for (const dialog of document.querySelectorAll('[role=dialog], [role=alertdialog]')) {
      const label = dialog.getAttribute('aria-labelledby');
      const titled = label === null ? dialog : document.getElementById(label);
      const path = open.get(dialog)?.path ?? location.pathname;
      if (titled !== null) open.set(dialog, { path, title: nameOf(titled) });
    }
  };
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
}
