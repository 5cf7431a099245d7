/**
 * @file What every browser test has: people with permissions, signed in on pages of their own, and a record of all that
 * the browser received and kept, for the leak sweep.
 */
import { AxeBuilder } from '@axe-core/playwright';
import {
  test as base,
  expect,
  type Browser,
  type BrowserContext,
  type Locator,
  type Page,
  type Response,
  type ViewportSize,
} from '@playwright/test';
import type { Permission } from '@dropsafe/contract/permissions';
import { createClient, type Client } from '@dropsafe/bff/testkit/client';
import { createUserWith, openOperator, testPassword } from '@dropsafe/bff/testkit/node';
import { randomBytes } from 'node:crypto';
import { record, recordMore } from './record.ts';
import { stack } from './stack.ts';

export { expect };

/** Somebody with a page that they are signed in on, and with an API client of the same session. */
export interface Person {
  name: string;
  page: Page;
  api: Client;
}

/** The node that a test talks to. */
export interface Site {
  url: string;
  dataDir: string;
}

interface Fixtures {
  /** Signs somebody new in. */
  as: (...permissions: Permission[]) => Promise<Person>;
  /** A page of somebody who is not signed in. */
  stranger: () => Promise<Page>;
  /** A name that no other test uses. */
  unique: (name: string) => string;
}

interface WorkerFixtures {
  site: Site;
  /** Beside the node, for who is to be there before a test begins. */
  operator: Awaited<ReturnType<typeof openOperator>>;
}

/** A test with people. */
export const test = base.extend<Fixtures, WorkerFixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
  site: [async ({}, use) => use(stack()), { scope: 'worker' }],
  operator: [
    async ({ site }, use) => {
      const operator = await openOperator({ DROPSAFE_DATA_DIR: site.dataDir });
      await use(operator);
      await operator.close();
    },
    { scope: 'worker' },
  ],
  as: async ({ browser, viewport, site, operator }, use, testInfo) => {
    const contexts: BrowserContext[] = [];
    await use(async (...permissions) => {
      const name = `user-${randomBytes(6).toString('hex')}`;
      await createUserWith(operator, name, permissions);
      const api = createClient(site.url, undefined, (request, answer) =>
        recordMore(
          'api.txt',
          `${request}\n${JSON.stringify([...answer.headers])}\n${answer.text}\n`,
        ),
      );
      await api.signIn(name, testPassword);
      const context = await newContext(browser, viewport, site);
      contexts.push(context);
      await context.addCookies([sessionCookie(api, site.url)]);
      return { name, api, page: await watchedPage(context) };
    });
    for (const context of contexts) await keep(context, testInfo.title);
  },
  stranger: async ({ browser, viewport, site }, use, testInfo) => {
    const contexts: BrowserContext[] = [];
    await use(async () => {
      const context = await newContext(browser, viewport, site);
      contexts.push(context);
      return watchedPage(context);
    });
    for (const context of contexts) await keep(context, testInfo.title);
  },
  // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
  unique: async ({}, use) => {
    const suffix = randomBytes(4).toString('hex');
    await use((name) => `${name}_${suffix}`);
  },
});

/** What a browser is given to be in the session of a client. */
export function sessionCookie(api: Client, url: string) {
  const [name = '', value = ''] = (api.cookie ?? '').split('=');
  return { name, value, url, httpOnly: true, sameSite: 'Strict' as const };
}

/** A browser of its own for somebody. */
function newContext(
  browser: Browser,
  viewport: ViewportSize | null,
  site: Site,
): Promise<BrowserContext> {
  return browser.newContext({ viewport, locale: 'en-GB', timezoneId: 'UTC', baseURL: site.url });
}

const waiting = new WeakMap<BrowserContext, Promise<void>[]>();

