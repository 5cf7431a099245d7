import { defineConfig } from '@playwright/test';
import { recordDir } from './record.ts';

// The browser comes from scripts/browser.mjs by environment; without it Playwright takes its own.
const executablePath = process.env['DROPSAFE_TEST_BROWSER'];
const args = process.getuid?.() === 0 ? ['--no-sandbox'] : [];

export default defineConfig({
  testMatch: '*.e2e.ts',
  globalSetup: './stack.ts',
  outputDir: `${recordDir}-failures`,
  fullyParallel: true,
  // More than cores: much of what they do is waiting for a page.
  workers: 3,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  forbidOnly: true,
  use: {
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1280, height: 800 },
    launchOptions: { args, ...(executablePath !== undefined && { executablePath }) },
  },
  projects: [
    // An empty safe exists only once.
    { name: 'first steps', testMatch: 'first-steps.e2e.ts' },
    {
      name: 'journeys',
      testIgnore: [
        'first-steps.e2e.ts',
        'pictures.e2e.ts',
        'never-shown.e2e.ts',
        'every-dialog.e2e.ts',
      ],
      dependencies: ['first steps'],
    },
    // For the README, made anew by hand: DROPSAFE_PICTURES=docs/pictures.
    ...(process.env['DROPSAFE_PICTURES'] === undefined
      ? []
      : [{ name: 'pictures', testMatch: 'pictures.e2e.ts' }]),
    // Looks through everything that the others left behind.
    {
      name: 'sweep',
      testMatch: ['never-shown.e2e.ts', 'every-dialog.e2e.ts'],
      dependencies: ['journeys'],
    },
  ],
});
