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
  type ViewportSize,
} from '@playwright/test';
import type { Permission } from '@dropsafe/contract/permissions';
import { createClient, type Client } from '@dropsafe/bff/testkit/client';
import { createUser, testPassword } from '@dropsafe/bff/testkit/node';
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

/** A test with people. */
export const test = base.extend<Fixtures, { site: Site }>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright asks for the pattern
  site: [async ({}, use) => use(stack()), { scope: 'worker' }],
  as: async ({ browser, viewport, site }, use, testInfo) => {
    const contexts: BrowserContext[] = [];
    await use(async (...permissions) => {
      const name = `user-${randomBytes(6).toString('hex')}`;
      await createUser({ DROPSAFE_DATA_DIR: site.dataDir }, name, permissions);
      const api = createClient(site.url, undefined, (request, answer) =>
        recordMore(
          'api.txt',
          `${request}\n${JSON.stringify([...answer.headers])}\n${answer.text}\n`,
        ),
      );
      await api.signIn(name, testPassword);
      const context = await newContext(browser, viewport, site);
      contexts.push(context);
      const [cookieName = '', value = ''] = (api.cookie ?? '').split('=');
      await context.addCookies([
        { name: cookieName, value, url: site.url, httpOnly: true, sameSite: 'Strict' },
      ]);
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
    const reading = response
      .body()
      .catch(() => Buffer.alloc(0))
      .then(async (body) =>
        recordMore(
          'browser-answers.bin',
          Buffer.concat([
            Buffer.from(
              `\n${response.url()}\n${JSON.stringify(await response.allHeaders().catch(() => ({})))}\n`,
            ),
            body,
          ]),
        ),
      );
    reads.push(reading);
  });
  page.on('console', (message) => {
    recordMore('browser-console.txt', `${message.text()}\n`);
    if (/Content Security Policy|Trusted ?Type/i.test(message.text()))
      violations.push(message.text());
  });
  page.on('pageerror', (error) => {
    recordMore('browser-console.txt', `${error.stack}\n`);
    violations.push(error.message);
  });
  return page;
}

const violations: string[] = [];
test.afterEach(() => {
  expect(violations.splice(0), 'violations of the page policy, and uncaught errors').toEqual([]);
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

/** Expects axe to find nothing against WCAG 2.2 AA or its own best practices. */
export async function expectAccessible(page: Page): Promise<void> {
  // Half-way through a fade nothing has the contrast that it ends with.
  await page.evaluate(() =>
    Promise.allSettled(
      document
        .getAnimations()
        .filter((animation) => animation.effect?.getComputedTiming().endTime !== Infinity)
        .map(({ finished }) => finished),
    ),
  );
  const { violations: found } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  const faults = found.flatMap(({ id, nodes }) =>
    nodes
      // A tooltip belongs to the button that it describes (aria-describedby), not to a landmark.
      .filter(({ html }) => !(id === 'region' && html.includes('role="tooltip"')))
      .map(({ target, failureSummary }) => `${id}: ${target.join(' ')} ${failureSummary}`),
  );
  expect(faults).toEqual([]);
}
