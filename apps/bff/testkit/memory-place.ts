/** @file A place for secrets in memory that keeps what `OutsideProvider` promises, and can be stopped in the middle of anything. */
import type { Capabilities, ProviderFailureReason } from '@dropsafe/contract/providers';
import type { SecretName } from '@dropsafe/contract/secrets';
import { Redacted } from '../src/base/redacted.ts';
import {
  ProviderFailure,
  type Changed,
  type OutsideProvider,
  type OutsideSecret,
} from '../src/secrets/outside-provider.ts';

type Operation = 'list' | 'read' | 'resolve' | 'create' | 'update' | 'delete';

/** Stops operations between what they do and what they answer, or before they do it. */
export interface Gate {
  /** Resolves when an operation has arrived. */
  arrived: Promise<void>;
  open(): void;
}

/** The place, which several nodes can share. */
export interface MemoryPlace {
  /** Puts a value there past Dropsafe. */
  seed(name: string, value: string): void;
  remove(name: string): void;
  valueOf(name: string): string | undefined;
  /** What every operation fails with from now on; undefined for none. */
  fail(reason: ProviderFailureReason | undefined): void;
  /** Stops the next operation of this kind: `before` it does anything, or `after`, before it answers. */
  stopNext(when: 'before' | 'after', operation: Operation): Gate;
  /** What a node makes of it. */
  provider(): OutsideProvider;
}

/** Makes a place that can do these things. */
export function createMemoryPlace(
  can: Pick<Capabilities, 'create' | 'update' | 'delete'>,
): MemoryPlace {
  const entries = new Map<string, { value: Uint8Array; revision: string; changedAt: Date }>();
  const gates = new Map<string, { arrive: () => void; opened: Promise<void> }>();
  let failure: ProviderFailureReason | undefined;
  let revisions = 0;

  async function pass(when: 'before' | 'after', operation: Operation): Promise<void> {
    const key = `${when} ${operation}`;
    const gate = gates.get(key);
    gates.delete(key);
    gate?.arrive();
    await gate?.opened;
  }

  async function operate<T>(operation: Operation, work: () => T): Promise<T> {
    await pass('before', operation);
    if (failure !== undefined) throw new ProviderFailure(failure);
    const done = work();
    await pass('after', operation);
    return done;
  }

  function put(name: string, value: Uint8Array): void {
    revisions += 1;
    entries.set(name, { value: Uint8Array.from(value), revision: `r${revisions}`, changedAt: new Date() }); // prettier-ignore
  }

  function describe(name: string): OutsideSecret | undefined {
    const entry = entries.get(name);
    // as: tests seed names that are names.
    return entry && { name: name as SecretName, state: 'ready', revision: entry.revision, changedAt: entry.changedAt }; // prettier-ignore
  }

  /** A change of what is there exactly as it was seen. */
  const compareAndSet = (
    name: string,
    revision: string | undefined,
    change: () => void,
  ): Changed => {
    const before = describe(name);
    if (entries.get(name)?.revision !== revision) return { kind: 'conflict' };
    change();
    const secret = describe(name) ?? before;
    return secret === undefined ? { kind: 'conflict' } : { kind: 'changed', secret };
  };

  return {
    seed: (name, value) => put(name, Buffer.from(value)),
    remove: (name) => void entries.delete(name),
    valueOf: (name) => {
      const entry = entries.get(name);
      return entry && Buffer.from(entry.value).toString();
    },
    fail: (reason) => void (failure = reason),
    stopNext(when, operation) {
      const arrived = Promise.withResolvers<void>();
      const opened = Promise.withResolvers<void>();
      gates.set(`${when} ${operation}`, { arrive: arrived.resolve, opened: opened.promise });
      return { arrived: arrived.promise, open: opened.resolve };
    },
    provider: () => ({
      type: 'env',
      capabilities: { ...can, descriptions: false, destinations: false },
      origin: null,
      list: () =>
        operate('list', () => [...entries.keys()].flatMap((name) => describe(name) ?? [])),
      read: (name) => operate('read', () => describe(name)),
      resolve: (name) =>
        operate('resolve', () => {
          const entry = entries.get(name);
          if (entry === undefined) return { kind: 'missing' };
          const { value, revision } = entry;
          return { kind: 'value', value: new Redacted(Uint8Array.from(value)), revision };
        }),
      create: (name, value) =>
        operate('create', () => compareAndSet(name, undefined, () => put(name, value.reveal()))),
      update: (name, revision, value) =>
        operate('update', () => compareAndSet(name, revision, () => put(name, value.reveal()))),
      delete: (name, revision) =>
        operate('delete', () => compareAndSet(name, revision, () => void entries.delete(name))),
      health: async () =>
        failure === undefined
          ? { status: 'up', reason: null }
          : { status: 'down', reason: failure },
      close: async () => {},
    }),
  };
}
