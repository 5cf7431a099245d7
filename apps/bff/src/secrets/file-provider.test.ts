import { execFileSync, fork, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { SecretNameSchema } from '@dropsafe/contract/secrets';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { numberOf, rewrite, type Way } from '../../testkit/file-rewriter.ts';
import { createLog } from '../base/log.ts';
import { createFileProvider } from './file-provider.ts';

const named = (name: string) => SecretNameSchema.parse(name);
const key = named('KEY');

let top: string;
let folder: string;
let lines: string[];
const log = createLog((line) => lines.push(line));

beforeEach(() => {
  lines = [];
  top = mkdtempSync(join(tmpdir(), 'dropsafe-files-'));
  folder = join(top, 'secrets');
  mkdirSync(folder);
});
afterEach(() => rmSync(top, { recursive: true }));

const put = (name: string, content: string | Uint8Array) =>
  writeFileSync(join(folder, name), content);
const provide = (settings: Partial<Parameters<typeof createFileProvider>[0]> = {}) =>
  createFileProvider({ folder, dropTrailingNewline: false, ...settings }, log);

/** The value, or what stands in its place. */
async function resolved(provider = provide(), name = key): Promise<string> {
  const answer = await provider.resolve(name);
  if (answer.kind === 'value') return Buffer.from(answer.value.reveal()).toString();
  return answer.kind === 'unusable' ? answer.state : answer.kind;
}

const states = async (provider = provide()) =>
  Object.fromEntries((await provider.list()).map(({ name, state }) => [name, state]));

/** Where something can be found out of what was opened, and where it cannot. */
const systems = [
  ['where the system shows what was opened', '/proc/self/fd'],
  ['where it does not', '/nowhere'],
] as const;

describe('a value', () => {
  test.each([
    ['text of several lines', 'a\r\n\tb \n'],
    ['a newline', '\n'],
    ['a byte order mark', '\uFEFFa'],
    ['NUL', 'a\0b'],
    ['65 536 bytes', 'x'.repeat(65_536)],
  ])('is handed out byte for byte: %s', async (_, content) => {
    put('KEY', content);
    expect(await resolved()).toBe(content);
  });

  test.each([
    ['a\n', 'a'],
    ['a\r\n', 'a'],
    ['a\n\n', 'a\n'],
    ['a\r', 'a\r'],
    ['a', 'a'],
    ['\n', 'empty'],
    [`${'x'.repeat(65_536)}\r\n`, 'x'.repeat(65_536)],
    ['x'.repeat(65_537), 'too-large'],
  ])('loses one newline where that is wished', async (content, value) => {
    put('KEY', content);
    expect(await resolved(provide({ dropTrailingNewline: true }))).toBe(value);
  });

  test('is the one that the folder holds at that moment, and gone when the file is', async () => {
    const provider = provide();
    put('KEY', 'one');
    expect(await resolved(provider)).toBe('one');
    put('KEY', 'two');
    expect(await resolved(provider)).toBe('two');
    rmSync(join(folder, 'KEY'));
    expect(await resolved(provider)).toBe('missing');
    expect(await provider.read(key)).toBeUndefined();
  });

  test('of the same size and the same time of change is still the new one', async () => {
    const provider = provide();
    put('KEY', 'one');
    utimesSync(join(folder, 'KEY'), 1, 1);
    expect(await resolved(provider)).toBe('one');
    put('KEY', 'two');
    utimesSync(join(folder, 'KEY'), 1, 1);
    expect(await resolved(provider)).toBe('two');
  });

  test('has a revision that changes with it, says nothing of its length, and is the same everywhere', async () => {
    const provider = provide();
    put('KEY', 'one');
    const first = await provider.read(key);
    expect(first).toMatchObject({ name: 'KEY', state: 'ready' });
    expect(first?.revision).toMatch(/^[0-9a-f]{32}$/);
    expect(Date.now() - (first?.changedAt?.getTime() ?? 0)).toBeLessThan(10_000);
    expect(await provider.list()).toEqual([first]);
    expect(await provide().resolve(key)).toMatchObject({ revision: first?.revision });
    put('.new', 'two');
    renameSync(join(folder, '.new'), join(folder, 'KEY'));
    expect((await provider.read(key))?.revision).not.toBe(first?.revision);
  });
});

describe('while it is rewritten 1 000 times by another process, a value is never torn or empty, and what was written is what the next use gets', () => {
  const ways: Way[] = ['by rename', 'by symlink swap', 'in place'];
  const cases = ways.flatMap((way) => systems.map((system) => [way, ...system] as const));

  test.each(cases)('%s, %s', { timeout: 30_000 }, async (way, _, descriptors) => {
    // The usual system has to do with all of them.
    const total = descriptors === '/nowhere' ? 200 : 1_000;
    rewrite(folder, 'KEY', way, 0);
    const provider = provide({ descriptors });
    const writer = fork(join(import.meta.dirname, '../../testkit/file-rewriter.ts'), [
      folder,
      'KEY',
      way,
    ]);
    const writes = { done: 0 };
    writer.on('message', (number) => (writes.done = Number(number)));
    let uses = 0;
    const seen = new Set<number>();
    const use = async () => {
      const before = writes.done;
      const value = await resolved(provider);
      const number = numberOf(value);
      // Not the value: a failure would print up to 40 KiB.
      expect(number, `a value of ${value.length} characters: ${value.slice(0, 20)}`).toBeDefined();
      expect(number).toBeGreaterThanOrEqual(before);
      uses++;
      seen.add(number ?? -1);
      return number;
    };
    try {
      const several = 10;
      for (let last = several; last <= total; last += several) {
        writer.send({ first: last - several + 1, last });
        while (writes.done < last) await use();
        expect(await use()).toBe(last);
      }
    } finally {
      writer.disconnect();
      await once(writer, 'exit');
    }
    expect(uses).toBeGreaterThan(total / 10);
    expect(seen.size).toBeGreaterThanOrEqual(total / 10);
  });
});

describe('a file that is being written', () => {
  test('is waited for when it is empty, and only then', async () => {
    put('KEY', '');
    const provider = provide();
    const answer = resolved(provider);
    const listed = states(provider);
    expect(await listed).toEqual({ KEY: 'empty' });
    put('KEY', 'filled');
    expect(await answer).toBe('filled');
  });

  test('is empty when it stays so, and that is known the next time', async () => {
    put('KEY', '');
    const provider = provide();
    expect(await resolved(provider)).toBe('empty');
    const start = performance.now();
    expect(await resolved(provider)).toBe('empty');
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('in two parts is waited for, too', async () => {
    const file = openSync(join(folder, 'KEY'), 'w');
    writeSync(file, 'one,');
    const provider = provide();
    const answer = resolved(provider);
    // The file is read meanwhile.
    for (let count = 0; count < 3; count++)
      expect(await states(provider)).toEqual({ KEY: 'ready' });
    writeSync(file, 'two');
    closeSync(file);
    expect(await answer).toBe('one,two');
  });

  test('that never holds still is refused in time', async () => {
    put('KEY', 'a');
    let number = 0;
    const timer = setInterval(() => put('KEY', `${number++}`), 1);
    try {
      const start = performance.now();
      await expect(provide().resolve(key)).rejects.toMatchObject({ reason: 'failing' });
      expect(performance.now() - start).toBeLessThan(1_600);
    } finally {
      clearInterval(timer);
    }
  });
});

describe('refused', () => {
  test.each(systems)('whatever leads out of the folder, %s', async (_, descriptors) => {
    const outside = join(top, 'outside');
    const canary = newCanary();
    writeFileSync(outside, canary);
    mkdirSync(join(top, 'secrets-too'));
    writeFileSync(join(top, 'secrets-too', 'KEY'), canary);
    const links = {
      ABSOLUTE: outside,
      RELATIVE: relative(folder, outside),
      PASSWD: '/etc/passwd',
      ENVIRON: '/proc/self/environ',
      DEVICE: '/dev/zero',
      BESIDE: '../secrets-too/KEY',
      CHAIN: 'ABSOLUTE',
      THROUGH: '.data/passwd',
      PARENT: '..',
      ITSELF: '.',
    };
    symlinkSync('/etc', join(folder, '.data'));
    for (const [name, target] of Object.entries(links)) symlinkSync(target, join(folder, name));
    const provider = provide({ descriptors });
    const expected = Object.fromEntries(Object.keys(links).map((name) => [name, 'outside']));
    expect(await states(provider)).toEqual(expected);
    for (const name of Object.keys(links))
      expect(await resolved(provider, named(name))).toBe('outside');
  });

  const swaps = {
    'a folder': `
      renameSync('.in', '.aside');
      symlinkSync('../out', '.in');
      renameSync('.in', '.gone');
      renameSync('.aside', '.in');`,
    'a file': `
      renameSync('.in/KEY', '.aside');
      symlinkSync('../../out/KEY', '.in/KEY');
      renameSync('.aside', '.in/KEY');`,
  };
  // Only where the system shows what was opened: elsewhere it is unlikely, and not impossible (docs/providers.md).
  test.each(Object.entries(swaps))(
    '%s that is swapped for a link outward at any moment',
    { timeout: 30_000 },
    async (_, swap) => {
      mkdirSync(join(top, 'out'));
      mkdirSync(join(folder, '.in'));
      writeFileSync(join(top, 'out', 'KEY'), 'from outside');
      writeFileSync(join(folder, '.in', 'KEY'), 'inside');
      symlinkSync('.in/KEY', join(folder, 'KEY'));
      const provider = provide();
      const answers = new Set([await resolved(provider)]);
      const script = `const { renameSync, symlinkSync } = require('node:fs'); for (;;) { ${swap} }`;
      const swapper = spawn(process.execPath, ['-e', script], { cwd: folder });
      try {
        for (let count = 0; count < 2_000; count++) {
          answers.add(await resolved(provider).catch((error: unknown) => String(error)));
        }
      } finally {
        swapper.kill('SIGKILL');
        await once(swapper, 'exit');
      }
      expect(answers).toContain('inside');
      expect(answers).toContain('outside');
      expect(answers).not.toContain('from outside');
    },
  );

  test('what is no regular file, without waiting for anybody', async () => {
    mkdirSync(join(folder, 'FOLDER'));
    execFileSync('mkfifo', [join(folder, 'PIPE')]);
    symlinkSync('PIPE', join(folder, 'LINK_TO_PIPE'));
    symlinkSync('CIRCLE', join(folder, 'CIRCLE'));
    symlinkSync('.nowhere', join(folder, 'NOWHERE'));
    const server = createServer().listen(join(folder, 'SOCKET'));
    await once(server, 'listening');
    const names = readdirSync(folder);
    expect(await states()).toEqual(Object.fromEntries(names.map((name) => [name, 'not-a-file'])));
    for (const name of names) expect(await resolved(provide(), named(name))).toBe('not-a-file');
    server.close();
  });

  test('what is too large or no text; the list learns of the latter with the first use', async () => {
    put('LARGE', 'x'.repeat(65_537));
    put('BYTES', Buffer.from([0x61, 0xff]));
    const provider = provide();
    expect(await states(provider)).toEqual({ LARGE: 'too-large', BYTES: 'ready' });
    expect(await resolved(provider, named('LARGE'))).toBe('too-large');
    expect(await resolved(provider, named('BYTES'))).toBe('not-text');
    expect(await provider.read(named('BYTES'))).toMatchObject({ state: 'not-text' });
    expect(await states(provider)).toEqual({ LARGE: 'too-large', BYTES: 'not-text' });
    put('BYTES', 'text');
    expect(await states(provider)).toEqual({ LARGE: 'too-large', BYTES: 'ready' });
  });

  test('what may not be read, file or folder', () => {
    put('KEY', newCanary());
    put('OPEN', 'x');
    const shut = join(top, 'shut');
    mkdirSync(shut, 0o000);
    chmodSync(join(folder, 'KEY'), 0o000);
    chmodSync(top, 0o755);
    // Permissions do not bind root: a process of its own becomes nobody first.
    const script = `
      import { createFileProvider } from ${JSON.stringify(join(import.meta.dirname, 'file-provider.ts'))};
      if (process.getuid() === 0) {
        process.setgroups([]);
        process.setgid(65534);
        process.setuid(65534);
      }
      const provide = (folder) => createFileProvider({ folder, dropTrailingNewline: false }, { warn() {} });
      const [files, shut] = process.argv.slice(1).map(provide);
      const states = (await files.list()).map(({ name, state }) => [name, state]).toSorted();
      const failures = await Promise.all([shut.list(), shut.resolve('KEY')].map((work) => work.catch((error) => error.reason)));
      process.stdout.write(JSON.stringify([states, await files.resolve('KEY'), failures, await shut.health()]));
    `;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--input-type=module', '-e', script, folder, shut],
      { encoding: 'utf8' },
    );
    chmodSync(shut, 0o700);
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual([
      [
        ['KEY', 'unreadable'],
        ['OPEN', 'ready'],
      ],
      { kind: 'unusable', state: 'unreadable' },
      ['denied', 'denied'],
      { status: 'down', reason: 'denied' },
    ]);
  });

  test.each(['../outside', '..', '.', '.hidden', 'a/b', '/etc/passwd', 'KEY\0', 'KEY/', ''])(
    'the name %j, should anybody come to ask for it',
    async (name) => {
      writeFileSync(join(top, 'outside'), 'x');
      put('.hidden', 'x');
      put('KEY', 'x');
      mkdirSync(join(folder, 'a'));
      writeFileSync(join(folder, 'a', 'b'), 'x');
      // as: what the type forbids
      expect(await resolved(provide(), name as typeof key)).toBe('missing');
    },
  );
});

describe('names', () => {
  test('are those of the files, letter by letter', async () => {
    put('key', 'lower');
    expect(await resolved(provide(), named('KEY'))).toBe('missing');
    expect(await resolved(provide(), named('Key'))).toBe('missing');
    expect(await resolved(provide(), named('key'))).toBe('lower');
    if (existsSync(join(folder, 'KEY'))) return; // Upper and lower case are the same here.
    linkSync(join(folder, 'key'), join(folder, 'KEY'));
    expect(await resolved(provide(), named('KEY'))).toBe('lower');
    expect(await states()).toEqual({ key: 'ready', KEY: 'ready' });
  });

  test('that are none are told in the log once, hidden ones never, and no content ever', async () => {
    const canary = newCanary();
    for (const name of ['.hidden', '..data', 'tls.crt', 'a\nb', 'GOOD', 'x'.repeat(65)])
      put(name, canary);
    const provider = provide();
    for (let count = 0; count < 2; count++)
      expect(await states(provider)).toEqual({ GOOD: 'ready' });
    expect(lines.map((line) => JSON.parse(line) as object)).toEqual([
      expect.objectContaining({
        event: 'secrets.files-left-out',
        folder,
        files: ['a\uFFFDb', 'tls.crt', 'x'.repeat(65)],
      }),
    ]);
    put('ca.crt', canary);
    await provider.list();
    expect(lines).toHaveLength(2);
    expect(sweep('log', lines.join(''))).toEqual([]);
  });
});

describe('the folder', () => {
  test('may be a link, which may lead elsewhere the next time', async () => {
    const link = join(top, 'link');
    const other = join(top, 'other');
    mkdirSync(other);
    put('KEY', 'one');
    writeFileSync(join(other, 'KEY'), 'two');
    symlinkSync(folder, link);
    const provider = provide({ folder: link });
    expect(await resolved(provider)).toBe('one');
    rmSync(link);
    symlinkSync('other', link);
    expect(await resolved(provider)).toBe('two');
    expect(await states(provider)).toEqual({ KEY: 'ready' });
    expect(await provider.health()).toEqual({ status: 'up', reason: null });
  });

  test.each([
    ['not there', '/nowhere/at/all'],
    ['a file', '/etc/passwd'],
  ])('that is %s is told, and nothing is taken for missing', async (_, wrong) => {
    const provider = provide({ folder: wrong });
    const failure = { reason: 'misconfigured' };
    await expect(provider.list()).rejects.toMatchObject(failure);
    await expect(provider.read(key)).rejects.toMatchObject(failure);
    await expect(provider.resolve(key)).rejects.toMatchObject(failure);
    expect(await provider.health()).toEqual({ status: 'down', ...failure });
  });

  test('of 500 files as Kubernetes mounts them is listed quickly', async () => {
    mkdirSync(join(folder, '..1'));
    symlinkSync('..1', join(folder, '..data'));
    for (let count = 0; count < 500; count++) {
      writeFileSync(join(folder, '..1', `KEY_${count}`), 'x');
      symlinkSync(join('..data', `KEY_${count}`), join(folder, `KEY_${count}`));
    }
    const provider = provide();
    expect(await provider.list()).toHaveLength(500);
    const start = performance.now();
    await provider.list();
    // 20 ms on two cores; the limit is for those that are busy with other tests.
    expect(performance.now() - start).toBeLessThan(500);
  });

  test('that hangs is told in time, and works again when it does', async () => {
    put('KEY', 'x');
    const pipe = join(top, 'pipe');
    execFileSync('mkfifo', [pipe]);
    // All threads that Node has for files wait for somebody who opens the other end.
    const stuck = Array.from({ length: 8 }, () => open(pipe, 'r'));
    const provider = provide();
    const start = performance.now();
    const [value, health] = await Promise.allSettled([provider.resolve(key), provider.health()]);
    expect(value).toMatchObject({ reason: { reason: 'timeout' } });
    expect(health).toMatchObject({ value: { status: 'down', reason: 'timeout' } });
    expect(performance.now() - start).toBeLessThan(1_900);
    // From now on nobody has to wait to hear of it.
    const again = performance.now();
    await expect(provider.list()).rejects.toMatchObject({ reason: 'timeout' });
    expect(performance.now() - again).toBeLessThan(100);
    const end = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
    for (const file of await Promise.all(stuck)) await file.close();
    closeSync(end);
    expect(await resolved(provider)).toBe('x');
    expect(await provider.health()).toEqual({ status: 'up', reason: null });
  });
});
