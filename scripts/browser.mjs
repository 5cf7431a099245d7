/**
 * @file Finds a browser for the tests, so that nobody has to install one: the one in DROPSAFE_TEST_BROWSER, Playwright's
 * own, an installed Chromium or Chrome; else it installs one, by Playwright's download or, as root on Debian and its
 * kin, by a package. Without a window the headless shell of Chromium does the same in a fifth less time.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { environment, node24, root, runQuietly } from './install.mjs';

const isRoot = process.getuid?.() === 0;

/** The browser's path, and the arguments that it needs here. Throws an error with words when there is none. */
export async function findBrowser() {
  const executablePath = findInstalled() ?? (await installOne());
  // Chromium's sandbox does not work for root.
  return { executablePath, args: isRoot ? ['--no-sandbox'] : [] };
}

function findInstalled() {
  const chosen = process.env.DROPSAFE_TEST_BROWSER;
  if (chosen !== undefined && chosen !== '') {
    if (starts(chosen)) return chosen;
    throw new Error(`DROPSAFE_TEST_BROWSER is ${chosen}, which does not start.`);
  }
  return [playwrightsOwn(), ...onPath(), ...wellKnown()].find(starts);
}

function playwright() {
  return createRequire(join(root, 'e2e', 'package.json'));
}

function playwrightsOwn() {
  return playwright()('playwright').chromium.executablePath();
}

function onPath() {
  const names = [
    'chromium-headless-shell',
    'chromium',
    'chromium-browser',
    'google-chrome-stable',
    'google-chrome',
    'chrome',
  ];
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, name)));
}

function wellKnown() {
  return [
    '/usr/bin/chromium-headless-shell',
    '/usr/bin/chromium',
    '/usr/bin/google-chrome',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
  ];
}

/** That a file is there proves nothing: libraries may be missing, or a wrapper may lead nowhere. */
function starts(path) {
  if (path === undefined || path === '' || !existsSync(path)) return false;
  return spawnSync(path, ['--version'], { stdio: 'ignore', timeout: 30_000 }).status === 0;
}

async function installOne() {
  process.stderr.write('No browser was found. Installing Chromium for the tests ...\n');
  const cli = join(dirname(playwright().resolve('playwright/package.json')), 'cli.js');
  const byPlaywright = (...args) =>
    runQuietly(
      node24,
      [cli, ...args],
      environment({ PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '15000' }),
      5 * 60_000,
    );

  const download = await byPlaywright('install', '--no-shell', 'chromium');
  if (starts(playwrightsOwn())) return playwrightsOwn();
  if (isRoot && download.code === 0) {
    // It is there and lacks libraries of the system.
    await byPlaywright('install-deps', 'chromium');
    if (starts(playwrightsOwn())) return playwrightsOwn();
  }
  const reasons = [download.output];
  if (isRoot && existsSync('/usr/bin/apt-get')) {
    // Not every relative of Debian has the shell as a package of its own.
    const install = 'apt-get install --yes --no-install-recommends';
    const script = `apt-get update && { ${install} chromium-headless-shell || ${install} chromium; }`;
    const packages = await runQuietly(
      '/bin/sh',
      ['-c', script],
      { DEBIAN_FRONTEND: 'noninteractive' },
      10 * 60_000,
    );
    const found = findInstalled();
    if (found !== undefined) return found;
    reasons.push(packages.output);
  }
  throw new Error(
    `${reasons.join('\n').slice(-4_000)}\nNo browser could be installed. Install Chromium or Chrome, or name one in DROPSAFE_TEST_BROWSER.`,
  );
}