/** A page whose answers are recorded, and which must not do anything that its policy forbids. */
export async function watchedPage(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  const reads = waiting.get(context) ?? [];
  waiting.set(context, reads);
  page.on('response', (response) => {
    // Their names are made from what is in them: whoever has read one has read them all.
    const { pathname } = new URL(response.url());
    if (pathname.startsWith('/assets/') && seenAssets.has(pathname)) return;
    seenAssets.add(pathname);
    const reading = response.body().then(
      async (body) => recordAnswer(response, body),
      async (error: Error) => recordAnswer(response, Buffer.alloc(0), whyUnread(response, error)),
    );
    reads.push(reading);
  });
  page.on('console', (message) => {
    recordMore('browser-console.txt', `${message.text()}\n`);
    if (/Content Security Policy|Trusted.?(Type|Script)/i.test(message.text()))
      violations.push(message.text());
  });
  page.on('pageerror', (error) => {
    recordMore('browser-console.txt', `${error.stack}\n`);
    violations.push(error.message);
  });
  return page;
}

const seenAssets = new Set<string>();

/** What a browser received, in a list that says what of it could not be read. */
export const answersFile = 'answers.ndjson';

async function recordAnswer(response: Response, body: Buffer, unread?: string): Promise<void> {
  const url = response.url();
  recordMore(answersFile, `${JSON.stringify({ url, status: response.status(), unread })}\n`);
  const headers = JSON.stringify(await response.allHeaders().catch(() => ({})));
  recordMore('browser-answers.bin', Buffer.concat([Buffer.from(`\n${url}\n${headers}\n`), body]));
}

/** The reasons for which a body may be missing: the browser has not got it, or has thrown it away. */
export const unreadReasons = ['given up by the page', 'the page was left'];

/** Why a body could not be read; undefined where there is none. */
function whyUnread(response: Response, { message }: Error): string | undefined {
  const status = response.status();
  if (status === 204 || (status >= 300 && status < 400)) return undefined;
  if (message.includes('No data found for resource')) return unreadReasons[0];
  return /No resource with given identifier|has been closed/.test(message)
    ? unreadReasons[1]
    : message;
}

const violations: string[] = [];

/** Makes the test fail that is running, at its end. */
export function breach(what: string): void {
  violations.push(what);
}

test.afterEach(() => {
  expect(
    violations.splice(0),
    'violations of what holds in every test, and uncaught errors',
  ).toEqual([]);
});

/** Keeps what the browser holds at the end of a test: page, storage, history, caches. */
async function keep(context: BrowserContext, title: string): Promise<void> {
  const label = `${title}-${randomBytes(4).toString('hex')}`;
  await Promise.all(waiting.get(context) ?? []);
  for (const page of context.pages()) {
    if (page.url().startsWith('about:')) continue;
    record(`${label}-dom.html`, await page.content());
    const kept = await page.evaluate(async () => {
      const caches = await Promise.all(
        (await window.caches.keys()).map(async (name) =>
          (await (await window.caches.open(name)).keys()).map(({ url }) => url),
        ),
      );
      const performanceNames = performance.getEntries().map(({ name }) => name);
      return {
        state: history.state,
        local: { ...localStorage },
        session: { ...sessionStorage },
        windowName: window.name,
        url: location.href,
        caches,
        performanceNames,
      };
    });
    record(`${label}-kept.json`, JSON.stringify(kept));
  }
  record(`${label}-storage.json`, JSON.stringify(await context.storageState({ indexedDB: true })));
  await context.close();
}

/** Opens the table of secrets, showing those of this test only. */
export async function openSecrets(page: Page, q = ''): Promise<void> {
  await page.goto(q === '' ? '/secrets' : `/secrets?q=${encodeURIComponent(q)}`);
  await expect(page.getByRole('heading', { name: 'Secrets', level: 1 })).toBeVisible();
}

/** The row of a secret in the table. */
export function row(page: Page, name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
}

/** What the trail tells, oldest first: of a principal, or about a subject. `api` has to hold AUDIT_READ. */
export async function actionsIn(
  api: Client,
  filter: { principal: string } | { subject: string },
): Promise<string[]> {
  const { json } = await api.send('GET', `/audit-events?${new URLSearchParams(filter)}`);
  return json.items.map(({ action }: { action: string }) => action).toReversed();
}

/** Expects a message about something that was done. */
export async function expectToast(page: Page, message: string): Promise<void> {
  await expect(page.getByRole('status').getByText(message)).toBeVisible();
}

/** Presses Tab until the element that fits has the focus; fails when the whole page was gone through without it. */
export async function tabTo(
  page: Page,
  role: 'button' | 'checkbox' | 'combobox' | 'link' | 'textbox' | 'searchbox' | 'menuitem',
  name: string | RegExp,
): Promise<void> {
  await tabToOne(page, page.getByRole(role, { name }));
}

