import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { SecretNameSchema } from '@dropsafe/contract/secrets';
import { describe, expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { createLog } from '../base/log.ts';
import {
  createEnvProvider,
  reportEnvironmentProblems,
  takeSecretsFromEnvironment,
} from './env-provider.ts';

const named = (name: string) => SecretNameSchema.parse(name);

/** The value as it is handed out, or what stands in its place. */
async function resolved(env: NodeJS.ProcessEnv, name: string): Promise<string> {
  const answer = await createEnvProvider(takeSecretsFromEnvironment(env)).resolve(named(name));
  if (answer.kind === 'value') return Buffer.from(answer.value.reveal()).toString();
  return answer.kind === 'unusable' ? answer.state : answer.kind;
}

describe('the variables', () => {
  test('the prefix counts in any case, the rest is the name letter by letter', async () => {
    const found = takeSecretsFromEnvironment({
      DROPSAFE_SECRET_GITHUB: 'a',
      dropsafe_secret_github: 'b',
      Dropsafe_Secret_mail_Password: 'c',
      DROPSAFE_SECRETS: 'd',
      XDROPSAFE_SECRET_E: 'e',
    });
    expect([...found.secrets.keys()].toSorted()).toEqual(['GITHUB', 'github', 'mail_Password']);
    expect(found.problems).toEqual([]);
  });

  test('all of them leave the environment, also those that cannot be used, and nothing else does', () => {
    const env = {
      DROPSAFE_SECRET_GOOD: 'a',
      dropsafe_secret_GOOD: 'b',
      DROPSAFE_SECRET_: 'c',
      'DROPSAFE_SECRET_no name': 'd',
      DROPSAFE_SECRET_EMPTY: '',
      DROPSAFE_SECRET_LARGE: 'x'.repeat(65_537),
      DROPSAFE_SECRETS: 'kept',
      PORT: '1',
    };
    takeSecretsFromEnvironment(env);
    expect(env).toEqual({ DROPSAFE_SECRETS: 'kept', PORT: '1' });
  });

  test('of several that differ in the prefix alone none is used, whatever their order, and no other provider fills in', async () => {
    const variables = { DROPSAFE_SECRET_KEY: 'one', dropsafe_SECRET_KEY: 'two' };
    const turned = Object.fromEntries(Object.entries(variables).toReversed());
    const same = { DROPSAFE_SECRET_KEY: 'one', dropsafe_SECRET_KEY: 'one' };
    for (const env of [variables, turned, same]) {
      const found = takeSecretsFromEnvironment({ ...env });
      expect(found.problems).toEqual([
        { kind: 'ambiguous', variables: ['DROPSAFE_SECRET_KEY', 'dropsafe_SECRET_KEY'] },
      ]);
      expect(await resolved({ ...env }, 'KEY')).toBe('ambiguous');
      expect(await createEnvProvider(found).list()).toMatchObject([{ name: 'KEY' }]);
    }
  });

  test.each([
    ['empty', ''],
    ['too-large', 'x'.repeat(65_537)],
    // Counted in bytes: 32 769 characters of two bytes each.
    ['too-large', 'é'.repeat(32_769)],
    ['not-text', 'a\uFFFDb'],
  ])('that are %s are listed as such, and reported', async (state, content) => {
    const env = { DROPSAFE_SECRET_KEY: content };
    expect(await resolved({ ...env }, 'KEY')).toBe(state);
    const found = takeSecretsFromEnvironment(env);
    expect(found.problems).toEqual([{ kind: state, variables: ['DROPSAFE_SECRET_KEY'] }]);
    expect(await createEnvProvider(found).list()).toMatchObject([{ name: 'KEY', state }]);
    expect(await createEnvProvider(found).read(named('KEY'))).toMatchObject({ state });
  });

  test('without any that is reported', () => {
    expect(takeSecretsFromEnvironment({ PORT: '1' }).problems).toEqual([
      { kind: 'none', variables: [] },
    ]);
    expect(takeSecretsFromEnvironment({ DROPSAFE_SECRET_: 'x' }).problems).toEqual([
      { kind: 'invalid-name', variables: ['DROPSAFE_SECRET_'] },
    ]);
  });

  test('a report names variables on one line of a readable length, and holds no value', () => {
    const canary = newCanary(2);
    const found = takeSecretsFromEnvironment({
      DROPSAFE_SECRET_GOOD: canary,
      DROPSAFE_SECRET_TWICE: canary,
      dropsafe_secret_TWICE: canary,
      'DROPSAFE_SECRET_a\n\u001B[2Jb\u202Ec': canary,
      [`DROPSAFE_SECRET_${'x'.repeat(500)}`]: canary,
      DROPSAFE_SECRET_LARGE: canary.repeat(1000),
    });
    const lines: string[] = [];
    reportEnvironmentProblems(
      found.problems,
      createLog((line) => lines.push(line)),
    );
    expect(lines).toHaveLength(4);
    expect(lines.join('')).toContain('DROPSAFE_SECRET_a\uFFFD\uFFFD[2Jb\uFFFDc');
    expect(lines.every((line) => line.length < 250)).toBe(true);
    const shown =
      lines.join('') + inspect(found, { depth: 9 }) + JSON.stringify([...found.secrets]);
    expect(sweep('report', shown)).toEqual([]);
  });
});

describe('the provider', () => {
  test.each([
    ['text of several lines', 'a\r\n\tb \n'],
    ['blanks at the ends', '  a  '],
    ['characters of all planes', 'äöü€𝄞\u0301'],
    ['a byte order mark', '\uFEFFa'],
    ['65 536 bytes', 'x'.repeat(65_536)],
  ])('hands out %s byte for byte', async (_, content) => {
    expect(await resolved({ DROPSAFE_SECRET_KEY: content }, 'KEY')).toBe(content);
  });

  test('hands out its value again after the one before was overwritten', async () => {
    const provider = createEnvProvider(takeSecretsFromEnvironment({ DROPSAFE_SECRET_KEY: 'abc' }));
    for (let use = 0; use < 2; use++) {
      const answer = await provider.resolve(named('KEY'));
      if (answer.kind !== 'value') throw new Error('There is no value.');
      expect(Buffer.from(answer.value.reveal()).toString()).toBe('abc');
      answer.value.wipe();
    }
  });

  test('is always up, changes nothing, knows nothing else, and has one revision on all nodes', async () => {
    const start = () =>
      createEnvProvider(takeSecretsFromEnvironment({ DROPSAFE_SECRET_KEY: 'abc' }));
    const provider = start();
    expect(provider).toMatchObject({
      type: 'env',
      origin: null,
      capabilities: { create: false, update: false, delete: false },
    });
    expect(await provider.health()).toEqual({ status: 'up', reason: null });
    expect(await provider.read(named('OTHER'))).toBeUndefined();
    expect(await provider.resolve(named('constructor'))).toEqual({ kind: 'missing' });
    const read = await provider.read(named('KEY'));
    expect(await provider.list()).toEqual([read]);
    expect(await provider.resolve(named('KEY'))).toMatchObject({ revision: read?.revision });
    expect((await start().read(named('KEY')))?.revision).toBe(read?.revision);
    await expect(provider.delete(named('KEY'), '')).rejects.toThrow('misconfigured');
  });
});

test('in a real process neither it nor its children find the value any more; bytes that are no text are noticed', () => {
  const script = `
    import { spawnSync } from 'node:child_process';
    import { takeSecretsFromEnvironment } from ${JSON.stringify(join(import.meta.dirname, 'env-provider.ts'))};
    const found = takeSecretsFromEnvironment(process.env);
    const child = spawnSync('env').stdout.toString();
    process.stdout.write(JSON.stringify([found.problems, child.includes('canary'), JSON.stringify(process.env).includes('canary')]));
  `;
  // The shell makes bytes that Node could not pass on.
  const shell = `DROPSAFE_SECRET_BYTES="$(printf 'canary\\377')" exec "$0" --input-type=module -e "$1"`;
  const { stdout } = spawnSync('/bin/sh', ['-c', shell, process.execPath, script], {
    env: { ...process.env, dropsafe_secret_TEXT: 'canary' },
    encoding: 'utf8',
  });
  expect(JSON.parse(stdout)).toEqual([
    [{ kind: 'not-text', variables: ['DROPSAFE_SECRET_BYTES'] }],
    false,
    false,
  ]);
});
