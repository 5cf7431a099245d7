import { SecretNameSchema, type SecretState } from '@dropsafe/contract/secrets';
import { expect, test } from 'vitest';
import { newCanary, sweep } from '../../testkit/canary.ts';
import { systemCaller } from '../base/caller.ts';
import { Problem } from '../base/problem.ts';
import { Redacted } from '../base/redacted.ts';
import type { UsableSecret } from '../secrets/secrets.ts';
import { WithoutValues } from './calls.ts';
import { OutboundFailure } from './failure.ts';
import { findSecrets, Overtaken } from './resolve.ts';

const caller = systemCaller('start', 'test');
/** The bytes of everything that was opened. */
const opened: Uint8Array[] = [];

function secret(
  name: string,
  open: UsableSecret['open'] | string,
  state: SecretState = 'ready',
): UsableSecret {
  const give = async () => {
    const bytes = Buffer.from(String(open));
    opened.push(bytes);
    return new Redacted<Uint8Array>(bytes);
  };
  return {
    id: name,
    name: SecretNameSchema.parse(name),
    state,
    destinations: [],
    open: typeof open === 'string' ? give : open,
  };
}

async function openAll(
  secrets: UsableSecret[],
  names = secrets.map(({ name }) => String(name)),
  ms = 5_000,
) {
  const signal = AbortSignal.timeout(ms);
  const found = await findSecrets({ find: async () => secrets }, caller, names, signal, String);
  return found.open();
}
/** What a person is told; nothing of a value. */
async function sentenceOf(work: Promise<unknown>): Promise<string> {
  const error = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof WithoutValues)) throw error;
  expect(sweep('sentence', `${error.message}${error.stack ?? ''}`)).toEqual([]);
  return error.message;
}
const areWiped = () => opened.splice(0).every((bytes) => bytes.every((byte) => byte === 0));
const failing = (code: ConstructorParameters<typeof Problem>[0]) => () =>
  Promise.reject(new Problem(code, {}, { cause: new Error(newCanary()) }));

test('all values or none, as text; the bytes are gone', async () => {
  const values = await openAll([secret('A', 'é\n'), secret('B', 'b')]);
  expect([...values].map(([name, value]) => [name, value.reveal()])).toEqual([
    ['A', 'é\n'],
    ['B', 'b'],
  ]);
  expect(areWiped()).toBe(true);
});

test.each([
  ['secret-unreadable', 'does not open'],
  ['secret-unusable', 'Its page says why'],
  ['provider-unavailable', 'Try again'],
  ['not-found', 'no secret of this name'],
] as const)('%s of one is told by its name, and the others are wiped', async (code, words) => {
  const secrets = [secret('A', newCanary()), secret('B', failing(code))];
  expect(await sentenceOf(openAll(secrets))).toMatch(new RegExp(`^B: .*${words}`));
  expect([opened.length, areWiped()]).toEqual([1, true]);
});

test('before the first is opened, all have to be there and ready', async () => {
  const secrets = [secret('A', newCanary()), secret('B', newCanary(), 'too-large')];
  expect(await sentenceOf(openAll(secrets, ['A', 'B', 'C']))).toBe(
    'B: This secret cannot be read at the moment. Its page says why. C: There is no secret of this name.',
  );
  expect(opened).toEqual([]);
});

test('one that is another by now is to be found anew, and what is no matter of a secret is thrown on', async () => {
  const moved = secret('B', () => Promise.resolve(undefined));
  await expect(openAll([secret('A', newCanary()), moved])).rejects.toThrow(Overtaken);
  expect(areWiped()).toBe(true);
  const other = secret('B', failing('database-unavailable'));
  await expect(openAll([other])).rejects.toMatchObject({ code: 'database-unavailable' });
});

test('a value that is no text is refused, and wiped', async () => {
  const bytes = Buffer.from([0x61, 0xff]);
  const broken = secret('A', () => Promise.resolve(new Redacted<Uint8Array>(bytes)));
  await expect(openAll([broken, secret('B', newCanary())])).rejects.toThrow(OutboundFailure);
  opened.push(bytes);
  expect(areWiped()).toBe(true);
});

test('a provider that hangs ends with the time of the request, and what it gives later is wiped', async () => {
  const bytes = Buffer.from(newCanary());
  const { promise: late, resolve: give } = Promise.withResolvers<Redacted<Uint8Array>>();
  const hanging = secret('A', () => late);
  expect(await sentenceOf(openAll([hanging, secret('B', newCanary())], undefined, 50))).toMatch(
    /within the time/,
  );
  give(new Redacted<Uint8Array>(bytes));
  await late;
  await Promise.resolve();
  opened.push(bytes);
  expect(areWiped()).toBe(true);
  const never = { find: () => new Promise<never>(() => {}) };
  const found = await findSecrets(never, caller, ['A'], AbortSignal.timeout(50), String);
  expect([found.secrets, await sentenceOf(found.open())]).toEqual([
    [],
    expect.stringContaining('within the time'),
  ]);
});
