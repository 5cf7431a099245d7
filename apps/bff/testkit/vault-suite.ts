/**
 * @file What a vault has to keep as a provider, whichever vault it is: run on the server of the tests and, where there is
 * one, on the real program.
 */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OutsideProvider } from '../src/secrets/outside-provider.ts';
import { createVaultProvider } from '../src/secrets/vault-provider.ts';
import { parseVaultSettings } from '../src/secrets/vault-settings.ts';
import { newCanary } from './canary.ts';
import { nameOf, plainOf, wrap } from './vault-opened.ts';
import { policyFor } from './vault-policy.ts';
import type { Policy } from './vault-server.ts';

/** A vault that runs, and what an operator does with it. */
export interface VaultUnderTest {
  address: string;
  rootToken: string;
  /** Does something as root, past the provider. */
  ask(
    method: 'GET' | 'LIST' | 'POST' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<{ status: number; data?: unknown }>;
  mount(path: string, version: 1 | 2): Promise<void>;
  policy(name: string, policy: Policy): Promise<void>;
  /** A role of AppRole at `auth/approle`; the time of its tokens in seconds. */
  appRole(
    name: string,
    policies: readonly string[],
    ttl: number,
  ): Promise<{ roleId: string; secretId: string }>;
  stop(): Promise<void>;
}

/** Runs it on a vault; nothing runs where there is none to start. */
export function vaultSuite(
  where: string,
  start: (() => Promise<VaultUnderTest>) | undefined,
): void {
  describe.skipIf(start === undefined)(`a vault, ${where}`, () => {
    let vault: VaultUnderTest;
    let count = 0;
    beforeAll(async () => {
      if (start === undefined) throw new Error('There is no vault to start.');
      vault = await start();
    }, 30_000);
    afterAll(() => vault.stop());

    /** A provider of a mount of its own, as the role that the documentation describes. */
    async function open({ folder = '', key = 'value' } = {}) {
      const mount = `kv-${(count += 1)}/team`;
      const policy = mount.replace('/', '-');
      await vault.mount(mount, 2);
      await vault.policy(policy, policyFor(mount, folder));
      const role = await vault.appRole(policy, [policy], 3600);
      const leftOut: string[] = [];
      const settings = parseVaultSettings(
        'the provider vault',
        {
          address: vault.address,
          mount,
          ...(folder !== '' && { folder }),
          key,
          auth: { method: 'approle', ...role },
        },
        () => '',
      );
      const provider = createVaultProvider(settings, {
        onLeftOut: (names) => void leftOut.push(...names),
      });
      onTestFinished(() => provider.close());
      const at = (kind: string, name: string) =>
        `${mount}/${kind}/${folder === '' ? '' : `${folder}/`}${name}`;
      const write = (name: string, data: object) => vault.ask('POST', at('data', name), { data });
      return { provider, leftOut, at, write };
    }

    /** Creates a secret, and gives its revision. */
    async function created(provider: OutsideProvider, name: string, value = newCanary()) {
      const changed = await provider.create(nameOf(name), wrap(value));
      if (changed.kind !== 'changed') throw new Error(`It is ${changed.kind}.`);
      return changed.secret.revision ?? '';
    }

    test('is well, and empty at first', async () => {
      const { provider } = await open();
      expect(await provider.health()).toEqual({ status: 'up', reason: null });
      expect(await provider.list()).toEqual([]);
      expect(await provider.read(nameOf('api'))).toBeUndefined();
      expect(await provider.resolve(nameOf('api'))).toEqual({ kind: 'missing' });
      expect(provider.origin).toBe(vault.address);
    });

    test.each([{ folder: '' }, { folder: 'apps/dropsafe' }])(
      'creates, reads, resolves, updates and deletes in the folder "$folder"',
      async ({ folder }) => {
        const { provider, at } = await open({ folder });
        const [first, second] = [newCanary(3), `${newCanary()} ü \u{1F511}\n`];
        const revision = await created(provider, 'API_key-1', first);
        const read = await provider.read(nameOf('API_key-1'));
        expect(read).toEqual({
          name: 'API_key-1',
          state: 'ready',
          revision,
          changedAt: expect.any(Date),
        });
        expect(Math.abs(Date.now() - (read?.changedAt?.getTime() ?? 0))).toBeLessThan(60_000);
        expect(await plainOf(provider, 'API_key-1')).toBe(first);

        const updated = await provider.update(nameOf('API_key-1'), revision, wrap(second));
        expect(updated.kind).toBe('changed');
        expect(await plainOf(provider, 'API_key-1')).toBe(second);
        const now = (await provider.read(nameOf('API_key-1')))?.revision ?? '';
        expect(now).not.toBe(revision);
        expect(await provider.list()).toEqual([
          { name: 'API_key-1', state: 'ready', revision: null, changedAt: null },
        ]);

        expect((await provider.delete(nameOf('API_key-1'), now)).kind).toBe('changed');
        expect(await provider.list()).toEqual([]);
        expect(await vault.ask('GET', at('metadata', 'API_key-1'))).toMatchObject({ status: 404 });
      },
    );

    test('never overwrites when it creates, however often it is tried at once', async () => {
      const { provider } = await open();
      const values = Array.from({ length: 8 }, () => newCanary());
      const outcomes = await Promise.all(
        values.map((value) => provider.create(nameOf('one'), wrap(value))),
      );
      expect(outcomes.filter(({ kind }) => kind === 'changed')).toHaveLength(1);
      const winner = values[outcomes.findIndex(({ kind }) => kind === 'changed')];
      expect(await plainOf(provider, 'one')).toBe(winner);
      expect(await provider.create(nameOf('one'), wrap(newCanary()))).toEqual({ kind: 'conflict' });
      expect(await plainOf(provider, 'one')).toBe(winner);
    });

    test('never overwrites what somebody else has written since', async () => {
      const { provider, at, write } = await open();
      const stale = await created(provider, 'api');
      const theirs = newCanary();
      await write('api', { value: theirs });
      expect(await provider.update(nameOf('api'), stale, wrap(newCanary()))).toEqual({
        kind: 'conflict',
      });
      expect(await provider.delete(nameOf('api'), stale)).toEqual({ kind: 'conflict' });
      expect(await plainOf(provider, 'api')).toBe(theirs);

      // Deleted and created anew: version 1 again, and yet another one.
      await vault.ask('DELETE', at('metadata', 'api'));
      await write('api', { value: theirs });
      expect(await provider.update(nameOf('api'), stale, wrap(newCanary()))).toEqual({
        kind: 'conflict',
      });
      expect(await provider.delete(nameOf('api'), stale)).toEqual({ kind: 'conflict' });
      expect(await plainOf(provider, 'api')).toBe(theirs);
      for (const outcome of [
        provider.update(nameOf('gone'), stale, wrap(newCanary())),
        provider.delete(nameOf('gone'), stale),
      ])
        expect(await outcome).toEqual({ kind: 'conflict' });
    });

    test('keeps what else is in an entry, to the letter', async () => {
      const { provider, at, write } = await open({ key: 'password' });
      const other = newCanary();
      await vault.ask('POST', at('data', 'db'), {
        data: { user: other, password: newCanary(), port: 5432, nested: { list: [1, null, 'é'] } },
      });
      const revision = (await provider.read(nameOf('db')))?.revision ?? '';
      const value = newCanary();
      expect((await provider.update(nameOf('db'), revision, wrap(value))).kind).toBe('changed');
      expect(await vault.ask('GET', at('data', 'db'))).toMatchObject({
        data: {
          data: { user: other, password: value, port: 5432, nested: { list: [1, null, 'é'] } },
          metadata: { version: 2 },
        },
      });

      // There was no value yet: the key is added.
      await write('half', { user: other });
      expect(await provider.resolve(nameOf('half'))).toEqual({
        kind: 'unusable',
        state: 'no-value',
      });
      const half = (await provider.read(nameOf('half')))?.revision ?? '';
      expect((await provider.update(nameOf('half'), half, wrap(value))).kind).toBe('changed');
      expect(await vault.ask('GET', at('data', 'half'))).toMatchObject({
        data: { data: { user: other, password: value } },
      });
    });

    test('tells why a value cannot be used', async () => {
      const { provider, write } = await open();
      const cases = [
        [{ value: '' }, 'empty'],
        [{ value: 'x'.repeat(65_537) }, 'too-large'],
        [{ value: 'é'.repeat(32_769) }, 'too-large'],
        [{ value: 42 }, 'not-text'],
        [{ value: { nested: 'x' } }, 'not-text'],
        [{ value: ['x'] }, 'not-text'],
        [{ value: null }, 'no-value'],
        [{ Value: newCanary() }, 'no-value'],
      ] as const;
      for (const [index, [data, state]] of cases.entries()) {
        await write(`case-${index}`, data);
        expect(await provider.resolve(nameOf(`case-${index}`))).toEqual({
          kind: 'unusable',
          state,
        });
      }
      await write('longest', { value: '"'.repeat(65_536) });
      expect(await plainOf(provider, 'longest')).toBe('"'.repeat(65_536));
    });

    test('takes a deleted or destroyed version for none, and creates on top of it', async () => {
      const { provider, at, write } = await open();
      const deleted = () => vault.ask('DELETE', at('data', 'api'));
      const destroyed = () => vault.ask('POST', at('destroy', 'api'), { versions: [2] });
      for (const [index, end] of [deleted, destroyed].entries()) {
        if (index === 0) await write('api', { value: newCanary() });
        const revision = (await provider.read(nameOf('api')))?.revision ?? '';
        await end();
        expect(await provider.read(nameOf('api'))).toBeUndefined();
        expect(await provider.resolve(nameOf('api'))).toEqual({ kind: 'missing' });
        expect(await provider.update(nameOf('api'), revision, wrap(newCanary()))).toEqual({
          kind: 'conflict',
        });
        expect(await provider.delete(nameOf('api'), revision)).toEqual({ kind: 'conflict' });
        const value = newCanary();
        await created(provider, 'api', value);
        expect(await plainOf(provider, 'api')).toBe(value);
      }
    });

    test('works where every write has to name the version', async () => {
      const { provider, at } = await open();
      await vault.ask('POST', at('metadata', 'strict'), { cas_required: true });
      const revision = await created(provider, 'strict');
      expect((await provider.update(nameOf('strict'), revision, wrap(newCanary()))).kind).toBe(
        'changed',
      );
    });

    test('leaves out what cannot be the name of a secret, and tells each once', async () => {
      const { provider, leftOut, write } = await open();
      for (const name of ['good', 'has.dot', 'folder/inner', 'x'.repeat(65)])
        await write(name, { value: newCanary() });
      for (let time = 0; time < 2; time += 1)
        expect((await provider.list()).map(({ name }) => name)).toEqual(['good']);
      expect(leftOut.toSorted()).toEqual(['folder/', 'has.dot', 'x'.repeat(65)]);
    });

    test('tells a mount that is not there, one of version 1, and a policy that does not fit', async () => {
      const health = async (mount: string, token = vault.rootToken) => {
        const settings = parseVaultSettings(
          'the provider vault',
          { address: vault.address, mount, auth: { method: 'token', token } },
          () => '',
        );
        const provider = createVaultProvider(settings, { onLeftOut: () => {} });
        onTestFinished(() => provider.close());
        const creation = await provider.create(nameOf('api'), wrap(newCanary())).then(
          ({ kind }) => kind,
          ({ reason }: { reason: string }) => reason,
        );
        return [(await provider.health()).reason, creation];
      };
      expect(await health('nothing-here')).toEqual(['misconfigured', 'misconfigured']);
      await vault.mount('kv-one', 1);
      expect(await health('kv-one')).toEqual(['misconfigured', 'misconfigured']);
      expect(await vault.ask('LIST', 'kv-one/')).toMatchObject({ status: 404 });
      expect(await health('kv-one', 'hvs.nobody-knows-this')).toEqual(['denied', 'denied']);
    });
  });
}