/** The same, for what has no role. */
export async function tabToOne(page: Page, wanted: Locator): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    if (
      await wanted.evaluateAll((elements) =>
        elements.some((element) => element === document.activeElement),
      )
    )
      return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Not reached by Tab: ${String(wanted)}`);
}

/** What axe looks at. */
interface Rules {
  type: 'tag' | 'rule';
  values: string[];
}
const all: Rules = {
  type: 'tag',
  values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
};
/** All that another scheme can change: nothing but colours depends on it. */
const ofColours: Rules = { type: 'rule', values: ['color-contrast', 'link-in-text-block'] };

/**
 * Expects axe to find nothing against WCAG 2.2 AA or its own best practices, in light and in dark. The page stays in the
 * scheme that it was not in: to change back would take as long as to look.
 */
export async function expectAccessible(page: Page): Promise<void> {
  const faults = await faultsOf(page, all);
  await changeScheme(page);
  faults.push(...(await faultsOf(page, ofColours)));
  expect(faults).toEqual([]);
}

/** Expects it in one scheme as wide as the page is, and in the other on a phone; and that neither scrolls sideways. */
export async function expectAccessibleWideAndNarrow(page: Page): Promise<void> {
  const usual = page.viewportSize() ?? phone;
  await expectNoSidewaysScroll(page);
  const faults = await faultsOf(page, all);
  await page.setViewportSize({ ...usual, width: phone.width });
  await changeScheme(page);
  await expectNoSidewaysScroll(page);
  faults.push(...(await faultsOf(page, all)));
  await page.setViewportSize(usual);
  expect(faults).toEqual([]);
}

/** The narrowest window that everything is made for. */
export const phone: ViewportSize = { width: 360, height: 740 };

/** Expects that no part of the page is wider than the window. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const { width = 0 } = page.viewportSize() ?? {};
  // Tables and dialogs take their other form once the new width is known to them.
  await expect
    .poll(() => page.evaluate(() => document.documentElement.scrollWidth))
    .toBeLessThanOrEqual(width);
}

/** Gives the system the other scheme, which the page follows. */
async function changeScheme(page: Page): Promise<void> {
  const html = page.locator('html');
  const other = (await html.getAttribute('data-scheme')) === 'dark' ? 'light' : 'dark';
  await page.emulateMedia({ colorScheme: other });
  await expect(html).toHaveAttribute('data-scheme', other);
}

/** Brings everything that moves or fades to its end: half-way nothing has the contrast or the size that it ends with. */
export async function settle(page: Page): Promise<void> {
  await page.evaluate(() => {
    const unfinished = () =>
      document.getAnimations().filter(
        ({ effect, playState }) =>
          // What stays as it ended is still listed.
          playState !== 'finished' && effect?.getComputedTiming().endTime !== Infinity,
      );
    // The end of one may be the beginning of another: a colour is handed down to parts that change theirs slowly, too.
    for (let moving = unfinished(); moving.length > 0; moving = unfinished())
      for (const animation of moving) animation.finish();
  });
}

async function faultsOf(page: Page, runOnly: Rules): Promise<string[]> {
  // From here on: a message that fades away while axe looks would not have the contrast that it was read with.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await settle(page);
  const isThere = await page.evaluate(() => {
    if ('axe' in window) return true;
    // Chromium forgets to give what is out of sight the colours of another scheme until it comes into sight.
    const inSight = new CSSStyleSheet();
    inSight.replaceSync('* { content-visibility: visible !important }');
    document.adoptedStyleSheets.push(inSight);
    return false;
  });
  // Without frames there is nothing that would need axe's way of putting their results together, on a page of its own.
  const { violations: found } = await new AxeBuilder({ page, ...(isThere && { axeSource: ';' }) })
    .setLegacyMode()
    .options({ runOnly, resultTypes: ['violations'] })
    .analyze();
  return found.flatMap(({ id, nodes }) =>
    nodes
      // A tooltip belongs to the button that it describes (aria-describedby), not to a landmark.
      .filter(({ html }) => !(id === 'region' && html.includes('role="tooltip"')))
      .map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
}
